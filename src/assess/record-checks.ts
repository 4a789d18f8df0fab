import type { Stamp } from "../calendar/stamp.ts";
import type { Fact, Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import { dateForPeople, wallClock } from "../lib/zone.ts";
import { precisionOf } from "./case.ts";
import type { CheckOf } from "./catalogue.ts";
import { eitherWay } from "./gone-words.ts";
import {
  type Circumstances,
  type Failing,
  hiddenIn,
  isMeant,
  type Judgement,
  judgeSubjects,
  recordsOf,
  type Subject,
  type Verdict,
} from "./judgement.ts";
import { idsOf } from "./one-id.ts";
import { ownRunsIn } from "./own-runs.ts";
import { linkKey } from "./population.ts";
import { counted, fieldOf, isFilled, NOUNS, wordsOf } from "./vocabulary.ts";

/** The records that a check is about, each with its verdict. */
function subjectsOf(records: readonly Observed[], judge: (observed: Observed) => Verdict): Subject[] {
  return records.map((observed) => ({
    id: observed.fact.id,
    observed,
    verdict: eitherWay(observed, judge) ?? { word: "skip" },
  }));
}

export function checkExists(check: CheckOf<"exists">, circumstances: Circumstances): Judgement {
  const records = recordsOf(circumstances, check.over).filter((o) => isMeant(o, check.where));
  const answer = (result: Judgement["result"], reason: string): Judgement => ({
    result,
    reason: `${counted(records.length, NOUNS[check.over])} of at least ${check.atLeast}${reason}`,
    n: Math.min(records.length, check.atLeast),
    of: check.atLeast,
    noun: NOUNS[check.over],
    failing: [],
    records,
  });
  if (records.length >= check.atLeast) return answer("met", "");
  const hidden = hiddenIn(circumstances);
  if (circumstances.feeding.every((f) => !f.delivered)) return answer("no_data", `; ${hidden}`);
  if (hidden) return answer("indeterminate", `, but ${hidden}`);
  if (circumstances.asOf < circumstances.period.to) return answer("pending", "; the period is not over yet");
  return answer("not_met", "");
}

/** What of the fields is empty, in words; undefined where nothing is. */
function emptyIn(values: Readonly<Record<string, unknown>>, fields: readonly string[]): string | undefined {
  const empty = fields.filter((field) => !isFilled(values[field]));
  return empty.length > 0 ? `without ${empty.map(wordsOf).join(", ")}` : undefined;
}

export function checkPresent(check: CheckOf<"present">, circumstances: Circumstances): Judgement {
  const { over, each, fields, where } = check;
  const records = recordsOf(circumstances, over).filter((o) => isMeant(o, where));
  const verdict = (values: object): Verdict => {
    const what = emptyIn(values as Readonly<Record<string, unknown>>, fields);
    return what === undefined ? { word: "ok" } : { word: "bad", what };
  };
  const subjects: Subject[] =
    each === undefined
      ? subjectsOf(records, (o) => verdict(o.fact))
      : records.flatMap((observed) =>
          (fieldOf(observed.fact, each) as readonly object[]).map((_, i) => ({
            id: `${observed.fact.id}#${i + 1}`,
            observed,
            verdict: eitherWay(observed, ({ fact }) => {
              const item = (fieldOf(fact, each) as readonly object[])[i];
              return item && verdict(item);
            }) ?? { word: "skip" },
          })),
        );
  return judgeSubjects(circumstances, over, subjects, {
    noun: each === undefined ? NOUNS[over] : [`entry under ${each}`, `entries under ${each}`],
    bad: `without ${fields.map(wordsOf).join(" or ")}`,
    ok: `with ${fields.map(wordsOf).join(" and ")}`,
    skipped: "",
  });
}

/** The unit to which a time seems to be exact, in milliseconds, from the zeros at its end. */
function unitOf(at: Instant): number {
  return [3_600_000, 60_000, 1_000].find((unit) => at % unit === 0) ?? 1;
}

/** True for midnight, which a date without a time of day becomes. */
function isMidnight(at: Instant, zone: string): boolean {
  const { hour, minute, second, millisecond } = wallClock(at, zone);
  return hour + minute + second + millisecond === 0;
}

/** Whether the first of two times is after the second; undefined where they are not known exactly enough to tell. */
function isAfter(first: Stamp, second: Stamp): boolean | undefined {
  const [firstLasts, secondLasts] = [first, second].map(({ precision }) => Math.max(1, Math.ceil(precision)) - 1) as [
    number,
    number,
  ];
  if (first.at > second.at + secondLasts) return true;
  // What a record gives as the same time, it does not give in the wrong order.
  const isSame = first.at === second.at && firstLasts === secondLasts;
  return isSame || first.at + firstLasts <= second.at ? false : undefined;
}

/** The same of a source that does not say how exactly it knows its times. */
function seemsAfter(first: Instant, second: Instant, zone: string): boolean | undefined {
  if (first <= second) return false;
  const days = [zone, "UTC"].filter((z) => isMidnight(first, z) || isMidnight(second, z));
  if (days.some((z) => wallClock(first, z).toPlainDate().equals(wallClock(second, z).toPlainDate()))) return undefined;
  const unit = Math.max(unitOf(first), unitOf(second));
  return Math.floor(first / unit) === Math.floor(second / unit) ? undefined : true;
}

export function checkOrdered(check: CheckOf<"ordered">, circumstances: Circumstances): Judgement {
  const judge = ({ fact }: Observed): Verdict => {
    const compared = check.pairs.flatMap(([first, second]) => {
      const [a, b] = [fieldOf(fact, first), fieldOf(fact, second)];
      if (typeof a !== "number" || typeof b !== "number") return [];
      const after =
        "precision" in fact
          ? isAfter({ at: a, precision: precisionOf(fact, first) }, { at: b, precision: precisionOf(fact, second) })
          : seemsAfter(a, b, circumstances.zone);
      return [{ first, second, after }];
    });
    if (compared.length === 0) return { word: "skip" };
    const wrong = compared.filter((pair) => pair.after);
    if (wrong.length > 0)
      return { word: "bad", what: wrong.map((p) => `${wordsOf(p.first)} is after ${wordsOf(p.second)}`).join(", ") };
    const unclear = compared.filter((pair) => pair.after === undefined);
    if (unclear.length === 0) return { word: "ok" };
    const pairs = unclear.map((p) => `${wordsOf(p.first)} and ${wordsOf(p.second)}`).join(", ");
    return { word: "unclear", what: `${pairs}: one is too coarse to tell which came first` };
  };
  const records = recordsOf(circumstances, check.over).filter((o) => isMeant(o, check.where));
  return judgeSubjects(circumstances, check.over, subjectsOf(records, judge), {
    noun: NOUNS[check.over],
    bad: "with times that contradict each other",
    ok: "with times in a possible order",
    skipped: "no record has two times that could be compared",
  });
}

const DAY = 86_400_000;

const idsIn = (fact: Fact) => (fact.kind === "incident" ? idsOf(fact) : [fact.id]);

export function checkLinked(check: CheckOf<"linked">, circumstances: Circumstances): Judgement {
  const { over, to, theirs, ours, wait, where } = check;
  const others = recordsOf(circumstances, to);
  const named = new Set(others.map((o) => linkKey(String(fieldOf(o.fact, theirs) ?? ""))));
  const ids = new Set(others.flatMap((o) => idsIn(o.fact).map(linkKey)));
  const noun = NOUNS[to][0];
  const judge = ({ fact }: Observed): Verdict => {
    const mine = ours === undefined ? null : fieldOf(fact, ours);
    const link = typeof mine === "string" && mine.trim() !== "" ? mine.trim() : undefined;
    if (idsIn(fact).some((id) => named.has(linkKey(id))) || (link !== undefined && ids.has(linkKey(link))))
      return { word: "ok" };
    const since = wait && fieldOf(fact, wait.field);
    if (wait && typeof since === "number" && circumstances.asOf < since + wait.days * DAY) {
      return { word: "open", what: `no ${noun} yet` };
    }
    return { word: "bad", what: link === undefined ? `no ${noun}` : `names a ${noun} that was not found` };
  };
  const records = recordsOf(circumstances, over).filter((o) => isMeant(o, where));
  const judged = judgeSubjects(circumstances, over, subjectsOf(records, judge), {
    noun: NOUNS[over],
    bad: `without a ${noun}`,
    ok: `with a ${noun}`,
    skipped: "",
  });
  return { ...judged, records: [...judged.records, ...others] };
}

export function checkOutcome(check: CheckOf<"outcome">, circumstances: Circumstances): Judgement {
  const { over, field, bad, running } = check;
  const judge = ({ fact }: Observed): Verdict => {
    const value = fieldOf(fact, field);
    if (!isFilled(value)) return { word: "skip" };
    const what = outcomeInWords(fact, String(value), circumstances.zone);
    if (bad.includes(String(value))) return { word: "bad", what };
    return running.includes(String(value)) ? { word: "open", what } : { word: "ok" };
  };
  const own = ownRunsIn(circumstances);
  const all = subjectsOf(recordsOf(circumstances, over), judge);
  const aside = all.filter(({ observed }) => own.has(observed.instance));
  const subjects = aside.length === all.length ? all : all.filter(({ observed }) => !own.has(observed.instance));
  const ended = bad.join(" or ");
  const judged = judgeSubjects(circumstances, over, subjects, {
    noun: NOUNS[over],
    bad: `ended as ${ended}`,
    ok: `did not end as ${ended}`,
    skipped: `no ${NOUNS[over][0]} says how it ended`,
  });
  return subjects === all || aside.length === 0 ? judged : withOwnRuns(judged, aside, ended);
}

/** A run is known to people by its job and its day. */
function outcomeInWords(fact: Fact, outcome: string, zone: string): string {
  if (fact.kind !== "job-run") return outcome;
  const at = fact.startedAt ?? fact.endedAt;
  const detail = fact.detail === null || fact.detail.trim() === "" ? "" : ` (${fact.detail.trim()})`;
  return `${fact.job}${at === null ? "" : ` of ${dateForPeople(at, zone)}`}: ${outcome}${detail}`;
}

/** What Custody itself ran is in no number of the organisation's jobs; what went wrong of it is named all the same. */
function withOwnRuns(judged: Judgement, own: readonly Subject[], ended: string): Judgement {
  const wrong = own.filter(({ verdict }) => verdict.word === "bad");
  const runs = ["run of Custody itself", "runs of Custody itself"] as const;
  if (wrong.length === 0) {
    const others = own.flatMap(({ observed: { fact } }) =>
      fact.kind === "job-run" && fact.outcome !== "success" ? [fact.outcome] : [],
    );
    const words = [...new Set(others)].map((word) => `${others.filter((one) => one === word).length} ${word}`);
    const aside = others.length === 0 ? "that went well " : "";
    const [one, many] = runs.map((noun, i) => `${noun} ${aside}${i === 0 ? "is" : "are"}`) as [string, string];
    const told = words.length === 0 ? "" : ` (${words.join(", ")}; none ended as ${ended})`;
    return {
      ...judged,
      reason: `${judged.reason}; ${counted(own.length, [one, many])} in none of these numbers${told}`,
    };
  }
  const failing = wrong.map(
    ({ id, observed: { instance, entry }, verdict: { what = "" } }): Failing => ({
      id,
      instance,
      what: `of Custody itself: ${what}`,
      entries: [entry],
    }),
  );
  const reason = `${judged.reason}; besides, in none of these numbers, ${wrong.length} of ${counted(own.length, runs)} ended as ${ended}`;
  const records = [...judged.records, ...wrong.map(({ observed }) => observed)];
  if (judged.result === "not_met") return { ...judged, reason, records, failing: [...judged.failing, ...failing] };
  const besides = judged.result === "met" || judged.result === "pending" ? {} : { besides: "indeterminate" as const };
  return { ...judged, ...besides, result: "not_met", reason, records, failing };
}

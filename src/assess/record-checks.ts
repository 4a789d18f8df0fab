import type { Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import { wallClock } from "../lib/zone.ts";
import type { CheckOf } from "./catalogue.ts";
import {
  type Circumstances,
  isMeant,
  type Judgement,
  judgeSubjects,
  notSeen,
  recordsOf,
  type Subject,
  type Verdict,
} from "./judgement.ts";
import { linkKey } from "./population.ts";
import { counted, fieldOf, isFilled, NOUNS, wordsOf } from "./vocabulary.ts";

/** The records that a check is about, each with its verdict. */
function subjectsOf(records: readonly Observed[], judge: (observed: Observed) => Verdict): Subject[] {
  return records.map((observed) => ({ id: observed.fact.id, observed, verdict: judge(observed) }));
}

export function checkExists(check: CheckOf<"exists">, circumstances: Circumstances): Judgement {
  const records = recordsOf(circumstances, check.over).filter((o) => isMeant(o, check.where));
  const answer = (result: Judgement["result"], reason: string): Judgement => ({
    result,
    reason: `${counted(records.length, NOUNS[check.over])} of at least ${check.atLeast}${reason}`,
    n: Math.min(records.length, check.atLeast),
    of: check.atLeast,
    failing: [],
    records,
  });
  if (records.length >= check.atLeast) return answer("met", "");
  const hidden = notSeen(circumstances);
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
          (fieldOf(observed.fact, each) as readonly object[]).map((item, i) => ({
            id: `${observed.fact.id}#${i + 1}`,
            observed,
            verdict: verdict(item),
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

/** Whether the first of two times is after the second; undefined where the coarser of them cannot tell. */
function isAfter(first: Instant, second: Instant, zone: string): boolean | undefined {
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
      return typeof a === "number" && typeof b === "number"
        ? [{ first, second, after: isAfter(a, b, circumstances.zone) }]
        : [];
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

export function checkLinked(check: CheckOf<"linked">, circumstances: Circumstances): Judgement {
  const { over, to, theirs, ours, wait, where } = check;
  const others = recordsOf(circumstances, to);
  const named = new Set(others.map((o) => linkKey(String(fieldOf(o.fact, theirs) ?? ""))));
  const ids = new Set(others.map((o) => linkKey(o.fact.id)));
  const noun = NOUNS[to][0];
  const judge = ({ fact }: Observed): Verdict => {
    const mine = ours === undefined ? null : fieldOf(fact, ours);
    const link = typeof mine === "string" && mine.trim() !== "" ? mine.trim() : undefined;
    if (named.has(linkKey(fact.id)) || (link !== undefined && ids.has(linkKey(link)))) return { word: "ok" };
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
    if (bad.includes(String(value))) return { word: "bad", what: String(value) };
    return running.includes(String(value)) ? { word: "open", what: String(value) } : { word: "ok" };
  };
  return judgeSubjects(circumstances, over, subjectsOf(recordsOf(circumstances, over), judge), {
    noun: NOUNS[over],
    bad: `ended as ${bad.join(" or ")}`,
    ok: `did not end as ${bad.join(" or ")}`,
    skipped: `no ${NOUNS[over][0]} says how it ended`,
  });
}

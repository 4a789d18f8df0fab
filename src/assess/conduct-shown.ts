import type { FactOf } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { parseCadence, windows } from "../slots/cadence.ts";
import { bad, OK, unclear } from "./conduct.ts";
import { daysOf, heldAt, judgeDocument, momentOf, written } from "./conduct-document.ts";
import { type Circumstances, type Failing, type Judgement, plain, type Verdict } from "./judgement.ts";
import { counted } from "./vocabulary.ts";

/** What stands beside the procedure and has to be shown: its head, the people it names, runbooks, documents, reviews of logs. */

const HEAD: Readonly<Record<string, string>> = {
  id: "names no ID",
  version: "names no version",
  owner: "names no owner",
  approvedBy: "does not say who approved it",
  effectiveFrom: "names no day from which it holds",
  lastEdited: "does not say when it was edited last",
  lastReviewed: "does not say when it was reviewed last",
  review: "does not say how often it is reviewed",
};

/**
 * What the procedure says stands at its head is filled in, and nothing was edited since its last review. Where it does not say when
 * that was, nobody knows; each version that was in force in the period is asked.
 */
export function documentHeader(circumstances: Circumstances): Judgement {
  const now = momentOf(circumstances);
  const held = heldAt(circumstances, now);
  const words = {
    rule: "fields that the procedure must have at its head",
    ok: "everything that its head must have is there",
    each: true,
  };
  return judgeDocument(circumstances, words, ({ document, version, zone }, { to }) => {
    const { header } = document;
    if (header.length === 0) return undefined;
    const filled = (field: (typeof header)[number]): boolean => {
      if (field === "version") return written(version);
      if (field === "review") return document.review?.every !== undefined || (document.review?.after?.length ?? 0) > 0;
      return written(document[field]);
    };
    const verdicts = header.map((field) => (filled(field) ? OK : bad(`the procedure ${HEAD[field]}`)));
    return [
      ...verdicts,
      ...editedSince(document, zone, now, held === undefined || (to !== undefined && held >= to) ? undefined : held),
    ];
  });
}

/** A month stands for all its days: whether something changed since the review may stay open. `held`: the last review in the log. */
function editedSince(
  {
    lastEdited,
    lastReviewed,
  }: { readonly lastEdited?: string | undefined; readonly lastReviewed?: string | undefined },
  zone: string,
  now: Instant,
  held: Instant | undefined,
): Verdict[] {
  const named = written(lastReviewed) ? daysOf(lastReviewed, zone) : undefined;
  if (named !== undefined && named.from > now) return [bad(`its last review lies in the future (${lastReviewed})`)];
  const edited = written(lastEdited) ? daysOf(lastEdited, zone) : undefined;
  const reviewed = Math.max(named?.to ?? 0, held === undefined ? 0 : held + 1);
  if (edited === undefined || reviewed === 0) {
    const missing = [...(edited === undefined ? ["edited"] : []), ...(reviewed === 0 ? ["reviewed"] : [])];
    return [
      unclear(
        `whether it was edited since its last review is not known: it does not say when it was ${missing.join(" and ")} last`,
      ),
    ];
  }
  if (edited.to <= reviewed) return [OK];
  const last = held !== undefined && held >= (named?.to ?? 0) ? `on ${dateForPeople(held, zone)}` : lastReviewed;
  return [
    unclear(`edited last ${lastEdited}, reviewed last ${last}: edited since its last review, as far as these say`),
  ];
}

/** Each level that must be reachable has somebody named. Whether they were reachable, only a roster can show. */
export function onCallNamed(circumstances: Circumstances): Judgement {
  const words = { rule: "people on call", ok: "somebody is named for each level" };
  return judgeDocument(circumstances, words, ({ upkeep: { onCall } }) =>
    onCall?.levels.map((level) => {
      const name = Object.hasOwn(onCall.named, level) ? onCall.named[level] : undefined;
      if (name === undefined)
        return unclear(`who is "${level}" does not stand in your rules, and no roster is connected`);
      return written(name) ? OK : bad(`nobody is named as "${level}" (${name})`);
    }),
  );
}

const happened = ({ activities = [], asOf }: Circumstances, type: string) =>
  activities.filter((one) => one.type === type && one.at !== null && one.at <= asOf);

const newest = (all: readonly FactOf<"activity">[]) => all.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0)).at(-1);

/** Whom to call stands in a runbook: shown with its date when the contacts were checked. */
export function runbookShown(circumstances: Circumstances): Judgement {
  const words = { rule: "runbook that says whom to call", ok: "the runbook was shown when the contacts were checked" };
  const last = newest(happened(circumstances, "contact-check"));
  const judged = judgeDocument(circumstances, words, ({ upkeep, zone }) => {
    if (upkeep.onCall?.runbook !== true) return undefined;
    if (last?.at == null) return [unclear("no check of the contacts is on record")];
    const day = dateForPeople(last.at, zone);
    if (!last.documented)
      return [bad(`the contacts were checked on ${day}, and no runbook was added to it (${last.id})`)];
    return last.participants.length === 0
      ? [bad(`the contacts were checked on ${day} by nobody that is named (${last.id})`)]
      : [OK];
  });
  return judged.result === "indeterminate" && last === undefined ? { ...judged, result: "no_data" } : judged;
}

/** Reviews of logs: as often as the rules say; where they name no interval, that there is one. */
export function logsReviewed(circumstances: Circumstances): Judgement {
  const { period, policies, asOf } = circumstances;
  const held = happened(circumstances, "log-review");
  const inPeriod = held.filter(({ at }) => at !== null && at >= period.from && at < period.to);
  const words = {
    rule: "review of logs",
    ok: `${counted(inPeriod.length, ["review of logs", "reviews of logs"])} on record`,
  };
  const judged = judgeDocument(circumstances, words, ({ upkeep: { logs }, zone }) => {
    if (logs === undefined) return undefined;
    const { reviewed } = logs;
    if (reviewed === undefined || reviewed === "on-event")
      return inPeriod.length === 0
        ? [unclear("no review of logs is on record; your rules name no interval")]
        : inPeriod.map(signed);
    // Each belongs to the period in which it ends; what began before there were such rules, to none.
    const asked = (at: number) => policies.policyAt(at);
    const over = [...windows(parseCadence(reviewed, zone), period)].filter(
      ({ from, to }) =>
        to <= Math.min(period.to, asOf) &&
        (from >= period.from || (asked(from)?.reachesBack === false && asked(from)?.policy?.upkeep.logs !== undefined)),
    );
    return over.map(({ from, to }) => {
      const own = held.filter(({ at }) => at !== null && at >= from && at < to);
      const good = own.find(({ approvedBy }) => approvedBy !== null) ?? own[0];
      return good === undefined ? bad(`no review of logs in the time from ${dateForPeople(from, zone)}`) : signed(good);
    });
  });
  return judged.result === "indeterminate" && inPeriod.length === 0 ? { ...judged, result: "no_data" } : judged;
}

const signed = ({ id, approvedBy }: FactOf<"activity">): Verdict =>
  approvedBy === null ? bad(`${id} is signed off by nobody`) : OK;

/** A file that somebody added to the log, by the name that it had. */
export interface AddedFile {
  readonly name: string;
  readonly entry: number;
  readonly at: Instant;
  readonly size: number;
}

const plainName = (text: string): string =>
  (text.trim().split(/[/\\]/).at(-1) ?? "")
    .replace(/\.(?:md|markdown|txt|html?|pdf|docx?|odt)$/i, "")
    .toLowerCase()
    .replace(/[\s_.-]+/g, "-");

/**
 * The documents that the procedure relies on are in the log, by their names. One that is not is no proof that there is none:
 * nothing is known of it.
 */
export function documentLinks(circumstances: Circumstances): Judgement {
  const { files, asOf } = circumstances;
  if (files === undefined) return plain("no_data", "the files that people added are read for a report");
  const before = files.filter(({ at }) => at <= asOf);
  const used: number[] = [];
  const words = { rule: "other documents", ok: "every document that it relies on was added" };
  const judged = judgeDocument(circumstances, words, ({ document: { references } }) => {
    if (references.length === 0) return undefined;
    return references.map(({ id, title, place }) => {
      const names = [place ?? id, id].map(plainName);
      const found = before.findLast(({ name }) => names.includes(plainName(name)));
      const what = `${title} (${place ?? id})`;
      if (found === undefined) return unclear(`${what} was not added: \`custody upload FILE --control A.5.24\``);
      used.push(found.entry);
      return found.size === 0 ? bad(`${what} was added and is empty (record ${found.entry})`) : OK;
    });
  });
  const failing: readonly Failing[] = judged.failing;
  return {
    ...judged,
    failing,
    signed: [...new Set([...(judged.signed ?? []), ...used])],
    ...(judged.result === "indeterminate" && judged.of > 0 ? { result: "no_data" as const } : {}),
  };
}

import { INCIDENT_TIMES, type IncidentTime } from "../evidence/case-facts.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import type { InstanceHistory } from "../slots/history.ts";
import { wordsAbout } from "./one-id.ts";

/** What earlier looks at a source show that its newest word does not tell, or tells of no time. */

type Instances = ReadonlyMap<string, InstanceHistory>;

/** Sources in which everything that an incident can have may be written: what is not there was not written. */
const FREE_FORM: ReadonlySet<string> = new Set(["incident-log/markdown"]);

const isFree = (instance: string, instances: Instances): boolean =>
  instance.startsWith("custody:") || FREE_FORM.has(instances.get(instance)?.record.use ?? "");

/** The newest words of some facts, with all that the earlier ones among them add. */
export function withEarlierLooks(
  facts: readonly Observed[],
  newest: readonly Observed[],
  instances: Instances,
): Observed[] {
  return withUntold(facts, withSeenApprovals(facts, withSeenSeverities(facts, newest), instances), instances);
}

const identityOf = ({ instance, fact }: Observed) => JSON.stringify([instance, fact.id]);

/**
 * With the times that the source has told of no incident, in any look: one that has no column for it cannot say that it was not
 * done. Of what is closed only; while it goes on, it is to be done and recorded yet.
 */
function withUntold(facts: readonly Observed[], newest: readonly Observed[], instances: Instances): Observed[] {
  const told = new Map<string, Set<IncidentTime>>();
  for (const { instance, fact } of facts) {
    if (fact.kind !== "incident") continue;
    const own = told.get(instance) ?? new Set<IncidentTime>();
    told.set(instance, own);
    if (own.size < INCIDENT_TIMES.length) for (const field of INCIDENT_TIMES) if (fact[field] !== null) own.add(field);
  }
  const untold = new Map(
    [...told].map(([instance, own]) => [instance, INCIDENT_TIMES.filter((field) => !own.has(field))]),
  );
  return newest.map((one) => {
    const { fact, instance } = one;
    if (fact.kind !== "incident" || fact.closedAt === null || isFree(instance, instances)) return one;
    const lacking = untold.get(instance) ?? [];
    return lacking.length === 0 ? one : { ...one, fact: { ...fact, untold: lacking } };
  });
}

type Approved = Observed & { readonly fact: FactOf<"review"> };

/**
 * With when an approval can have been given that bears no date, or one at which a look did not show it: not after the first look
 * that shows it, and not before the last one that does not. A date that somebody writes afterwards makes nothing earlier.
 */
function withSeenApprovals(facts: readonly Observed[], newest: readonly Observed[], instances: Instances): Observed[] {
  const looks = new Map<string, Approved[]>();
  const bare = newest.filter((one): one is Approved => one.fact.kind === "review" && isApproved(one.fact));
  for (const one of bare) if (!one.instance.startsWith("custody:")) looks.set(identityOf(one), []);
  if (looks.size === 0) return [...newest];
  for (const one of facts) if (one.fact.kind === "review") looks.get(identityOf(one))?.push(one as Approved);
  return newest.map((one) => {
    const own = one.fact.kind === "review" ? looks.get(identityOf(one)) : undefined;
    if (own === undefined || one.fact.kind !== "review") return one;
    own.sort((a, b) => a.entry - b.entry);
    const { approvedAt } = one.fact;
    // What was taken back stands only since it was given again.
    const lacks = (fact: Approved["fact"]) => (approvedAt === null ? fact.approvedBy === null : !isApproved(fact));
    const since = own.findLastIndex(({ fact }) => lacks(fact)) + 1;
    const [first, without] = [own[since], own[since - 1]];
    const to = first && seenAt(first);
    if (first === undefined || to === undefined) return one;
    const before = [
      without && { entry: without.entry, at: seenAt(without) },
      lookWithout(one.instance, own[0]?.entry ?? first.entry, instances),
    ].flatMap((look) => (look?.at === undefined || look.at > to ? [] : [{ entry: look.entry, at: look.at }]));
    const last = before.sort((a, b) => b.at - a.at)[0];
    // Its own date stands where no look speaks against it.
    const absent = last !== undefined && last.entry !== without?.entry;
    if (approvedAt !== null) {
      if (last === undefined || approvedAt > last.at) return one;
      // A whole day may end after the look; what was not in its source then can have been approved in either part of it.
      const end = approvedAt + (one.fact.precision.approvedAt ?? 0);
      if (absent && end > last.at + 1) return one;
    }
    const seen = { entry: first.entry, to, without: last?.entry ?? null, from: last?.at ?? null };
    return { ...one, fact: { ...one.fact, approvedSeen: absent ? { ...seen, absent } : seen } };
  });
}

const isApproved = ({ approvedBy, approvedAt }: FactOf<"review">) => approvedBy !== null || approvedAt !== null;
const seenAt = ({ capturedAt, at }: Observed): Instant | undefined => capturedAt ?? at;

/** The last look before a record that read all of a folder and was without the file; undefined where there is none. */
function lookWithout(instance: string, entry: number, instances: Instances) {
  const history = instances.get(instance);
  if (history === undefined || !FREE_FORM.has(history.record.use)) return undefined;
  const run = history.runs.findLast(
    ({ index, outcome, problems }) => index < entry && outcome === "collected" && problems === 0,
  );
  return run && { entry: run.index, at: run.started };
}

/**
 * The newest words with what earlier looks at the source showed as the severity of an incident and it does not tell any more. A
 * register that is written over hides no severity that this log has seen.
 */
function withSeenSeverities(facts: Iterable<Observed>, newest: readonly Observed[]): Observed[] {
  const newestEntry = new Map<string, number>();
  for (const one of newest) if (one.fact.kind === "incident") newestEntry.set(identityOf(one), one.entry);
  const seen = new Map<string, Observed[]>();
  for (const one of facts) {
    const identity = one.fact.kind === "incident" ? identityOf(one) : undefined;
    if (identity === undefined || one.entry > (newestEntry.get(identity) ?? -1)) continue;
    const words = seen.get(identity);
    if (words === undefined) seen.set(identity, [one]);
    else words.push(one);
  }
  return newest.map((one) => {
    const { fact } = one;
    const own = fact.kind === "incident" ? seen.get(identityOf(one)) : undefined;
    if (fact.kind !== "incident" || own === undefined) return one;
    const words = new Map<string, number>();
    // Of another record that bears the same id it is no severity of this one.
    for (const { fact: word, entry } of wordsAbout(one, own))
      if (word.kind === "incident" && entry < one.entry && (word.severity ?? "").trim() !== "")
        words.set(word.severity ?? "", Math.min(entry, words.get(word.severity ?? "") ?? entry));
    const told = new Set([fact.severity, ...fact.severities.map(({ severity }) => severity)]);
    const severitiesSeen = [...words]
      .filter(([severity]) => !told.has(severity))
      .map(([severity, entry]) => ({ severity, entry }))
      .sort((a, b) => a.entry - b.entry);
    return severitiesSeen.length === 0 ? one : { ...one, fact: { ...fact, severitiesSeen } };
  });
}

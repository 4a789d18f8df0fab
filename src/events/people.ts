import { actsOfKind, type RecordedAct } from "../evidence/act.ts";
import type { FactRef } from "../evidence/acts.ts";
import { iso } from "../lib/time.ts";
import { agree, type Decision, type PastDecision, recordedDecision } from "./decision.ts";
import type { SecurityEvent, Trouble, Wording } from "./event.ts";
import { factKey } from "./links.ts";

/** What people decided about events: which decision is about which, which count, and what speaks against one that does. */

const NOTHING: readonly never[] = Object.freeze([]);

/** What people decided about each event, by its name. */
export function decisionsOf(
  acts: readonly RecordedAct[],
  all: readonly SecurityEvent[],
  troubles: Trouble[],
): ReadonlyMap<string, PastDecision[]> {
  const decisions = actsOfKind(acts, "event-decision");
  const pasts = new Map<string, PastDecision[]>();
  if (decisions.length === 0) return pasts;
  const byFact = new Map<string, SecurityEvent[]>();
  const byName = new Map<string, SecurityEvent>();
  for (const event of all) {
    byName.set(event.event, event);
    if (event.kind === "event") continue;
    const key = factKey(event.instance, event.kind, event.id);
    const same = byFact.get(key);
    if (same === undefined) byFact.set(key, [event]);
    else same.push(event);
  }
  for (const act of decisions) {
    const { index, entry } = act;
    const targets = [
      ...(entry.facts ?? []).map((ref) => ({
        named: `${ref.kind} ${ref.id} of ${ref.instance}`,
        event: episodeSeen(byFact.get(factKey(ref.instance, ref.kind, ref.id)) ?? NOTHING, ref),
        known: { entry: ref.entry, item: ref.item, ordinal: ref.ordinal },
      })),
      ...(entry.events ?? []).map((id) => ({
        named: id,
        event: byName.get(id),
        known: { entry: index, item: undefined, ordinal: undefined },
      })),
    ];
    if (targets.length === 0) troubles.push({ index, words: "it decides about nothing: it names no event" });
    for (const { named, event, known } of targets) {
      if (event === undefined) {
        troubles.push({ index, words: `it decides about ${named}, which nothing that can be read here tells of` });
        continue;
      }
      const { decision, wrong } = recordedDecision(act, known);
      const problem = wrong ?? impossible(event, decision);
      if (problem !== undefined) troubles.push({ index, event: event.event, words: problem });
      const past = pasts.get(event.event) ?? [];
      if (problem === undefined) supersede(past, act);
      past.push({ ...decision, void: problem, supersededAt: undefined, corrected: false });
      pasts.set(event.event, past);
    }
  }
  return pasts;
}

/** The episode that was known last when the record was seen that a decision names. */
function episodeSeen(episodes: readonly SecurityEvent[], ref: FactRef): SecurityEvent | undefined {
  if (episodes.length < 2) return episodes[0];
  const known = { entry: ref.entry, item: ref.item, ordinal: ref.ordinal };
  const exact = episodes.find(({ newest, wordings }) =>
    [newest, ...wordings.map(({ seen }) => seen)].some(
      (seen) =>
        seen.entry === ref.entry &&
        (ref.item === undefined || seen.item === ref.item) &&
        (ref.ordinal === undefined || seen.ordinal === ref.ordinal),
    ),
  );
  if (exact !== undefined) return exact;
  // Of those that could be known then, the one that began last.
  const possible = episodes.filter(({ wordings }) => wordings[0] !== undefined && wasKnown(wordings[0], known));
  return possible.reduce<SecurityEvent | undefined>(
    (last, one) => (last === undefined || one.when >= last.when ? one : last),
    undefined,
  );
}

/** True for a wording that was in the log when the record was seen that a decision rests on. */
function wasKnown({ seen }: Wording, known: Decision["known"]): boolean {
  if (seen.entry !== known.entry) return seen.entry < known.entry;
  if (known.item === undefined || known.ordinal === undefined || seen.item !== known.item) return true;
  return seen.ordinal <= known.ordinal;
}

/** Why nobody can have decided this about the event; undefined where somebody can. */
export function impossible(
  event: SecurityEvent,
  {
    at,
    precision,
    known,
    decision,
    duplicateOf,
  }: Pick<Decision, "at" | "precision" | "known" | "decision" | "duplicateOf">,
): string | undefined {
  const [first] = event.wordings;
  if (first !== undefined && !wasKnown(first, known))
    return `it names record ${known.entry}, in which nothing told of the event yet`;
  if (at !== null && at + precision <= event.when)
    return `it is dated ${iso(at)}, before the event began (${iso(event.when)})`;
  if (decision === "duplicate" && duplicateOf === event.event) return "it is called a duplicate of itself";
  return undefined;
}

/** A later decision takes the place of those before it; what it corrects was a mistake of the record. */
function supersede(past: PastDecision[], { at, entry }: RecordedAct<"event-decision">): void {
  for (const [i, one] of past.entries()) {
    if (one.void !== undefined || one.supersededAt !== undefined) continue;
    past[i] = { ...one, supersededAt: at, corrected: entry.corrects === one.index };
  }
}

/** What changed at the source after the word that was looked at. */
export function changesSince({ wordings }: SecurityEvent, { known, at, precision }: Decision): string[] {
  const before = wordings.findLast((wording) => wasKnown(wording, known))?.seen.fact;
  const later = wordings.filter((wording) => !wasKnown(wording, known)).map(({ seen }) => seen.fact);
  if (before === undefined || later.length === 0) return [];
  const found: string[] = [];
  if (before.kind === "alert") {
    const alerts = later.filter((fact) => fact.kind === "alert");
    const severities = [...new Set(alerts.flatMap(({ severity }) => (severity === null ? [] : [severity])))];
    const others = severities.filter((severity) => severity !== before.severity);
    if (others.length > 0)
      found.push(`its severity was ${before.severity ?? "not given"} then, and became ${others.join(", then ")}`);
    if (alerts.some(({ name }) => name !== before.name)) found.push("its source calls it something else since");
    if (at !== null && alerts.some(({ startsAt }) => startsAt >= at + precision))
      found.push("its source says that it began again after the decision");
    else if (before.state === "resolved" && alerts.at(-1)?.state === "firing")
      found.push("it was over then and goes on now");
  } else if (before.kind === "job-run") {
    if (later.some((fact) => fact.kind === "job-run" && fact.outcome !== before.outcome))
      found.push("its outcome is another one since");
  } else found.push("what was reported was corrected since");
  return found;
}

/** Decisions of which nobody can say from the records which one came last. */
export function conflicts(past: readonly PastDecision[], standing: PastDecision): string[] {
  const found: string[] = [];
  for (const one of past) {
    if (one === standing || one.void !== undefined || one.corrected || agree(one, standing)) continue;
    if (one.at === null || standing.at === null) continue;
    if (one.at >= standing.at + standing.precision)
      found.push(`record ${one.index}, which was recorded earlier, is dated later and says something else`);
    else if (one.at + one.precision > standing.at && one.by.type === "person" && !sameDecider(one, standing))
      found.push(`records ${one.index} and ${standing.index} of two people say different things about the same moment`);
  }
  return found;
}

const sameDecider = (a: Decision, b: Decision) =>
  a.by.type === "person" && b.by.type === "person" && a.by.id === b.by.id;

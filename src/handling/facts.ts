import { type FactOf, type Observed, wholeFact } from "../evidence/fact.ts";
import { GONE_TEXT } from "../evidence/gone-words.ts";
import { doubtInWords, doubtsOf } from "./doubts.ts";
import { FIELDS, isFilled } from "./fields.ts";
import type { EvidenceItem } from "./item.ts";
import { holeInWords, type Speaking } from "./words.ts";

/**
 * The things kept as evidence as checks and reports read them, under the name of the register they belong to. `speaking`
 * gives people their names, as far as these are still there.
 */
export function evidenceFacts(items: readonly EvidenceItem[], instance: string, speaking: Speaking): Observed[] {
  return items.map((item, ordinal) => {
    const last = item.events.reduce((most, { entry }) => Math.max(most, entry), 0);
    const at = item.events.reduce((most, { loggedAt }) => Math.max(most, loggedAt), 0);
    const fact = factOf(item, speaking);
    return { fact, ...ifKept(item, fact), instance, entry: last, item: item.body ?? "", ordinal, at };
  });
}

function factOf(item: EvidenceItem, speaking: Speaking): FactOf<"evidence"> {
  const name = (id: string | undefined) => (id === undefined ? null : speaking.person(id));
  const { files, physical } = item;
  // The worst and the oldest count: what was never hashed again since is as old as its last check.
  const originals = files.filter(({ derived }) => derived === undefined);
  const hashed = originals.map(({ hashedAt }) => hashedAt);
  const checks = files.filter(({ disposed }) => !disposed).map(({ verified }) => verified?.at);
  const gone = files.flatMap(({ disposed }) => (disposed ? [Date.parse(disposed.at)] : []));
  const derived = [
    ...(item.incident === undefined ? [] : ["incident"]),
    ...(files.length > 0 ? ["files"] : []),
    ...(item.collected === undefined ? [] : ["collectedAt"]),
  ];
  return wholeFact<"evidence">({
    kind: "evidence",
    id: item.id,
    title: item.title,
    incident: item.incident ?? null,
    physical,
    holder: name(item.holder),
    collectedAt: item.collected?.at ?? null,
    collectedBy: name(item.collectedBy),
    hashedAt: hashed.length === 0 ? null : Math.max(...hashed),
    verifiedAt: checks.length === 0 || checks.includes(undefined) ? null : Math.min(...(checks as number[])),
    released: item.state === "released" || item.state === "returned",
    disposedAt: item.state !== "disposed" ? null : (item.ended?.at ?? (gone.length === 0 ? null : Math.max(...gone))),
    digests: files.map(({ digest }) => digest),
    filled: [...derived, ...[...item.fields].flatMap(([field, { value }]) => (isFilled(value) ? [field] : []))].sort(),
    events: item.events.map((event) => ({
      at: event.stamp.at,
      act: event.act,
      by: name(event.by),
      from: name(event.from),
      to: name(event.to),
      reason: event.reason ?? event.purpose ?? null,
      result: event.result ?? null,
      entry: event.entry,
      loggedAt: event.loggedAt,
      allowed: event.allowed.word === "unknown" ? null : event.allowed.word,
    })),
    holes: item.holes.map((hole) => holeInWords(hole, speaking)),
    doubts: doubtsOf(item).map((doubt) => doubtInWords(doubt, speaking)),
    precision:
      item.collected === undefined || item.collected.precision <= 1 ? {} : { collectedAt: item.collected.precision },
    covers: item.covers ?? null,
    holds: item.holds.map(({ id, from, to }) => ({ hold: id, from, to: to ?? null })),
    originalKept: item.originalKept === undefined ? null : item.originalKept ? "yes" : "no",
  });
}

/** The same with something in every text that is gone; nothing where none is. */
function ifKept({ events }: EvidenceItem, fact: FactOf<"evidence">): Pick<Observed, "ifKept"> {
  const gone = events.flatMap((event) => event.gone ?? []);
  if (gone.length === 0) return {};
  const from = new Set(gone.map(({ entry }) => entry));
  const acts = new Set(events.flatMap(({ act, entry }) => (from.has(entry) ? [act] : [])));
  const all = (["collect", "receive", "describe"] as const).some((act) => acts.has(act));
  const place = acts.has("store") || acts.has("transfer");
  const said = FIELDS.filter(({ name, kind }) => kind === "words" && (all || (place && name === "location"))).map(
    ({ name }) => name,
  );
  const filled = [...new Set([...fact.filled, ...said])].sort();
  const reasoned = fact.events.map((event) =>
    event.reason === null && from.has(event.entry) ? { ...event, reason: GONE_TEXT } : event,
  );
  return { ifKept: { fact: { ...fact, filled, events: reasoned }, gone } };
}

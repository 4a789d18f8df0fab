import { actsOfKind, type Standing, standing, wordOf } from "../evidence/act.ts";
import { goneWords } from "../evidence/gone-words.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import { allowedTo } from "./allowed.ts";
import { type Step, walk } from "./chain.ts";
import { FIELDS, fieldsIn, isFilled } from "./fields.ts";
import { filesOf, newestChecks, originalKept } from "./files.ts";
import { holdsOver } from "./holds.ts";
import type { Access, Authorisation, EvidenceItem, FieldSaid, HandlingInput, ItemFile, Trouble } from "./item.ts";
import type { Stamp } from "./order.ts";
import { type Act, inRecordOrder, stampOf, timeOf } from "./record.ts";

/** Recorded later than this after it happened is told as recorded later. */
const DAY = 86_400_000;
/** A machine whose clock is behind the log by this much is told. */
const BEHIND = 1_000;

/**
 * Every thing kept as evidence of an incident, in the order in which they were first recorded. Nothing is refused: a record
 * that does not fit is a hole or a trouble of its thing. Pure; everything is derived anew from the records.
 */
export function evidenceItems(input: HandlingInput): EvidenceItem[] {
  const own = new Map<string, Act[]>();
  const all = actsOfKind(input.acts, "custody");
  for (const act of all) {
    const acts = own.get(act.entry.evidence) ?? [];
    acts.push(act);
    own.set(act.entry.evidence, acts);
  }
  const things = new Map(all.map((act) => [act.index, act.entry.evidence]));
  return [...own].map(([id, acts]) => itemOf(id, acts, things, input));
}

function itemOf(
  id: string,
  acts: readonly Act[],
  things: ReadonlyMap<number, string>,
  input: HandlingInput,
): EvidenceItem {
  const counting = standing(acts, (entry) => entry.evidence);
  const troubles = [...correctionTroubles(acts, counting, things), ...wordTroubles(acts)];
  const incident = counting.findLast(({ act }) => act.entry.incident !== undefined)?.act.entry.incident;
  const physical = counting.some(({ act }) => act.entry.physical === true);
  const fields = fieldsOf(counting);
  const verified = newestChecks(counting);
  const files = filesOf(counting, verified, input);
  const handlers = authorisations(counting);
  const digests = new Set(files.map(({ digest }) => digest));
  const steps = [
    ...counting.map((one) => stepOf(one, handlers)),
    ...input.accesses.flatMap((access) => accessStep(access, digests, handlers)),
  ];
  const { events, began, holes, ...now } = walk(steps, physical);
  for (const { act } of counting) {
    if (act.entry.act === "dispose" && !physical)
      troubles.push({
        entry: act.index,
        text: "says that it was disposed of; files can only go by `custody dispose`, whose record names them",
      });
    const unknown = (act.entry.digests ?? []).filter((digest) => !digests.has(digest));
    if (unknown.length > 0)
      troubles.push({ entry: act.index, text: `names ${unknown.length} file(s) that this item does not have` });
  }
  for (const { disposed } of files)
    if (disposed?.unproven)
      troubles.push({
        entry: disposed.index,
        text: `says by whose authority (${disposed.authority}) its file was disposed of, but whoever recorded that did not show who they are`,
      });
  const allGone = !physical && files.length > 0 && files.every(({ disposed }) => disposed !== undefined);
  const collectedBy = fields.get("collectedBy")?.value;
  const value = (name: string) => fields.get(name)?.value;
  const from = timeOf(value("windowFrom"));
  const to = timeOf(value("windowTo"));
  const title = value("title");
  const location = value("location");
  return {
    id,
    body: acts[0]?.entry.body?.digest,
    incident,
    physical,
    title: typeof title === "string" ? title : "",
    fields,
    missing: missingFields(fields, physical, files, incident),
    files,
    collected: began?.stamp,
    collectedBy: typeof collectedBy === "string" ? collectedBy : began?.by,
    ...now,
    ...(allGone ? { state: "disposed" as const, holder: undefined, holderSince: undefined } : {}),
    location: typeof location === "string" && location !== "" ? location : undefined,
    covers: from !== undefined && to !== undefined && from < to ? { from, to } : undefined,
    events,
    holes: [...holes].sort((a, b) => a.from - b.from || a.to - b.to),
    handlers,
    holds: holdsOver(input, acts, files, physical, incident),
    originalKept: originalKept(files),
    troubles: troubles.sort((a, b) => a.entry - b.entry),
  };
}

function stepOf({ act, replaced }: Standing<"custody">, handlers: readonly Authorisation[]): Step {
  const { entry } = act;
  const stamp = stampOf(act);
  const { id: by, role, auth } = entry.actor;
  const to = entry.to ?? (entry.act === "receive" ? by : undefined);
  const clock = entry.clock === undefined ? undefined : fromIso(entry.clock);
  return {
    act: entry.act,
    stamp,
    loggedAt: act.at,
    entry: act.index,
    by,
    role,
    auth,
    from: entry.from,
    to: entry.to,
    reason: wordOf(act, "reason"),
    gone: goneWords(act),
    note: wordOf(act, "note"),
    result: entry.result,
    digests: [...new Set([...(entry.digests ?? []), ...(entry.evidenceFiles ?? []).map(({ digest }) => digest)])],
    purpose: undefined,
    replaced: replaced.map(({ index }) => index),
    allowed: allowedTo({ act: entry.act, at: stamp.at, by, role, auth, to }, handlers),
    late: lateness(stamp, act.at),
    clockBehind: clock !== undefined && act.at - clock > BEHIND ? act.at - clock : undefined,
  };
}

/** An `access` record that names files of the item is an access of the item. */
function accessStep(
  { index, at, entry }: Access,
  digests: ReadonlySet<string>,
  handlers: readonly Authorisation[],
): Step[] {
  const named = entry.digests.filter((digest) => digests.has(digest));
  if (named.length === 0) return [];
  const { id: by, role, auth } = entry.actor;
  return [
    {
      act: "access",
      stamp: { at, precision: 1 },
      loggedAt: at,
      entry: index,
      by,
      role,
      auth,
      from: undefined,
      to: undefined,
      reason: undefined,
      note: undefined,
      result: undefined,
      digests: named,
      purpose: entry.purpose,
      replaced: [],
      allowed: allowedTo({ act: "access", at, by, role, auth, to: undefined }, handlers),
      late: "no",
      clockBehind: undefined,
    },
  ];
}

function lateness({ at, precision }: Stamp, loggedAt: Instant): Step["late"] {
  if (loggedAt - at <= DAY) return "no";
  return loggedAt - (at + precision - 1) > DAY ? "yes" : "perhaps";
}

/** The newest word about each field counts; one that was emptied says nothing. */
function fieldsOf(counting: readonly Standing<"custody">[]): Map<string, FieldSaid> {
  const found = new Map<string, FieldSaid>();
  for (const { act } of inRecordOrder(counting)) {
    const said = act.entry.act === "collect" || act.entry.act === "receive" || act.entry.act === "describe";
    if (said) {
      for (const [name, value] of fieldsIn(act.entry.values, act.words)) {
        if (isFilled(value)) found.set(name, { value, entry: act.index });
        else found.delete(name);
      }
    } else if (act.entry.act === "store" || act.entry.act === "transfer") {
      const location = wordOf(act, "location");
      if (location !== undefined) found.set("location", { value: location, entry: act.index });
    }
  }
  return found;
}

function missingFields(
  fields: ReadonlyMap<string, FieldSaid>,
  physical: boolean,
  files: readonly ItemFile[],
  incident: string | undefined,
): string[] {
  const missing = FIELDS.filter(({ name, expected }) => {
    const wanted = expected === "always" || expected === (physical ? "physical" : "file");
    return wanted && !fields.has(name);
  }).map(({ name }) => name);
  return [
    ...(incident === undefined && !fields.has("purpose") ? ["incident"] : []),
    ...missing,
    ...(!physical && files.length === 0 ? ["files"] : []),
  ];
}

/** Whoever is authorised counts from when that was recorded, not from when it is said to have happened. */
function authorisations(counting: readonly Standing<"custody">[]): Authorisation[] {
  const found: { person: string; from: Instant; to: Instant | undefined; entry: number }[] = [];
  for (const { act } of inRecordOrder(counting)) {
    const { handlers, withdraw } = act.entry.values ?? {};
    const grants = act.entry.act === "authorise" || act.entry.act === "collect";
    if (!grants || !Array.isArray(handlers)) continue;
    const at = Math.max(act.at, stampOf(act).at);
    // What comes in with a list is under it from its first moment.
    const from = act.entry.act === "collect" ? Math.min(act.at, stampOf(act).at) : at;
    for (const person of handlers) {
      const open = found.findLast((one) => one.person === person && one.to === undefined);
      if (withdraw === true) {
        if (open !== undefined) open.to = at;
      } else if (open === undefined) found.push({ person, from, to: undefined, entry: act.index });
    }
  }
  return found;
}

function correctionTroubles(
  acts: readonly Act[],
  counting: readonly Standing<"custody">[],
  things: ReadonlyMap<number, string>,
): Trouble[] {
  const done = new Set(counting.flatMap(({ act, replaced }) => (replaced.length > 0 ? [act, ...replaced] : [])));
  return acts.flatMap((act) => {
    const { corrects } = act.entry;
    if (corrects === undefined || done.has(act)) return [];
    const other = things.get(corrects);
    const why =
      other === undefined || corrects >= act.index
        ? `no earlier record about evidence has the number ${corrects}`
        : other === act.entry.evidence
          ? "that one was made by somebody who showed who they are, which whoever recorded this did not"
          : `record ${corrects} is about ${other}`;
    return [{ entry: act.index, text: `claims to correct record ${corrects}, but ${why}; it counts by itself` }];
  });
}

const wordTroubles = (acts: readonly Act[]): Trouble[] =>
  acts.flatMap(({ index, gone }) => {
    if (gone === undefined || gone === "disposed") return [];
    return [{ entry: index, text: gone === "missing" ? "its words are not there" : "its words cannot be read" }];
  });

import { doubtInWords, doubtsOf } from "../handling/doubts.ts";
import { FIELDS, type FieldValue } from "../handling/fields.ts";
import type { Access, EvidenceItem, ItemEvent } from "../handling/item.ts";
import { holeInWords, missingInWords, remarksOn, type Speaking, stateInWords } from "../handling/words.ts";
import { momentForPeople } from "../incidents/moment.ts";
import { type Interval, iso } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull, span } from "./coverage.ts";
import type { CustodyEvent, CustodyFile, CustodyItem, CustodyPart, ReadRow } from "./custody-shape.ts";
import { doerOf, type Names, nameOf } from "./doer.ts";
import { sortedBy } from "./order.ts";

/** The things kept as evidence of incidents as rows: fields, hands, holes, holds; and who looked at evidence. Pure. */

export interface CustodyInput {
  readonly names: Names;
  readonly items: readonly EvidenceItem[];
  /** Every record that evidence was handed out or opened. */
  readonly accesses: readonly Access[];
}

const NONE: CustodyInput = { names: new Map(), items: [], accesses: [] };

/** `incidents` are the ids of those in the register of the period. */
export function custodyPart(
  input: CustodyInput | undefined,
  incidents: ReadonlySet<string>,
  period: Interval,
  zone: string,
): CustodyPart {
  const { names, items, accesses } = input ?? NONE;
  const speaking: Speaking = {
    person: (id) => nameOf(id, names),
    moment: (at, precision = 1_000) => momentForPeople({ at, precision }, zone),
    day: (at) => dateForPeople(at, zone),
  };
  const inside = items.filter((item) => isOf(item, incidents, period));
  const rows = inside.map((item) => itemRow(item, names, speaking));
  const files = rows.flatMap((row) => row.files);
  return {
    items: sortedBy(rows, (row) => row.id),
    itemsBefore: items.filter((item) => !inside.includes(item) && firstOf(item) < period.to).length,
    counts: {
      contiguous: rows.filter(({ contiguous, doubts }) => contiguous && doubts.length === 0).length,
      doubted: rows.filter(({ contiguous, doubts }) => contiguous && doubts.length > 0).length,
      holed: rows.filter(({ contiguous }) => !contiguous).length,
      incomplete: rows.filter(({ missing }) => missing.length > 0).length,
      files: files.length,
      verified: files.filter(({ verified }) => verified !== null).length,
      altered: files.filter(({ verified }) => verified?.result === "differs").length,
      disposed: files.filter(({ disposed }) => disposed !== null).length,
    },
    reads: readRows(items, accesses, names, period),
  };
}

/** Its first moment: events stand in the order in which they happened, but what is not in order must not hide it. */
const firstOf = ({ events }: EvidenceItem): number =>
  events.reduce((first, { stamp }) => Math.min(first, stamp.at), Number.POSITIVE_INFINITY);

function isOf(item: EvidenceItem, incidents: ReadonlySet<string>, { from, to }: Interval): boolean {
  if (item.incident !== undefined && incidents.has(item.incident)) return true;
  const last = item.events.reduce((most, { stamp, loggedAt }) => Math.max(most, stamp.at, loggedAt), 0);
  const isOver = item.state === "returned" || item.state === "released" || item.state === "disposed";
  const disposed = item.files.flatMap((file) => (file.disposed ? [Date.parse(file.disposed.at)] : []));
  return firstOf(item) < to && (!isOver || Math.max(last, ...disposed) >= from);
}

function itemRow(item: EvidenceItem, names: Names, speaking: Speaking): CustodyItem {
  const person = (id: string | undefined) => (id === undefined ? null : nameOf(id, names));
  return {
    id: clean(item.id, 120),
    title: clean(item.title),
    incident: cleanOrNull(item.incident),
    physical: item.physical,
    state: item.state,
    now: clean(stateInWords(item, speaking)),
    holder: person(item.holder),
    holderSince: isoOrNull(item.holderSince),
    collected:
      item.collected === undefined ? null : { at: iso(item.collected.at), precision: item.collected.precision },
    collectedBy: person(item.collectedBy),
    location: cleanOrNull(item.location),
    covers: item.covers === undefined ? null : span(item.covers),
    fields: FIELDS.flatMap(({ name, label, kind }) => {
      const said = item.fields.get(name);
      return said === undefined
        ? []
        : [{ name, label, value: clean(valueInWords(said.value, kind, speaking)), entry: said.entry }];
    }),
    missing: missingInWords(item.missing),
    files: item.files.map((file) => fileRow(file, names)),
    originalKept: item.originalKept ?? null,
    events: item.events.map((event) => eventRow(event, names, speaking)),
    contiguous: item.holes.length === 0,
    holes: item.holes.map((hole) => ({
      ...span(hole),
      kind: hole.kind,
      text: clean(holeInWords(hole, speaking), 600),
      entries: [...hole.entries],
    })),
    doubts: doubtsOf(item).map((doubt) => clean(doubtInWords(doubt, speaking), 600)),
    handlers: item.handlers.map(({ person: id, from, to, entry }) => ({
      person: nameOf(id, names),
      from: iso(from),
      to: isoOrNull(to),
      entry,
    })),
    holds: item.holds.map(({ id, index, from, to }) => ({
      id: clean(id, 120),
      from: iso(from),
      to: isoOrNull(to),
      entry: index,
    })),
    troubles: item.troubles.map(({ entry, text }) => ({ entry, text: clean(text) })),
  };
}

function valueInWords(value: FieldValue, kind: string, { person, moment }: Speaking): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return value.join(", ");
  if (kind === "person") return person(value);
  const at = kind === "time" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? value : moment(at);
}

function fileRow(file: EvidenceItem["files"][number], names: Names): CustodyFile {
  const { digest, size, mediaType, name, entry, hashedAt, hashedBy, derived, verified, disposed } = file;
  return {
    digest,
    size,
    mediaType: clean(mediaType, 120),
    name: cleanOrNull(name, 200),
    entry,
    hashedAt: iso(hashedAt),
    hashedBy: nameOf(hashedBy, names),
    derived: derived === undefined ? null : { from: [...derived.from], change: clean(derived.change, 80) },
    verified: verified === undefined ? null : { at: iso(verified.at), result: verified.result, entry: verified.entry },
    disposed:
      disposed === undefined
        ? null
        : {
            at: disposed.at,
            by: nameOf(disposed.by, names),
            authority: clean(disposed.authority),
            reason: clean(disposed.reason),
            entry: disposed.index,
          },
  };
}

function eventRow(event: ItemEvent, names: Names, speaking: Speaking): CustodyEvent {
  const { act, stamp, loggedAt, entry, by, role, auth, from, to, reason, purpose, note, result } = event;
  const person = (id: string | undefined) => (id === undefined ? null : nameOf(id, names));
  return {
    act,
    at: iso(stamp.at),
    precision: stamp.precision,
    by: doerOf({ type: "person", id: by, role, auth }, names),
    logged: iso(loggedAt),
    from: person(from),
    to: person(to),
    reason: cleanOrNull(reason ?? purpose),
    note: cleanOrNull(note),
    result: result ?? null,
    files: event.digests.length,
    confirmed: event.confirmed === undefined ? null : event.confirmed === "receiver",
    remarks: remarksOn(event, speaking).map((one) => clean(one)),
    entry,
  };
}

/** Acts by which somebody came to see what a thing holds. */
const READING: ReadonlySet<string> = new Set(["access", "export", "copy"]);

/** Everybody who is recorded as having opened or been given evidence, each record once. */
function readRows(
  items: readonly EvidenceItem[],
  accesses: readonly Access[],
  names: Names,
  { from, to }: Interval,
): ReadRow[] {
  const inside = (at: number) => at >= from && at < to;
  const whose = new Map<number, string>();
  const handled = items.flatMap(({ id, events }) =>
    events.flatMap((event): ReadRow[] => {
      const { act, stamp, entry, by, role, auth, reason, purpose, digests } = event;
      whose.set(entry, id);
      // What an `access` record says is told once, below.
      if (!READING.has(act) || !inside(stamp.at) || purpose !== undefined) return [];
      return [
        {
          at: iso(stamp.at),
          by: doerOf({ type: "person", id: by, role, auth }, names),
          what: act,
          item: clean(id, 120),
          files: digests.length,
          reason: cleanOrNull(reason),
          entry,
        },
      ];
    }),
  );
  const opened = accesses
    .filter(({ at }) => inside(at))
    .map(
      ({ index, at, entry }): ReadRow => ({
        at: iso(at),
        by: doerOf(entry.actor, names),
        what: clean(entry.purpose, 80),
        item: cleanOrNull(whose.get(index), 120),
        files: entry.digests.length,
        reason: null,
        entry: index,
      }),
    );
  return sortedBy(
    [...handled, ...opened],
    (row) => row.at,
    (row) => row.entry,
  );
}

import { INCIDENT_TIMES } from "../evidence/case-facts.ts";
import type { FactOf, Observed, UnreadValue } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import { breachesOf, listsOf } from "./one-case-lists.ts";
import { moreExact, type Told, toldOf } from "./one-case-times.ts";

/**
 * Several records of one incident, made one: each field from the record that tells it. Where two tell it and differ, the case says
 * so with both values and their records, and nothing is chosen in the organisation's favour: a time lies anywhere between the two,
 * the graver decision counts, and of what is neither earlier nor graver nobody can tell.
 */

export type Incident = FactOf<"incident">;
export type IncidentRecord = Omit<Observed, "fact"> & { readonly fact: Incident };

/** Where of two different words neither is the worse one: who asks for it cannot decide. */
const UNDECIDED = ["nature", "detectedBy", "causeKey"] as const;
/** Words of which one is enough; that there are two is said. */
const WORDS = [
  ...UNDECIDED,
  "severity",
  "status",
  "owner",
  "commander",
  "cause",
  "supplier",
  "closedBy",
  "closureReason",
] as const;
const HARM = ["confidentiality", "integrity", "availability"] as const;

type Difference = NonNullable<Incident["differing"]>[number];

const OUR_OWN = "custody:";

/** The records in order, the one whose name the case bears first: of our own register, else the one that was told first. */
function inOrder(records: readonly IncidentRecord[]): readonly [IncidentRecord, ...IncidentRecord[]] {
  const isOurs = ({ instance }: IncidentRecord) => (instance.startsWith(OUR_OWN) ? 0 : 1);
  return [...records].sort((a, b) => isOurs(a) - isOurs(b)) as [IncidentRecord, ...IncidentRecord[]];
}

/** The records of one incident as one record; the same one where there is no other. */
export function oneCase(given: readonly IncidentRecord[]): IncidentRecord {
  const records = inOrder(given);
  const [first] = records;
  if (records.length === 1) return first;
  const fact = joined(records);
  const gone = records.flatMap(({ ifKept }) => ifKept?.gone ?? []);
  const unread = [...records.flatMap((one) => one.unread ?? []), ...undecided(fact, records)];
  return {
    ...first,
    fact,
    ...(gone.length === 0
      ? {}
      : { ifKept: { fact: joined([asIfKept(first), ...records.slice(1).map(asIfKept)]), gone } }),
    ...(unread.length === 0 ? {} : { unread }),
  };
}

const asIfKept = (one: IncidentRecord): IncidentRecord =>
  one.ifKept?.fact.kind === "incident" ? { ...one, fact: one.ifKept.fact } : one;

function joined(records: readonly [IncidentRecord, ...IncidentRecord[]]): Incident {
  const [first] = records;
  const facts = records.map(({ fact }) => fact);
  const differing: Difference[] = [];
  const note = (field: string, told: readonly Told<string>[]) =>
    differing.push({
      field,
      told: told.map(({ value, from: { instance, entry, fact } }) => ({ value, instance, id: fact.id, entry })),
    });
  const precision: Record<string, number> = {};
  const times = Object.fromEntries(
    INCIDENT_TIMES.map((field) => [field, moreExact(toldOf(records, field), field, precision, note)]),
  ) as Record<(typeof INCIDENT_TIMES)[number], Instant | null>;
  const words = Object.fromEntries(WORDS.map((field) => [field, wordOf(records, field, note)])) as Record<
    (typeof WORDS)[number],
    string | null
  >;
  const lists = listsOf(records, precision);
  return {
    ...first.fact,
    ...times,
    ...words,
    ...lists,
    ...personalDataOf(records, precision, note),
    breaches: breachesOf(records, precision, note),
    precision,
    review: facts.find(({ review }) => isTold(review))?.review ?? null,
    impact: impactOf(records, note),
    affected: mostOf(records, note),
    origin: facts.every(({ origin }) => origin !== null) ? first.fact.origin : null,
    reopened: Math.max(...facts.map(({ reopened }) => reopened)),
    ...saidBefore(records),
    // One record that could have told it is enough.
    untold: facts.every(({ untold }) => untold !== undefined)
      ? (first.fact.untold ?? []).filter((field) => facts.every(({ untold }) => untold?.includes(field)))
      : undefined,
    linked: records.map(({ instance, entry, fact: { id, review } }) => ({ instance, id, entry, review })),
    ...(differing.length === 0 ? {} : { differing }),
  };
}

const isTold = (word: string | null): word is string => word !== null && word.trim() !== "";
const alike = (word: string) => word.trim().toLowerCase();

type Note = (field: string, told: readonly Told<string>[]) => void;

/** What the first record says that says anything; all that is said differently is noted. */
function firstOf(told: readonly Told<string>[], field: string, note: Note): string | null {
  const distinct = told.filter(({ value }, i) => told.findIndex((other) => alike(other.value) === alike(value)) === i);
  if (distinct.length > 1) note(field, distinct);
  return distinct[0]?.value ?? null;
}

function wordOf(records: readonly IncidentRecord[], field: (typeof WORDS)[number], note: Note): string | null {
  const told = records.flatMap((from) => (isTold(from.fact[field]) ? [{ value: from.fact[field], from }] : []));
  return firstOf(told, field, note);
}

function impactOf(records: readonly IncidentRecord[], note: Note): Incident["impact"] {
  if (records.every(({ fact }) => fact.impact === null)) return null;
  const of = (part: (typeof HARM)[number]) => {
    const told = records.flatMap((from) => {
      const value = from.fact.impact?.[part] ?? null;
      return isTold(value) ? [{ value, from }] : [];
    });
    return firstOf(told, part, note);
  };
  return { confidentiality: of("confidentiality"), integrity: of("integrity"), availability: of("availability") };
}

/** The most that any record tells. */
function mostOf(records: readonly IncidentRecord[], note: Note): number | null {
  const told = records.flatMap((from) => (from.fact.affected === null ? [] : [{ value: from.fact.affected, from }]));
  if (told.length === 0) return null;
  firstOf(
    told.map(({ value, from }) => ({ value: String(value), from })),
    "affected",
    note,
  );
  return Math.max(...told.map(({ value }) => value));
}

/** That personal data was concerned weighs more than that it was not; who decided that and when is told of the same decision. */
function personalDataOf(
  records: readonly IncidentRecord[],
  precision: Record<string, number>,
  note: Note,
): Pick<Incident, "personalData" | "personalDataBy" | "personalDataAt"> {
  const told = records.flatMap((from) =>
    from.fact.personalData === null ? [] : [{ value: from.fact.personalData, from }],
  );
  firstOf(told, "personalData", note);
  const personalData = told.some(({ value }) => value === "yes") ? "yes" : (told[0]?.value ?? null);
  const deciding = told.filter(({ value }) => value === personalData).map(({ from }) => from);
  return {
    personalData,
    personalDataBy: deciding.find(({ fact }) => isTold(fact.personalDataBy))?.fact.personalDataBy ?? null,
    personalDataAt: moreExact(toldOf(deciding, "personalDataAt"), "personalDataAt", precision, note),
  };
}

/**
 * The course of the severity as the first record has it that has one. What another one says beside it was said of it too: where it
 * is worse, nobody can tell.
 */
function saidBefore(records: readonly IncidentRecord[]): Pick<Incident, "severitiesSeen"> {
  const course = records.find(({ fact }) => fact.severities.length > 0) ?? records[0];
  const main = records.find(({ fact }) => isTold(fact.severity));
  const told = new Set([...(course?.fact.severities ?? []).map(({ severity }) => severity), main?.fact.severity ?? ""]);
  const said = records.flatMap(({ fact, entry }) => [
    ...(fact.severitiesSeen ?? []),
    ...[...fact.severities.map(({ severity }) => severity), fact.severity]
      .filter(isTold)
      .map((severity) => ({ severity, entry })),
  ]);
  const own = new Set(records.flatMap(({ fact }) => (fact.severitiesSeen ?? []).map(({ severity }) => severity)));
  const severitiesSeen = said.filter(
    ({ severity }, i) =>
      (own.has(severity) || !told.has(severity)) && said.findIndex((one) => one.severity === severity) === i,
  );
  return severitiesSeen.length === 0 ? { severitiesSeen: undefined } : { severitiesSeen };
}

/** The differences of which neither value is the worse one, for whoever asks. */
function undecided({ differing = [] }: Incident, records: readonly IncidentRecord[]): UnreadValue[] {
  const where = records.map(({ fact }) => fact.id).join(" and ");
  return differing
    .filter(({ field }) => (UNDECIDED as readonly string[]).includes(field))
    .map((difference) => ({ field: difference.field, where, message: differenceInWords(difference) }));
}

const CALLED: Readonly<Record<string, string>> = {
  detectedBy: "how it was noticed",
  causeKey: "cause_key",
  personalData: "whether personal data is concerned",
};

/** `nature: "security" (INC-7, record 12), "both" (BREACH-7, record 9)`, and what to do. */
export function differenceInWords({ field, told }: Difference): string {
  const name = CALLED[field] ?? field.replace(/At$/, "").replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  const values = told.map(({ value, id, entry }) => `"${value.slice(0, 120)}" (${id.slice(0, 120)}, record ${entry})`);
  return `records linked as the same incident differ in ${name}: ${values.join(", ")}. Correct one of them`;
}

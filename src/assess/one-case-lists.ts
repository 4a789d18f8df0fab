import { canonical, type Json } from "../lib/canonical.ts";
import type { Incident, IncidentRecord } from "./one-case.ts";
import { moreExact, type Told, timeOf } from "./one-case-times.ts";

/** Lists that several records of one incident have: everything that any of them tells, what is told twice once. */

type Breach = Incident["breaches"][number];
type Precision = Record<string, number>;
type Note = (field: string, told: readonly Told<string>[]) => void;

/** Everything of a list once, with how exactly its times are known. */
function all<K extends "messages" | "escalations" | "lawSteps">(
  records: readonly IncidentRecord[],
  field: K,
  precision: Precision,
): Incident[K] {
  const found = new Map<string, number>();
  const kept: Incident[K][number][] = [];
  for (const { fact } of records)
    for (const [i, one] of fact[field].entries()) {
      const key = canonical(one as unknown as Json);
      if (found.has(key)) continue;
      found.set(key, kept.length);
      const by = fact.precision[`${field}.${i}`];
      if (by !== undefined) precision[`${field}.${kept.length}`] = by;
      kept.push(one);
    }
  return kept as Incident[K];
}

type Lists = Pick<
  Incident,
  "messages" | "escalations" | "lawSteps" | "tags" | "measures" | "measuresAt" | "severities" | "waived" | "written"
> &
  Pick<Incident, "corrected">;

export function listsOf(records: readonly IncidentRecord[], precision: Precision): Lists {
  const facts = records.map(({ fact }) => fact);
  const course = facts.find(({ severities }) => severities.length > 0);
  for (const i of course?.severities.keys() ?? []) {
    const by = course?.precision[`severities.${i}`];
    if (by !== undefined) precision[`severities.${i}`] = by;
  }
  const corrected = facts.flatMap((fact) => fact.corrected ?? []);
  return {
    messages: all(records, "messages", precision),
    escalations: all(records, "escalations", precision),
    lawSteps: all(records, "lawSteps", precision),
    tags: [...new Set(facts.flatMap(({ tags }) => tags))],
    ...measuresOf(records, precision),
    severities: course?.severities ?? [],
    waived: [...new Set(facts.flatMap(({ waived }) => waived))],
    written: facts.flatMap(({ written }) => written),
    corrected: corrected.length === 0 ? undefined : corrected,
  };
}

/** Each measure once; of two times the later one. */
function measuresOf(
  records: readonly IncidentRecord[],
  precision: Precision,
): Pick<Incident, "measures" | "measuresAt"> {
  const found = new Map<string, { at: number | null; by: number | undefined }>();
  for (const { fact } of records)
    for (const [i, measure] of fact.measures.entries()) {
      const at = fact.measuresAt[i] ?? null;
      const before = found.get(measure);
      if (before === undefined || (at ?? Number.NEGATIVE_INFINITY) > (before.at ?? Number.NEGATIVE_INFINITY))
        found.set(measure, { at, by: fact.precision[`measuresAt.${i}`] });
    }
  const rows = [...found.values()];
  const isTimed = rows.some(({ at }) => at !== null);
  for (const [i, { by }] of rows.entries()) if (isTimed && by !== undefined) precision[`measuresAt.${i}`] = by;
  return { measures: [...found.keys()], measuresAt: isTimed ? rows.map(({ at }) => at) : [] };
}

const TIMES = ["awareAt", "authorityAt", "controllerAt", "subjectsAt"] as const;
const TEXTS = ["exemption", "delayReason", "facts", "effects", "remedy"] as const;
const RISKS = ["unlikely", "risk", "high"] as const;

type ToldBreach = { readonly breach: Breach; readonly i: number; readonly from: IncidentRecord };

/** Each role and set of data once; a breach of which one of the two is not said is another one. */
export function breachesOf(records: readonly IncidentRecord[], precision: Precision, note: Note): Breach[] {
  const groups = new Map<string, ToldBreach[]>();
  for (const from of records)
    for (const [i, breach] of from.fact.breaches.entries()) {
      const key = JSON.stringify([breach.role, breach.dataset?.trim().toLowerCase() ?? null]);
      const own = groups.get(key);
      if (own === undefined) groups.set(key, [{ breach, i, from }]);
      else own.push({ breach, i, from });
    }
  return [...groups.values()].map((told, place) =>
    oneBreach(told as [ToldBreach, ...ToldBreach[]], place, precision, note),
  );
}

function oneBreach(
  told: readonly [ToldBreach, ...ToldBreach[]],
  place: number,
  precision: Precision,
  note: Note,
): Breach {
  const time = (of: readonly ToldBreach[], field: (typeof TIMES)[number] | "riskAt") =>
    moreExact(
      of.flatMap(({ breach, i, from }) => timeOf(from, breach[field], `breaches.${i}.${field}`)),
      `breaches.${place}.${field}`,
      precision,
      (_, values) => note(field, values),
    );
  const graver = RISKS.findLast((risk) => told.some(({ breach }) => breach.risk === risk)) ?? null;
  const risks = told.flatMap(({ breach: { risk }, from }) => (risk === null ? [] : [{ value: risk, from }]));
  if (new Set(risks.map(({ value }) => value)).size > 1) note("risk", risks);
  const deciding = told.filter(({ breach }) => breach.risk === graver);
  const by = deciding[0]?.breach ?? told[0].breach;
  const people = told.flatMap(({ breach }) => breach.people ?? []);
  return {
    ...told[0].breach,
    ...(Object.fromEntries(TIMES.map((field) => [field, time(told, field)])) as Record<
      (typeof TIMES)[number],
      number | null
    >),
    ...(Object.fromEntries(
      TEXTS.map((field) => [field, told.find(({ breach }) => (breach[field] ?? "") !== "")?.breach[field] ?? null]),
    ) as Record<(typeof TEXTS)[number], string | null>),
    risk: graver,
    riskBy: by.riskBy,
    riskAt: time(deciding, "riskAt"),
    riskReason: by.riskReason,
    riskLoggedAt: by.riskLoggedAt,
    people: people.length === 0 ? null : Math.max(...people),
  };
}

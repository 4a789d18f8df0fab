import type { Words } from "../evidence/act.ts";
import { exemptionText } from "../evidence/exemption.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import { wholeFact } from "../evidence/fact.ts";
import { GONE_TEXT, goneWords } from "../evidence/gone-words.ts";
import { isProven } from "../evidence/proof.ts";
import { type IncidentAct, isIncidentAct, specOf } from "./acts.ts";
import { foldIncident } from "./fold.ts";
import { holderOf, type RegisterIncident, severityOf } from "./incident.ts";
import type { Moment } from "./moment.ts";
import { counting, OWN_REGISTER, type Register } from "./register.ts";
import type { Statement } from "./statement.ts";

/** The names behind random IDs, as far as they are still there. */
export type Names = ReadonlyMap<string, string>;

/** The name of a person, the ID where the name is gone, a role as it is. */
export const nameOf = (id: string, names: Names): string => names.get(id) ?? id;

/** An incident of the register as checks and reports read those of any source. */
export function incidentFact(incident: RegisterIncident, names: Names): FactOf<"incident"> {
  const { times, personalData, closing, impact } = incident;
  const who = (id: string | null) => (id === null ? null : nameOf(id, names));
  const at = (statement: Statement | undefined) => statement?.at ?? null;
  const each = Object.fromEntries(Object.entries(times).map(([name, statement]) => [name, at(statement)]));
  return wholeFact<"incident">({
    kind: "incident",
    id: incident.id,
    title: incident.title,
    severity: severityOf(incident),
    status: incident.state,
    nature: incident.nature,
    occurredAt: null,
    detectedAt: null,
    acknowledgedAt: null,
    containedAt: null,
    resolvedAt: null,
    closedAt: null,
    ...each,
    createdAt: incident.createdAt,
    precision: precisionOf(incident),
    owner: who(holderOf(incident, "owner")),
    commander: who(incident.roles.get("commander")?.person ?? null),
    personalData: personalData === null || personalData.decision === "unclear" ? null : personalData.decision,
    personalDataBy: who(personalData?.by ?? null),
    personalDataAt: personalData?.at ?? null,
    review: null,
    detectedBy: incident.detectedBy,
    tags: [...incident.tags],
    severities: incident.severities.map(({ at, severity, by, reason }) => ({ at, severity, by: who(by), reason })),
    ...(incident.severitiesSaid.length === 0 ? {} : { severitiesSeen: [...incident.severitiesSaid] }),
    escalations: incident.escalations.map(({ at, from, to, fromPerson, toPerson, reason }) => ({
      at,
      from: from ?? who(fromPerson),
      to: to ?? who(toPerson),
      reason,
    })),
    messages: incident.messages.map(({ at, channel, audience, purpose, reached, of }) => ({
      at,
      channel,
      audience: audience as FactOf<"incident">["messages"][number]["audience"],
      purpose: purpose as FactOf<"incident">["messages"][number]["purpose"],
      reached,
      of,
    })),
    measures: countedMeasures(incident).map(({ measure, result }) =>
      result === "done" ? measure : `${NOT_APPLICABLE}${measure}`,
    ),
    measuresAt: countedMeasures(incident).map(({ at: when }) => when),
    breaches: incident.breaches.map(
      ({ role, dataset, risk, riskBy, riskLogged, people, exemptionGround, times: told, texts }) => ({
        role: role as FactOf<"incident">["breaches"][number]["role"],
        dataset,
        awareAt: at(told.awareAt),
        risk: risk as FactOf<"incident">["breaches"][number]["risk"],
        riskBy: who(riskBy),
        riskAt: at(told.riskAt),
        ...(riskLogged === null ? {} : { riskLoggedAt: riskLogged }),
        riskReason: texts.riskReason ?? null,
        authorityAt: at(told.authorityAt),
        controllerAt: at(told.controllerAt),
        subjectsAt: at(told.subjectsAt),
        exemption: exemptionText(exemptionGround, texts.exemption ?? null),
        delayReason: texts.delayReason ?? null,
        facts: texts.facts ?? null,
        effects: texts.effects ?? null,
        remedy: texts.remedy ?? null,
        people,
      }),
    ),
    lawSteps: incident.lawSteps.map(({ step, at: when }) => ({ step, at: when })),
    impact: {
      confidentiality: impact.confidentiality,
      integrity: impact.integrity,
      availability: impact.availability,
    },
    affected: impact.affected,
    supplier: incident.supplier,
    cause: incident.cause?.text ?? null,
    causeKey: incident.cause?.key ?? null,
    closedBy: who(closing?.by.id ?? null),
    closureReason: closing?.reason ?? closing?.waiver ?? null,
    // What somebody waived who did not show who they are is not waived.
    waived: closing !== null && isProven(closing.by) ? [...closing.waived] : [],
    reopened: incident.reopened,
    origin: incident.origin,
    ...correctedIn(incident),
    written: incident.history.map(({ act, at: logged, happened, replaced }) => ({
      what: act,
      at: happened.at,
      precision: happened.precision,
      // A line that was corrected was written when it first said this time: another time is another line.
      loggedAt: replaced.find((one) => isSameTime(one.happened, happened))?.at ?? logged,
    })),
  });
}

/** What was corrected afterwards; a note decides nothing. */
function correctedIn({ history }: RegisterIncident): Pick<FactOf<"incident">, "corrected"> {
  const corrected = history.flatMap(({ index, replaced }) =>
    replaced.some(({ act }) => act !== "note") ? [{ entry: index, of: replaced.map((one) => one.index) }] : [],
  );
  return corrected.length === 0 ? {} : { corrected };
}

/** Those that were taken, and those that do not apply for a reason that is recorded. */
const countedMeasures = ({ measures }: RegisterIncident) =>
  measures.filter(({ result, reason }) => result === "done" || (result === "not-applicable" && reason !== null));

const isSameTime = (a: Moment, b: Moment) => a.at === b.at && a.precision === b.precision;

/** Before the name of a measure that does not apply to the incident, for a reason that is recorded. */
export const NOT_APPLICABLE = "not-applicable:";

/** By the name of the field; inside a list by its place: `messages.0`, `breaches.1.authorityAt`. */
function precisionOf(incident: RegisterIncident): Record<string, number> {
  const found: Record<string, number> = {};
  const note = (name: string, statement: Statement | null | undefined) => {
    if (statement && statement.precision > 1) found[name] = statement.precision;
  };
  for (const [name, statement] of Object.entries(incident.times)) note(name, statement);
  note("personalDataAt", incident.personalData);
  for (const list of ["severities", "escalations", "messages", "lawSteps"] as const)
    for (const [i, statement] of incident[list].entries()) note(`${list}.${i}`, statement);
  for (const [i, statement] of countedMeasures(incident).entries()) note(`measuresAt.${i}`, statement);
  for (const [i, { times }] of incident.breaches.entries())
    for (const [name, statement] of Object.entries(times)) note(`breaches.${i}.${name}`, statement);
  return found;
}

/**
 * The incidents that are to be counted, as facts with the record that last said something about each. What was opened by
 * mistake is not among them.
 */
export function incidentFacts(register: Register, names: Names): Observed[] {
  return counting(register).map((incident, ordinal) => observed(incident, names, ordinal));
}

function observed(incident: RegisterIncident, names: Names, ordinal: number): Observed {
  const first = incident.history[0]?.replaced[0] ?? incident.history[0];
  return {
    fact: incidentFact(incident, names),
    ...ifKept(incident, names),
    instance: OWN_REGISTER,
    entry: incident.newest,
    item: first?.record.entry.body?.digest ?? "",
    ordinal,
    at: incident.history.at(-1)?.at ?? incident.createdAt,
  };
}

/** The same with something in every text that is gone; nothing where none is. */
function ifKept(incident: RegisterIncident, names: Names): Pick<Observed, "ifKept"> {
  const acts = incident.history.flatMap(({ record, replaced }) => [record, ...replaced.map((one) => one.record)]);
  const gone = incident.history.flatMap(({ record, act }) => (IN_FACTS.has(act) ? (goneWords(record) ?? []) : []));
  if (gone.length === 0) return {};
  const kept = acts
    .sort((a, b) => a.index - b.index)
    .map((act) => (act.gone === undefined ? act : { ...act, words: anyWords(act.entry.act) }));
  return { ifKept: { fact: incidentFact(foldIncident(incident.id, kept, {}), names), gone } };
}

/** Acts of which a fact tells what was said. */
const IN_FACTS: ReadonlySet<string> = new Set<IncidentAct>([
  "open",
  "classify",
  "escalate",
  "measure",
  "supplier",
  "breach",
  "cause",
  "close",
]);

/** Every text that such a record can have. */
const anyWords = (act: string): Words =>
  isIncidentAct(act) ? Object.fromEntries(Object.keys(specOf(act).words).map((name) => [name, GONE_TEXT])) : {};

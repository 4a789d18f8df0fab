import { refOf as policyRef } from "../assess/case.ts";
import { lawClocks, situationOf } from "../law/clocks.ts";
import { type ContractVerdict, judgeContracts } from "../law/contracts.ts";
import { type CaseVerdict, judgeStep } from "../law/judge.ts";
import type { Law } from "../law/shape.ts";
import { lawDay, standingOf, stepIds } from "../law/steps.ts";
import { tellersOfBreaches } from "../law/told.ts";
import type { LawVerdict } from "../law/verdict.ts";
import type { PolicyInForce } from "../policy/timeline.ts";
import { type CaseFields, type CaseRecords, caseRecords } from "./cases-input.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import { begun, type IncidentCase, policyUse, type Seen, toldBy } from "./incident-case.ts";
import type { ReportInput } from "./input.ts";
import type { BreachRow, DutyRow, Notifications, RunningDuty } from "./notifications-shape.ts";
import { sortedBy } from "./order.ts";
import { sheetTime, timeOf } from "./sheet-timeline.ts";

/** Who had to be told of the incidents of a period, by law and contract, and who was; also where nobody had to be. */

type Breach = Seen["fact"]["breaches"][number];

/** What a law or contract asked for, with the place of the breach that it is about; -1 for what is about the incident. */
export interface Duty {
  readonly place: number;
  readonly row: DutyRow;
}

/** Whether a source can tell of breaches and reports: it is the register in the log, or it told of some. */
export function tellsOfBreaches(all: readonly IncidentCase[]): (instance: string) => boolean {
  return tellersOfBreaches(all.map(({ told }) => told));
}

/** Everything that laws and contracts asked for in one incident. What does not concern it is left out. */
export function dutiesOf(
  { told }: IncidentCase,
  { laws, policies }: Pick<CaseRecords, "laws" | "policies">,
  { asOf, organisation }: Pick<ReportInput, "asOf" | "organisation">,
  tells: (instance: string) => boolean,
): Duty[] {
  const { fact, instance } = told;
  const { lost, began, ...situation } = situationOf(fact, policies, asOf, organisation.zone);
  if (lost) return [];
  const inForce = policies.policyAt(began);
  const whole = { ...situation, tells: tells(instance) };
  const byLaw = laws.flatMap((law) =>
    stepIds(law).flatMap((id) =>
      judgeStep(law, id, fact, whole).flatMap((verdict) =>
        verdict.step === undefined || verdict.word === "not_applicable" ? [] : [lawDuty(told, law, verdict, inForce)],
      ),
    ),
  );
  const byContract = judgeContracts(fact, whole).flatMap((verdict) =>
    verdict.word === "not_applicable" || verdict.term === undefined ? [] : [contractDuty(told, verdict, inForce)],
  );
  return [...byLaw, ...byContract];
}

function lawDuty(told: Seen, law: Law, verdict: CaseVerdict, inForce: PolicyInForce | undefined): Duty {
  const { about, step } = verdict;
  const name = `${law.law}.${step?.id ?? ""}`;
  return dutyOf(told, verdict, inForce, {
    basis: "law",
    name,
    title: clean(step?.title ?? ""),
    source: clean(`${law.title} ${step?.article ?? ""}`),
    checked: step?.checked !== false,
    ...(law.about === "incident" || step?.done === undefined
      ? reportedAt(told, name)
      : breachTime(told, about.place, about.breach, step.done)),
  });
}

function contractDuty(told: Seen, verdict: ContractVerdict, inForce: PolicyInForce | undefined): Duty {
  const { about, contract } = verdict;
  return dutyOf(told, verdict, inForce, {
    basis: "contract",
    name: `contract:${clean(contract ?? "general", 80)}`,
    title: about.role === "controller" ? "The other side of the contract is told" : "The customer is told",
    source: clean(contract ?? "general terms"),
    checked: true,
    ...breachTime(told, about.place, about.breach, "controllerAt"),
  });
}

function dutyOf(
  told: Seen,
  verdict: LawVerdict & { readonly about: CaseVerdict["about"] },
  inForce: PolicyInForce | undefined,
  own: Pick<DutyRow, "basis" | "name" | "title" | "source" | "checked" | "done" | "precision">,
): Duty {
  const { about, due, took, term, word, reason } = verdict;
  return {
    place: about.place,
    row: {
      incident: clean(told.fact.id),
      told: toldBy(told),
      ...own,
      role: about.role ?? null,
      dataset: cleanOrNull(about.breach?.dataset),
      due: isoOrNull(due),
      took: took ?? null,
      term: cleanOrNull(term),
      word,
      reason: clean(reason, 1_500),
      policy: inForce === undefined ? null : policyUse(policyRef(inForce)),
    },
  };
}

type Done = Pick<DutyRow, "done" | "precision">;

function breachTime(
  told: Seen,
  place: number,
  breach: Breach | undefined,
  field: "authorityAt" | "controllerAt" | "subjectsAt",
): Done {
  const { at, precision } = timeOf(told, breach?.[field] ?? null, `breaches.${place}.${field}`);
  return { done: at, precision };
}

/** The first report under the name of a step. */
function reportedAt(told: Seen, name: string): Done {
  const [first] = told.fact.lawSteps
    .flatMap(({ step, at }, i) => (step === name && at !== null ? [{ at, i }] : []))
    .sort((a, b) => a.at - b.at);
  if (first === undefined) return { done: null, precision: 1 };
  const { at, precision } = timeOf(told, first.at, `lawSteps.${first.i}`);
  return { done: at, precision };
}

/** Also of incidents of which nobody decided yet whether personal data is concerned: their time runs meanwhile. */
function runningDuties(
  { asOf, organisation: { zone } }: Pick<ReportInput, "asOf" | "organisation">,
  all: readonly IncidentCase[],
  { laws, policies }: Pick<CaseRecords, "laws" | "policies">,
): RunningDuty[] {
  const rows = all.flatMap(({ told }) => {
    const { fact } = told;
    const given = { laws, policies, asOf, zone };
    const undecided = fact.personalData === null && fact.breaches.length === 0;
    // A time that counts from what is known already is said before somebody decides that it counts.
    const supposed = undecided ? lawClocks({ ...fact, personalData: "yes" }, given) : [];
    return lawClocks(fact, given)
      .filter(({ word }) => word === "pending")
      .map(({ id, what, source, due, term, reason }): RunningDuty => {
        const then = due === undefined ? supposed.find((one) => one.id === id) : undefined;
        return {
          incident: clean(fact.id),
          told: toldBy(told),
          name: clean(id, 120),
          title: clean(what),
          source: clean(source),
          due: isoOrNull(due ?? then?.due),
          term: cleanOrNull(term ?? then?.term),
          undecided,
          reason: clean(reason, 1_500),
        };
      });
  });
  return sortedBy(
    rows,
    ({ due }) => due ?? "9",
    ({ incident }) => incident,
    ({ name }) => name,
  );
}

/** The notifications of the incidents of a period; `duties` are those of each incident. */
export function notificationsOf(
  input: Pick<ReportInput, "asOf" | "organisation" | "period"> & CaseFields,
  all: readonly IncidentCase[],
  duties: ReadonlyMap<IncidentCase, readonly Duty[]>,
): Notifications {
  const { asOf, organisation } = input;
  const cases = caseRecords(input);
  const inOrder = sortedBy(
    all,
    ({ told }) => begun(told) ?? 0,
    ({ told }) => told.fact.id,
    ({ told }) => told.instance,
  );
  const saying = (word: "yes" | "no") => all.filter(({ told }) => told.fact.personalData === word).length;
  const reports = inOrder.flatMap((one) => {
    const own = duties.get(one) ?? [];
    // Of breaches their rows tell; what is about the incident as a whole and no breach is a report.
    return own.filter(({ place, row }) => place < 0 && !isAboutBreaches(row, cases.laws)).map(({ row }) => row);
  });
  return {
    incidents: all.length,
    decided: saying("yes") + saying("no"),
    yes: saying("yes"),
    no: saying("no"),
    undecided: inOrder
      .filter(({ told }) => told.fact.personalData === null)
      .map(({ told, own }) => ({
        incident: clean(told.fact.id),
        title: clean(told.fact.title),
        closed: told.fact.closedAt !== null,
        unclear: own?.personalData?.decision === "unclear",
        told: toldBy(told),
      })),
    running: runningDuties(input, inOrder, cases),
    breaches: inOrder.flatMap((one) => breachRows(one, duties.get(one) ?? [], cases.laws)),
    reports,
    unjudged: inOrder
      .filter(({ told }) => situationOf(told.fact, cases.policies, asOf, organisation.zone).lost)
      .map(({ told }) => clean(told.fact.id)),
    laws: cases.laws.map((law) => lawRow(law, input, cases, lawDay(undefined, asOf, organisation.zone))),
  };
}

const isAboutBreaches = ({ basis, name }: DutyRow, laws: readonly Law[]): boolean =>
  basis === "contract" || laws.some(({ law, about }) => about === "breach" && name.startsWith(`${law}.`));

function lawRow(
  law: Law,
  { period, asOf }: Pick<ReportInput, "period" | "asOf">,
  { policies }: CaseRecords,
  day: string,
): Notifications["laws"][number] {
  const now = standingOf(law, policies.policyAt(asOf)?.policy, day);
  const then = policies.between(period.from, period.to).map(({ policy }) => standingOf(law, policy, day).on);
  return {
    law: law.law,
    title: clean(law.title),
    act: clean(law.act),
    on: now.on,
    why: clean(now.why, 600),
    by: now.by,
    changed: then.some((on) => on !== now.on),
  };
}

function breachRows({ told }: IncidentCase, duties: readonly Duty[], laws: readonly Law[]): BreachRow[] {
  const { fact } = told;
  const base = {
    incident: clean(fact.id),
    title: clean(fact.title),
    told: toldBy(told),
    decision: { by: cleanOrNull(fact.personalDataBy), at: isoOrNull(fact.personalDataAt) },
  };
  const of = (place: number) => duties.filter((duty) => duty.place === place).map(({ row }) => row);
  if (fact.breaches.length > 0)
    return fact.breaches.map((breach, place) => ({
      ...base,
      recorded: true,
      role: breach.role ?? of(place)[0]?.role ?? null,
      dataset: cleanOrNull(breach.dataset),
      people: breach.people,
      aware: timeOf(told, breach.awareAt, `breaches.${place}.awareAt`),
      risk: {
        word: breach.risk,
        by: cleanOrNull(breach.riskBy),
        decided: timeOf(told, breach.riskAt, `breaches.${place}.riskAt`),
        reason: cleanOrNull(breach.riskReason, 700),
      },
      authority: timeOf(told, breach.authorityAt, `breaches.${place}.authorityAt`),
      controller: timeOf(told, breach.controllerAt, `breaches.${place}.controllerAt`),
      subjects: timeOf(told, breach.subjectsAt, `breaches.${place}.subjectsAt`),
      exemption: cleanOrNull(breach.exemption, 700),
      delay: cleanOrNull(breach.delayReason, 700),
      facts: cleanOrNull(breach.facts, 700),
      effects: cleanOrNull(breach.effects, 700),
      remedy: cleanOrNull(breach.remedy, 700),
      duties: of(place),
    }));
  if (fact.personalData !== "yes") return [];
  const nothing = sheetTime(null);
  return [
    {
      ...base,
      recorded: false,
      role: of(-1)[0]?.role ?? null,
      dataset: null,
      people: null,
      aware: timeOf(told, fact.awareAt, "awareAt"),
      risk: { word: null, by: null, decided: nothing, reason: null },
      authority: nothing,
      controller: nothing,
      subjects: nothing,
      exemption: null,
      delay: null,
      facts: null,
      effects: null,
      remedy: null,
      duties: of(-1).filter((row) => isAboutBreaches(row, laws)),
    },
  ];
}

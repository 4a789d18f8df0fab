import {
  BREACH_TEXTS,
  BREACH_TIMES,
  type BreachText,
  type BreachTime,
  countOf,
  labelOf,
  momentOf,
  type RegisterAct,
  type RegisterBreach,
  type Trouble,
  textOf,
} from "./incident.ts";
import type { Moment } from "./moment.ts";
import { isBefore, type Statement, settle } from "./statement.ts";

/** Breaches of personal data out of the acts about them, one for each role and set of data. */
export function foldBreaches(
  incident: string,
  acts: readonly RegisterAct[],
  show: (moment: Moment) => string,
): { readonly breaches: RegisterBreach[]; readonly troubles: Trouble[] } {
  const troubles: Trouble[] = [];
  const byKey = new Map<string, RegisterAct[]>();
  for (const act of acts) {
    const key = JSON.stringify([labelOf(act, "role"), labelOf(act, "dataset")]);
    byKey.set(key, [...(byKey.get(key) ?? []), act]);
  }
  const breaches = [...byKey.values()].map((own) => foldBreach(incident, own, troubles, show));
  return { breaches, troubles };
}

function foldBreach(
  incident: string,
  acts: readonly RegisterAct[],
  troubles: Trouble[],
  show: (moment: Moment) => string,
): RegisterBreach {
  const trouble = (index: number, text: string) => troubles.push({ index, incident, text });
  const times: Partial<Record<BreachTime, Statement>> = {};
  const texts: Partial<Record<BreachText, string>> = {};
  const decided = acts.filter((act) => labelOf(act, "risk") !== null);
  const decision = decided.at(-1);
  for (const time of BREACH_TIMES) {
    // The decision that stands has its own time; those before it were changed, not contradicted.
    const own = time === "riskAt" ? (decision ? [decision] : []) : acts;
    const said = own.flatMap((act) => {
      const moment = momentOf(act, time) ?? (time === "riskAt" ? act.happened : undefined);
      return moment === undefined ? [] : [{ ...moment, index: act.index }];
    });
    const settled = settle(said, time === "awareAt" ? "earliest" : "latest");
    if (settled === undefined) continue;
    times[time] = settled.said;
    for (const one of settled.against)
      trouble(
        one.index,
        `says ${show(one)} for "${TOLD[time]}" of the same breach, record ${settled.said.index} says ${show(settled.said)}; the ${time === "awareAt" ? "earlier" : "later"} one counts until one corrects the other`,
      );
  }
  for (const name of BREACH_TEXTS)
    for (const act of acts) {
      const text = textOf(act, name);
      if (text !== null) texts[name] = text;
    }
  const gives = (act: RegisterAct) => textOf(act, "riskReason") !== null || act.record.gone !== undefined;
  for (const [i, act] of decided.entries())
    if (i > 0 && labelOf(act, "risk") !== labelOf(decided[i - 1] ?? act, "risk") && !gives(act))
      trouble(act.index, "changes the risk of the breach and gives no reason");
  const { awareAt } = times;
  for (const time of ["authorityAt", "controllerAt", "subjectsAt"] as const) {
    const told = times[time];
    if (awareAt && told && isBefore(told, awareAt))
      trouble(
        told.index,
        `by its records the ${TOLD[time]} (${show(told)}) before anybody knew of it (${show(awareAt)})`,
      );
  }
  const last = <T>(read: (act: RegisterAct) => T | null): T | null =>
    acts.reduce<T | null>((found, act) => read(act) ?? found, null);
  return {
    role: last((act) => labelOf(act, "role")),
    dataset: last((act) => labelOf(act, "dataset")),
    risk: decision ? labelOf(decision, "risk") : null,
    riskBy: decision ? (labelOf(decision, "riskBy") ?? decision.by.id) : null,
    riskLogged: decision ? firstLogged(decided, labelOf(decision, "risk")) : null,
    people: last((act) => countOf(act, "people")),
    exemptionGround: last((act) => labelOf(act, "exemptionGround")),
    times,
    texts,
  };
}

/** When the decision that stands was written down first: said again, or corrected in something else, it is the same. */
function firstLogged(decided: readonly RegisterAct[], risk: string | null): number | null {
  let first: number | null = null;
  for (const act of decided.toReversed()) {
    if (labelOf(act, "risk") !== risk) break;
    const same = [act, ...act.replaced].filter((one) => labelOf(one, "risk") === risk);
    first = Math.min(first ?? Number.POSITIVE_INFINITY, ...same.map(({ at }) => at));
  }
  return first;
}

const TOLD: Readonly<Record<BreachTime, string>> = {
  awareAt: "somebody knew",
  riskAt: "the risk was decided",
  authorityAt: "authority was told",
  controllerAt: "controller was told",
  subjectsAt: "people concerned were told",
};

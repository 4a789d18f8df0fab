import type { FactOf } from "../../src/evidence/fact.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { PolicyTimeline } from "../../src/policy/timeline.ts";
import { fact } from "./assessing.ts";
import { BERLIN_HOLIDAYS, weekdays } from "./calendar.ts";
import { t } from "./entries.ts";

/** Incidents with personal data, and rules about laws and contracts, as short as tests want them. */

export type Incident = FactOf<"incident">;
export type Breach = Incident["breaches"][number];

const NOTHING: Breach = {
  role: "controller",
  dataset: null,
  awareAt: null,
  risk: null,
  riskBy: null,
  riskAt: null,
  riskReason: null,
  authorityAt: null,
  controllerAt: null,
  subjectsAt: null,
  exemption: null,
  delayReason: null,
  facts: null,
  effects: null,
  remedy: null,
  people: null,
};

export const breach = (fields: Partial<Breach> = {}): Breach => ({ ...NOTHING, ...fields });

export function incident(fields: Partial<Incident> = {}): Incident {
  return fact("incident", "INC-1", { personalData: "yes", ...fields });
}

/** Rules of Berlin with the holidays of 2026 and whatever a test says. */
export function rules(over: Partial<Policy> = {}): Policy {
  return {
    policy: "ours",
    version: "1",
    zone: "Europe/Berlin",
    calendars: {
      office: {
        zone: "Europe/Berlin",
        hours: weekdays(["09:00", "17:00"]),
        holidays: BERLIN_HOLIDAYS.map((date) => ({ date, name: "holiday" })),
      },
    },
    contracts: [],
    datasets: [],
    laws: [],
    ...over,
  } as unknown as Policy;
}

/** Rules that were in force since 2018. */
export function inForce(policy: Policy | undefined, from = "2018-01-01"): PolicyTimeline {
  const entry = { policy: "ours", version: "1", effective: `${from}T00:00:00.000Z`, definition: { digest: "d" } };
  return new PolicyTimeline([{ index: 1, at: t(from), entry, policy }]);
}

/** A law that the rules switch on. */
export const on = (law: "gdpr" | "nis2" | "dora" | "cra") => ({ law, on: true, why: "It binds us." });

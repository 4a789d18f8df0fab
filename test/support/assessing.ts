import { readFileSync } from "node:fs";
import { type AssessmentInput, assessControls, type RequirementAssessment } from "../../src/assess/assess.ts";
import { type Catalogue, type Check, loadCatalogue, type Requirement } from "../../src/assess/catalogue.ts";
import type { SignOff } from "../../src/assess/sign-off.ts";
import type { Entry } from "../../src/evidence/entry.ts";
import {
  type Fact,
  type FactInput,
  type FactKind,
  type FactOf,
  type Observed,
  wholeFact,
} from "../../src/evidence/fact.ts";
import { config, genesis, historyOf, instance, run, t } from "./entries.ts";

/** The catalogue that comes with the program. */
export function shippedCatalogue(): Catalogue {
  return loadCatalogue(readFileSync(new URL("../../controls/iso27001-2022.yaml", import.meta.url), "utf8"));
}

/** Of each kind, one that says nothing. */
const EMPTY: { readonly [K in FactKind]?: Omit<Extract<FactInput, { kind: K }>, "id"> } = {
  incident: {
    kind: "incident",
    title: "",
    severity: null,
    status: null,
    nature: null,
    occurredAt: null,
    detectedAt: null,
    acknowledgedAt: null,
    containedAt: null,
    resolvedAt: null,
    closedAt: null,
    owner: null,
    commander: null,
    personalData: null,
    review: null,
  },
  review: {
    kind: "review",
    title: "",
    incident: null,
    severity: null,
    author: null,
    date: null,
    approvedBy: null,
    sections: [],
    empty: [],
    actions: [],
  },
  alert: { kind: "alert", name: "", severity: null, startsAt: 0, endsAt: null, state: "firing", labels: {} },
  silence: { kind: "silence", by: null, comment: null, matches: "", startsAt: 0, endsAt: 0 },
  "alert-rule": { kind: "alert-rule", name: "", severity: null, expression: "" },
  "job-run": { kind: "job-run", job: "", startedAt: null, endedAt: null, outcome: "success", detail: null },
};

/** A fact that says nothing beyond these fields. */
export function fact<K extends FactKind>(kind: K, id: string, fields: Partial<FactOf<K>> = {}): FactOf<K> {
  return wholeFact({ ...EMPTY[kind], kind, id, ...fields } as unknown as Extract<FactInput, { kind: K }>);
}

/** The same fact as it was read in an entry (the third, where nothing else is said). */
export function seen(found: Fact, over: Partial<Observed> = {}): Observed {
  return { fact: found, instance: "register", entry: 2, position: 0, ordinal: 0, item: "a".repeat(64), ...over };
}

/** One instance of the register, daily, read without a gap from 1 to 10 November 2026; entries 0 and 1 come before. */
export const REGISTER = instance({
  id: "register",
  use: "incident-log/markdown",
  family: "incident-log",
  cadence: "daily",
});
export const PERIOD = { from: t("2026-11-01"), to: t("2026-11-11") };
export const AS_OF = t("2026-11-11T12:00Z");

const day = (n: number) => `2026-11-${String(n).padStart(2, "0")}`;

/** Runs of an instance that cover these days of November 2026, one each, logged an hour after the day. */
export function dailyRuns(id: string, days: readonly number[], fields: Record<string, unknown> = {}): Entry[] {
  return days.map((n) =>
    run(`${day(n + 1)}T01:00Z`, { instance: id, covered: [[day(n), day(n + 1)]], total: 0, ...fields }),
  );
}

export const TEN_DAYS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** The ledger that most tests start from. */
export function wholeRegister(fields: Record<string, unknown> = {}): Entry[] {
  return [genesis("2026-10-20"), config("2026-10-31", [REGISTER]), ...dailyRuns("register", TEN_DAYS, fields)];
}

/** What the collectors in these tests can find. */
export function yields(use: string): readonly FactKind[] | undefined {
  const known: Record<string, readonly FactKind[]> = {
    "incident-log/markdown": ["incident", "review"],
    "incident-log/postgres": ["incident"],
    "alert-history/prometheus": ["alert", "alert-rule"],
    "cron-health/ping": ["job-run"],
  };
  return known[use];
}

/** A catalogue with one requirement, whose other fields do not matter to the check. */
export function catalogueOf(check: Check, over: Partial<Requirement> = {}): Catalogue {
  const facts = "over" in check ? [check.over, ...(check.kind === "linked" ? [check.to] : [])] : undefined;
  const requirement: Requirement = {
    id: "x.test",
    text: "A test.",
    basis: "policy",
    note: "a test",
    from: { families: ["incident-log"], ...(facts ? { facts } : {}) },
    freshness: "monthly",
    minimum: 0,
    check,
    ...over,
  };
  const control = { id: "X", title: "X", plain: "X", purpose: "X", requirements: [requirement] };
  const families = {
    "incident-log": { title: "register", keeps: true },
    "alert-history": { title: "alerts", keeps: false },
  };
  return { catalogue: "test", version: 1, framework: "test", families, controls: [control] };
}

export type Setting = Partial<Omit<AssessmentInput, "catalogue" | "histories">> & {
  readonly entries?: readonly Entry[];
};

/** Assesses one catalogue in a setting; the whole register without facts where nothing else is said. */
export function assessIn(catalogue: Catalogue, { entries = wholeRegister(), ...over }: Setting = {}) {
  return assessControls({
    catalogue,
    period: PERIOD,
    asOf: AS_OF,
    facts: [],
    problems: [],
    yields,
    histories: historyOf(entries),
    ...over,
  });
}

/** Assesses one check in a setting. */
export function assessOne(check: Check, setting: Setting = {}, over: Partial<Requirement> = {}): RequirementAssessment {
  const found = assessIn(catalogueOf(check, over), setting)[0]?.requirements[0];
  if (!found) throw new Error("the catalogue of a test has one requirement");
  return found;
}

/** What anna, an owner, signed at the end of the period; a nil return of the test's requirement where nothing else is said. */
export function signOff(over: Partial<SignOff> = {}): SignOff {
  return {
    entry: 20,
    at: t("2026-11-11T08:00Z"),
    subject: "nil-return",
    window: PERIOD,
    requirements: ["x.test"],
    seen: 12,
    by: { id: "p-anna", role: "owner", name: "anna" },
    ...over,
  };
}

import { expect, test } from "vitest";
import { assessControls, type RequirementAssessment } from "../src/assess/assess.ts";
import { type Fact, type Observed, wholeFact } from "../src/evidence/fact.ts";
import { fact, seen, shippedCatalogue, yields } from "./support/assessing.ts";
import { config, genesis, historyOf, instance, t } from "./support/entries.ts";
import { inForce } from "./support/rules.ts";

const FROM = t("2026-11-01");
const TO = t("2026-12-01");
const MINUTE = 60_000;

const HISTORIES = historyOf([
  genesis("2026-10-20"),
  config("2026-10-31", [
    instance({ id: "register", use: "incident-log/markdown", family: "incident-log", cadence: "monthly" }),
    instance({ id: "alerts", use: "alert-history/prometheus", family: "alert-history", cadence: "monthly" }),
  ]),
]);
const CATALOGUE = shippedCatalogue();
/** What asks about alerts, reports and decisions. */
const ABOUT_THESE = {
  ...CATALOGUE,
  controls: CATALOGUE.controls.map((control) => ({
    ...control,
    requirements: control.requirements.filter(({ check }) => /alert|report|decision/.test(JSON.stringify(check))),
  })),
};
const RULES = inForce("p1-p4");

const decisionOn = (about: { instance: string; kind: string; id: string }, decidedAt: number) =>
  wholeFact({
    kind: "decision",
    id: `decision on ${about.id}`,
    about,
    decision: "event-only",
    decidedAt,
    by: "Anna",
    rule: null,
    reason: "noise",
    incident: null,
    duplicateOf: null,
    together: 1,
    precision: {},
  });

/** Alerts and reports in equal parts, with a decision on all but every hundredth of them: so many facts in all. */
function many(count: number): Fact[] {
  const facts: Fact[] = [];
  for (let i = 0; facts.length < count; i += 1) {
    const at = FROM + i * 20;
    const about =
      i % 2 === 0
        ? { instance: "alerts", kind: "alert", id: `a${i}` }
        : { instance: "register", kind: "event", id: `r${i}` };
    facts.push(
      about.kind === "alert"
        ? fact("alert", about.id, { name: "x", startsAt: at, endsAt: at + MINUTE, state: "resolved" })
        : wholeFact({ kind: "event", id: about.id, title: "", channel: null, receivedAt: at, precision: {} }),
    );
    if (i % 100 !== 99) facts.push(decisionOn(about, at + MINUTE));
  }
  return facts;
}

const observed = (facts: readonly Fact[]): Observed[] =>
  facts.map((one, ordinal) => seen(one, { instance: one.kind === "alert" ? "alerts" : "register", ordinal }));

function assess(facts: readonly Observed[], catalogue = CATALOGUE): ReadonlyMap<string, RequirementAssessment> {
  const controls = assessControls({
    catalogue,
    period: { from: FROM, to: TO },
    asOf: TO,
    facts,
    problems: [],
    yields: (use) => [...(yields(use) ?? []), "event", "decision"],
    histories: HISTORIES,
    policies: RULES,
  });
  return new Map(controls.flatMap(({ requirements }) => requirements.map((one) => [one.id, one])));
}

/** How often the assessment looks at a fact. */
function looks(count: number): number {
  let counted = 0;
  const counting = {
    get(of: Fact, name: string | symbol) {
      counted += 1;
      return Reflect.get(of, name);
    },
  };
  assess(observed(many(count).map((one) => new Proxy<Fact>(one, counting))));
  return counted;
}

test("ten times as many alerts, reports and decisions take about ten times as many looks, not a hundred times", () => {
  const [few, more] = [looks(400), looks(4_000)];
  expect(more / few).toBeLessThan(15);
});

test("a hundred thousand are judged one by one, and those without a decision stay known", () => {
  const facts = many(100_000);
  const found = assess(observed(facts), ABOUT_THESE);
  const timely = found.get("a525.decision.timely");
  const reports = facts.filter(({ kind }) => kind === "event").length;
  const open = facts.filter(({ kind, id }) => kind === "event" && Number(id.slice(1)) % 100 === 99).length;
  // Decided to be no incident, a report has no severity to be judged by; those that nobody decided about are late.
  expect(timely).toMatchObject({ result: "not_met", n: 0, of: open });
  expect(timely?.failing).toHaveLength(open);
  expect(found.get("a525.reports.decided")).toMatchObject({ result: "not_met", n: reports - open, of: reports });
});

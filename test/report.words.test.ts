import { expect, test } from "vitest";
import { noRuleOn } from "../src/assess/no-rule.ts";
import { actsOfKind } from "../src/evidence/act.ts";
import { eventAct } from "../src/handling/words.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { asRulesSpell } from "../src/report/incident-case.ts";
import { actionsOf, isSelfVerified } from "../src/reviews/action.ts";
import { ActLog, OPERATOR, OWNER } from "./support/acts.ts";

test("what the rules say nothing about is said as people say it", () => {
  expect(["time for this", "people on call", "review of logs"].map(noRuleOn)).toEqual([
    "your rules set no time for this",
    "your rules name no people on call",
    "your rules ask for no review of logs",
  ]);
});

test("a check of a thing without files checked no hash", () => {
  expect([0, 2].map((length) => eventAct({ act: "verify", digests: { length } }))).toEqual([
    "looked over",
    "hash checked",
  ]);
});

test("without rules a severity stays as its source wrote it", () => {
  const seen = { fact: { kind: "incident", id: "INC-1", severity: "sev-1", severities: [], precision: {} } };
  expect(asRulesSpell("sev-1", seen as unknown as Parameters<typeof asRulesSpell>[1], new PolicyTimeline([]), 0)).toBe(
    "sev-1",
  );
});

test.each([
  [OWNER, true],
  [OPERATOR, false],
])("whoever did an action and alone says that it helped is told (%#)", (by, self) => {
  const log = new ActLog();
  log.add("action", { action: "ACT-1", act: "open" }, { words: { title: "Rotate keys" } });
  log.add("action", { action: "ACT-1", act: "done" }, { by: OWNER });
  log.add("action", { action: "ACT-1", act: "verify", result: "effective" }, { by });
  const action = actionsOf(actsOfKind(log.acts, "action"), Date.parse("2030-01-01")).all.get("ACT-1");
  expect(action && isSelfVerified(action)).toBe(self);
});

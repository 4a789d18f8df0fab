import { expect, test } from "vitest";
import { readActs } from "../src/acts/acting.ts";
import { rulesIn } from "../src/acts/intake-rules.ts";
import type { Draft } from "../src/evidence/entry.ts";
import { systemClock } from "../src/lib/clock.ts";
import { iso } from "../src/lib/time.ts";
import { decisionFacts } from "../src/views/own-facts.ts";
import { newWorkspace } from "./support/workspace.ts";

const rule = (id: string, more = "") =>
  `{ id: ${id}, version: "1", owner: anna, approvedBy: anna, until: 2099-12-31, when: { name: X }, decision: event-only, reason: Known.${more} }`;

/** The intake rules of policies with these texts, put into a log one after the other. */
async function rulesOf(...texts: string[]) {
  const custody = await newWorkspace("collectors: []", systemClock, { zone: "Europe/Berlin" });
  const ledger = await custody.ledger();
  for (const [i, text] of texts.entries()) {
    const definition = await ledger.put(new TextEncoder().encode(text), "application/yaml");
    const actor = { type: "system", id: "custody" };
    const effective = iso(systemClock.now());
    await ledger.append([{ kind: "policy", actor, policy: "ours", version: `${i}`, effective, definition } as Draft]);
  }
  const acts = await readActs(custody);
  const { timeline, limits, troubles } = await rulesIn(custody, acts.acts);
  const inForce = timeline.at(systemClock.now() + 1_000).map((bound) => bound.rule.id);
  return { custody, acts, inForce, limits, troubles: troubles.map(({ words }) => words) };
}

test("rules stand under `intake:`, beside the limits for many decisions at once", async () => {
  const list = await rulesOf(`intake: { rules: [${rule("a")}, ${rule("b")}] }`);
  expect([list.inForce, list.limits, list.troubles]).toEqual([["a", "b"], {}, []]);
  const below = await rulesOf(
    `intake: { everyReport: true, bulk: { burst: { more: 20, within: 60s } }, rules: [${rule("a")}] }`,
  );
  expect([below.inForce, below.limits]).toEqual([["a"], { burst: { more: 20, within: "60s" } }]);
});

test("a rule that cannot be read decides nothing and is named; the others hold", async () => {
  const { inForce, troubles } = await rulesOf(
    `intake: { bulk: { burst: 3 }, rules: [${rule("a")}, ${rule("b", ", regex: x")}, ${rule("a")}, 7, { id: "<script>", decision: x }] }`,
  );
  expect(inForce).toEqual(["a"]);
  expect(troubles).toEqual([
    expect.stringMatching(/^the intake rule b decides nothing: .*regex/),
    "there are two intake rules a; the second decides nothing",
    expect.stringMatching(/^the intake rule 4 decides nothing: /),
    expect.stringMatching(/^the intake rule <script> decides nothing: /),
    "`bulk:` of this policy cannot be read, so nothing is told about many decisions at once",
  ]);
});

test("a policy that cannot be read is in force all the same: the rules before it do not come back", async () => {
  for (const text of ["a: [", "- just a list", "x".repeat(1024 * 1024 + 1)]) {
    const { inForce, troubles } = await rulesOf(`intake: { rules: [${rule("a")}] }`, text);
    expect(inForce).toEqual([]);
    expect(troubles.length, text.slice(0, 20)).toBe(text.startsWith("-") ? 0 : 1);
  }
});

test("a log without events gives no facts about them", async () => {
  const { custody, acts } = await rulesOf(`intake: { rules: [${rule("a")}] }`);
  expect(await decisionFacts(custody, acts, [], new Map(), systemClock.now())).toEqual([]);
});

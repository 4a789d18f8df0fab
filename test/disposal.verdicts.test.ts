import { expect, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { type ActDraft, readActs, recordActs } from "../src/acts/acting.ts";
import { incidentsOf, readNaming } from "../src/acts/disposing.ts";
import { openRegister } from "../src/acts/open-register.ts";
import { recordIncident } from "../src/acts/registering.ts";
import { openSigning } from "../src/acts/signing.ts";
import type { RequirementAssessment } from "../src/assess/assess.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { judgeDisposal } from "../src/disposal/judge.ts";
import { disposalDrafts } from "../src/disposal/record.ts";
import { blobKey } from "../src/evidence/blob.ts";
import { newToken, tokenLine } from "../src/people.ts";
import { folderRemover } from "../src/store/remove.ts";
import { FakeClock } from "./support/clock.ts";
import { newWorkspace } from "./support/workspace.ts";

const ANNA = newToken();
const NOW = "2026-11-20T12:00:00.000Z";
/** From when the register is kept: it is declared with the first record. */
const PERIOD = { from: Date.parse(NOW) + 60_000, to: Date.parse("2026-12-01T00:00Z") };
const CHECKS = {
  severity: "a525.severity.changes_have_reason",
  escalation: "a526.escalation.recorded",
  closing: "a526.closure.approved",
  decision: "a525.decision.complete",
  custody: "a528.custody.reason_present",
  signed: "a527.review.signed",
  parts: "a527.review.complete",
} as const;
type Check = keyof typeof CHECKS;

/** An incident whose every step says why, a thing kept as evidence, a decision and a review, each with words. */
async function aLog() {
  const clock = new FakeClock(NOW);
  const shell = await newWorkspace(
    `register: true\npolicy: critical-low-untimed\npeople:\n  anna: { role: owner, token: "${tokenLine(ANNA)}" }\ncollectors: []`,
    clock,
  );
  const custody = new Custody(
    { ...(await loadConfig(shell.config.path, collectors)), personalToken: () => ANNA },
    clock,
  );
  const record = (request: Parameters<typeof recordIncident>[1]) => {
    clock.advance(60_000);
    return recordIncident(custody, request);
  };
  const { incident } = await record({ act: "open", words: { title: "a" }, values: { severity: "Low" } });
  const why = { reason: "Ada Lovelace says so" };
  await record({ act: "classify", incident, values: { severity: "Critical" }, words: why });
  await record({
    act: "escalate",
    incident,
    values: { from: "first-responder", to: "incident-lead" },
    words: why,
  });
  await record({ act: "resolve", incident });
  await record({ act: "close", incident, words: why, waive: "Ada Lovelace is away" });
  const at = { happened: new Date(clock.now()).toISOString() };
  const ledger = await custody.ledger();
  const file = await ledger.put(new TextEncoder().encode("log"), "text/plain");
  const drafts: ActDraft[] = [
    { kind: "event", event: "EVT-2026-001", channel: "mail", act: "report", ...at, words: { title: "odd" } },
    { kind: "event-decision", events: ["EVT-2026-001"], decision: "event-only", ...at, words: why },
    {
      kind: "custody",
      evidence: "EVD-2026-001",
      act: "collect",
      incident,
      to: "p-anna",
      digests: [],
      evidenceFiles: [file],
      ...at,
      words: { title: "log" },
    },
    { kind: "custody", evidence: "EVD-2026-001", act: "access", digests: [file.digest], ...at, words: why },
    {
      kind: "activity",
      activity: "REV-2026-001",
      type: "incident-review",
      act: "document",
      incidents: [incident],
      document: file,
      ...at,
      words: { title: "review", sections: ["summary"], empty: [], author: "Ada Lovelace" },
    },
  ];
  await recordActs(custody, drafts, "sign-off");
  await ledger.publish();
  return { custody, clock, incident };
}

/** Disposes of the words of all records. */
async function disposeOfWords({ custody, clock }: Awaited<ReturnType<typeof aLog>>): Promise<number> {
  const { acts } = await readActs(custody);
  const digests = acts.flatMap(({ entry }) => ("body" in entry && entry.body !== undefined ? [entry.body.digest] : []));
  const naming = await readNaming(custody);
  const { fresh } = judgeDisposal(naming, digests, await incidentsOf(custody, naming, digests));
  clock.advance(60_000);
  const ledger = await custody.ledger();
  const by = { type: "person", id: "p-5d1f0c2a9b3e", auth: "unauthenticated" } as const;
  const [first] = await ledger.append(disposalDrafts(fresh, { reason: "erasure-request", authority: "dpo" }, by));
  await ledger.publish();
  const { store } = custody.config;
  if (store.kind !== "folder") throw new Error("no folder");
  const remover = await folderRemover(store.path);
  for (const { digest } of fresh) await remover.remove(blobKey(digest));
  return first?.index ?? -1;
}

async function results(custody: Custody): Promise<Record<Check, RequirementAssessment>> {
  const all = (await openSigning(custody)).controls(PERIOD).flatMap(({ requirements }) => requirements);
  const found = Object.entries(CHECKS).map(([name, id]) => [name, all.find((one) => one.id === id)]);
  return Object.fromEntries(found) as Record<Check, RequirementAssessment>;
}

test("whether a reason was given cannot be said once its words were disposed of: neither met nor a failure", async () => {
  const log = await aLog();
  const before = await results(log.custody);
  const disposal = await disposeOfWords(log);
  const after = await results(log.custody);
  for (const name of ["severity", "escalation", "closing", "decision", "custody", "signed"] as const) {
    expect([name, before[name].result]).toEqual([name, "met"]);
    expect([name, after[name].result]).toEqual([name, "indeterminate"]);
    expect(after[name].failing[0]?.what).toMatch(
      new RegExp(`the words of record \\d+ were disposed of by record ${disposal}`),
    );
  }
  // The register says that they are gone, and of no record that it gave no reason.
  const { troubles, find } = await openRegister(log.custody);
  expect(find(log.incident)).toMatchObject({ severities: [{ reason: null }, { reason: null }] });
  expect(troubles.filter(({ text }) => text.includes("gives no reason"))).toEqual([]);
});

test("what fails whatever the words were fails after their disposal too", async () => {
  const clock = new FakeClock(NOW);
  const custody = await newWorkspace("register: true\npolicy: critical-low-untimed\ncollectors: []", clock);
  const record = (request: Parameters<typeof recordIncident>[1]) => {
    clock.advance(60_000);
    return recordIncident(custody, request);
  };
  const { incident } = await record({ act: "open", words: { title: "a" }, values: { severity: "Low" } });
  // From whom it came is no word of the text.
  await record({ act: "escalate", incident, values: { to: "incident-lead" }, words: { reason: "b" } });
  await (await custody.ledger()).publish();
  await disposeOfWords({ custody, clock, incident });
  const { escalation } = await results(custody);
  expect(escalation).toMatchObject({ result: "not_met", failing: [{ what: "escalation 1 does not say from whom" }] });
});

test("which parts a review had nobody can look up any more", async () => {
  const clock = new FakeClock(NOW);
  const custody = await newWorkspace("register: true\npolicy: critical-low\ncollectors: []", clock);
  clock.advance(60_000);
  const { incident } = await recordIncident(custody, {
    act: "open",
    words: { title: "a" },
    values: { severity: "Critical" },
  });
  const ledger = await custody.ledger();
  const document = await ledger.put(new TextEncoder().encode("# Review"), "text/markdown");
  const review: ActDraft = {
    kind: "activity",
    activity: "REV-2026-001",
    type: "incident-review",
    act: "document",
    incidents: [incident],
    document,
    happened: NOW,
    words: { title: "b", sections: ["summary"], empty: [] },
  };
  await recordActs(custody, [review]);
  await ledger.publish();
  expect((await results(custody)).parts.result).toBe("not_met");
  await disposeOfWords({ custody, clock, incident });
  expect((await results(custody)).parts).toMatchObject({
    result: "indeterminate",
    failing: [{ what: expect.stringContaining("were disposed of by record") }],
  });
});

import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oncePerIncident } from "../src/acts/linking.ts";
import { tellCorrected } from "../src/assess/corrected.ts";
import { plainLines } from "../src/cli/output.ts";
import { actsOfKind } from "../src/evidence/act.ts";
import type { FactOf, Observed } from "../src/evidence/fact.ts";
import { foldFindings } from "../src/findings/finding.ts";
import { evidenceItems } from "../src/handling/items.ts";
import { incidentFacts } from "../src/incidents/facts.ts";
import { foldRegister, OWN_REGISTER } from "../src/incidents/register.ts";
import { newToken } from "../src/people.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { caseSeverities, casesOf } from "../src/report/incident-case.ts";
import { activitiesOf } from "../src/reviews/activity.ts";
import { linksOf } from "../src/reviews/links.ts";
import { Disposals } from "../src/trust/disposals.ts";
import { Holds } from "../src/trust/holds.ts";
import { ActLog, OPERATOR, OWNER, SHELL } from "./support/acts.ts";
import { Cli } from "./support/cli.ts";
import { entry } from "./support/entries.ts";
import { registerWorkspace } from "./support/register-workspace.ts";

/** What people record, by somebody who wants it to look better than it was. */

const D = "d".repeat(64);
const title = { title: "Sync is down" };
const register = (log: ActLog) => foldRegister(actsOfKind(log.acts, "incident"));
const factsOf = (log: ActLog) => incidentFacts(register(log), new Map());

/** Opened at Sev1 and answered late, by somebody who showed who they are. */
function graveAndLate(): ActLog {
  const log = new ActLog("2026-11-03T09:00Z");
  log.add("incident", { incident: "INC-1", act: "open", values: { severity: "Sev1" } }, { words: title });
  const responded = { incident: "INC-1", act: "stamp", values: { time: "responded" } };
  log.add("incident", { ...responded, happened: "2026-11-03T14:00:00.000Z" });
  return log;
}

const BETTER: readonly (readonly [string, Record<string, unknown>])[] = [
  ["a milder severity", { act: "open", values: { severity: "Sev4" }, corrects: 0 }],
  [
    "an earlier answer",
    { act: "stamp", values: { time: "responded" }, happened: "2026-11-03T10:05:00.000Z", corrects: 1 },
  ],
  ["a record struck out", { act: "void", corrects: 1 }],
];

describe("a correction by somebody of whom nobody knows who they are", () => {
  test.each(BETTER)("of what somebody known recorded takes no place: %s", (_, better) => {
    const log = graveAndLate();
    const before = register(log).incidents.get("INC-1");
    log.add("incident", { incident: "INC-1", ...better }, { by: SHELL, words: title });
    const { incidents, troubles } = register(log);
    const after = incidents.get("INC-1");
    expect(after?.severities.map(({ severity }) => severity)).toEqual(["Sev1"]);
    expect(after?.times.respondedAt?.at).toBe(before?.times.respondedAt?.at);
    expect(after?.history.flatMap(({ replaced }) => replaced)).toEqual([]);
    expect(troubles.map(({ text }) => text).join("\n")).toContain("of somebody who showed who they are");
  });

  test("takes the place of what nobody known recorded, and of that only until somebody known has put it right", () => {
    const log = new ActLog("2026-11-03T09:00Z");
    const note = (by: typeof OWNER, corrects?: number) =>
      log.add(
        "incident",
        { incident: "INC-1", act: "note", ...(corrects === undefined ? {} : { corrects }) },
        { by, words: { text: "x" } },
      );
    log.add("incident", { incident: "INC-1", act: "open" }, { words: title });
    note(SHELL);
    note(SHELL, 1);
    note(OPERATOR, 2);
    note(SHELL, 3);
    const history = register(log).incidents.get("INC-1")?.history ?? [];
    expect(history.map(({ index, replaced }) => [index, replaced.map((one) => one.index)])).toEqual([
      [0, []],
      [3, [1, 2]],
      [4, []],
    ]);
  });

  test("voids no approval of an owner, and closes no finding", () => {
    const log = new ActLog();
    const review = {
      activity: "REV-1",
      type: "incident-review",
      document: { digest: D, size: 1, mediaType: "text/markdown" },
    };
    log.add("activity", { ...review, act: "document" }, { words: title });
    log.add("activity", { ...review, act: "approve" });
    log.add("activity", { ...review, act: "approve", corrects: 1 }, { by: SHELL });
    const approved = activitiesOf(actsOfKind(log.acts, "activity")).all.get("REV-1");
    expect([approved?.approval?.entry, approved?.void.length]).toEqual([1, 1]);

    log.add("finding", { finding: "FND-1", act: "open" });
    log.add("finding", { finding: "FND-1", act: "plan" }, { words: { text: "do it" } });
    log.add("finding", { finding: "FND-1", act: "done" }, { words: { text: "done" } });
    log.add("finding", { finding: "FND-1", act: "verify", result: "not-effective" }, { words: { text: "no" } });
    log.add("finding", { finding: "FND-1", act: "verify", result: "effective", corrects: 6 }, { by: SHELL });
    const { findings, troubles } = foldFindings(log.acts);
    expect([findings[0]?.state, findings[0]?.verified?.result, troubles.length]).toEqual(["open", "not-effective", 1]);
  });
});

test("an answer that rests on what somebody known corrected afterwards says so, with both records", () => {
  const log = graveAndLate();
  log.add("incident", { incident: "INC-1", ...BETTER[1]?.[1] }, { words: { correction: "the clock was wrong" } });
  const [observed] = factsOf(log) as [Observed & { fact: FactOf<"incident"> }];
  expect(observed.fact.corrected).toEqual([{ entry: 2, of: [1] }]);
  const cases = [{ id: "INC-1", observed, verdict: { word: "ok" as const, what: "in time" } }];
  const judged = { result: "met" as const, reason: "1 of 1", n: 1, of: 1, failing: [], records: [observed], cases };
  const { notes, cases: [told] = [] } = tellCorrected(judged);
  expect(notes?.[0]).toContain("records of incidents were corrected afterwards");
  expect(told?.verdict.what).toBe("in time; it was corrected afterwards: record 2, in place of record 1");
});

describe("a link that says two are the same", () => {
  const incident = (id: string, severity: string): Observed => {
    const log = new ActLog("2026-11-03T09:00Z");
    log.add("incident", { incident: id, act: "open", values: { severity } }, { words: title });
    return factsOf(log)[0] as Observed;
  };
  const same = (from: unknown, to: unknown) => {
    const log = new ActLog();
    log.add("link", { from, to, relation: "same", act: "add" }, { by: SHELL });
    return linksOf(log.acts);
  };

  test("hides no incident of a register behind another one of it", () => {
    const both = [incident("INC-1", "Sev4"), incident("INC-2", "Sev1")];
    const links = same({ type: "incident", id: "INC-1" }, { type: "incident", id: "INC-2" });
    const cases = casesOf(both, { links, register: new Map() }, both);
    expect(cases.map(({ told }) => told.fact.id)).toEqual(["INC-1", "INC-2"]);
    expect(oncePerIncident(both, links).map(({ fact }) => fact.id)).toEqual(["INC-1", "INC-2"]);
  });

  test("makes a grave one no milder: without rules nobody says which, and each word stays beside its record", () => {
    const ours = incident("INC-1", "Sev4");
    const theirs = { ...incident("EXT-1", "Sev1"), instance: "register" };
    const other = { instance: "register", kind: "incident", id: "EXT-1", entry: 0 };
    const links = same({ type: "incident", id: "INC-1" }, other);
    const [one] = casesOf([ours, theirs], { links, register: new Map() }, [ours, theirs]);
    expect([one?.told.instance, one?.also.map(({ fact }) => fact.severity)]).toEqual([OWN_REGISTER, ["Sev1"]]);
    expect(one && caseSeverities(one, new PolicyTimeline([]), 0).peak).toBe(null);
  });
});

test("a file that somebody unknown disposed of is told as that, whatever authority they name", () => {
  const log = new ActLog();
  const file = { digest: D, size: 1, mediaType: "text/plain" };
  log.add("custody", { evidence: "EVD-1", act: "collect", to: "p-anna", evidenceFiles: [file] }, { words: title });
  const items = [{ digest: D, size: 1, entries: [0] }];
  const trouble = (by: typeof OWNER) => {
    const disposals = new Disposals();
    const record = {
      ...entry("disposal", "2026-11-05T08:00Z", { items, reason: "order", authority: "CEO" }),
      index: 1,
      actor: by,
    };
    disposals.add(1, record as never);
    const [item] = evidenceItems({ acts: log.acts, disposals, holds: new Holds(), accesses: [] });
    return item?.troubles.map(({ text }) => text).join();
  };
  expect(trouble(SHELL)).toContain("did not show who they are");
  expect(trouble(OWNER)).toBe("");
});

test("that something was received is confirmed by nobody whom nobody knows", () => {
  const confirmed = (auth: string) => {
    const log = new ActLog();
    log.add("custody", { evidence: "EVD-1", act: "collect", to: "p-anna" }, { words: title });
    log.add("custody", { evidence: "EVD-1", act: "transfer", from: "p-anna", to: "p-otto" });
    log.add(
      "custody",
      { evidence: "EVD-1", act: "receive", to: "p-otto" },
      { by: { ...OPERATOR, auth } as typeof OWNER },
    );
    const [item] = evidenceItems({ acts: log.acts, disposals: new Disposals(), holds: new Holds(), accesses: [] });
    return item?.events.map((one) => one.confirmed)[1];
  };
  expect([confirmed("token"), confirmed("unauthenticated")]).toEqual(["receiver", "giver-only"]);
});

test("ten thousand notes on a finding, and as many findings with actions, are read in a moment", () => {
  const log = new ActLog();
  for (let i = 0; i < 4_000; i += 1) {
    log.add("finding", { finding: `F${i}`, act: "open" });
    log.add("action", { action: `A${i}`, act: "open", finding: `F${i}` });
    log.add("finding", { finding: "F0", act: "note" });
  }
  const began = performance.now();
  const { findings } = foldFindings(log.acts);
  const took = performance.now() - began;
  expect(findings[3_999]?.steps).toEqual([{ action: "A3999", state: "open" }]);
  expect(findings[0]?.notes).toHaveLength(4_000);
  // Read anew for every finding it takes many times as long.
  expect(took).toBeLessThan(1_500);
});

test("no line of a command steers a terminal, reorders text or hides some", () => {
  expect(plainLines("a\u001b[31mred\u0007\u009b1m \u202egpj.exe\rover\r\nnext\tcell")).toBe(
    "a[U+001B][31mred[U+0007][U+009B]1m [U+202E]gpj.exe[U+000D]over\nnext\tcell",
  );
});

describe("on the command line", () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await Cli.resident("hostile-records");
  }, 120_000);
  afterAll(() => cli.close());

  test("nothing leaves before it is known who takes it, and what leaves in a pack is told of each thing", async () => {
    const { workspace, period, as } = await registerWorkspace(cli, 1);
    const stranger = { env: { CUSTODY_TOKEN: newToken() } };
    const stolen = await cli.run(workspace.folder, ["export", "--period", period, "--out", "stolen.zip"], stranger);
    expect([stolen.code, existsSync(join(workspace.folder, "stolen.zip"))]).toEqual([2, false]);

    await workspace.write("dump.bin", "what was on the disk");
    await as(
      "anna",
      "incident",
      "open",
      "--id",
      "INC-G",
      "--title",
      "Grave",
      "--severity",
      "critical",
      "--nature",
      "security",
    );
    const added = ["--incident", "INC-G", "--title", "dump", "--source", "host", "--method", "copy"];
    const kept = await as("otto", "evidence", "add", "dump.bin", ...added, "--authorised-by", "anna", "--json");
    expect(kept.code, kept.all).toBe(0);
    expect((await as("audi", "export", "--period", period, "--out", "p.zip")).all).toContain("p.zip");
    const accesses = (await workspace.entries()).filter(({ kind }) => kind === "access");
    expect(accesses).toMatchObject([{ actor: { role: "auditor" }, digests: [expect.any(String), expect.any(String)] }]);
    const shown = await as("anna", "evidence", "show", (kept.json() as { evidence: { id: string } }).evidence.id);
    expect(shown.stdout).toContain("for: pack");

    const opened = (await workspace.entries()).findLast(({ kind }) => kind === "incident") as { index: number };
    const size = (await workspace.entries()).length;
    const correct = ["incident", "correct", "INC-G", String(opened.index), "--severity", "low", "--because", "x"];
    const refused = await as(undefined, ...correct);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("showed who they are")]);
    expect(await workspace.entries()).toHaveLength(size);
    const escaped = await as("anna", "evidence", "show", "\u001b]0;title\u0007");
    expect(escaped.stderr).toContain("[U+001B]]0;title[U+0007]");
  }, 120_000);
});

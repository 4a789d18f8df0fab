import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { type ActDraft, readActs, recordActs } from "../src/acts/acting.ts";
import { openEvents } from "../src/acts/deciding.ts";
import { incidentsOf, readNaming } from "../src/acts/disposing.ts";
import { openFindings } from "../src/acts/finding-out.ts";
import { readKept } from "../src/acts/keeping-custody.ts";
import { openRegister } from "../src/acts/open-register.ts";
import { openSamples } from "../src/acts/open-samples.ts";
import { recordIncident } from "../src/acts/registering.ts";
import { replayPack } from "../src/acts/replaying.ts";
import { readActivities } from "../src/acts/reviewing.ts";
import { readActions } from "../src/acts/tracking.ts";
import { openWaivers } from "../src/acts/waiving.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { judgeDisposal } from "../src/disposal/judge.ts";
import { disposalDrafts } from "../src/disposal/record.ts";
import { blobKey, blobRefs } from "../src/evidence/blob.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { zipFiles } from "../src/pack/reader.ts";
import { keyInPack } from "../src/pack/verify.ts";
import { newToken, tokenLine } from "../src/people.ts";
import { folderRemover } from "../src/store/remove.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { buildReportModel } from "../src/views/reporting.ts";
import { FakeClock } from "./support/clock.ts";
import { packOf } from "./support/pack.ts";
import { sourceOf } from "./support/packing.ts";
import { newWorkspace } from "./support/workspace.ts";

const ANNA = newToken();
const NOW = "2026-11-20T12:00:00.000Z";
const CANARY = "Wilhelmina-Przybyszewska";
const PERIOD = { from: Date.parse("2026-11-01T00:00Z"), to: Date.parse("2026-12-01T00:00Z"), label: "2026-11" };
const text = (words: string) => new TextEncoder().encode(words);

/** A log with one act of every kind, each with words and files that name somebody. */
async function aLog() {
  const clock = new FakeClock(NOW);
  const shell = await newWorkspace(
    `register: true\npolicy: sev1-4\npeople:\n  anna: { role: owner, token: "${tokenLine(ANNA)}" }\ncollectors: []`,
    clock,
  );
  const custody = new Custody(
    { ...(await loadConfig(shell.config.path, collectors)), personalToken: () => ANNA },
    clock,
  );
  const words = (kind: string) => ({
    title: `${CANARY} ${kind} title`,
    text: `${CANARY} ${kind}`,
    reason: `${CANARY} ${kind} why`,
  });
  const { incident } = await recordIncident(custody, {
    act: "open",
    words: { title: `${CANARY} opened`, text: `${CANARY} more` },
    values: { severity: "Sev1" },
  });
  await recordIncident(custody, { act: "note", incident, words: { text: `${CANARY} noted` } });
  const ledger = await custody.ledger();
  const file = (name: string, type = "text/plain") => ledger.put(text(`${CANARY} file ${name}`), type);
  const at = { happened: NOW };
  const population = await ledger.put(canonicalBytes({ v: 1, note: `${CANARY} rows` }), "application/json");
  const seen = { size: 1, root: Buffer.alloc(32).toString("base64") };
  const drafts: ActDraft[] = [
    {
      kind: "event",
      event: "EVT-2026-001",
      channel: "mail",
      act: "report",
      ...at,
      evidence: [await file("event")],
      words: { ...words("event"), reporter: CANARY },
    },
    {
      kind: "event-decision",
      events: ["EVT-2026-001"],
      decision: "incident",
      incident,
      ...at,
      words: words("decision"),
    },
    {
      kind: "action",
      action: "ACT-2026-001",
      act: "open",
      incident,
      type: "corrective",
      ...at,
      evidence: [await file("action")],
      words: words("action"),
    },
    {
      kind: "link",
      from: { type: "incident", id: incident },
      to: { type: "external", id: "T-1" },
      relation: "about",
      act: "add",
      ...at,
      words: words("link"),
    },
    {
      kind: "waiver",
      waiver: "WVR-2026-001",
      act: "grant",
      requirement: "a-5-26-owner",
      incidents: [incident],
      owner: "p-anna",
      until: "2026-12-20T00:00:00.000Z",
      ...at,
      words: words("waiver"),
    },
    {
      kind: "finding",
      finding: "FND-2026-001",
      act: "open",
      origin: "own",
      ...at,
      evidence: [await file("finding")],
      words: words("finding"),
    },
    { kind: "sample", sample: "SMP-2026-001", act: "freeze", population, size: 0, seen, ...at, words: words("sample") },
    {
      kind: "custody",
      evidence: "EVD-2026-001",
      act: "collect",
      incident,
      to: "p-anna",
      digests: [],
      evidenceFiles: [await file("custody")],
      ...at,
      words: words("custody"),
    },
    {
      kind: "activity",
      activity: "REV-2026-001",
      type: "incident-review",
      act: "document",
      incidents: [incident],
      document: await file("review", "text/markdown"),
      ...at,
      words: { ...words("activity"), author: CANARY },
    },
  ];
  await recordActs(custody, drafts, "sign-off");
  await ledger.publish();
  return { custody, clock, incident };
}

type Log = Awaited<ReturnType<typeof aLog>>;

/** Every file that a record of what people did names, with the kind of the record. */
async function named({ custody }: Log, wanted: (kind: string) => boolean): Promise<string[]> {
  const found = new Set<string>();
  const { acts } = await readActs(custody);
  for (const { entry } of acts) if (wanted(entry.kind)) for (const { digest } of blobRefs(entry)) found.add(digest);
  return [...found];
}

async function disposeOf({ custody, clock }: Log, digests: readonly string[]): Promise<void> {
  const naming = await readNaming(custody);
  const { fresh } = judgeDisposal(naming, digests, await incidentsOf(custody, naming, digests));
  clock.advance(60_000);
  const ledger = await custody.ledger();
  const by = { type: "person", id: "p-5d1f0c2a9b3e", auth: "unauthenticated" } as const;
  await ledger.append(disposalDrafts(fresh, { reason: "erasure-request", authority: "dpo" }, by));
  await ledger.publish();
  const { store } = custody.config;
  if (store.kind !== "folder") throw new Error("no folder");
  const remover = await folderRemover(store.path);
  for (const { digest } of fresh) await remover.remove(blobKey(digest));
}

/** Files of the workspace that name the person. */
function naming(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(CANARY));
}

describe("the words of people", () => {
  test("of every kind go, and everything that reads them says so and works on", async () => {
    const log = await aLog();
    const { custody, incident } = log;
    expect(naming(custody.config.root).length).toBeGreaterThan(14);
    await disposeOf(log, await named(log, (kind) => kind !== "policy"));
    expect(naming(custody.config.root)).toEqual([]);

    const { acts } = await readActs(custody);
    const gone = acts.filter(({ entry }) => "body" in entry && entry.body !== undefined).map((act) => act.gone);
    expect(new Set(gone)).toEqual(new Set(["disposed"]));
    expect(gone.length).toBeGreaterThanOrEqual(11);
    const register = await openRegister(custody);
    expect(register.find(incident).title).toBe("(title disposed of)");
    expect(register.troubles).toEqual([]);
    expect((await openEvents(custody)).log.events.map(({ title }) => title)).toContain("(its words are disposed)");
    expect([...(await readActions(custody)).actions.all.values()][0]?.title).toMatch(/disposed/);
    expect([...(await readActivities(custody)).activities.all.keys()]).toEqual(["REV-2026-001"]);
    expect((await openFindings(custody)).findings).toHaveLength(1);
    expect((await openWaivers(custody)).all).toHaveLength(1);
    expect((await openSamples(custody)).samples).toHaveLength(1);
    expect((await readKept(custody)).items[0]).toMatchObject({
      id: "EVD-2026-001",
      files: [{ disposed: { reason: "erasure-request" } }],
    });

    const verified = await verifyLedger(await custody.store(), { keys: [await custody.pinnedKey()] });
    expect([verified.ok, verified.findings]).toEqual([true, []]);
    expect(verified.disposed.length).toBeGreaterThan(14);
    const model = await buildReportModel(custody, { period: PERIOD });
    expect(JSON.stringify(model)).not.toContain(CANARY);
    expect(JSON.stringify(model)).toContain("(title disposed of)");

    const { path } = await packOf(custody, { period: PERIOD });
    const files = await zipFiles(sourceOf(await readFile(path)));
    const key = await keyInPack(files);
    if (key === undefined) throw new Error("no key");
    const { verified: again } = await replayPack(files, { keys: [key], collectors, wanted: [] });
    expect([again.ok, again.findings]).toEqual([true, []]);
    const own = join(await import("./support/pack.ts").then(({ verifiers }) => verifiers()), "verify.mjs");
    const { stdout } = await promisify(execFile)("node", [own, path, "--key", custody.config.vkey]).catch(
      (error) => error,
    );
    expect(stdout).toMatch(/was lawfully deleted: record \d+/);
  }, 60_000);

  test("rules never go, nor what is kept for an incident under a hold", async () => {
    const log = await aLog();
    const { custody, incident } = log;
    const [rules = ""] = await named(log, (kind) => kind === "policy");
    await expect(disposeOf(log, [rules])).rejects.toThrow("it is rules of the organisation, by which was judged");
    const ledger = await custody.ledger();
    const by = { type: "system", id: "custody" } as const;
    await ledger.append([{ kind: "hold", actor: by, hold: "H-1", action: "place", incident, authority: "court" }]);
    const held = await named(log, (kind) => ["incident", "action", "activity", "waiver", "custody"].includes(kind));
    for (const one of held) await expect(disposeOf(log, [one])).rejects.toThrow("under the hold H-1");
  });
});

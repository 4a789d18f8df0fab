import { mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { readActs } from "../src/acts/acting.ts";
import { rulesIn } from "../src/acts/intake-rules.ts";
import { recordIncident } from "../src/acts/registering.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { isAct } from "../src/evidence/act.ts";
import { type Entry, isKind } from "../src/evidence/entry.ts";
import { lawsIn, shippedLaws } from "../src/laws.ts";
import { digestOf } from "../src/lib/digest.ts";
import { namesOf } from "../src/people.ts";
import { policyTimeline } from "../src/policies.ts";
import { catalogueIn } from "../src/views/gathering.ts";
import { liveRecords } from "../src/views/live-acts.ts";
import { liveClocks } from "../src/views/live-clocks.ts";
import { buildReportModel } from "../src/views/reporting.ts";
import { declareNow } from "../src/work.ts";
import { datedIncidents } from "./support/dated-incidents.ts";
import { ruledWorkspace } from "./support/gap-workspace.ts";

/** Somebody changes what lies in the store while processes work with it: nobody believes the other bytes. */

const placeOf = ({ config }: Custody, digest: string) =>
  join(config.root, "data/store/blob/sha256", digest.slice(0, 2), digest);

/** Other words of the same length, in the same shape. */
async function exchange(custody: Custody, digest: string, from: string, to: string): Promise<void> {
  const place = placeOf(custody, digest);
  const text = await readFile(place, "utf8");
  expect(text).toContain(from);
  await rm(place);
  await writeFile(place, text.replaceAll(from, to));
}

/** The same workspace as another process opens it. */
async function another({ config, clock }: Custody): Promise<Custody> {
  const custody = new Custody(await loadConfig(config.path, collectors), clock);
  onTestFinished(() => custody.close());
  return custody;
}

async function entries(custody: Custody): Promise<Entry[]> {
  const found: Entry[] = [];
  for await (const { entry } of (await custody.view()).read()) found.push(entry);
  return found;
}

const only = async <K extends Parameters<typeof isKind>[1]>(custody: Custody, kind: K) => {
  const found = (await entries(custody)).findLast((entry) => isKind(entry, kind));
  if (found === undefined || !isKind(found, kind)) throw new Error(`no ${kind}`);
  return found;
};

async function withIncident() {
  const { custody } = await ruledWorkspace("sev1-4");
  const words = { title: "Login down" };
  const { incident } = await recordIncident(custody, { act: "open", values: { severity: "Sev1" }, words });
  const act = (await entries(custody)).find((entry) => isAct(entry) && "body" in entry && entry.kind === "incident");
  return { custody, incident, body: (act as unknown as { body: { digest: string } }).body.digest };
}

describe("other bytes in the place of those that were recorded", () => {
  test("are no words of whoever acted, in a process that had read them and in one that had not", async () => {
    const { custody, body } = await withIncident();
    const titles = async (at: Custody) => (await liveRecords(at)).acts.flatMap(({ words }) => words.title ?? []);
    expect(await titles(custody)).toEqual(["Login down"]);
    await exchange(custody, body, "Login down", "Login fine");
    const other = await another(custody);
    expect([await titles(custody), await titles(other)]).toEqual([["Login down"], []]);
    expect((await readActs(other)).acts.flatMap(({ gone }) => gone ?? [])).toEqual(["unreadable"]);
    // Put back, they are read by a process that had not found them.
    await exchange(custody, body, "Login fine", "Login down");
    expect(await titles(other)).toEqual(["Login down"]);
    expect((await readActs(other)).acts.flatMap(({ gone }) => gone ?? [])).toEqual([]);
  });

  test("give nobody another name", async () => {
    const { custody } = await withIncident();
    const { identity, person } = await only(custody, "identity");
    const { osUser } = JSON.parse(await readFile(placeOf(custody, identity.digest), "utf8")) as { osUser: string };
    expect((await namesOf(await another(custody))).get(person)).toBe(osUser);
    await exchange(custody, identity.digest, osUser, `x${osUser.slice(1)}`);
    expect((await namesOf(await another(custody))).get(person)).toBeUndefined();
  });

  test("are no rules, no laws and no catalogue to judge by", async () => {
    const { custody } = await withIncident();
    const { definition } = await only(custody, "policy");
    const config = await only(custody, "config");
    await exchange(custody, definition.digest, "Sev1: within 15m", "Sev1: within 95m");
    const other = await another(custody);
    expect((await policyTimeline(other)).policyAt(other.clock.now())).toMatchObject({ policy: undefined });
    const acts = (await entries(other)).map((entry) => ({ index: entry.index, at: 0, entry, words: {} }));
    expect((await rulesIn(other, acts as never)).troubles).toMatchObject([{ words: /cannot be read/ }]);
    // In a process that had read them they are in force as they were logged.
    const before = (await policyTimeline(custody)).policyAt(custody.clock.now())?.policy;
    expect(JSON.stringify(before)).not.toContain("95m");

    const [law] = config.laws ?? [];
    await exchange(custody, law?.digest ?? "", "72h", "99h");
    expect((await lawsIn(other, config)).map((one) => one.law)).toEqual(shippedLaws());
    await exchange(custody, config.catalogue?.digest ?? "", "A.5.24", "A.9.99");
    const { bytes } = await catalogueIn(other, { config });
    expect(digestOf(bytes)).toBe(config.catalogue?.digest);
  });

  test("stop whoever would declare that nothing changed; what is gone is not put there again", async () => {
    for (const which of ["config", "catalogue", "laws"] as const) {
      const { custody } = await ruledWorkspace("sev1-4");
      const named = (await only(custody, "config"))[which];
      const digest = (Array.isArray(named) ? named.at(-1)?.digest : named?.digest) ?? "";
      const place = placeOf(custody, digest);
      const bytes = await readFile(place);
      bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
      await rm(place);
      const lost = await another(custody);
      await declareNow(lost);
      await expect(readFile(place)).rejects.toThrow("ENOENT");
      await writeFile(place, bytes);
      const altered = await another(custody);
      await expect(declareNow(altered), which).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
      await expect(altered.ledger().then((ledger) => ledger.append([]))).rejects.toMatchObject({
        code: "LEDGER_ALTERED",
      });
    }
  });

  test("tell a report nothing, and it says so", async () => {
    const { custody } = await datedIncidents(1);
    const period = { from: Date.UTC(2026, 7, 1), to: Date.UTC(2026, 8, 1), label: "2026-08" };
    const good = await buildReportModel(custody, { period });
    expect([good.verification?.ok, good.problems]).toEqual([true, []]);
    const file = await readFile(join(custody.config.root, "incidents/INC-2026-001.md"));
    await exchange(custody, digestOf(file), "Printer on fire", "Printer is fine");
    for (const at of [custody, await another(custody)]) {
      const model = await buildReportModel(at, { period });
      expect(JSON.stringify(model)).not.toContain("Printer is fine");
      expect(model.verification?.ok).toBe(false);
      expect(model.verification?.findings.map(({ code }) => code)).toContain("blob-altered");
      expect(model.problems).toMatchObject([{ message: expect.stringMatching(/not as it was recorded/) }]);
    }
  });
});

test("a register that could not be read once is read again, and not taken for an empty one", async () => {
  const { custody, collect } = await datedIncidents(1, "policy: sev1-4\n");
  const file = join(custody.config.root, "incidents/INC-2026-300.md");
  await writeFile(file, "---\nid: INC-2026-300\ntitle: x\nseverity: Sev1\ndetected_at: 2026-10-19T09:00:00Z\n---\n");
  await collect();
  const digest = digestOf(await readFile(file));
  const other = await another(custody);
  const place = placeOf(custody, digest);
  await rename(place, `${custody.config.root}/away`);
  await mkdir(place);
  const there = async () => (await liveClocks(other, other.clock.now())).map(({ title }) => title).join();
  expect(await there()).not.toMatch(/INC-2026-300/);
  await rmdir(place);
  await rename(`${custody.config.root}/away`, place);
  expect(await there()).toMatch(/INC-2026-300/);
});

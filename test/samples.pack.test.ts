import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { readActs } from "../src/acts/acting.ts";
import { freezePopulation, readPopulation } from "../src/acts/freezing.ts";
import { openSamples, sampleNamed } from "../src/acts/open-samples.ts";
import { recordIncident } from "../src/acts/registering.ts";
import { replayPack } from "../src/acts/replaying.ts";
import { drawSample, markRows, pickRows, seedHead } from "../src/acts/sampling.ts";
import { actOnAction } from "../src/acts/tracking.ts";
import type { Custody } from "../src/custody.ts";
import { OWN_REGISTER } from "../src/incidents/register.ts";
import { base64 } from "../src/lib/digest.ts";
import { iso } from "../src/lib/time.ts";
import { PACK_FILES } from "../src/pack/pack-json.ts";
import { type PackFiles, zipFiles } from "../src/pack/reader.ts";
import { keyInPack } from "../src/pack/verify.ts";
import { drawRows, seedOf } from "../src/samples/draw.ts";
import { decodePopulation, encodePopulation, POPULATION_TYPE, type Population } from "../src/samples/population.ts";
import { chosenRows, foldSamples } from "../src/samples/sample.ts";
import { Cli } from "./support/cli.ts";
import { datedIncidents } from "./support/dated-incidents.ts";
import { packOf as exported, uploadBytes } from "./support/pack.ts";
import { sourceOf } from "./support/packing.ts";

const Q3 = { from: Date.UTC(2026, 6, 1), to: Date.UTC(2026, 9, 1), label: "2026-Q3" };
const WHOLE = { from: Date.UTC(2026, 5, 1), to: Date.UTC(2026, 10, 1), label: "2026-06..2026-10" };

async function packOf(custody: Custody, period: typeof Q3): Promise<PackFiles> {
  const { path } = await exported(custody, { period });
  return zipFiles(sourceOf(await readFile(path)));
}

async function replayed(files: PackFiles, wanted: readonly string[] = []) {
  const key = await keyInPack(files);
  if (key === undefined) throw new Error("a pack has its key");
  return replayPack(files, { keys: [key], collectors, wanted });
}

/** A sample of the incidents of a period, frozen, drawn from and marked. */
async function sampled(custody: Custody, period: typeof Q3, over: { only?: string[] } = {}) {
  const frozen = await freezePopulation(custody, { of: "incidents", period, only: over.only ?? [] });
  const named = async () => sampleNamed(await openSamples(custody), frozen.id);
  const drawn = await drawSample(custody, await named(), { size: 5, words: "Die  sieben Brücken" });
  return { ...frozen, drawn, named };
}

/** Freezes this population as if the program had made it, and draws from it. */
async function freezeAs(custody: Custody, sample: string, population: Population) {
  const ledger = await custody.ledger();
  const bytes = encodePopulation(population);
  const blob = await ledger.put(bytes, POPULATION_TYPE);
  const actor = { type: "person", id: "p-5d1f0c2a9b3e", auth: "unauthenticated" } as const;
  const happened = iso(custody.clock.now());
  const { period, rows, seen } = population;
  await ledger.append([
    {
      kind: "sample",
      actor,
      sample,
      act: "freeze",
      happened,
      population: blob,
      window: period,
      size: rows.length,
      seen,
    },
  ]);
  const seed = await seedHead(custody, sampleNamed(await openSamples(custody), sample));
  const names = rows.map(({ row }) => row);
  const chosen = drawRows(names, seedOf({ population: blob.digest, head: seed, words: "x" }), 3);
  const { BODY_TYPE, encodeWords } = await import("../src/evidence/act.ts");
  const body = await ledger.put(encodeWords({ words: "x" }), BODY_TYPE);
  await ledger.append([
    { kind: "sample", actor, sample, act: "draw", happened, window: period, size: 3, seed, chosen, body },
  ]);
  await ledger.publish();
}

describe("a sample", { timeout: 120_000 }, () => {
  test("is drawn again from the pack alone, and its rows are read again from the evidence", async () => {
    const { custody, clock } = await datedIncidents();
    const { id, population, drawn, named } = await sampled(custody, WHOLE);
    expect(population).toMatchObject({ of: "incidents", only: [], undated: 0 });
    expect(population.sources).toMatchObject([
      { instance: "incidents", use: "incident-log/markdown", rows: population.rows.length },
    ]);
    expect(population.rows.map(({ id: own }) => own)).toContain("INC-2026-200");
    const [first = ""] = drawn.rows;
    await pickRows(custody, await named(), ["INC-2026-200"], "the newest");
    await markRows(custody, await named(), ["1"], { result: "accepted" });
    clock.advance(400 * 86_400_000);
    const files = await packOf(custody, WHOLE);
    const again = await replayed(files);
    expect(again.verified.ok).toBe(true);
    expect(again.replayed).toMatchObject([
      {
        sample: id,
        result: "same",
        rows: { result: "same", same: population.rows.length, elsewhere: 0, differ: [], lacking: [] },
      },
    ]);
    expect(again.replayed[0]?.lines.map(({ what, result }) => `${what} ${result}`)).toEqual([
      "population same",
      "seed same",
      "draw same",
      "pick same",
    ]);
    const [sample] = again.samples.samples;
    expect(
      sample &&
        chosenRows(sample)
          .map(({ row }) => row)
          .slice(0, 5),
    ).toEqual(drawn.rows);
    expect(sample?.marks.get(first)).toMatchObject({ result: "accepted" });
  });

  test("of a quarter says which rows rest on evidence that the pack of the quarter lacks", async () => {
    const { custody } = await datedIncidents();
    const { population } = await sampled(custody, Q3);
    expect(population.excluded).toMatchObject([{ instance: "incidents", reason: "outside-period" }]);
    const ids = population.rows.map(({ id }) => id);
    expect([ids.includes("INC-2026-200"), ids.includes("INC-2026-001")]).toEqual([false, true]);
    const again = await replayed(await packOf(custody, Q3));
    const rows = again.replayed[0]?.rows;
    expect(again.replayed[0]?.result).toBe("same");
    expect((rows?.same ?? 0) + (rows?.elsewhere ?? 0)).toBe(population.rows.length);
  });

  test("is not called different where the same bytes are in the pack for another reason than its rows", async () => {
    const { custody, clock } = await datedIncidents(3);
    const later = { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 11, 1), label: "2026-11" };
    clock.set("2026-11-20T08:00:00.000Z");
    const { population } = await sampled(custody, WHOLE);
    const bytes = await readFile(join(custody.config.root, "incidents/INC-2026-200.md"));
    await uploadBytes(custody, bytes, "Why the printer burned", "A.5.28");
    await (await custody.ledger()).publish();
    const files = await packOf(custody, later);
    const own = population.rows.find(({ id }) => id === "INC-2026-200");
    const item = own?.revision.item ?? "";
    expect(await files.get(`${PACK_FILES.store}blob/sha256/${item.slice(0, 2)}/${item}`)).toBeDefined();
    const again = await replayed(files);
    expect(again.replayed).toMatchObject([
      {
        result: "same",
        rows: { same: 0, elsewhere: 4, notRead: population.rows.map(({ row }) => row), differ: [], lacking: [] },
      },
    ]);
  });

  test("whose population was made up is found by the evidence in the pack", async () => {
    const { custody } = await datedIncidents();
    const { id, population } = await sampled(custody, WHOLE);
    const { rows, sources } = population;
    const less = {
      ...population,
      rows: rows.slice(1),
      sources: sources.map((one) => ({ ...one, rows: rows.length - 1 })),
    };
    const other = rows.map((row, i) => (i === 0 ? { ...row, fields: { ...row.fields, severity: "Sev4" } } : row));
    await freezeAs(custody, "SMP-less", less);
    await freezeAs(custody, "SMP-other", { ...population, rows: other });
    const root = base64(new Uint8Array(32));
    await freezeAs(custody, "SMP-root", { ...population, seen: { ...population.seen, root } });
    const files = await packOf(custody, WHOLE);
    const again = await replayed(files);
    expect(again.verified.ok).toBe(true);
    const of = (sample: string) => again.replayed.find((one) => one.sample === sample);
    expect(of(id)?.result).toBe("same");
    expect(of("SMP-less")).toMatchObject({ result: "different", rows: { lacking: [rows[0]?.row], differ: [] } });
    expect(of("SMP-other")).toMatchObject({ result: "different", rows: { lacking: [], differ: [rows[0]?.row] } });
    expect(of("SMP-root")).toMatchObject({ result: "different" });
    // The draws themselves are right: what is wrong is what was drawn from.
    expect(of("SMP-less")?.lines.find(({ what }) => what === "draw")?.result).toBe("same");
    expect((await replayed(files, [id])).replayed.map(({ sample }) => sample)).toEqual([id]);
  });

  test("whose population was altered in the pack is told, and so is the pack", async () => {
    const { custody } = await datedIncidents();
    const { digest } = await sampled(custody, WHOLE);
    const files = await packOf(custody, WHOLE);
    const path = `${PACK_FILES.store}blob/sha256/${digest.slice(0, 2)}/${digest}`;
    const right = decodePopulation((await files.get(path)) ?? new Uint8Array());
    const bytes = encodePopulation({ ...right, zone: "Europe/Paris" });
    const altered: PackFiles = {
      top: files.top,
      damaged: files.damaged,
      list: (prefix) => files.list(prefix),
      get: async (key) => (key === path ? bytes : files.get(key)),
      read: async (key) => (key === path ? pieces(bytes) : files.read(key)),
    };
    const again = await replayed(altered);
    expect(again.verified.ok).toBe(false);
    expect(again.replayed).toMatchObject([{ result: "unknown", rows: undefined }]);
  });

  test("of the register that is kept in the log is read again from its records", async () => {
    const { custody, clock } = await datedIncidents(3);
    const detected = clock.now() - 3_600_000;
    for (const title of ["Phishing", "Stolen laptop"])
      await recordIncident(custody, {
        act: "open",
        at: { at: detected, precision: 60_000 },
        values: { detectedAt: iso(detected), severity: "Sev2" },
        words: { title },
      });
    await (await custody.ledger()).publish();
    const { population, named } = await sampled(custody, WHOLE);
    const own = population.rows.filter(({ instance }) => instance === OWN_REGISTER);
    expect(own).toMatchObject([
      { id: "INC-2026-001", revision: { ordinal: 0 }, fields: { title: "Phishing" } },
      { id: "INC-2026-002", fields: { title: "Stolen laptop", severity: "Sev2" } },
    ]);
    // What is recorded later changes nothing about what was frozen.
    await recordIncident(custody, { act: "note", incident: "INC-2026-001", words: { text: "later" } });
    await (await custody.ledger()).publish();
    expect((await readPopulation(custody, await named())).rows).toHaveLength(6);
    const again = await replayed(await packOf(custody, WHOLE));
    expect(again.replayed).toMatchObject([{ result: "same", rows: { same: 6, elsewhere: 0 } }]);
    const { rows, sources } = population;
    const fewer = rows.filter(({ row }) => row !== own[0]?.row);
    const counts = sources.map((one) => ({
      ...one,
      rows: fewer.filter(({ instance }) => instance === one.instance).length,
    }));
    await freezeAs(custody, "SMP-less", { ...population, rows: fewer, sources: counts });
    const less = (await replayed(await packOf(custody, WHOLE), ["SMP-less"])).replayed;
    expect(less).toMatchObject([{ result: "different", rows: { lacking: [own[0]?.row] } }]);
  });

  test("of actions kept in the log is read again, in another year, zone and language", async () => {
    const { custody, clock } = await datedIncidents(3);
    for (const title of ["Rotate the key", "Test signing in"])
      await actOnAction(custody, { act: "open", title, due: "+14d" });
    clock.advance(3_600_000);
    await actOnAction(custody, { act: "done", id: "ACT-2026-001", tracker: "github:a/b@3f9c2e1" });
    await (await custody.ledger()).publish();
    const { id, population } = await freezePopulation(custody, { of: "actions", period: WHOLE, only: [] });
    await drawSample(custody, sampleNamed(await openSamples(custody), id), { size: 1, words: "Brücken" });
    // What is done later changes nothing about what was frozen.
    await actOnAction(custody, { act: "assign", id: "ACT-2026-002", owner: "Somebody Else" });
    await (await custody.ledger()).publish();
    clock.advance(500 * 86_400_000);
    const { path } = await exported(custody, { period: WHOLE });
    const cli = await Cli.compile("samples");
    const env = { TZ: "Pacific/Kiritimati", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" };
    const done = await cli.run(dirname(path), ["sample", "replay", path, id, "--json"], { env });
    await cli.close();
    expect(done.code, done.all).toBe(0);
    const again = await replayed(await zipFiles(sourceOf(await readFile(path))), [id]);
    expect(again.replayed).toMatchObject([
      { result: "same", rows: { same: 2, elsewhere: 0, differ: [], lacking: [] } },
    ]);
    const other = population.rows.map((row, i) => (i === 0 ? { ...row, fields: { ...row.fields, title: "x" } } : row));
    await freezeAs(custody, "SMP-other", { ...population, rows: other });
    const changed = (await replayed(await packOf(custody, WHOLE), ["SMP-other"])).replayed;
    expect(changed).toMatchObject([{ result: "different", rows: { differ: [other[0]?.row] } }]);
  });

  test("is found by a number of its own when two begin at once", async () => {
    const { custody } = await datedIncidents();
    const two = await Promise.all(
      [1, 2].map(() => freezePopulation(custody, { of: "incidents", period: Q3, only: [] })),
    );
    expect(two.map(({ id }) => id).sort()).toEqual(["SMP-2026-001", "SMP-2026-002"]);
    expect((await openSamples(custody)).troubles).toEqual([]);
  });
});

describe("what cannot be", { timeout: 60_000 }, () => {
  test("is refused with everything that is wrong, and nothing is recorded", async () => {
    const { custody } = await datedIncidents();
    const { named } = await sampled(custody, WHOLE);
    const acts = async () => (await readActs(custody)).acts.length;
    const before = await acts();
    const freeze = (over: object) => freezePopulation(custody, { of: "incidents", period: Q3, only: [], ...over });
    await expect(freeze({ of: "incident" })).rejects.toThrow(/did you mean "incidents"/);
    await expect(freeze({ only: ["incidens", "x"] })).rejects.toThrow(
      /incidens.*did you mean "incidents".*\n.*--source x/,
    );
    await expect(freeze({ id: "../x" })).rejects.toThrow(/--id: expected/);
    await expect(freeze({ id: "SMP-2026-001" })).rejects.toThrow(/is taken/);
    const sample = await named();
    await expect(drawSample(custody, sample, { size: 0, words: " " })).rejects.toThrow(/--size.*\n--words/);
    await expect(drawSample(custody, sample, { size: 257, words: "x".repeat(401) })).rejects.toThrow(/256.*\n.*400/);
    await expect(pickRows(custody, sample, ["INC-2026-20", "y"], undefined)).rejects.toThrow(
      /--reason.*\nINC-2026-20 .*did you mean.*\ny is not/,
    );
    await expect(markRows(custody, sample, ["INC-2026-999", "99"], { result: "flagged" })).rejects.toThrow(
      /not chosen.*\n99: .*5 rows\n--note/,
    );
    expect(await acts()).toBe(before);
    expect(foldSamples((await readActs(custody)).acts).samples).toHaveLength(1);
    expect((await readPopulation(custody, sample)).rows.length).toBe(sample.size);
  });
});

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

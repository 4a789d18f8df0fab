import { expect, test } from "vitest";
import { readerOf } from "../src/attack/carry-out.ts";
import { parseVkey } from "../src/tlog/verifier.ts";
import { readCertificates } from "../src/tsp/certificate.ts";
import { type KnownHead, verifyLedger } from "../src/verify/verify.ts";
import {
  edited,
  makeVectors,
  objectsOf,
  readVectors,
  rootsOf,
  type Vector,
  type Vectors,
  writeVectors,
} from "./support/conformance.ts";
import { type Answer, askSecond, codesIn, storedIn } from "./support/second-verifier.ts";
import { describeWith } from "./support/tools.ts";

const NOW = "2026-11-21T00:00:00.000Z";
const ABOUT =
  "Good and broken logs with what a verifier of docs/FORMAT.md must say of each; README.md beside this file tells how to use it.";

interface Said {
  readonly codes: readonly string[];
  readonly verdicts: Readonly<Record<string, string>>;
}

/** What Custody's own verifier and the second one say of each vector. */
async function bothOf(logs: Vectors["logs"], vectors: readonly Omit<Vector, "verdicts">[]) {
  const good = new Map<string, Map<string, Uint8Array>>();
  for (const [name, log] of Object.entries(logs)) good.set(name, await objectsOf(log));
  const ours: Said[] = [];
  const cases: Parameters<typeof askSecond>[0][number][] = [];
  const folders: Awaited<ReturnType<typeof storedIn>>[] = [];
  try {
    for (const vector of vectors) {
      const log = logs[vector.log];
      if (log === undefined) throw new Error(`${vector.name}: no log ${vector.log}`);
      const objects = edited(good.get(vector.log) ?? new Map(), { ...vector, verdicts: {} });
      const roots = vector.trustsNobody ? "" : await rootsOf(log);
      const witnesses = vector.trustsNobody ? [] : log.witnesses;
      const outside = { stampRoots: roots === "" ? [] : readCertificates(new TextEncoder().encode(roots)), witnesses };
      const keys = log.keys.map(parseVkey);
      const now = Date.parse(NOW);
      const result = await verifyLedger(readerOf(objects), { keys, outside, now, since: vector.heads.map(headOf) });
      ours.push(saidBy(result));
      const folder = await storedIn(objects);
      folders.push(folder);
      cases.push({ path: folder.folder, vkey: log.keys.join(","), heads: vector.heads, roots, witnesses, now: NOW });
    }
    return { ours, second: (await askSecond(cases)).map(saidBy) };
  } finally {
    for (const folder of folders) await folder.remove();
  }
}

function headOf(text: string): KnownHead {
  const [size = "", root = ""] = text.split(":");
  return { size: Number(size), root: Uint8Array.from(Buffer.from(root, "base64")), from: "elsewhere", held: "outside" };
}

const saidBy = (result: Pick<Answer, "findings" | "verdicts">): Said => ({
  codes: codesIn(result),
  verdicts: Object.fromEntries(Object.entries(result.verdicts).map(([name, { word }]) => [name, word])),
});

describeWith(["python3", "openssl"], "the public conformance vectors", () => {
  test("hold every attack and every mutation there is, by the codes of today", { timeout: 120_000 }, async () => {
    const { logs, made } = await makeVectors();
    if (process.env.UPDATE_VECTORS === "1") {
      const { ours } = await bothOf(logs, made);
      const vectors = made.map((one, i) => ({ ...one, verdicts: ours[i]?.verdicts ?? {} }));
      await writeVectors({ about: ABOUT, now: NOW, logs, vectors });
    }
    const kept = await readVectors();
    // Some attacks make new keys each time, so their bytes differ; what is done and what is found does not.
    const told = (list: readonly Omit<Vector, "verdicts">[]) => list.map(({ name, codes }) => ({ name, codes }));
    expect(told(kept.vectors)).toEqual(told(made));
  });

  test("are judged as they say by both verifiers", { timeout: 120_000 }, async () => {
    const { logs, vectors } = await readVectors();
    const { ours, second } = await bothOf(logs, vectors);
    const wrong = vectors.flatMap((vector, i) =>
      [ours[i], second[i]].flatMap((said, which) => {
        const codes = said?.codes ?? [];
        const right =
          (vector.codes.length === 0 ? codes.length === 0 : vector.codes.every((code) => codes.includes(code))) &&
          JSON.stringify(said?.verdicts) === JSON.stringify(vector.verdicts);
        return right ? [] : [{ verifier: ["ours", "second"][which], name: vector.name, want: vector, said }];
      }),
    );
    expect(wrong.map(({ verifier, name, said, want }) => [verifier, name, said, want.codes, want.verdicts])).toEqual(
      [],
    );
    expect(vectors.filter(({ codes }) => codes.length > 0).length).toBeGreaterThan(80);
  });
});

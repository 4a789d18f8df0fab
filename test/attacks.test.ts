import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { carryOut, knownHeads, ownJudge, readerOf } from "../src/attack/carry-out.ts";
import { attacks } from "../src/attack/index.ts";
import { loadRange } from "../src/attack/load.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { makeRange } from "./support/attack-range.ts";

const FOLDER = fileURLToPath(new URL("../assets/attack-range", import.meta.url));
if (process.env.UPDATE_RANGE === "1") await makeRange(FOLDER);
const range = await loadRange(FOLDER);

test("the ledger that is attacked is intact, dated and vouched for before", async () => {
  const since = [range.guard, range.printed];
  const result = await verifyLedger(readerOf(range.objects), { keys: [range.pinned], outside: range.outside, since });
  expect(result).toMatchObject({
    ok: true,
    findings: [],
    verdicts: { integrity: { word: "intact" }, time: { word: "anchored" }, independence: { word: "witnessed" } },
  });
  expect(result.disposed).toHaveLength(1);
});

test("at least forty attacks have names of their own", () => {
  expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
  expect(attacks.filter(({ expected }) => expected.length > 0).length).toBeGreaterThanOrEqual(40);
});

describe("each attack is named by its code", () => {
  test.each(attacks.map((attack) => [attack.name, attack] as const))("%s", async (_, attack) => {
    const [said] = await carryOut(attack, range, [ownJudge]);
    expect(said).toMatchObject({ right: true });
    if (attack.expected.length === 0) expect(said?.codes).toEqual([]);
    else expect(said?.codes).toEqual(expect.arrayContaining([...attack.expected]));
  });
});

describe("what only a head from outside shows is not seen without it", () => {
  const needing = attacks.filter(({ given }) => given !== undefined);
  test.each(needing.map((attack) => [attack.name, attack] as const))("%s", async (_, attack) => {
    const known = { range, given: undefined };
    expect(knownHeads(known)).toEqual([]);
    expect(await ownJudge.judge(await attack.carryOut(range), known)).toEqual([]);
  });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { compiledProgram } from "./support/compiled.ts";
import { RGW_PROGRAMS } from "./support/rgw.ts";
import { describeWith, rounds, THOROUGH } from "./support/tools.ts";
import { Random } from "./torture/random.ts";
import { maltreat, type Plan } from "./torture/replicas.ts";
import type { Place } from "./torture/scenario.ts";
import { Tally } from "./torture/tally.ts";

let compiled = "";
beforeAll(async () => {
  compiled = await compiledProgram();
}, 60_000);

const LONG: Partial<Plan> = {
  instances: 25,
  behind: 20,
  chaos: 60_000,
  killEvery: [2_000, 3_000],
  outages: 2,
  outage: 2_000,
};

async function briefly(over: Partial<Plan>) {
  const temporary = await mkdtemp(join(tmpdir(), "custody-replicas-"));
  onTestFinished(() => rm(temporary, { recursive: true, force: true }));
  const root = fileURLToPath(new URL("..", import.meta.url));
  const place: Place = { root, compiled, folder: () => mkdtemp(join(temporary, "place-")) };
  const plan: Plan = {
    instances: 5,
    behind: 3,
    chaos: 5_000,
    killEvery: [1_300, 2_000],
    outages: 1,
    outage: 1_000,
    ceph: false,
    thorough: false,
    ...over,
  };
  const tally = new Tally();
  return { report: await maltreat(plan, new Random("1"), tally, place), tally };
}

// The long form is `npm run torture -- --only replicas`.
test("three replicas, of which one is killed every few seconds, give every slot one result; the database may go away meanwhile", async () => {
  const { report, tally } = await briefly(THOROUGH ? LONG : {});
  expect(report.slots).toBeGreaterThanOrEqual(rounds(500, 5 * 3));
  expect(report.kills).toBeGreaterThan(1);
  expect(report.outages).toBe(rounds(2, 1));
  expect([tally.get("lost"), tally.get("verified")]).toEqual([0, 1]);
}, 240_000);

describeWith(RGW_PROGRAMS, "over Ceph", () => {
  // As long as the one above, and the store is all that differs.
  test.skipIf(!THOROUGH)(
    "the same (in CI only)",
    async () => {
      const { report, tally } = await briefly({
        ...LONG,
        ceph: true,
        instances: 6,
        behind: 3,
        chaos: 8_000,
        outages: 1,
      });
      expect(report.slots).toBeGreaterThanOrEqual(6 * 3);
      expect([tally.get("lost"), tally.get("verified")]).toEqual([0, 1]);
    },
    240_000,
  );
});

import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { seeDuties, seeGaps } from "../src/views/seeing.ts";
import { declareNow, noteGaps } from "../src/work.ts";
import { FakeClock } from "./support/clock.ts";
import { newWorkspace } from "./support/workspace.ts";

const DAY = 86_400_000;

test("a collector that never ran and was taken out of the file is one duty: put it back, or retire it", async () => {
  const clock = new FakeClock("2026-11-18T00:00:00.000Z");
  const custody = await newWorkspace(
    "collectors:\n  - { id: custody, use: cron-health/custody }\n  - { id: heartbeat, use: cron-health/heartbeat }",
    clock,
  );
  await declareNow(custody);
  const { path } = custody.config;
  const text = await readFile(path, "utf8");
  await custody.close();
  await writeFile(path, text.replace(/\n.*heartbeat.*/, ""));
  clock.advance(20 * DAY);
  const later = new Custody(await loadConfig(path, collectors), clock);
  try {
    await declareNow(later);
    await noteGaps(later);
    const { duties } = await seeDuties(later, await seeGaps(later), false);
    const own = duties.filter(({ title, commands }) => `${title} ${commands.join(" ")}`.includes("heartbeat"));
    expect(own.map(({ id }) => id)).toEqual(["removed:heartbeat"]);
    expect(own[0]?.what).toContain("It never ran");
    // What is still in the file is asked for as before.
    expect(duties.some(({ commands }) => commands.includes("custody collect custody"))).toBe(true);
  } finally {
    await later.close();
  }
});

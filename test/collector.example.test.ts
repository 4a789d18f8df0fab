import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { SkippingClock } from "./support/clock.ts";
import { describeCollector } from "./support/collector-contract.ts";
import { CANARY, DAY, runOver } from "./support/collector-run.ts";
import { HttpSource, html, json, type Reply } from "./support/http-source.ts";
import { updown } from "./support/updown.ts";

const HOUR = 3_600_000;
const outage = (hour: number) => ({
  id: `d${hour}`,
  error: `timeout, key ${CANARY}`,
  started_at: new Date(DAY.to - hour * HOUR).toISOString(),
  ended_at: new Date(DAY.to - hour * HOUR + 60_000).toISOString(),
});
const page = (from: number, count: number) => Array.from({ length: count }, (_, i) => outage(from + i / 10));

const withPages =
  (...pages: Reply[]) =>
  async () => {
    const http = await new HttpSource().start();
    http.on("/checks/abc/downtimes", ({ url }) => {
      const number = Number(new URL(url, http.url).searchParams.get("page"));
      return pages[number - 1] ?? (pages.at(-1) as Reply);
    });
    const config = { url: http.url, check: "abc", key: "${env:KEY}" };
    return { config, stop: () => http.stop(), clock: new SkippingClock(DAY.to + HOUR) };
  };

describeCollector(updown, {
  config: { check: "abc", key: "${env:KEY}" },
  recordings: [
    { bytes: Buffer.from(JSON.stringify(page(1, 3))), mediaType: "application/json", origin: "https://updown.io/api" },
  ],
  source: withPages(json(page(1, 100)), json(page(11, 100)), json(page(21, 100))),
  short: withPages(json(page(1, 100))),
  gone: withPages("hang-up"),
});

test("a page in HTML instead of a list is named", async () => {
  const { stop, ...options } = await withPages(html())();
  const { draft, message } = await runOver(updown, options);
  await stop();
  expect(draft).toMatchObject({ outcome: "failed", reason: "SOURCE_ANSWER", items: 0, requests: 1 });
  expect(message).toContain("found a web page (HTML), perhaps a sign-in page");
});

test("the guide shows this very collector", () => {
  const guide = readFileSync(new URL("../collectors/README.md", import.meta.url), "utf8");
  const code = readFileSync(new URL("support/updown.ts", import.meta.url), "utf8").replaceAll("../../src/", "../src/");
  expect(guide).toContain(code);
});

test("the list names each collector once, and each says what it cannot see and what it needs", () => {
  const names = collectors.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const collector of collectors) {
    expect(Object.isFrozen(collector)).toBe(true);
    expect(collector.name.split("/")[0]).toBe(collector.family);
    expect(collector.blindSpots.length).toBeGreaterThan(0);
    expect(collector.permissions.length).toBeGreaterThan(0);
  }
});

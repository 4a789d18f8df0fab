import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isCustodyError } from "../src/lib/errors.ts";
import { parseCadence, windows } from "../src/slots/cadence.ts";
import { parseCron, spellCron } from "../src/slots/cron.ts";
import { describeWith } from "./support/tools.ts";

const FOLDER = fileURLToPath(new URL("readers/python", import.meta.url));
const DAY = 86_400_000;

/** Each line of JSON asks for the bounds of a cadence around a period; null where the text is none. */
const BOUNDS = `
import json, sys
from cadence import Windows, cadence_of, zone_of
for line in sys.stdin:
    ask = json.loads(line)
    cadence = cadence_of(ask["text"])
    if cadence is None:
        print("null")
        continue
    bounds = Windows(cadence, zone_of(ask["zone"]), ask["low"], ask["high"], 500_000).bounds
    inside = [b for b in bounds if ask["low"] <= b < ask["high"]]
    before = [b for b in bounds if b < ask["low"]]
    after = [b for b in bounds if b >= ask["high"]]
    print(json.dumps([before[-1], *inside, after[0]]))
`;

function second(asked: readonly object[]): (readonly number[] | null)[] {
  const env = { ...process.env, PYTHONPATH: FOLDER, PYTHONDONTWRITEBYTECODE: "1" };
  const input = asked.map((one) => JSON.stringify(one)).join("\n");
  const out = execFileSync("python3", ["-c", BOUNDS], { input, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as readonly number[] | null);
}

const value = (low: number, high: number) => fc.integer({ min: low, max: high }).map(String);
const field = (low: number, high: number) =>
  fc.oneof(
    fc.constant("*"),
    fc.array(value(low, high), { minLength: 1, maxLength: 5 }).map((items) => items.join(",")),
    fc.tuple(fc.integer({ min: low, max: high }), fc.nat(high)).map(([a, b]) => `${a}-${Math.min(high, a + b)}`),
  );
const minutes = fc.constantFrom("0", "30", "15,45", "0,1,2", "*/20");
const crons = fc
  .tuple(minutes, field(0, 23), field(1, 31), field(1, 12), field(0, 6))
  .map((fields) => fields.join(" "))
  .filter((text) => read(() => parseCron(text)) !== undefined)
  .map((text) => spellCron(parseCron(text)));

function read<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (thrown) {
    if (isCustodyError(thrown, "INPUT_INVALID")) return undefined;
    throw thrown;
  }
}

describeWith(["python3"], "cron cadences as the second verifier reads them", () => {
  test("have the same bounds, also where clocks change and for the leap day", { timeout: 120_000 }, () => {
    const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo");
    const from = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });
    const asked = fc
      .sample(fc.record({ text: crons, zone: zones, from, length: fc.nat(20 * DAY) }), 120)
      .map(({ text, zone, from: low, length }) => ({ text, zone, low, high: low + 1 + length }));
    const march = Date.UTC(2026, 2, 28);
    for (const text of ["30 2 * * *", "0,30 1-3 * * *", "0 0 29 2 *", "0 6 13 * 5", "30 7 * * 1-5", "* * * * *"])
      for (const [zone, low] of [
        ["Europe/Berlin", march],
        ["America/New_York", Date.UTC(2026, 9, 31)],
      ] as const)
        asked.push({ text, zone, low, high: low + 3 * DAY });
    // An anniversary of the leap day in the years around 2100, which is none.
    asked.push({ text: "0 0 29 2 *", zone: "UTC", low: Date.UTC(2097, 0, 1), high: Date.UTC(2097, 0, 2) });
    const answers = second(asked);
    for (const [i, { text, zone, low, high }] of asked.entries()) {
      const found = [...windows(parseCadence(text, zone), { from: low, to: high })];
      const inside = found.map((window) => window.from).filter((at) => at >= low && at < high);
      const before = found.find((window) => window.from < low)?.from;
      const ours = [before ?? answers[i]?.[0], ...inside, found.at(-1)?.to];
      expect(answers[i], JSON.stringify(asked[i])).toEqual(ours);
    }
  });

  test("are in the normal form for both, or for neither", () => {
    const texts = fc.sample(
      fc.tuple(
        fc.constantFrom(
          "0",
          "*",
          "*/5",
          "00",
          "0-2",
          "0,1",
          "0-1",
          "0,1,2",
          "0-59",
          "60",
          "5,3",
          "3,5-7",
          "3,4-7",
          "1-3,4",
        ),
        fc.constantFrom("6", "*", "6-8", "24", "0-23"),
        fc.constantFrom("*", "1", "31", "30,31", "0", "1-31"),
        fc.constantFrom("*", "2", "2,4", "JAN", "4,6"),
        fc.constantFrom("*", "0", "7", "1-5", "0,6", "0-6"),
      ),
      600,
    );
    const asked = texts.map((fields) => ({ text: fields.join(" "), zone: "UTC", low: 0, high: DAY }));
    const wrong = second(asked).flatMap((answer, i) => {
      const text = asked[i]?.text ?? "";
      const ours = read(() => parseCadence(text, "UTC")) !== undefined;
      return ours === (answer !== null) ? [] : [{ text, ours }];
    });
    expect(wrong).toEqual([]);
  });
});

import { describe, expect, test } from "vitest";
import { clocksOf, judgeLevels, type LevelTarget } from "../src/calendar/severity.ts";
import { parseTerm } from "../src/calendar/term.ts";
import { office } from "./support/calendar.ts";
import { t } from "./support/entries.ts";

const TARGETS: LevelTarget[] = [
  { level: "Critical", term: parseTerm("within 1h") },
  { level: "High", term: parseTerm("within 4h") },
  { level: "Medium", term: parseTerm("within 1bd") },
  { level: "Low", term: undefined },
];
const calendar = office("UTC");
const at = (time: string) => ({ at: t(`2026-11-20T${time}Z`), precision: 1 });
const given = (...levels: [time: string, level: string][]) => levels.map(([time, level]) => ({ at: at(time), level }));

function judged(done: string | undefined, ...levels: [time: string, level: string][]) {
  const course = {
    start: at("10:00"),
    end: done === undefined ? undefined : at(done),
    asOf: t("2026-11-20T20:00Z"),
    over: false,
    calendar,
  };
  return judgeLevels(course, given(...levels), TARGETS).verdicts.map(
    ({ level, as, verdict }) => `${as} ${level}: ${verdict.word}`,
  );
}

describe("a severity", () => {
  test("that never changes has one clock, from the start and not from when it was given", () => {
    expect(judged("11:00", ["10:30", "Critical"])).toEqual(["first Critical: met"]);
    expect(judged("11:01", ["10:30", "Critical"])).toEqual(["first Critical: not_met"]);
  });

  test("that is raised starts the new clock when it was raised", () => {
    // High from 10:00 is due at 14:00; Critical given at 13:00 is due at 14:00 too.
    expect(judged("14:00", ["10:05", "High"], ["13:00", "Critical"])).toEqual([
      "first High: met",
      "peak Critical: met",
    ]);
    expect(judged("12:30", ["10:05", "High"], ["11:00", "Critical"])).toEqual([
      "first High: met",
      "peak Critical: not_met",
    ]);
    expect(judged(undefined, ["10:05", "High"], ["11:00", "Critical"])).toEqual([
      "first High: not_met",
      "peak Critical: not_met",
    ]);
  });

  test("raised after it was answered misses nothing by that", () => {
    expect(judged("10:30", ["10:05", "High"], ["11:00", "Critical"])).toEqual([
      "first High: met",
      "peak Critical: met",
    ]);
    expect(judged("09:00", ["10:05", "High"], ["11:00", "Critical"])).toEqual([
      "first High: invalid",
      "peak Critical: invalid",
    ]);
  });

  test("that is lowered takes no miss back", () => {
    expect(judged("12:00", ["10:05", "Critical"], ["10:10", "Low"])).toEqual(["first Critical: not_met"]);
    expect(judged("12:00", ["10:05", "High"], ["10:10", "Critical"], ["10:20", "Low"])).toEqual([
      "first High: met",
      "peak Critical: not_met",
    ]);
  });

  test("that goes up twice has the clock of the first time it was gravest", () => {
    const { clocks, peak } = clocksOf(
      at("10:00"),
      given(["15:00", "Critical"], ["11:00", "Critical"], ["10:05", "Medium"], ["12:00", "Low"], ["10:30", "High"]),
      TARGETS,
    );
    expect(peak).toBe("Critical");
    expect(clocks.map(({ level, start }) => [level, start])).toEqual([
      ["Medium", at("10:00")],
      ["Critical", at("11:00")],
    ]);
  });

  test("given before the start does not start its clock earlier", () => {
    const { clocks } = clocksOf(at("10:00"), given(["09:00", "Low"], ["09:30", "High"]), TARGETS);
    expect(clocks.map(({ start }) => start)).toEqual([at("10:00"), at("10:00")]);
  });

  test("without a term is no target, and of an unknown name is named", () => {
    expect(judged("12:00", ["10:05", "Low"])).toEqual(["first Low: no_target"]);
    expect(judged("12:00", ["10:05", "Sev0"], ["10:06", "High"])).toEqual(["peak High: met", "unknown Sev0: invalid"]);
    expect(judged("12:00", ["10:05", "Sev0"])).toEqual(["unknown Sev0: invalid"]);
    expect(judged("12:00")).toEqual([]);
  });

  test("two levels at the same instant: the gravest is the peak", () => {
    expect(judged("11:30", ["10:05", "High"], ["10:05", "Critical"])).toEqual([
      "first High: met",
      "peak Critical: not_met",
    ]);
  });
});

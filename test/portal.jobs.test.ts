import { describe, expect, test } from "vitest";
import { failingJobs } from "../src/duties/jobs.ts";
import type { Observed } from "../src/evidence/fact.ts";

const NOW = Date.parse("2026-11-20T12:00:00.000Z");
const HOUR = 3_600_000;

function jobRun(
  job: string,
  outcome: "success" | "failure" | "started" | "missed",
  at: number,
  instance = "jobs",
): Observed {
  const fact = {
    kind: "job-run",
    id: `${job}@${at}`,
    job,
    startedAt: null,
    endedAt: at,
    outcome,
    detail: null,
  } as const;
  return { fact, instance, entry: 1, item: "0".repeat(64), ordinal: 0 };
}

const names = (facts: Observed[]) =>
  failingJobs(facts, NOW, (id) => id !== "custody").map(({ job, outcome }) => `${job} ${outcome}`);

describe("a job is named on the first page", () => {
  test("when its newest word is a failure or a missed report, in whatever order the facts come", () => {
    const facts = [
      jobRun("backup", "failure", NOW - HOUR),
      jobRun("backup", "success", NOW - 2 * HOUR),
      jobRun("certs", "missed", NOW - HOUR),
    ];
    expect(names(facts)).toEqual(["backup failure", "certs missed"]);
    expect(names([...facts].reverse()).sort()).toEqual(["backup failure", "certs missed"]);
  });

  test("and no longer once it went well, nor because it merely started, nor for ever, nor for Custody's own runs", () => {
    expect(names([jobRun("backup", "failure", NOW - 2 * HOUR), jobRun("backup", "success", NOW - HOUR)])).toEqual([]);
    expect(names([jobRun("backup", "started", NOW - HOUR)])).toEqual([]);
    expect(names([jobRun("backup", "failure", NOW - 40 * 24 * HOUR)])).toEqual([]);
    expect(names([jobRun("run", "failure", NOW - HOUR, "custody")])).toEqual([]);
  });
});

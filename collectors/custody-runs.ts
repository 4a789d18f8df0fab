import { z } from "zod";
import { defineCollector, type OwnRun } from "../src/collector/define.ts";
import { readJsonCapture } from "../src/collector/json.ts";
import type { Fact, Problem } from "../src/evidence/fact.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { iso, parseSourceTime } from "../src/lib/time.ts";

const Time = z.string().transform((text, context) => {
  const at = parseSourceTime(text);
  if (at === undefined) context.addIssue({ code: "custom", message: `expected a time with its zone, found "${text}"` });
  return at ?? z.NEVER;
});
const Runs = z.object({
  v: z.literal(1),
  runs: z.array(
    z.looseObject({
      index: z.int().min(0),
      instance: z.string(),
      trigger: z.string(),
      outcome: z.string(),
      started: Time,
      ended: Time,
    }),
  ),
});

/** More runs than a year of many collectors has in a month; bounds the memory. */
const MAX_RUNS = 100_000;

/** Custody's own runs, out of its ledger: shows that evidence keeps flowing, and when it did not. */
export const custodyRuns = defineCollector({
  name: "cron-health/custody",
  title: "Custody's own runs",
  family: "cron-health",
  mode: "window",
  facts: ["job-run"],
  cadence: "daily",
  grace: "6h",
  config: z.strictObject({}),
  reader: 1,
  blindSpots: [
    "While Custody does not run it cannot note its own absence; the hole shows as slots without a run.",
    "A run that was killed leaves no record of itself; the next one follows.",
  ],
  permissions: ["None: it reads the ledger it writes to."],

  async *collect({ window, signal, ownRuns }) {
    const runs: OwnRun[] = [];
    for await (const { index, instance, trigger, outcome, started, ended } of ownRuns()) {
      signal.throwIfAborted();
      runs.push({ index, instance, trigger, outcome, started, ended });
      if (runs.length > MAX_RUNS) {
        throw new CustodyError("SOURCE_TOO_LARGE", `more than ${MAX_RUNS} runs in one window`, {
          remedy: "Ask for a shorter window.",
        });
      }
    }
    const asked = { from: iso(window.from), to: iso(window.to) };
    yield {
      bytes: canonicalBytes({ v: 1, window: asked, runs }),
      mediaType: "application/json",
      origin: "ledger:runs",
    };
    return { seen: "full", total: runs.length };
  },

  *read(capture): Generator<Fact | Problem> {
    const found = readJsonCapture(capture, Runs);
    if ("kind" in found) return yield found;
    for (const run of found.value.runs) {
      yield {
        kind: "job-run",
        id: `run:${run.index}`,
        job: run.instance,
        startedAt: run.started,
        endedAt: run.ended,
        outcome: run.outcome === "collected" ? "success" : "failure",
        detail: `${run.outcome} (${run.trigger})`,
      };
    }
  },
});

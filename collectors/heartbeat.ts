import { z } from "zod";
import { defineCollector } from "../src/collector/define.ts";
import { readJsonCapture } from "../src/collector/json.ts";
import type { Fact, Problem } from "../src/evidence/fact.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import {
  fromIso,
  holes,
  type Instant,
  type Interval,
  iso,
  parseDuration,
  parseSourceTime,
  union,
} from "../src/lib/time.ts";
import { forPeople } from "../src/lib/zone.ts";

const ALIVE_TYPE = "application/vnd.custody.heartbeat+json";
const MAX_VISITS = 6 * 3_600_000;

const Config = z.strictObject({
  visits: z
    .string()
    .refine((text) => {
      const ms = parseDuration(text);
      return ms !== undefined && ms <= MAX_VISITS;
    }, "expected a duration of at most 6h, such as 2h")
    .default("2h")
    .describe(
      "where no daemon runs: the time between two calls of `custody collect` counts as watched if it is no longer than this; `0s` counts the daemon only",
    ),
});

const Time = z.string().transform((text, context): Instant => {
  const at = parseSourceTime(text);
  if (at === undefined) context.addIssue({ code: "custom", message: "expected a time with its zone" });
  return at ?? z.NEVER;
});
const Alive = z.object({ v: z.literal(1), alive: z.array(z.object({ from: Time, to: Time })) });

/** Custody's own heartbeat: its expected evidence is that it was there. A week without it is a hole like any other. */
export const heartbeat = defineCollector({
  name: "cron-health/heartbeat",
  title: "Custody's own heartbeat",
  family: "cron-health",
  // It cannot be asked about the past: time in which nobody watched stays a hole.
  mode: "inbox",
  facts: ["job-run"],
  cadence: "daily",
  grace: "6h",
  overlap: "6h",
  config: Config,
  reader: 1,
  blindSpots: [
    "That it lived is what the machine it lived on wrote down; somebody outside is asked with `watch: { ping: … }`.",
    "Silences of up to five minutes, such as restarts, count as lived.",
    "Between two calls of a scheduler nobody watched; the evidence shows each call.",
  ],
  permissions: ["None: it reads its own state and the ledger it writes to."],

  async *collect({ config, window, now, zone, signal, listening, ownRuns }) {
    const seen = { from: window.from, to: Math.max(window.from, Math.min(window.to, now)) };
    const visits: Instant[] = [];
    for await (const run of ownRuns()) {
      signal.throwIfAborted();
      const at = fromIso(run.started);
      if (at >= seen.from && at <= seen.to && visits.at(-1) !== at) visits.push(at);
    }
    const lives = union(listening());
    const marked = within(seen, lives);
    // This call is the next one after the period, where that is over: how late it comes decides about the time before its end.
    const visited = between([...visits, now], lives, parseDuration(config.visits) ?? 0);
    const alive = union([...marked, ...within(seen, visited)]);
    yield {
      bytes: canonicalBytes({
        v: 1,
        window: written(seen),
        alive: alive.map(written),
        daemon: marked.map(written),
        visits: visits.length,
      }),
      mediaType: ALIVE_TYPE,
      origin: "state:listening and ledger:runs",
    };
    const dead = seen.to > seen.from ? holes(seen, alive) : [];
    if (dead.length === 0) return { seen: "full", total: alive.length };
    const detail = `Custody was not there for ${dead.length === 1 ? "a part" : `${dead.length} parts`} of the time, first from ${forPeople(dead[0]?.from ?? seen.from, zone)}`;
    return { seen: "partial", intervals: alive, reason: "not-listening", detail, total: alive.length };
  },

  *read(capture): Generator<Fact | Problem> {
    const found = readJsonCapture(capture, Alive);
    if ("kind" in found) return yield found;
    for (const { from, to } of found.value.alive) {
      yield {
        kind: "job-run",
        id: `alive:${iso(from)}`,
        job: "custody",
        startedAt: from,
        endedAt: to,
        outcome: "success",
        detail: "watched",
      };
    }
  },
});

const written = ({ from, to }: Interval) => ({ from: iso(from), to: iso(to) });

const within = (whole: Interval, parts: readonly Interval[]): Interval[] =>
  union(parts.map(({ from, to }) => ({ from: Math.max(from, whole.from), to: Math.min(to, whole.to) }))).filter(
    ({ from, to }) => from < to,
  );

/**
 * The time between visits of a scheduler that follow each other, or the daemon, soon enough. Between two lives of the daemon
 * nobody watched, however short that was.
 */
function between(visits: readonly Instant[], daemon: readonly Interval[], longest: number): Interval[] {
  const outside = visits.filter((at) => !daemon.some(({ from, to }) => from <= at && at <= to));
  const all = [
    ...outside.map((at) => ({ from: at, to: at, visit: true })),
    ...daemon.map((one) => ({ ...one, visit: false })),
  ].sort((a, b) => a.from - b.from);
  return all.flatMap((next, i) => {
    const last = all[i - 1];
    if (last === undefined || !(last.visit || next.visit)) return [];
    return next.from > last.to && next.from - last.to <= longest ? [{ from: last.to, to: next.from }] : [];
  });
}

import { z } from "zod";
import { type Capture, defineCollector, secret } from "../src/collector/define.ts";
import { readJsonCapture, textOf } from "../src/collector/json.ts";
import type { Fact, Problem } from "../src/evidence/fact.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import { base64 } from "../src/lib/digest.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { didYouMean } from "../src/lib/nearest.ts";
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
import { pingLines } from "./ping/lines.ts";
import { type ExpectedJob, lookback, missedId, missedPings } from "./ping/missed.ts";
import { parseRhythm } from "./ping/rhythm.ts";

const JOB = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const PING_TYPE = "application/vnd.custody.ping+json";
const SCHEDULE_TYPE = "application/vnd.custody.ping-schedule+json";

const Duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, "expected a duration such as 30m or 2h");
const ExpectedJobConfig = z.strictObject({
  job: z.string().regex(JOB, "expected letters, digits and . _ -").describe("name of the job, as in its address"),
  every: z
    .string()
    .refine(
      (text) => parseRhythm(text, "UTC") !== undefined,
      "expected hourly, daily, weekly, monthly, quarterly, yearly or a duration such as 6h",
    )
    .describe("how often it reports"),
  grace: Duration.default("1h").describe("how much later than that is still in time"),
  since: z
    .string()
    .refine(
      (text) => parseSourceTime(text) !== undefined,
      "expected a time with its zone, such as 2026-11-20T00:00:00+01:00",
    )
    .optional()
    .describe("expected only from then on; for a job that was added later"),
});

const Config = z.strictObject({
  token: secret().describe("what the jobs send as bearer token"),
  jobs: z
    .array(ExpectedJobConfig)
    .refine((jobs) => new Set(jobs.map((job) => job.job)).size === jobs.length, "expected each job once")
    .default([])
    .describe("jobs whose reports are expected; others may report as well"),
});

const Time = z.string().transform((text, context): Instant => {
  try {
    return fromIso(text);
  } catch {
    context.addIssue({ code: "custom", message: "expected a time like 2026-11-20T16:40:10.123Z" });
    return z.NEVER;
  }
});
const Reach = z.object({ from: Time, to: Time });
const Ping = z.object({
  v: z.literal(1),
  job: z.string(),
  signal: z.enum(["success", "start", "fail"]),
  exitCode: z.int().optional(),
  receivedAt: Time,
});
const Schedule = z.object({
  v: z.literal(1),
  zone: z.string(),
  window: Reach,
  jobs: z.array(z.object({ job: z.string(), every: z.string(), grace: z.int().min(0), since: Time.optional() })),
  reports: z.array(z.object({ job: z.string(), at: Time })),
  listening: z.array(Reach),
});

/** Any cron job reports with one curl after it has run; a report that does not come is found. */
export const jobPings = defineCollector({
  name: "cron-health/ping",
  title: "Cron jobs that report by themselves",
  family: "cron-health",
  mode: "inbox",
  facts: ["job-run"],
  cadence: "daily",
  grace: "2h",
  config: Config,
  reader: 1,
  blindSpots: [
    "A job says itself how it went: the report shows that it was sent, not that the job did its work.",
    "Jobs that are not listed under `jobs` are not missed when they stay silent.",
    "While the inbox does not listen for more than five minutes, reports are lost; such times show as not covered, and a report missed around them says so. Shorter silences are bridged by the senders, which try again.",
  ],
  permissions: ["None at the source. Each job needs the token of this inbox."],

  inboxToken: ({ token }) => token,
  inboxLines: ({ jobs }, inbox) =>
    pingLines(
      jobs.map(({ job }) => job),
      inbox,
    ),

  receive({ bytes, path, receivedAt }) {
    const { job, ...signal } = parsePath(path);
    const ping = { v: 1, job, ...signal, receivedAt: iso(receivedAt), ...outputOf(bytes) };
    return { bytes: canonicalBytes(ping), mediaType: PING_TYPE, origin: `hook:${path}` };
  },

  remark({ path }, { jobs }) {
    const { job } = parsePath(path);
    const names = jobs.map((one) => one.job);
    if (names.length === 0 || names.includes(job)) return undefined;
    return `no job "${job}" is listed under \`jobs\`, so nobody misses its reports${didYouMean(job, names)}`;
  },

  async *collect({ config, window, now, zone, listening, received }) {
    const jobs = config.jobs.map(
      ({ job, every, grace, since }): ExpectedJob => ({
        job,
        every,
        grace: parseDuration(grace) ?? 0,
        since: since === undefined ? undefined : parseSourceTime(since),
      }),
    );
    const seen = { from: window.from, to: Math.max(window.from, Math.min(window.to, now)) };
    const since = window.from - Math.max(0, ...jobs.map((job) => lookback(job, zone)));
    const reports: { job: string; at: Instant }[] = [];
    let total = 0;
    for await (const capture of received(since)) {
      const found = readJsonCapture(capture, Ping);
      if ("kind" in found || found.value.receivedAt < since || found.value.receivedAt >= seen.to) continue;
      const { job, signal, receivedAt: at } = found.value;
      if (at >= window.from) total++;
      if (signal !== "start" && jobs.some((expected) => expected.job === job)) reports.push({ job, at });
    }
    const heard = within({ from: since, to: seen.to }, listening());
    yield {
      bytes: canonicalBytes({
        v: 1,
        zone,
        window: written(seen),
        jobs: jobs.map(({ since: from, ...job }) => (from === undefined ? job : { ...job, since: iso(from) })),
        reports: reports.sort((a, b) => a.at - b.at).map(({ job, at }) => ({ job, at: iso(at) })),
        listening: heard.map(written),
      }),
      mediaType: SCHEDULE_TYPE,
      origin: "ledger:reports expected and received",
    };
    const deaf = seen.to > seen.from ? holes(seen, heard) : [];
    if (deaf.length === 0) return { seen: "full", total };
    const detail = `the inbox was not listening for ${deaf.length === 1 ? "a part" : `${deaf.length} parts`} of the time, first from ${forPeople(deaf[0]?.from ?? seen.from, zone)}`;
    return { seen: "partial", intervals: within(seen, heard), reason: "not-listening", detail, total };
  },

  *read(capture): Generator<Fact | Problem> {
    if (capture.mediaType === SCHEDULE_TYPE) return yield* readSchedule(capture);
    const found = readJsonCapture(capture, Ping);
    if ("kind" in found) return yield found;
    const { job, signal, exitCode, receivedAt } = found.value;
    const isStart = signal === "start";
    yield {
      kind: "job-run",
      id: `${job}@${iso(receivedAt)}`,
      job,
      startedAt: isStart ? receivedAt : null,
      endedAt: isStart ? null : receivedAt,
      outcome: isStart ? "started" : signal === "success" ? "success" : "failure",
      detail: exitCode === undefined ? null : `exit code ${exitCode}`,
    };
  },
});

/** `<job>`, `<job>/start`, `<job>/fail` or `<job>/<exit code>`. */
function parsePath(path: string): { job: string; signal: "success" | "start" | "fail"; exitCode?: number } {
  const [job = "", word, ...rest] = path.replace(/\/$/, "").split("/");
  const refuse = () =>
    new CustodyError(
      "INPUT_INVALID",
      "expected an address that ends with /<job>, /<job>/start, /<job>/fail or /<job>/<exit code>",
      {
        remedy: "Name the job with letters, digits and . _ - only; an exit code is 0 to 255.",
      },
    );
  if (!JOB.test(job) || rest.length > 0) throw refuse();
  if (word === undefined) return { job, signal: "success" };
  if (word === "start" || word === "fail") return { job, signal: word };
  if (!/^\d{1,3}$/.test(word) || Number(word) > 255) throw refuse();
  return { job, signal: Number(word) === 0 ? "success" : "fail", exitCode: Number(word) };
}

/** What the job sent along: text as text, so that secrets in it are found; anything else in base64. */
function outputOf(bytes: Uint8Array): { output?: string; outputBase64?: string } {
  if (bytes.length === 0) return {};
  const output = textOf(bytes);
  return output === undefined ? { outputBase64: base64(bytes) } : { output };
}

function* readSchedule(capture: Capture): Generator<Fact | Problem> {
  const found = readJsonCapture(capture, Schedule);
  if ("kind" in found) return yield found;
  for (const missed of missedPings(found.value)) {
    const lost = missed.deaf[0];
    const doubt = lost
      ? `; the inbox was not listening from ${iso(lost.from)} to ${iso(lost.to)}, so a report may have been lost`
      : "";
    yield {
      kind: "job-run",
      id: missedId(missed),
      job: missed.job,
      // When it should have run at the latest: the only time there is.
      startedAt: missed.expected,
      endedAt: null,
      outcome: "missed",
      detail: `no report between ${iso(missed.silent.from)} and ${iso(missed.silent.to)}${doubt}`,
    };
  }
}

const written = ({ from, to }: Interval) => ({ from: iso(from), to: iso(to) });

/** The parts of `intervals` inside `whole`, in order and joined. */
function within(whole: Interval, intervals: readonly Interval[]): Interval[] {
  return union(intervals.map(({ from, to }) => ({ from: Math.max(from, whole.from), to: Math.min(to, whole.to) })));
}

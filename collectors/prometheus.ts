import { z } from "zod";
import { type Capture, defineCollector } from "../src/collector/define.ts";
import { readJsonCapture } from "../src/collector/json.ts";
import type { Fact, Problem } from "../src/evidence/fact.ts";
import { fromIso, type Interval, parseDuration } from "../src/lib/time.ts";
import { httpAccess, httpSource, oneCredential } from "./http-access.ts";
import { claim } from "./prometheus/coverage.ts";
import { Envelope } from "./prometheus/envelope.ts";
import { readEpisodes } from "./prometheus/episodes.ts";
import { ask, findSilence, walkPages } from "./prometheus/pages.ts";
import { readAlertmanagers, readRules, readRuntimeInfo, retentionTime } from "./prometheus/server.ts";

const config = z
  .strictObject({
    ...httpAccess,
    alive: z
      .string()
      .regex(/^[A-Za-z_:][A-Za-z0-9_:]*(\{[^{}[\]]*\})?$/, 'expected one series, such as up or up{job="prometheus"}')
      .default("up")
      .describe("a series that Prometheus samples all the time: where it has none, nothing is claimed"),
    tolerance: z
      .string()
      .refine((text) => {
        const ms = parseDuration(text) ?? 0;
        return ms >= 1_000 && ms <= 3_600_000;
      }, "expected a duration between 1s and 1h")
      .default("2m")
      .describe("how long that series may pause: a little more than the longest scrape interval"),
  })
  .refine(...oneCredential);

const Parameters = z.object({ page: z.object({ from: z.string(), to: z.string() }) });

/** The time an answer speaks for; undefined for one that came without, such as an imported file. */
function pageOf(capture: Capture): Interval | undefined {
  const page = Parameters.safeParse(capture.parameters).data?.page;
  return page && { from: fromIso(page.from), to: fromIso(page.to) };
}

function* read(capture: Capture): Generator<Fact | Problem> {
  const envelope = readJsonCapture(capture, Envelope);
  if (!("value" in envelope)) {
    yield envelope;
    return;
  }
  const { data } = envelope.value;
  if (Array.isArray(data.groups)) yield* readRules(data.groups, capture.capturedAt);
  else if ("activeAlertmanagers" in data) yield* readAlertmanagers(data.activeAlertmanagers);
  else if ("storageRetention" in data) yield* readRuntimeInfo(data);
  else if (data.resultType === "matrix" && Array.isArray(data.result)) {
    // The answers about silence are series without a name; they speak of coverage and hold no alerts.
    const named = data.result.filter((series) => !isOther(series));
    yield* readEpisodes(named, pageOf(capture));
  } else {
    const message =
      "expected rules, Alertmanagers, runtime information or time series of Prometheus, found something else";
    yield { kind: "problem", where: capture.origin, message };
  }
}

/** `15d`, `1d12h`, `15d or 10GiB`: how long it keeps samples. Undefined where only their size limits it. */
function remembers(capture: Capture): number | undefined {
  const envelope = readJsonCapture(capture, Envelope);
  if (!("value" in envelope)) return undefined;
  const { storageRetention } = envelope.value.data as { storageRetention?: unknown };
  return typeof storageRetention === "string" ? retentionTime(storageRetention) : undefined;
}

const Other = z.looseObject({ metric: z.record(z.string(), z.unknown()) });

function isOther(series: unknown): boolean {
  const metric = Other.safeParse(series).data?.metric;
  return metric !== undefined && metric.__name__ !== "ALERTS" && metric.__name__ !== "ALERTS_FOR_STATE";
}

/**
 * Alerts from the history Prometheus keeps of them, to the millisecond: shows that events are detected, when each alert
 * fired and when it was over, and which rules watch.
 */
export const prometheus = defineCollector({
  name: "alert-history/prometheus",
  title: "Prometheus alerts",
  family: "alert-history",
  mode: "window",
  facts: ["alert", "alert-rule"],
  cadence: "daily",
  grace: "1d",
  // Interruptions of a few minutes are not seen: shorter periods would claim what nobody knows.
  finest: "5m",
  config,
  reader: 1,
  blindSpots: [
    "Prometheus knows no person: who saw an alert, when, and what they did is not in it.",
    "Whether Prometheus was running is told from the series named by `alive:` (by default `up`, which every scrape writes); interruptions shorter than `tolerance:` (by default 2 minutes) are not seen.",
    "A rule that could not be evaluated is seen when it is collected, not in between; a rule that was added and removed between two collections is not seen.",
    "An alert that is firing when Prometheus stops appears to end there; the interruption itself is shown as not covered.",
    "Of an alert that fired for longer than an answer reaches back (12 hours, less where answers are very large) the start is given as the moment its condition became true, which is earlier than firing by the rule's `for`.",
    "Silences are unknown to Prometheus; connect Alertmanager for them. Labels added by `external_labels` are on what Alertmanager gets but not in this history.",
    "Samples are gone after the retention of Prometheus, 15 days unless set otherwise.",
  ],
  permissions: [
    "Read access to the HTTP API below /api/v1 (query, query_range, rules, alertmanagers, status/runtimeinfo); nothing is written.",
  ],
  overlap: "15m",
  source: httpSource,

  async *collect(run) {
    const { config, window, now } = run;
    const asked = { from: window.from, to: Math.min(window.to, now) };
    const runtime = yield* ask(run, "/api/v1/status/runtimeinfo");
    yield* ask(run, "/api/v1/rules", { type: "alert" });
    yield* ask(run, "/api/v1/alertmanagers");
    const silences = yield* findSilence(run, asked, config.alive, parseDuration(config.tolerance) ?? 120_000);
    const unread = yield* walkPages(run, asked);
    return claim(asked, now, silences, unread, runtime.envelope.data);
  },

  read,
  remembers,
});

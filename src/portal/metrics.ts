import type { Catalogue } from "../assess/catalogue.ts";
import { requirementsFor } from "../assess/mapping.ts";
import type { Yields } from "../assess/population.ts";
import type { Conditions } from "../gaps/conditions.ts";
import { gapsIn } from "../gaps/gap.ts";
import type { LevelRule } from "../gaps/level.ts";
import { STANDINGS, standingOf } from "../gaps/standing.ts";
import type { Instant } from "../lib/time.ts";
import { freshnessOf } from "../slots/freshness.ts";
import type { History, InstanceHistory } from "../slots/history.ts";
import { SLOT_STATES, slotsOf, tally } from "../slots/state.ts";
import type { Histogram } from "../watch/meter.ts";
import type { Metric, Sample } from "./exposition.ts";
import type { Operation } from "./parts.ts";

/**
 * What a monitoring system is told. Labels are names of collectors and words out of closed lists, never text of a source,
 * an address or a person; and there are only so many of them.
 */

/** What the ledger says, where it can be read. */
export interface LedgerSight {
  readonly history: History;
  readonly conditions: Conditions;
  /** Records, and those that a signed head covers. */
  readonly size: number;
  readonly signed: number | undefined;
}

export interface MetricsPlace {
  readonly software: string;
  readonly catalogue: Catalogue;
  readonly yields: Yields;
  readonly gapRules: readonly LevelRule[];
}

const DAY = 24 * 3_600_000;
/** Slots are counted over so long; what lies further back is in reports. */
const COUNTED = 31 * DAY;
/** More collectors than that are not shown one by one. */
const MAX_INSTANCES = 500;
const MAX_CHANNELS = 50;
/** Kinds of gaps; whatever else was noted is `other`. */
const REQUIREMENTS: ReadonlySet<string> = new Set([
  "cadence",
  "first",
  "delivery",
  "integrity",
  "key",
  "clock",
  "disk",
  "certificate",
  "index",
  "mirror",
]);

/** Everything as of now; without the ledger only what this process knows by itself. */
export function metricsOf(
  place: MetricsPlace,
  operation: Operation,
  ledger: LedgerSight | undefined,
  now: Instant,
): Metric[] {
  return [
    gauge("custody_build_info", "Which software runs.", [{ labels: { software: place.software }, value: 1 }]),
    gauge("custody_ledger_readable", "1 while the log can be read and its state is as signed.", [
      { value: ledger === undefined ? 0 : 1 },
    ]),
    ...(ledger === undefined ? [] : ledgerMetrics(place, ledger, now)),
    ...operationMetrics(operation, now),
  ];
}

function ledgerMetrics(
  place: MetricsPlace,
  { history, conditions, size, signed }: LedgerSight,
  asked: Instant,
): Metric[] {
  const now = Math.max(asked, history.asOf);
  const all = [...history.instances.values()]
    .filter((one) => one.configured || standingOf(one, now) !== "retired")
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const shown = all.slice(0, MAX_INSTANCES);
  const period = { from: now - COUNTED, to: now };
  return [
    gauge("custody_ledger_records", "Records in the log.", [{ value: size }]),
    gauge(
      "custody_ledger_records_unsigned",
      "Records that no signed head covers yet.",
      signed === undefined ? [] : [{ value: Math.max(0, size - signed) }],
    ),
    gauge("custody_collectors", "Collectors that are expected to deliver.", [{ value: all.length }]),
    gauge("custody_collectors_left_out", "Collectors without metrics of their own because there are too many.", [
      { value: all.length - shown.length },
    ]),
    gauge(
      "custody_slots",
      "Expected evidence of the last 31 days by state.",
      shown.flatMap((one) => {
        const counts = tally(slotsOf(one, period, now));
        return SLOT_STATES.map((state) => ({ labels: { collector: one.id, state }, value: counts[state] }));
      }),
    ),
    gauge(
      "custody_standing",
      "1 for how the newest evidence of a collector stands.",
      shown.flatMap((one) => {
        const is = standingOf(one, now);
        return STANDINGS.map((standing) => ({
          labels: { collector: one.id, standing },
          value: standing === is ? 1 : 0,
        }));
      }),
    ),
    gauge(
      "custody_evidence_age_seconds",
      "How long ago the latest moment is that a collector has seen; none where it never saw any.",
      shown.flatMap((one) => ageOf(one, now).map((value) => ({ labels: { collector: one.id }, value }))),
    ),
    gauge(
      "custody_evidence_due_timestamp_seconds",
      "When the evidence of a collector is stale unless newer comes.",
      shown.flatMap((one) => {
        const { dueBy } = freshnessOf(one, now);
        return dueBy === undefined ? [] : [{ labels: { collector: one.id }, value: dueBy / 1_000 }];
      }),
    ),
    gauge(
      "custody_requirement_evidence_age_seconds",
      "Age of the oldest newest evidence among the collectors that serve a requirement of the catalogue.",
      requirementAges(place, shown, now),
    ),
    {
      name: "custody_runs_total",
      type: "counter",
      help: "Runs in the log by what came of them.",
      samples: shown.flatMap(({ id, runs }) =>
        (["collected", "partial", "failed", "unavailable"] as const).map((outcome) => ({
          labels: { collector: id, outcome },
          value: runs.filter((run) => run.outcome === outcome).length,
        })),
      ),
    },
    gauge(
      "custody_gaps_open",
      "Gaps by collector (none where it is about Custody itself), level, kind, and whether somebody has seen them.",
      openGaps(place, history, conditions, now),
    ),
  ];
}

const ageOf = (one: InstanceHistory, now: Instant): number[] =>
  one.coveredTo === undefined ? [] : [Math.max(0, now - one.coveredTo) / 1_000];

function requirementAges({ catalogue, yields }: MetricsPlace, all: readonly InstanceHistory[], now: Instant): Sample[] {
  const ages = new Map<string, number>();
  for (const one of all) {
    const [age] = ageOf(one, now);
    if (age === undefined) continue;
    for (const { id } of requirementsFor(catalogue, one.record.family, yields(one.record.use)))
      ages.set(id, Math.max(age, ages.get(id) ?? 0));
  }
  return [...ages]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([requirement, value]) => ({ labels: { requirement }, value }));
}

function openGaps({ gapRules }: MetricsPlace, history: History, conditions: Conditions, now: Instant): Sample[] {
  const counts = new Map<string, { labels: Record<string, string>; value: number }>();
  // Always there, so that an alert can tell none from not known.
  for (const level of ["normal", "urgent"]) {
    const labels = { level, requirement: "cadence", state: "open" };
    counts.set(Object.values(labels).join(" "), { labels, value: 0 });
  }
  for (const gap of gapsIn(history, conditions, now, gapRules)) {
    if (gap.state !== "open" && gap.state !== "accepted") continue;
    const state = gap.state === "open" && gap.acknowledged !== undefined ? "acknowledged" : gap.state;
    const requirement = REQUIREMENTS.has(gap.requirement) ? gap.requirement : "other";
    const collector = history.instances.has(gap.instance) ? { collector: gap.instance } : {};
    const labels = { ...collector, level: gap.level, requirement, state };
    const key = Object.values(labels).join(" ");
    const known = counts.get(key) ?? { labels, value: 0 };
    counts.set(key, { labels, value: known.value + 1 });
  }
  return [...counts.values()];
}

function operationMetrics(operation: Operation, now: Instant): Metric[] {
  const {
    began,
    meter,
    clock,
    selfChecks,
    unverifiedSince,
    heads,
    deliveries,
    databaseAway,
    configRefused,
    pingConfigured,
  } = operation;
  const checks = [...selfChecks].sort((a, b) => (a.check < b.check ? -1 : 1));
  const unverified = unverifiedSince === undefined ? [] : [{ check: "integrity", at: unverifiedSince }];
  return [
    gauge("custody_halted", "1 once the log contradicted itself and nothing is written any more.", [
      { value: meter.halted === undefined ? 0 : 1 },
    ]),
    gauge("custody_store_failing", "1 while the newest attempt to write to the store failed.", [
      { value: meter.failing === undefined ? 0 : 1 },
    ]),
    gauge("custody_database_available", "0 while a given database does not answer.", [{ value: databaseAway ? 0 : 1 }]),
    gauge("custody_config_in_force", "0 while the file was read again and refused: the configuration before goes on.", [
      { value: configRefused === undefined ? 1 : 0 },
    ]),
    gauge(
      "custody_config_refused_timestamp_seconds",
      "Since when that is so.",
      configRefused === undefined ? [] : [{ value: configRefused / 1_000 }],
    ),
    gauge(
      "custody_last_round_timestamp_seconds",
      "When the schedule was worked out last; the start of the process where it never was.",
      [{ value: (meter.lastRound ?? began) / 1_000 }],
    ),
    gauge("custody_runs_due", "Runs that were due at the last round.", [{ value: meter.due }]),
    gauge("custody_runs_under_way", "Runs that are under way.", [{ value: meter.underWay }]),
    histogram("custody_append_duration_seconds", "How long it took to make records durable.", [[{}, meter.appends]]),
    histogram(
      "custody_source_duration_seconds",
      "How long runs took, from asking the source to the record.",
      [...meter.sources].slice(0, MAX_INSTANCES).map(([collector, of]) => [{ collector }, of]),
    ),
    gauge(
      "custody_clock_offset_seconds",
      "How far the outside reference is ahead of the clock of this machine.",
      clock === undefined ? [] : [{ labels: { reference: clock.use }, value: clock.offset / 1_000 }],
    ),
    gauge(
      "custody_clock_limit_seconds",
      "How far it may be.",
      clock === undefined ? [] : [{ value: clock.limit / 1_000 }],
    ),
    gauge(
      "custody_clock_measured_timestamp_seconds",
      "When it was measured last.",
      clock === undefined ? [] : [{ value: clock.at / 1_000 }],
    ),
    gauge(
      "custody_self_check_good",
      "1 where the newest look of Custody at itself that came to a result found nothing wrong.",
      checks.map(({ check, good }) => ({ labels: { check }, value: good ? 1 : 0 })),
    ),
    gauge(
      "custody_self_check_timestamp_seconds",
      "When that was; of the log itself, where it was never verified, since when it should be.",
      [...checks, ...unverified].map(({ check, at }) => ({ labels: { check }, value: at / 1_000 })),
    ),
    gauge(
      "custody_disk_free_bytes",
      "What was free on the scarcest disk at the newest look.",
      checks.flatMap(({ check, value }) => (check === "disk" && value !== undefined ? [{ value }] : [])),
    ),
    gauge(
      "custody_certificate_days_left",
      "Days until the first certificate runs out, at the newest look.",
      checks.flatMap(({ check, value }) => (check === "certificate" && value !== undefined ? [{ value }] : [])),
    ),
    gauge(
      "custody_head_age_seconds",
      "How long ago a head of the log was brought to a place outside; +Inf where none ever was.",
      heads.slice(0, MAX_CHANNELS).map(({ id, sent = Number.NEGATIVE_INFINITY }) => ({
        labels: { target: id },
        value: Math.max(0, now - sent) / 1_000,
      })),
    ),
    {
      name: "custody_deliveries_total",
      type: "counter",
      help: "Notices to people by what came of them.",
      samples: deliveries.slice(0, MAX_CHANNELS).flatMap(({ channel, delivered, failed }) => [
        { labels: { channel, outcome: "delivered" }, value: delivered },
        { labels: { channel, outcome: "failed" }, value: failed },
      ]),
    },
    gauge(
      "custody_ping_timestamp_seconds",
      "When the dead man's switch was told last that all is well; the start of the process where it never was.",
      pingConfigured ? [{ value: (meter.pinged ?? began) / 1_000 }] : [],
    ),
  ];
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  type: "gauge",
  help,
  samples,
});

function histogram(name: string, help: string, all: readonly (readonly [Record<string, string>, Histogram])[]): Metric {
  const samples = all.flatMap(([labels, of]): Sample[] => [
    ...of.buckets.map(({ le, count }) => ({ suffix: "_bucket", labels: { ...labels, le: String(le) }, value: count })),
    { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: of.count },
    { suffix: "_sum", labels, value: of.sum },
    { suffix: "_count", labels, value: of.count },
  ]);
  return { name, type: "histogram", help, samples };
}

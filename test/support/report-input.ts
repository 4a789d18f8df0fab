import { readFileSync } from "node:fs";
import { collectors } from "../../collectors/index.ts";
import { audit } from "../../reports/audit.ts";
import { assessControls } from "../../src/assess/assess.ts";
import { loadCatalogue } from "../../src/assess/catalogue.ts";
import type { Entry } from "../../src/evidence/entry.ts";
import { type FactOf, type Observed, wholeFact } from "../../src/evidence/fact.ts";
import { digestOf } from "../../src/lib/digest.ts";
import { fromIso } from "../../src/lib/time.ts";
import type { CollectorAbout, EvidenceItem, ReportInput } from "../../src/report/input.ts";
import { gapId } from "../../src/slots/gap.ts";
import { chain, config, gap, genesis, historyOf, importOf, instance, entry as record, run } from "./entries.ts";

export const wording = audit;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Midnight in Berlin, in summer. */
const FROM = Date.parse("2026-06-30T22:00:00.000Z");
const TO = Date.parse("2026-09-30T22:00:00.000Z");
const AS_OF = Date.parse("2026-10-02T07:12:33.000Z");

const digest = (text: string): string => digestOf(new TextEncoder().encode(text));

export function incident(id: string, over: Partial<FactOf<"incident">> = {}): FactOf<"incident"> {
  return wholeFact({
    kind: "incident",
    id,
    title: "API answers slowly",
    severity: "Sev2",
    status: "closed",
    nature: "availability",
    occurredAt: null,
    detectedAt: Date.parse("2026-07-14T09:12:00.000Z"),
    acknowledgedAt: Date.parse("2026-07-14T09:19:30.000Z"),
    containedAt: Date.parse("2026-07-14T10:02:00.000Z"),
    resolvedAt: Date.parse("2026-07-14T11:40:10.000Z"),
    closedAt: Date.parse("2026-07-16T22:30:00.000Z"),
    owner: "Jörg Müßig",
    commander: "Åsa Lindqvist",
    personalData: "no",
    review: "PIR-7",
    ...over,
  });
}

/** Days of the period on which the alerts were not collected in time, and how. */
const MISSED = [20, 21, 22];
const [PARTIAL, LATE, UNREACHABLE, BROKEN] = [41, [55, 56], 70, 71] as const;

const INSTANCES = [
  instance({ id: "prom", use: "alert-history/prometheus", family: "alert-history", zone: "Europe/Berlin" }),
  instance({ id: "incidents", use: "incident-log/markdown", family: "incident-log", zone: "Europe/Berlin" }),
  instance({ id: "jobs", use: "cron-health/ping", family: "cron-health", zone: "Europe/Berlin" }),
];

const from = (day: number): number => FROM + day * DAY;
const slot = (id: string, day: number): string => `${id}@${new Date(from(day)).toISOString()}`;

/** The run that the schedule made for one day, if it made one. */
function dayRun(id: string, use: string, day: number): Entry[] {
  const covered = [[from(day), from(day + 1)]] as const;
  const base = {
    instance: id,
    use,
    window: covered[0],
    found: { reader: 1, facts: 4, problems: 0 },
    total: 4,
    evidence: [],
  };
  const at = from(day + 1) + HOUR;
  if (id !== "prom") return [run(at, { ...base, covered })];
  if (MISSED.includes(day) || LATE.includes(day as 55)) return [];
  if (day === PARTIAL)
    return [
      run(at, { ...base, covered: [[from(day), from(day) + 8 * HOUR]], outcome: "partial", reason: "retention" }),
    ];
  if (day === UNREACHABLE) return [run(at, { ...base, outcome: "unavailable", reason: "SOURCE_UNREACHABLE" })];
  if (day === BROKEN) return [run(at, { ...base, outcome: "failed", reason: "SOURCE_ANSWER" })];
  return [run(at, { ...base, covered })];
}

function entries(): Entry[] {
  const runs = Array.from({ length: 94 }, (_, i) => i - 2).flatMap((day) =>
    INSTANCES.flatMap(({ id, use }) => dayRun(id, use, day)),
  );
  const id = (day: number) => gapId("prom", "cadence", slot("prom", day));
  const about = (day: number, days: number) => ({
    instance: "prom",
    window: { from: new Date(from(day)).toISOString(), to: new Date(from(day + days)).toISOString() },
    slots: days,
  });
  const later = [
    importOf(from(-2), [from(0), from(31)], { instance: "incidents", use: "incident-log/markdown" }),
    run(from(58), {
      instance: "prom",
      use: "alert-history/prometheus",
      covered: [[from(55), from(57)]],
      trigger: "backfill",
      evidence: [],
    }),
    gap(from(24), id(20), "open", {
      ...about(20, 3),
      cause: "the machine that collects was switched off from 20 to 23 July",
    }),
    gap(from(57), id(55), "acknowledge", { ...about(55, 2), cause: "token expired 23 Aug 14:02 Europe/Berlin" }),
    gap(from(74), id(70), "accept", { ...about(70, 2), until: new Date(from(170)).toISOString() }),
    record("report", AS_OF, {
      period: { from: new Date(FROM).toISOString(), to: new Date(TO).toISOString() },
      size: 1,
      report: { digest: digest("report"), size: 1, mediaType: "application/pdf" },
    }),
  ];
  const all = [...runs, ...later].sort((a, b) => fromIso(a.at) - fromIso(b.at));
  return chain([genesis(FROM - 5 * DAY), config(FROM - 4 * DAY, INSTANCES, { zone: "Europe/Berlin" }), ...all]);
}

/** Made once: the tests of the report only read it. */
const ALL = entries();
const HISTORY = historyOf(ALL);
const CATALOGUE_TEXT = readFileSync("controls/iso27001-2022.yaml", "utf8");
const CATALOGUE = loadCatalogue(CATALOGUE_TEXT);

function about(use: string): CollectorAbout | undefined {
  return collectors.find((c) => c.name === use);
}

/** The captures of the runs, messages and imports among these entries: one each. */
function itemsOf(all: readonly Entry[]): EvidenceItem[] {
  return all.flatMap((one): EvidenceItem[] => {
    if (one.kind !== "run" && one.kind !== "import") return [];
    const {
      instance: id,
      use,
      window,
      outcome,
      trigger,
    } = one as Entry & {
      instance: string;
      use: string;
      window: { from: string; to: string };
      outcome?: string;
      trigger?: string;
    };
    if (outcome === "unavailable" || outcome === "failed") return [];
    const origin =
      {
        prom: "http://127.0.0.1:9090/api/v1/query_range?query=ALERTS&step=60",
        incidents: "incidents/2026/INC-001.md",
        jobs: "ping backup-db",
      }[id] ?? "";
    // The register did not change after its third week, so its later captures are the same bytes.
    const content = id === "prom" ? `${id} ${one.index}` : `${id} ${Math.min(3, Math.floor(one.index / 30))}`;
    return [
      {
        instance: id,
        use,
        kind: one.kind as "run" | "import",
        entry: one.index,
        capturedAt: fromIso(one.at) - 2_000,
        digest: digest(content),
        size: 18_244 + (one.index % 7) * 37,
        mediaType: id === "prom" ? "application/json" : "text/markdown",
        origin: one.kind === "import" ? "old-register.csv" : origin,
        covers: { from: fromIso(window.from), to: fromIso(window.to) },
        late: trigger === "backfill",
        masked: one.index === 20 ? 2 : 0,
      },
    ];
  });
}

/** A quarter of a small company, with holes, late evidence, incidents in several scripts, jobs, reviews and problems. */
export function reportInput(over: Partial<ReportInput> = {}): ReportInput {
  const [all, history, catalogue] = [ALL, HISTORY, CATALOGUE];
  const items = itemsOf(all);
  const entryOf = (id: string, n: number) =>
    items.filter((i) => i.instance === id && i.kind === "run")[n] as EvidenceItem;
  const seen = (fact: Observed["fact"], id: string, n: number, ordinal = 0): Observed => {
    const { entry, digest: item } = entryOf(id, n);
    return { fact, instance: id, entry, item, ordinal };
  };
  const at = (text: string) => Date.parse(text);
  const facts = over.facts ?? [
    seen(incident("INC-2026-001"), "incidents", 20),
    seen(incident("INC-2026-001", { title: "API antwortet langsam: Überlast durch großen Kunden" }), "incidents", 30),
    seen(
      incident("INC-2026-002", {
        title: "障害: データベースが停止しました 服务中断 서비스 장애",
        severity: "Sev1",
        personalData: "yes",
        closedAt: null,
        resolvedAt: null,
        status: "open",
        detectedAt: at("2026-09-29T23:10:00.000Z"),
        acknowledgedAt: at("2026-09-29T23:12:00.000Z"),
        containedAt: null,
        review: null,
      }),
      "incidents",
      91,
    ),
    seen(
      incident("INC-2026-003", {
        title: "Key in a public repository 🔑 (rotated 👍)",
        nature: "security",
        severity: "Sev1",
        detectedAt: at("2026-06-28T08:00:00.000Z"),
        commander: null,
      }),
      "incidents",
      30,
      1,
    ),
    seen(
      incident("INC-2026-004", {
        title: "A record without any time",
        detectedAt: null,
        acknowledgedAt: null,
        containedAt: null,
        resolvedAt: null,
        closedAt: null,
      }),
      "incidents",
      30,
      2,
    ),
    ...Array.from({ length: 40 }, (_, i) =>
      seen(
        {
          kind: "alert",
          id: `a${i}`,
          name: i % 3 === 0 ? "HighErrorRate" : "DiskAlmostFull",
          severity: i % 3 === 0 ? "page" : "warning",
          startsAt: from(i * 2),
          endsAt: i === 39 ? null : from(i * 2) + HOUR,
          state: "resolved",
          labels: {},
        },
        "prom",
        i,
      ),
    ),
    seen(
      {
        kind: "silence",
        id: "s1",
        by: "ben",
        comment: "disk swap",
        matches: "alertname=DiskAlmostFull",
        startsAt: from(9),
        endsAt: from(10),
      },
      "prom",
      10,
    ),
    ...(["success", "failure", "missed", "success"] as const).map((outcome, i) =>
      seen(
        {
          kind: "job-run",
          id: `j${i}`,
          job: "backup-db",
          startedAt: from(10 + i) + 2 * HOUR,
          endedAt: null,
          outcome,
          detail: outcome === "failure" ? "exit status 1: no space left on device" : null,
        },
        "jobs",
        12 + i,
      ),
    ),
    seen(
      wholeFact({
        kind: "review",
        id: "PIR-7",
        title: "Review of the slow API",
        incident: "INC-2026-001",
        severity: "Sev2",
        author: "Jörg Müßig",
        date: at("2026-07-18T08:00:00.000Z"),
        approvedBy: null,
        sections: ["summary", "root cause"],
        empty: ["lessons learned"],
        actions: [
          { item: "Rate limit per customer", owner: "ben", due: "31 August" },
          { item: "Load test", owner: null, due: null },
        ],
      }),
      "incidents",
      30,
      3,
    ),
  ];
  const problem = {
    instance: "incidents",
    where: "incidents/2026/INC-003.md:4",
    message: 'detected: "14.7.2026 11:12" has no zone; write it like 2026-07-14T11:12:00+02:00',
  };
  const problems = over.problems ?? [30, 31].map((n) => ({ ...problem, entry: entryOf("incidents", n).entry }));
  const period = { from: FROM, to: TO, label: "2026-Q3" };
  return {
    organisation: { name: "Müller & Søn Datentechnik GmbH", zone: "Europe/Berlin", soa: { version: "2026-03" } },
    scope: [
      { system: "production API", sources: ["prom", "incidents"] },
      { system: "nightly jobs", sources: ["jobs"] },
      { system: "support mailbox", notConnected: "IMAP not enabled yet" },
    ],
    people: { anna: { role: "owner" }, ben: { role: "operator" } },
    period,
    size: all.length,
    root: Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256),
    origin: "mueller-5f0c9a1e",
    vkey: "mueller-5f0c9a1e+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    chainHead: digest("chain head"),
    asOf: AS_OF,
    genesis: { at: new Date(FROM - 5 * DAY).toISOString() },
    catalogue: { name: catalogue.catalogue, version: catalogue.version, digest: digest(CATALOGUE_TEXT) },
    software: "custody 0.1.0",
    history,
    about,
    facts,
    problems,
    evidence: items,
    uploads: [
      {
        entry: all.length - 1,
        at: at("2026-09-01T10:00:00.000Z"),
        by: "anna (owner, signed in)",
        controls: ["A.5.24"],
        files: [{ name: "exercise-protocol.pdf", digest: digest("protocol"), size: 88_123 }],
        reason: "Minutes of the tabletop exercise",
      },
    ],
    controls: assessControls({
      catalogue,
      period,
      histories: history,
      facts,
      problems,
      asOf: AS_OF,
      yields: (use) => about(use)?.facts,
    }),
    verification: {
      ok: true,
      asOf: new Date(AS_OF).toISOString(),
      verdicts: {
        integrity: { word: "intact", reason: "every record, link and fingerprint was recomputed" },
        time: { word: "unanchored", reason: "no outside proof of time exists" },
        independence: { word: "self-attested", reason: "no fingerprint has left the operator's hands" },
        completeness: { word: "holes", reason: "6 expected pieces of evidence are missing" },
        freshness: { word: "current", reason: "every source answered within its cadence" },
      },
      checked: { entries: all.length, unsigned: 0, blobs: 97, bytes: 1_834_221, omitted: 0 },
      findings: [],
      found: 0,
    },
    ...over,
  };
}

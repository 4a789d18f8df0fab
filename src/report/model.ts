import { withLinked } from "../assess/linked.ts";
import { slotsKept } from "../assess/own-register.ts";
import { populationsOf } from "../assess/population.ts";
import { newestLook, standingPlaces } from "../assess/unread.ts";
import type { FactKind } from "../evidence/fact.ts";
import { countPlaces } from "../evidence/place.ts";
import { base64, digestOf } from "../lib/digest.ts";
import { type Instant, iso } from "../lib/time.ts";
import { slotsOf } from "../slots/state.ts";
import { accountParts } from "./account.ts";
import { attachedRows } from "./attached.ts";
import { caseParts } from "./case-parts.ts";
import { caseRecords } from "./cases-input.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { claimAbout, nilRows, signedLines, signOffRows } from "./confirmations.ts";
import { controlReport } from "./controls.ts";
import { gapRows, HOLES, isoOrNull, meets, sourceReports, span, systemRows } from "./coverage.ts";
import type { Cover, GapRow, SourceReport } from "./coverage-shape.ts";
import { disposedIn, disposedPart, erasedFrom, evidenceRows, inPeriod, uploadRow } from "./evidence.ts";
import type { HoldRow, ProblemRow } from "./evidence-shape.ts";
import { glanceOf } from "./glance.ts";
import { goneSince } from "./gone.ts";
import { toldAsIn } from "./incident-case.ts";
import type { EvidenceItem, ObservedProblem, ReportInput } from "./input.ts";
import type { Verification } from "./ledger-shape.ts";
import { byText, groupedBy, sortedBy } from "./order.ts";
import { performancePart } from "./performance.ts";
import { populationsPart } from "./populations.ts";
import { alertSummary, jobSummary } from "./registers.ts";
import { rulesPart } from "./rules.ts";
import type { ReportModel } from "./shape.ts";
import { keyHoldersIn } from "./who.ts";

function verificationOf(found: NonNullable<ReportInput["verification"]>): Verification {
  return {
    ok: found.ok,
    proven: found.asOf !== undefined,
    verdicts: Object.entries(found.verdicts).map(([about, v]) => ({
      about: about.toUpperCase(),
      word: clean(v.word),
      reason: clean(v.reason, 1_200),
    })),
    checked: { entries: found.checked.entries, blobs: found.checked.blobs, bytes: found.checked.bytes },
    found: found.found,
    findings: found.findings.map((f) => ({
      code: f.code,
      where: clean(f.where),
      expected: clean(f.expected),
      found: clean(f.found),
    })),
  };
}

/** The longest of those that are still open; of all, where none is. */
function longest(all: readonly GapRow[]): GapRow | null {
  const open = all.filter((gap) => gap.state === "open");
  const gaps = open.length > 0 ? open : all;
  const length = (gap: GapRow) => Date.parse(gap.to) - Date.parse(gap.from);
  return (
    sortedBy(
      gaps,
      (gap) => -length(gap),
      (gap) => gap.id,
    )[0] ?? null
  );
}

/** The largest offset of the period; nothing where no outside clock was ever asked. */
function clockOf({ history, period }: ReportInput): Pick<Cover, "clock"> {
  const runs = [...history.instances.values()].flatMap((one) =>
    one.runs.filter(({ at }) => period.from <= at && at < period.to),
  );
  const measured = runs.flatMap(({ reference }) => (reference === undefined ? [] : [reference]));
  const [first] = sortedBy(measured, ({ offset }) => -Math.abs(offset));
  if (first === undefined) return {};
  const { offset, uncertainty } = first;
  return { clock: { measured: measured.length, runs: runs.length, largest: offset, uncertainty } };
}

const EVER: Instant = Date.UTC(1970, 0, 1);

/** What verification counts: every slot that is over, of whatever time. */
function overInLog({ history, asOf }: ReportInput): number {
  const slots = [...history.instances.values()].flatMap((one) => slotsOf(one, { from: EVER, to: asOf }, asOf));
  return slots.filter(({ state }) => state !== "open" && state !== "due").length;
}

function registerSlots({ register, period, asOf, organisation: { zone } }: ReportInput): number {
  return register?.kept === undefined ? 0 : slotsKept(register.instance, register.kept, period, asOf, zone).length;
}

function coverOf(
  input: ReportInput,
  sources: readonly SourceReport[],
  gaps: readonly GapRow[],
  items: readonly EvidenceItem[],
  signed: readonly string[],
): Cover {
  const firsts = [...input.history.instances.values()].flatMap((h) =>
    h.firstSuccess === undefined ? [] : [h.firstSuccess],
  );
  const sum = (of: (s: SourceReport) => number) => sources.reduce((n, s) => n + of(s), 0);
  const systems = systemRows(input);
  const connected = systems.filter(
    (s) =>
      s.notConnected === null &&
      s.sources.some((x) => x.state === "collecting" || x.state === "stale" || x.state === "paused"),
  );
  const imported = items.filter((i) => i.kind === "import").length;
  const people = Object.entries(input.people ?? {});
  return {
    inOperationSince: firsts.length === 0 ? null : iso(Math.min(...firsts)),
    anchor: input.anchor ? { at: iso(input.anchor.at), what: clean(input.anchor.what) } : null,
    files: {
      collected: items.length - imported,
      imported,
      uploaded: input.uploads.reduce((n, u) => n + u.files.length, 0) + attachedOf(input).length,
    },
    systems: { inScope: systems.length, connected: connected.length, notConnected: systems.length - connected.length },
    administers: people
      .filter(([, p]) => p.role !== "auditor")
      .map(([id, p]) => clean(`${id} (${p.role})`))
      .sort(byText),
    keyHolder: cleanOrNull(keyHoldersIn(input.people ?? {}).join(", ") || null),
    signed: [...signed],
    slots: {
      expected: sum((s) => s.expected),
      collected: sum((s) => s.states.collected),
      late: sum((s) => s.states.late),
      holes: sum((s) => HOLES.reduce((n, state) => n + s.states[state], 0)),
      paused: sum((s) => s.states.paused),
      pending: sum((s) => s.states.due + s.states.open),
      inLog: overInLog(input),
      register: registerSlots(input),
    },
    gaps: { total: gaps.length, open: gaps.filter((g) => g.state === "open").length, longest: longest(gaps) },
    ...clockOf(input),
    silent: sources.filter((s) => s.configured && s.freshness.state === "never").map((s) => s.instance),
    watched:
      input.period.from > input.asOf
        ? "to come"
        : sources.some((s) => s.expected > 0 || s.covered.length > 0 || s.moments > 0) || items.length > 0
          ? "some"
          : "nothing",
  };
}

/** Of whatever time, as files that were handed in are. */
const attachedOf = ({ acts = [] }: ReportInput) => attachedRows(acts);

/** Each place that cannot be read once, however often the same file was captured; only of evidence in the period. */
function problemRows(input: ReportInput, inside: readonly EvidenceItem[]): ProblemRow[] {
  const { evidence: all, history, about, problems } = input;
  const standing = [...groupedBy(problems, ({ instance }) => instance)].flatMap(([instance, own]) => {
    const source = history.instances.get(instance);
    return standingPlaces(own, newestLook(source?.runs ?? [], about(source?.record.use ?? "")?.whole === true));
  });
  const placeOf = (p: ObservedProblem) => JSON.stringify([p.instance, p.where, p.message]);
  const now = new Set(standing.map(placeOf));
  const [known, mine] = [new Set(all.map((i) => i.entry)), new Set(inside.map((i) => i.entry))];
  const relevant = problems.filter((p) => mine.has(p.entry) || !known.has(p.entry));
  const rows = [...groupedBy(relevant, placeOf).values()].map((of) => {
    const entries = of.map((p) => p.entry).sort((a, b) => a - b);
    const [first] = of as [ObservedProblem];
    const [firstEntry = 0, lastEntry = 0] = [entries[0], entries.at(-1)];
    const mended = !now.has(placeOf(first));
    const looks = history.instances.get(first.instance)?.runs ?? [];
    return {
      instance: first.instance,
      where: clean(first.where),
      message: clean(first.message),
      firstEntry,
      lastEntry,
      mended,
      mendedBy: mended ? (looks.find(({ index, items }) => index > lastEntry && items > 0)?.index ?? null) : null,
    };
  });
  return sortedBy(
    rows,
    (p) => p.instance,
    (p) => p.where,
    (p) => p.firstEntry,
    (p) => p.message,
  );
}

/** The holds that were in force at any time in the period. */
function holdRows({ holds = [], period }: ReportInput): HoldRow[] {
  return holds
    .filter(({ at, released }) => at < period.to && (released === undefined || released.at > period.from))
    .map((hold) => ({
      id: hold.id,
      entry: hold.entry,
      since: iso(hold.at),
      by: clean(hold.by),
      authority: clean(hold.authority),
      releasedEntry: hold.released?.entry ?? null,
      released: isoOrNull(hold.released?.at),
      digests: [...hold.digests],
      instances: [...hold.instances],
      window: hold.window === undefined ? null : span(hold.window),
      incident: cleanOrNull(hold.incident),
    }));
}

/** `R-2026-Q3-1042-5f0c9a1e`: what the report is about and a digest of what it stands on. */
function reportId(input: ReportInput): string {
  const label = input.period.label.replace(/[^A-Za-z0-9.-]+/g, "-").slice(0, 40);
  const of = `${input.origin}\n${input.size}\n${base64(input.root)}\n${iso(input.period.from)}\n${iso(input.period.to)}`;
  return `R-${label}-${input.size}-${digestOf(new TextEncoder().encode(of)).slice(0, 8)}`;
}

/**
 * The report as data, a pure function of its input: no clock, no locale, no zone of the machine. Text from sources is
 * cleaned and cut here, so that what the model says is what every form of the report prints.
 */
export function buildReport(input: ReportInput): ReportModel {
  const { period } = input;
  const items = input.evidence.filter((item) => inPeriod(item, period));
  const imported = new Set(input.evidence.filter((i) => i.kind === "import").map((i) => i.entry));
  const entries = new Set(items.map((i) => i.entry));
  const sources = sourceReports(
    input,
    items,
    input.facts.filter((f) => entries.has(f.entry)),
  );
  const gaps = gapRows(input);
  const { instances, unreadable } = input.history;
  const facts = withLinked(input.facts, toldAsIn(input.facts, caseRecords(input).links), instances);
  const populations = populationsOf(facts, instances, (use) => input.about(use)?.facts, period, input.asOf);
  const incidentsOpen = populations.get("incident")?.records ?? [];
  const registers = new Set(populations.get("incident")?.parts.map((part) => part.instance));
  const registerSources = sources.filter((s) => registers.has(s.instance));
  const problems = problemRows(input, items);
  const unread = countPlaces(problems.filter((p) => registers.has(p.instance) && !p.mended));
  const nilReturns = nilRows(input);
  const signOffs = signOffRows(input);
  const cases = caseParts(input, populations, {
    imported,
    gone: goneSince(input, imported),
    sources: registerSources,
    unread,
    claim: claimAbout("incident", nilReturns),
  });
  const disposed = disposedIn(input);
  const erased = (kind: FactKind) =>
    erasedFrom(disposed, new Set(populations.get(kind)?.parts.map((part) => part.instance)));
  const controls = input.controls.map((control) => controlReport(control, items, input.recommended ?? false));
  const predecessor = input.genesis.predecessor;
  const model: Omit<ReportModel, "glance"> = {
    v: 1,
    kind: "custody.report",
    id: reportId(input),
    organisation: {
      name: clean(input.organisation.name),
      zone: input.organisation.zone,
      soa: cleanOrNull(input.organisation.soa?.version),
    },
    period: { ...span(period), label: clean(period.label, 80) },
    ledger: {
      origin: input.origin,
      size: input.size,
      root: base64(input.root),
      chainHead: input.chainHead,
      vkey: input.vkey,
      keyId: input.vkey.split("+")[1] ?? "",
      keys: input.keys ?? [],
      asOf: iso(input.asOf),
      since: input.genesis.at,
      predecessor: predecessor
        ? {
            origin: clean(predecessor.origin),
            size: predecessor.size,
            root: clean(predecessor.root),
            reason: clean(predecessor.reason),
          }
        : null,
    },
    demo: input.genesis.simulatedUntil === undefined ? null : { simulatedUntil: input.genesis.simulatedUntil },
    software: clean(input.software),
    asked: {
      controls: input.onlyControls?.length ? input.onlyControls.map((id) => clean(id, 40)) : null,
      recommended: input.recommended ?? false,
    },
    catalogue: input.catalogue
      ? { name: clean(input.catalogue.name), version: input.catalogue.version, digest: input.catalogue.digest }
      : null,
    rules: rulesPart(input, incidentsOpen),
    cover: coverOf(
      input,
      sources,
      gaps.filter(({ what }) => what === null),
      items,
      signedLines(signOffs, nilReturns),
    ),
    scope: systemRows(input),
    sources,
    gaps,
    populations: populationsPart(input, populations, sources, items),
    controls,
    performance: performancePart(input, incidentsOpen),
    nilReturns,
    signOffs,
    ...cases,
    alerts: { ...alertSummary(populations), ...claimAbout("alert", nilReturns) },
    jobs: jobSummary(populations),
    ...accountParts(input, { populations, controls, sources, gaps }),
    problems,
    unreadable: [...new Set(unreadable.map((u) => u.index))].sort((a, b) => a - b),
    imported: evidenceRows(
      input.evidence.filter(
        (i) => i.kind === "import" && meets(i.covers ?? { from: i.capturedAt, to: i.capturedAt + 1 }, period),
      ),
    ),
    uploads: sortedBy(input.uploads, (u) => u.entry).map(uploadRow),
    attached: attachedOf(input),
    disposed: disposedPart(disposed),
    erased: {
      incidents: erased("incident"),
      reviews: erased("review"),
      alerts: erased("alert"),
      jobs: erased("job-run"),
    },
    holds: holdRows(input),
    verification: input.verification ? verificationOf(input.verification) : null,
    evidence: evidenceRows(items),
  };
  return { ...model, glance: glanceOf(model) };
}

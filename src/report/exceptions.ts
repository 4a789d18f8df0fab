import type { ControlAssessment } from "../assess/assess.ts";
import { RESULTS, type ResultWord } from "../assess/vocabulary.ts";
import { actsOfKind, type RecordedAct, wordOf } from "../evidence/act.ts";
import { foldFindings } from "../findings/finding.ts";
import type { Misfit as Unfit } from "../findings/known.ts";
import { endOf, standingAt, type Waiver } from "../findings/waiver.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import { clean, cleanOrNull } from "./clean.ts";
import type { ControlReport, RequirementRow } from "./controls-shape.ts";
import { type Names, nameOf } from "./doer.ts";
import type { ExceptionRow, ExceptionsPart, FindingRow, Misfit, WaiverRow } from "./exceptions-shape.ts";
import { findingRow, isListed } from "./findings.ts";
import { groupedBy, sortedBy } from "./order.ts";

/** Failed checks, what was accepted of them, and findings. Facts only: how grave something is, nobody is told here. Pure. */

export interface ExceptionsInput {
  readonly acts: readonly RecordedAct[];
  readonly names: Names;
  /** Every waiver that was ever granted, and records of waivers that count for nothing. */
  readonly waivers: readonly Waiver[];
  readonly voidWaivers: readonly Unfit[];
}

const NONE: ExceptionsInput = { acts: [], names: new Map(), waivers: [], voidWaivers: [] };

/** Results that say that something is not as required. */
const FAILED: ReadonlySet<ResultWord> = new Set(["not_met", "invalid", "waived"]);
/** Results that say nothing either way. */
const UNANSWERED: readonly ResultWord[] = ["no_data", "indeterminate"];

/** `controls` as the report prints them, so that what is listed here is there too; `assessed` has what was accepted. */
export function exceptionsPart(
  input: ExceptionsInput | undefined,
  controls: readonly ControlReport[],
  assessed: readonly ControlAssessment[],
  period: Interval,
  asOf: Instant,
): ExceptionsPart {
  const { acts, names, waivers, voidWaivers } = input ?? NONE;
  const { findings, troubles } = foldFindings(acts);
  const steps = findings.map((one) => findingRow(one, names, asOf));
  const listed = findings.flatMap((one, i) => (isListed(one, period) ? [steps[i] as FindingRow] : []));
  const tested = controls.flatMap((control) => control.requirements.map((row) => ({ control: control.id, row })));
  const parts = new Map(
    assessed.flatMap(({ requirements }) => requirements.map((one) => [one.id, one.waived ?? []] as const)),
  );
  const rows = tested
    .filter(({ row }) => FAILED.has(row.result))
    .map(
      ({ control, row }): ExceptionRow => ({
        ...exceptionRow(control, row),
        accepted: (parts.get(row.id) ?? []).map(({ waiver, entry, until, owner, ownerName, n, later }) => ({
          waiver,
          by: ownerName === undefined ? nameOf(owner, names) : clean(ownerName, 120),
          until: iso(until),
          n,
          later,
          entry,
        })),
        findings: listed.filter((one) => isAbout(one, row.id, period)).map(({ id }) => id),
      }),
    );
  const failed = new Set(rows.map(({ requirement }) => requirement));
  const granted = waivers.filter((one) => one.granted < period.to || failed.has(one.requirement));
  const shown = granted.filter((one) => endOf(one) > period.from || failed.has(one.requirement));
  const covered = groupedBy(
    [...parts].flatMap(([, of]) => of),
    ({ waiver, entry }) => `${waiver} ${entry}`,
  );
  return {
    tested: tested.length,
    results: Object.fromEntries(
      RESULTS.map((word) => [word, tested.filter(({ row }) => row.result === word).length]),
    ) as Record<ResultWord, number>,
    rows,
    unanswered: UNANSWERED.flatMap((result) => {
      const requirements = tested.filter(({ row }) => row.result === result).map(({ row }) => row.id);
      return requirements.length === 0 ? [] : [{ result, requirements }];
    }),
    waivers: sortedBy(
      shown.map((one) =>
        waiverRow(
          one,
          asOf,
          acts,
          names,
          (covered.get(`${one.id} ${one.index}`) ?? []).reduce((sum, { n }) => sum + n, 0),
        ),
      ),
      (row) => row.entry,
    ),
    waiversBefore: granted.length - shown.length,
    voidWaivers: misfits(voidWaivers),
    findings: listed,
    findingsBefore: findings.filter((one) => one.opened.happened < period.to && !isListed(one, period)).length,
    troubles: misfits(troubles),
  };
}

/** True for a finding of this requirement that was there in the period, or looked at it. */
function isAbout(finding: FindingRow, requirement: string, period: Interval): boolean {
  if (finding.requirement !== requirement) return false;
  const { window, closed } = finding;
  if (window !== null && Date.parse(window.from) < period.to && Date.parse(window.to) > period.from) return true;
  return closed === null || Date.parse(closed.logged) >= period.from;
}

function exceptionRow(control: string, row: RequirementRow): Omit<ExceptionRow, "accepted" | "findings"> {
  const { failing, met, of } = row;
  return {
    control,
    requirement: row.id,
    text: row.text,
    basis: row.basis,
    note: row.note,
    result: row.result,
    facts: row.reason,
    extent: of === null || met === null ? null : { failing: Math.max(0, of - met), of },
    failing,
    entries: row.entries,
  };
}

function waiverRow(
  waiver: Waiver,
  asOf: Instant,
  acts: readonly RecordedAct[],
  names: Names,
  covers: number,
): WaiverRow {
  const { id, requirement, granted, until, revoked, owner, ownerName, by, incidents, earlier, index } = waiver;
  const standing = standingAt(waiver, asOf);
  const words = actsOfKind(acts, "waiver").find((one) => one.index === index);
  return {
    id: clean(id, 120),
    requirement: clean(requirement, 120),
    state: standing === "expired" || standing === "revoked" ? standing : "in-force",
    granted: iso(granted),
    until: iso(until),
    revoked: revoked === undefined || revoked.at >= until ? null : { at: iso(revoked.at), entry: revoked.index },
    owner: ownerName === undefined ? nameOf(owner, names) : clean(ownerName, 120),
    by: nameOf(by, names),
    incidents: incidents.map((one) => clean(one, 120)),
    earlier,
    reason: words === undefined ? null : cleanOrNull(wordOf(words, "reason")),
    covers,
    entry: index,
  };
}

function misfits(all: readonly Unfit[]): Misfit[] {
  const rows = all.map(({ index, id, text }) => ({ entry: index, about: clean(id, 120), why: clean(text) }));
  return sortedBy(rows, (row) => row.entry);
}

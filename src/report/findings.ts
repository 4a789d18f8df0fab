import { type Finding, isOverdue, type Said } from "../findings/finding.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull, meets, span } from "./coverage.ts";
import { type Names, nameOf } from "./doer.ts";
import type { FindingRow, SaidRow } from "./exceptions-shape.ts";

/** A finding with everything that was said of it. How grave it may be called is the owner's alone, and is not here. */
export function findingRow(finding: Finding, names: Names, asOf: Instant): FindingRow {
  const { requirement, control, extent, window, owner, due, verified, closed, state } = finding;
  const maybe = (said: Said | undefined) => (said === undefined ? null : saidRow(said, names));
  return {
    id: clean(finding.id, 120),
    origin: finding.origin,
    reference: cleanOrNull(finding.reference),
    state,
    requirement: requirement === undefined ? null : clean(requirement, 120),
    requirementText: cleanOrNull(finding.requirementText, 600),
    control: cleanOrNull(control, 120),
    gap: cleanOrNull(finding.gap, 1_200),
    extent: extent === undefined ? null : { failing: extent.failing, of: extent.of },
    window: window === undefined ? null : span(window),
    owner: owner === undefined ? null : nameOf(owner, names),
    due: isoOrNull(due),
    overdue: isOverdue(finding, asOf),
    opened: saidRow(finding.opened, names),
    cause: maybe(finding.cause),
    correction: maybe(finding.correction),
    correctiveAction: maybe(finding.plan),
    steps: finding.steps.map(({ action, state: standing }) => ({ action: clean(action, 120), state: standing })),
    done: maybe(finding.done),
    verified: verified === undefined ? null : { ...saidRow(verified, names), result: verified.result },
    afterLook: finding.afterLook.map(({ id, happened, entry }) => ({ id: clean(id, 120), at: iso(happened), entry })),
    closed: closed === undefined ? null : { ...saidRow(closed, names), without: closed.without },
    reopened: finding.reopened,
    notes: finding.notes.map((note) => saidRow(note, names)),
    files: [...new Set(finding.evidence.map(({ digest }) => digest))],
    entries: [...new Set([...finding.entries, ...finding.acts.map(({ index }) => index)])].sort((a, b) => a - b),
  };
}

function saidRow({ index, happened, logged, by, proven, text }: Said, names: Names): SaidRow {
  return {
    at: iso(happened),
    logged: iso(logged),
    by: nameOf(by, names),
    proven,
    text: cleanOrNull(text, 1_200),
    entry: index,
  };
}

/**
 * Open at any time in the period, or about it; what an audit or somebody outside had found by then is always told, so that
 * nobody has to ask.
 */
export function isListed({ origin, opened, closed, window }: Finding, period: Interval): boolean {
  const { from, to } = period;
  if (window !== undefined && meets(window, period)) return true;
  if (opened.happened >= to) return false;
  return origin !== "own" || closed === undefined || closed.logged >= from;
}

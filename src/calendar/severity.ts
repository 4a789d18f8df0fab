import type { Stamp } from "./stamp.ts";
import { lastOf } from "./stamp.ts";
import type { Term } from "./term.ts";
import { type Course, judgeTerm, type TermVerdict } from "./verdict.ts";

/** A level given to an incident at a time. */
export interface Assignment {
  readonly at: Stamp;
  readonly level: string;
}

/** What the rules ask of a level; undefined where they ask nothing. */
export interface LevelTarget {
  readonly level: string;
  readonly term: Term | undefined;
}

/** A clock that runs for a level. */
export interface LevelClock {
  readonly level: string;
  readonly term: Term | undefined;
  readonly start: Stamp;
  /** `first`: the level given first; `peak`: the gravest one, where it was given later; `unknown`: not one of the rules. */
  readonly as: "first" | "peak" | "unknown";
}

export interface LevelClocks {
  /** One clock, or two where the level was raised; none where no level is known. */
  readonly clocks: readonly LevelClock[];
  /** The gravest level given; undefined where none is known. */
  readonly peak: string | undefined;
  /** Levels that the rules do not have, in order of appearance. */
  readonly unknown: readonly string[];
}

/**
 * The clocks that severity changes leave running. The first level's clock runs from `start` (when the rule says that time
 * begins). Raised later, the gravest level's clock runs from when it was first given, so that nothing is missed before it
 * applied; so it does where the level given first is none of the rules. Lowering stops no clock: what was missed stays missed.
 * `targets` lists the levels, gravest first.
 */
export function clocksOf(
  start: Stamp,
  assignments: readonly Assignment[],
  targets: readonly LevelTarget[],
): LevelClocks {
  const rank = new Map(targets.map(({ level }, i) => [level, i]));
  const inOrder = assignments.toSorted((a, b) => a.at.at - b.at.at);
  const unknown = [...new Set(inOrder.map(({ level }) => level).filter((level) => !rank.has(level)))];
  const known = inOrder.filter(({ level }) => rank.has(level));
  const [first] = known;
  if (first === undefined) return { clocks: [], peak: undefined, unknown };
  const rankOf = (level: string) => rank.get(level) ?? targets.length;
  const peak = known.reduce((gravest, next) => (rankOf(next.level) < rankOf(gravest.level) ? next : gravest), first);
  const termOf = (level: string) => targets[rankOf(level)]?.term;
  const isFirst = inOrder[0] === first;
  const clocks: LevelClock[] = isFirst ? [{ level: first.level, term: termOf(first.level), start, as: "first" }] : [];
  if (peak.level !== first.level || !isFirst) {
    const begins = peak.at.at > start.at ? peak.at : start;
    clocks.push({ level: peak.level, term: termOf(peak.level), start: begins, as: "peak" });
  }
  return { clocks, peak: peak.level, unknown };
}

/** A clock with what became of it. */
export interface LevelVerdict extends LevelClock {
  readonly verdict: TermVerdict;
}

/**
 * Judges every clock. What was done before a level was given has met that level's term; a level whose rules name no term is
 * `no_target`, and a level that the rules do not have is `invalid`.
 */
export function judgeLevels(
  course: Course & { readonly start: Stamp },
  assignments: readonly Assignment[],
  targets: readonly LevelTarget[],
): {
  readonly peak: string | undefined;
  readonly verdicts: readonly LevelVerdict[];
  readonly unknown: readonly string[];
} {
  const { clocks, peak, unknown } = clocksOf(course.start, assignments, targets);
  const verdicts: LevelVerdict[] = clocks.map((clock) => ({ ...clock, verdict: judgeClock(clock, course) }));
  for (const level of unknown)
    verdicts.push({ level, term: undefined, start: course.start, as: "unknown", verdict: notOurs(level) });
  return { peak, verdicts, unknown };
}

function notOurs(level: string): TermVerdict {
  const reason = `the level "${level}" is none of the rules; correct it`;
  return { word: "invalid", code: "level-unknown", reason, due: undefined, took: undefined, margin: undefined };
}

function judgeClock(clock: LevelClock, course: Course & { readonly start: Stamp }): TermVerdict {
  const { end } = course;
  const verdict = judgeTerm({ ...course, start: clock.start, term: clock.term ?? { op: "at-once" } });
  if (clock.as === "first" || verdict.code !== "end-before-start" || end === undefined) return verdict;
  // Before the incident itself began it would be wrong for every level.
  if (lastOf(end, course.calendar) < course.start.at) return verdict;
  const isNumbered = clock.term !== undefined && clock.term.op !== "at-once";
  return {
    word: isNumbered ? "met" : "no_target",
    code: isNumbered ? "in-time" : "no-number",
    reason: `done before ${clock.level} was given`,
    due: undefined,
    took: 0,
    margin: undefined,
  };
}

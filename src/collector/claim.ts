import { z } from "zod";
import { CustodyError, type ErrorCode, isCustodyError, messageOf } from "../lib/errors.ts";
import { type Instant, type Interval, union } from "../lib/time.ts";
import type { Coverage, PartialReason } from "./define.ts";

export type Outcome = "collected" | "partial" | "failed" | "unavailable";

/** What a run may claim, ready for its entry. */
export interface Claim {
  readonly outcome: Outcome;
  readonly covered: readonly Interval[];
  readonly instants: readonly Instant[];
  readonly total?: number;
  /** Closed code: why not everything. */
  readonly reason?: PartialReason | ErrorCode | "clock-wrong";
  /** The same in words. */
  readonly detail?: string;
  readonly remedy?: string;
}

const Reach = z.object({ from: z.number(), to: z.number() });
const Total = z.int().min(0).optional().catch(undefined);
const Checked = z.discriminatedUnion("seen", [
  z.object({ seen: z.literal("full"), total: Total }),
  z.object({ seen: z.literal("instant"), at: z.number().min(0).max(8e15), total: Total }),
  z.object({
    seen: z.literal("partial"),
    intervals: z.array(Reach),
    reason: z.enum(["truncated", "sampled", "retention", "too-large", "unreadable", "not-listening", "interrupted"]),
    detail: z.string(),
    total: Total,
  }),
]);

/**
 * Turns what a collector returned into a claim. Nothing outside the window is claimed, and nothing after the moment the
 * run began: what happened later may not have been in the answer.
 */
export function claimOf(coverage: Coverage | undefined, window: Interval, started: Instant, ended: Instant): Claim {
  const checked = Checked.safeParse(coverage);
  if (!checked.success) throw new CustodyError("BUG", "the collector ended without saying what it covered");
  const said = checked.data;
  const total = said.total === undefined ? {} : { total: said.total };
  const seen = { from: window.from, to: Math.min(window.to, started) };
  switch (said.seen) {
    case "full":
      return { outcome: "collected", covered: union([seen]), instants: [], ...total };
    case "instant":
      return { outcome: "collected", covered: [], instants: [Math.min(Math.trunc(said.at), ended)], ...total };
    case "partial": {
      const within = said.intervals.map(({ from, to }) => ({
        from: Math.max(Math.ceil(from), seen.from),
        to: Math.min(Math.floor(to), seen.to),
      }));
      const { reason, detail } = said;
      return { outcome: "partial", covered: longest(union(within)), instants: [], reason, detail, ...total };
    }
  }
}

/** An entry has room for so many; of a coverage in more pieces only the longest are claimed. */
const MAX_INTERVALS = 250;

function longest(intervals: readonly Interval[]): Interval[] {
  const bySize = [...intervals].sort((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from);
  return bySize.slice(0, MAX_INTERVALS).sort((a, b) => a.from - b.from);
}

/** Errors after which what was already read is a part of the truth rather than a mistake. */
const PASSING = new Set<ErrorCode>(["SOURCE_UNREACHABLE", "SOURCE_TRUNCATED", "SOURCE_TOO_LARGE", "ABORTED"]);
const PARTIAL_REASONS: Partial<Record<ErrorCode, PartialReason>> = {
  SOURCE_TOO_LARGE: "too-large",
  SOURCE_TRUNCATED: "truncated",
  ABORTED: "interrupted",
};

/**
 * What a run may claim that ended with an error after storing `items` captures: nothing about time, because nobody said
 * how far they reach. Anything may have been thrown.
 */
export function claimOfFailure(thrown: unknown, items: number): Claim {
  const code: ErrorCode = isCustodyError(thrown) ? thrown.code : "BUG";
  const remedy = isCustodyError(thrown) && thrown.remedy !== undefined ? { remedy: thrown.remedy } : {};
  const detail = isCustodyError(thrown) ? thrown.message : `the collector broke off: ${messageOf(thrown)}`;
  const partial = code === "SOURCE_TOO_LARGE" || code === "SOURCE_TRUNCATED" || (items > 0 && PASSING.has(code));
  // In records it is called as the gap that comes of it.
  const reason = code === "CLOCK_WRONG" ? "clock-wrong" : (PARTIAL_REASONS[code] ?? code);
  const outcome = partial ? "partial" : code === "SOURCE_UNREACHABLE" ? "unavailable" : "failed";
  return { outcome, covered: [], instants: [], reason, detail, ...remedy };
}

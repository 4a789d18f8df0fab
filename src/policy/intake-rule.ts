import { z } from "zod";
import { Id, Label } from "../evidence/terms.ts";
import { type Instant, parseDuration, parseSourceTime } from "../lib/time.ts";
import { startOfDay, wallClock } from "../lib/zone.ts";

/**
 * Intake rules: which events an organisation has decided about beforehand, and which raw telemetry it takes for an event at
 * all. They stand in its policy, so they have a version and a date; each is approved by somebody and ends on a day.
 */

/** What a rule may say about an event. `person`: it is an event, and somebody has to look at it. */
export const RULE_DECISIONS = ["incident", "event-only", "false-positive", "person"] as const;

/** Facts that a rule can speak of. Alerts are events by themselves; the others become one only through a rule. */
export const RULE_KINDS = ["alert", "job-run", "silence", "alert-rule"] as const;

const TEXT = 200;

/** The text itself, or its beginning and a star. Nothing else, so that no rule can mean more than it shows. */
const Pattern = z
  .string()
  .min(1)
  .max(TEXT)
  .refine((text) => !text.slice(0, -1).includes("*"), "a star stands at the end only: the text itself, or Disk*");

const Patterns = z.union([Pattern, z.array(Pattern).min(1).max(50)]);

const DAY = /^\d{4}-\d\d-\d\d$/;

/** A day of the organisation's zone, or a time with its own. */
const When = z.string().refine((text) => {
  if (!DAY.test(text)) return parseSourceTime(text) !== undefined;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}, "expected a day such as 2026-11-20, or a time with its zone such as 2026-11-20T14:00:00+01:00");

const Name = z.string().trim().min(1).max(160);

const Conditions = z
  .strictObject({
    kind: z.enum(RULE_KINDS).optional().describe("what it speaks of: alerts, unless something else is named"),
    instance: Patterns.optional().describe("the collector, by its id"),
    family: Patterns.optional().describe("the family of the collector"),
    name: Patterns.optional().describe("the name of the alert or job"),
    severity: Patterns.optional().describe("the severity in the source's own word"),
    state: Patterns.optional().describe("firing, resolved, suppressed, pending; the outcome of a job run"),
    labels: z
      .record(z.string().min(1).max(TEXT), Patterns)
      .optional()
      .describe("labels of the alert, by their name; all of them must match"),
    shorterThan: z
      .string()
      .refine((text) => (parseDuration(text) ?? 0) > 0, "expected a duration such as 5m")
      .optional()
      .describe("it was over in less than this; what goes on matches not yet"),
  })
  .describe("what an event must be like; all that is given must match");
type Conditions = z.infer<typeof Conditions>;

export const IntakeRule = z
  .strictObject({
    id: Id.describe("name of the rule; stays the same through its versions"),
    version: Label.describe("changes with every change of the rule"),
    when: Conditions,
    decision: z.enum(RULE_DECISIONS).describe("what was decided; `person`: somebody has to look"),
    reason: z.string().trim().min(1).max(600).describe("why, in a sentence"),
    owner: Name.describe("who looks after the rule"),
    approvedBy: Name.optional().describe("who approved it; without it the rule decides nothing"),
    approvedAt: When.optional().describe(
      "when: it decides about events after that day, or that time; without it about those after the policy was recorded",
    ),
    reviewedAt: When.optional().describe("when somebody last looked whether it is still right"),
    until: When.describe("the last day on which it decides, or the time at which it ends"),
    refs: z.array(z.string().max(40)).max(20).optional(),
  })
  .check(({ value, issues }) => {
    const wrong = (path: string[], message: string) => issues.push({ code: "custom", input: value, path, message });
    if (!narrows(value.when)) wrong(["when"], "it would decide about everything; name at least one thing exactly");
    if (value.approvedBy === undefined && value.approvedAt !== undefined)
      wrong(["approvedBy"], "`approvedAt` says when it was approved, and nothing says by whom");
    // In any one zone the order is the same, but for zones written into the times themselves.
    const { from, until } = spanOfRule(value, "UTC");
    if (from !== undefined && from >= until) wrong(["until"], "it ends before it was approved");
  });
export type IntakeRule = z.infer<typeof IntakeRule>;

/** The `rules:` under `intake:` of a policy. */
export const IntakeRules = z
  .array(IntakeRule)
  .max(200)
  .check(({ value, issues }) => {
    const seen = new Set<string>();
    for (const [i, { id }] of value.entries()) {
      if (seen.has(id))
        issues.push({ code: "custom", input: id, path: [i, "id"], message: `there are two rules ${id}` });
      seen.add(id);
    }
  });

/** From how many decisions on it is asked whether anybody looked: `bulk:` under `intake:` of a policy. Both parts are optional. */
export const BulkLimits = z.strictObject({
  burst: z
    .strictObject({
      more: z.int().min(1).max(100_000).describe("more decisions than this by one person"),
      within: z
        .string()
        .refine((text) => (parseDuration(text) ?? 0) > 0, "expected a duration such as 60s")
        .describe("within this time"),
    })
    .optional(),
  late: z
    .strictObject({
      last: z.int().min(1).max(99).describe("in the last part of a period, in percent"),
      more: z.int().min(1).max(99).describe("more than this share of its decisions, in percent"),
    })
    .optional(),
});
export type BulkLimits = z.infer<typeof BulkLimits>;

/** The patterns of a condition, one or many. */
export const listOf = (patterns: string | readonly string[] | undefined) =>
  patterns === undefined ? [] : typeof patterns === "string" ? [patterns] : patterns;

/** True where at least one thing is named by more than a star. */
function narrows({ labels = {}, kind: _kind, shorterThan: _shorter, ...fields }: Conditions): boolean {
  const all = [...Object.values(fields), ...Object.values(labels)];
  return all.some((patterns) => listOf(patterns).length > 0 && listOf(patterns).every((one) => one !== "*"));
}

/**
 * When a rule binds by its own words: from its approval on, `undefined` where none is dated, and not any more at its end. Where
 * only days are given, from the end of the day of its approval to the end of its last one.
 */
export function spanOfRule(
  { approvedAt, until }: Pick<IntakeRule, "approvedAt" | "until">,
  zone: string,
): { readonly from: Instant | undefined; readonly until: Instant } {
  return { from: approvedAt === undefined ? undefined : endOf(approvedAt, zone), until: endOf(until, zone) };
}

/** The end of a day, or the time itself. */
function endOf(text: string, zone: string): Instant {
  if (!DAY.test(text)) return parseSourceTime(text) ?? Number.NaN;
  const day = wallClock(Date.parse(`${text}T12:00:00Z`), "UTC").toPlainDate();
  return startOfDay(day.add({ days: 1 }), zone);
}

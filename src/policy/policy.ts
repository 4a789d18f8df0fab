import { z } from "zod";
import { CalendarShape } from "../calendar/shape.ts";
import { Breach, Closing, Contract, Dataset, Law, PublicReview, Review } from "./afterwards.ts";
import { Choice } from "./condition.ts";
import { Assigned, Communications, Escalation, Evidence, Measure, Recovery, Target, Updates } from "./conduct.ts";
import { AcceptedGap, Document, Exception, Upkeep } from "./document.ts";
import { GapRule, Intake, MinimumRule, Nature, Severity, SignalRule, Source } from "./severity.ts";
import { Line, type Rank, rule, Short, Word, Zone } from "./words.ts";

/**
 * The organisation's own procedure as data: what it promises, in which words and which numbers. Nothing of it is in code,
 * and every number that can be changed stands under a name without one.
 */
export const PolicyFile = z
  .strictObject({
    $schema: z.string().optional(),
    policy: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "expected lower-case letters, digits and dashes, such as our-incidents")
      .describe("Its name in records."),
    version: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'expected a version such as "1.0", in quotes')
      .describe("Raised with every change that is put in force."),
    title: Short,
    note: Line.optional(),
    document: Document,
    zone: Zone.optional().describe("Where its days begin; the organisation's time zone unless stated."),
    calendars: z
      .record(Word, CalendarShape)
      .default({})
      .describe("Working time, by a name of its own; in the zone of the policy unless a calendar says another."),
    severities: z.array(Severity).min(1).max(12).describe("Worst first."),
    targets: z.record(Word, Target).default({}),
    updates: z.record(Word, Updates).default({}),
    roles: z
      .record(Word, Assigned)
      .default({})
      .describe("Who must be named: `owner`, `commander` and others of your own, for which severities."),
    escalation: Escalation.optional(),
    communications: Communications.optional(),
    measures: z.array(Measure).default([]),
    recovery: Recovery.optional(),
    evidence: Evidence.optional(),
    natures: z.array(Nature).default([]),
    sources: z.array(Source).default([]).describe("How incidents are noticed."),
    severityChanges: z.strictObject({ reason: z.boolean(), ...rule }).optional(),
    minimumSeverity: z.array(MinimumRule).default([]),
    signals: z.array(SignalRule).default([]),
    gaps: z.array(GapRule).default([]),
    gapNotices: z.strictObject({ channel: Word, ...rule }).optional(),
    intake: Intake.optional(),
    review: Review.optional(),
    publicReview: PublicReview.optional(),
    closing: Closing.optional(),
    breach: Breach.optional(),
    contracts: z.array(Contract).max(2_000).default([]),
    datasets: z.array(Dataset).max(2_000).default([]),
    laws: z.array(Law).default([]),
    upkeep: Upkeep.prefault({}),
    exceptions: z.array(Exception).default([]),
    acceptedGaps: z.array(AcceptedGap).default([]),
    choices: z
      .array(Choice)
      .default([])
      .describe("Each place that can be read in more than one way, and how it is read here."),
  })
  .meta({ title: "The rules of an organisation for security incidents" });

/** The rules as they are used: with the zone that counts. */
export type Policy = Omit<z.infer<typeof PolicyFile>, "zone"> & { readonly zone: string };

type Element<T> = T extends readonly (infer E)[] ? E : never;
export type PolicySeverity = Element<Policy["severities"]>;

const alike = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_.-]+/g, "-");

/** The severity that a register's word stands for: its label or an alias, spaces and case aside; undefined for no word of ours. */
export function severityOf(policy: Policy, word: string | null): PolicySeverity | undefined {
  if (word === null) return undefined;
  const wanted = alike(word);
  const named = (texts: readonly string[]) => texts.some((text) => alike(text) === wanted);
  return (
    policy.severities.find(({ label }) => alike(label) === wanted) ??
    policy.severities.find(({ aliases }) => named(aliases))
  );
}

/** Its place, 0 is the worst; undefined for no word of ours. */
export function severityOrder(policy: Policy, word: string | null): number | undefined {
  const found = severityOf(policy, word);
  return found && policy.severities.indexOf(found);
}

/** The worst of these words; undefined where none is one of ours. */
export function worstOf(policy: Policy, words: readonly (string | null)[]): PolicySeverity | undefined {
  const places = words.map((word) => severityOrder(policy, word)).filter((place) => place !== undefined);
  return places.length === 0 ? undefined : policy.severities[Math.min(...places)];
}

/** Labels of a rank. */
export function labelsOf(policy: Policy, rank: Rank): string[] {
  return policy.severities.filter((one) => one.rank === rank).map(({ label }) => label);
}

/** The channel that a source's word stands for; undefined for no word of ours. */
export function channelOf(policy: Policy, word: string | null): string | undefined {
  if (word === null) return undefined;
  const wanted = alike(word);
  return policy.communications?.channels.find(
    ({ id, aliases }) => id === wanted || aliases.some((alias) => alike(alias) === wanted),
  )?.id;
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../src/assess/judgement.ts";
import { judgeReview } from "../src/assess/review-clock.ts";
import { judgeTarget } from "../src/assess/targets.ts";
import { judgeUpdates } from "../src/assess/updates.ts";
import type { FactOf } from "../src/evidence/fact.ts";
import { startOfDay, wallClock } from "../src/lib/zone.ts";
import { SHIPPED_POLICIES } from "../src/policy/shipped.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { fact } from "./support/assessing.ts";
import { t } from "./support/entries.ts";
import { logged, shippedPolicy } from "./support/rules.ts";
import { rounds } from "./support/tools.ts";

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const ZONE = "Europe/Berlin";

const rules = SHIPPED_POLICIES.map((name) => {
  const policy = shippedPolicy(name);
  return { policy, timeline: new PolicyTimeline([logged(policy, t("2020-01-01"))]) };
});

/** A time as it is known to a minute, an hour, or a day of Berlin; as it is for 0. */
function coarse(at: number, unit: number): { at: number; precision: number } {
  if (unit === 0) return { at, precision: 1 };
  if (unit < DAY) return { at: Math.floor(at / unit) * unit, precision: unit };
  return { at: startOfDay(wallClock(at, ZONE).toPlainDate(), ZONE), precision: DAY };
}

type Moments = Readonly<Record<string, number>>;
type Units = Readonly<Record<string, number>>;

/** Everything about an incident that has a time, each as exactly as is said. */
function recorded(moments: Moments, units: Units, severity: string, channels: readonly string[]) {
  const precision: Record<string, number> = {};
  const at = (name: string) => {
    const moment = moments[name];
    if (moment === undefined) return null;
    const known = coarse(moment, units[name] ?? 0);
    if (known.precision > 1) precision[name] = known.precision;
    return known.at;
  };
  const fields = [
    "detectedAt",
    "respondedAt",
    "acknowledgedAt",
    "triagedAt",
    "commanderAt",
    "containedAt",
    "resolvedAt",
  ];
  const times = Object.fromEntries(fields.map((name) => [name, at(name)]));
  const messages = channels.map((channel, i) => ({
    at: at(`messages.${i}`),
    channel,
    audience: channel === "chat" ? ("internal" as const) : ("customers" as const),
    purpose: null,
    reached: null,
    of: null,
  }));
  const incident = fact("incident", "INC-1", { ...times, severity, nature: "availability", messages, precision });
  const review = coarse(moments.review ?? 0, units.review ?? 0);
  const approved = fact("review", "R-1", {
    incident: "INC-1",
    approvedBy: "Bert",
    approvedAt: review.at,
    publishedAt: review.at,
    precision: { approvedAt: review.precision, publishedAt: review.precision },
  });
  return { incident, reviews: [approved] };
}

/** The word of every clock that the rules have for it. */
function wordsOf(
  { policy, timeline }: (typeof rules)[number],
  { incident, reviews }: { incident: FactOf<"incident">; reviews: readonly FactOf<"review">[] },
  asOf: number,
): Map<string, Verdict["word"]> {
  const words = new Map<string, Verdict["word"]>();
  for (const name of Object.keys(policy.targets))
    words.set(name, judgeTarget(incident, name, timeline, asOf).verdict.word);
  for (const name of Object.keys(policy.updates))
    words.set(`updates:${name}`, judgeUpdates(incident, name, timeline, asOf).verdict.word);
  for (const kind of ["review", "publicReview"] as const)
    words.set(kind, judgeReview(incident, kind, reviews, timeline, asOf).verdict.word);
  return words;
}

/** Starts near what is hard: changes of clocks, Easter, the turn of the year. */
const start = fc
  .tuple(
    fc.constantFrom(
      "2026-03-27T14:00Z",
      "2026-10-23T14:00Z",
      "2026-04-02T14:00Z",
      "2026-06-10T08:00Z",
      "2026-12-30T22:00Z",
    ),
    fc.integer({ min: 0, max: 3 * DAY }),
  )
  .map(([from, after]) => t(from) + after);
/** Lengths at and around those that rules have, and any other. */
const span = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(0, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, DAY, 3 * DAY),
      fc.constantFrom(-MINUTE, -1, 0, 1, MINUTE),
    )
    .map(([length, off]) => Math.max(0, length + off)),
  fc.integer({ min: 0, max: 12 * DAY }),
);
const unit = fc.constantFrom(0, 0, MINUTE, HOUR, DAY);

const ENDS = ["respondedAt", "acknowledgedAt", "triagedAt", "commanderAt", "containedAt"];
const CHANNELS = ["status-page", "email", "chat", "status-page"];
const NAMES = ["detectedAt", ...ENDS, "resolvedAt", "review", ...CHANNELS.map((_, i) => `messages.${i}`)];

const scene = fc.record({
  which: fc.nat(rules.length - 1),
  level: fc.nat(3),
  from: start,
  spans: fc.array(span, { minLength: NAMES.length, maxLength: NAMES.length }),
  isOpen: fc.boolean(),
  seen: span,
  narrow: fc.array(unit, { minLength: NAMES.length, maxLength: NAMES.length }),
  wide: fc.array(unit, { minLength: NAMES.length, maxLength: NAMES.length }),
});

type Scene = typeof scene extends fc.Arbitrary<infer S> ? S : never;

/** The same scene told exactly, less exactly, and less exactly still. */
function told({ which, level, from, spans, isOpen, seen, narrow, wide }: Scene) {
  const rule = rules[which] as (typeof rules)[number];
  const after = (name: string) => spans[NAMES.indexOf(name)] ?? 0;
  const moments: Record<string, number> = { detectedAt: from };
  for (const name of [...ENDS, ...NAMES.filter((one) => one.startsWith("messages."))])
    moments[name] = from + after(name);
  const last = Math.max(...Object.values(moments));
  if (!isOpen) moments.resolvedAt = last + after("resolvedAt");
  moments.review = (moments.resolvedAt ?? last) + after("review");
  const asOf = Math.max(...Object.values(moments)) + DAY + seen;
  const severity = rule.policy.severities[Math.min(level, rule.policy.severities.length - 1)]?.label ?? "";
  const units = (each: (i: number) => number) => Object.fromEntries(NAMES.map((name, i) => [name, each(i)]));
  const words = (precise: Units) => wordsOf(rule, recorded(moments, precise, severity, CHANNELS), asOf);
  return {
    exact: words({}),
    less: words(units((i) => narrow[i] ?? 0)),
    least: words(units((i) => Math.max(narrow[i] ?? 0, wide[i] ?? 0))),
  };
}

describe("never rounded in anybody's favour", () => {
  test("times that are known less exactly change a verdict to undecided only", () => {
    const met = new Map<string, number>();
    fc.assert(
      fc.property(scene, (seen) => {
        const { exact, less, least } = told(seen);
        for (const [name, word] of exact) {
          const [second = "skip", third = "skip"] = [less.get(name), least.get(name)];
          met.set(`${word} ${third}`, (met.get(`${word} ${third}`) ?? 0) + 1);
          expect([word, "unclear"], `${name}: ${word}, known less exactly ${second}`).toContain(second);
          expect([second, "unclear"], `${name}: ${second}, known less exactly ${third}`).toContain(third);
        }
      }),
      { numRuns: rounds(2_000, 150) },
    );
    // What was looked at holds every answer, and such as stay what they are.
    for (const seen of ["ok ok", "bad bad", "ok unclear", "bad unclear"]) expect(met.get(seen) ?? 0).toBeGreaterThan(0);
  });
});

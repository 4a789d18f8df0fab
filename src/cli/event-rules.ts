import { openEvents } from "../acts/deciding.ts";
import { bulkOf } from "../events/bulk.ts";
import { type BoundRule, type RuleStanding, ruleKey, standingOfRule } from "../events/rules.ts";
import { type Instant, iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { clean } from "../report/clean.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { manyEvents, waitInWords } from "./event-words.ts";
import { parsePeriod } from "./moment.ts";

interface Flags extends GlobalFlags {
  readonly period?: string;
}

/** A rule is named before it ends, so that somebody can look whether it is still right. */
const SOON = 30 * 86_400_000;

const STANDING: Readonly<Record<RuleStanding, string>> = {
  holds: "holds",
  "not-approved": "NOT APPROVED, decides nothing",
  "not-yet": "does not hold yet",
  over: "OVER, decides nothing any more",
};

/** `custody event rules`: the intake rules in force, which end soon, which never matched, and where many decisions came at once. */
export function rules(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const deciding = await openEvents(custody);
    const { zone, now, log, names } = deciding;
    const { timeline, limits } = deciding.rules;
    const period =
      flags.period === undefined ? { from: Number.NEGATIVE_INFINITY, to: now + 1 } : parsePeriod(flags.period, zone);
    const inForce = timeline.at(now);
    const told = inForce.map((bound) => ({
      bound,
      standing: standingOfRule(bound, now),
      use: log.uses.get(ruleKey(bound)),
    }));
    if (timeline.sets.length === 0)
      output.line("No policy is in the log, so no intake rule decides anything: people decide about every event.");
    else if (told.length === 0) output.line("The policy in force has no intake rule: people decide about every event.");
    for (const { bound, standing, use } of told) {
      output.line(`${bound.rule.id}  version ${clean(bound.rule.version, 40)}  ${STANDING[standing]}`);
      for (const line of ruleLines(bound, standing, now, zone)) output.line(`    ${line}`);
      output.line(
        use === undefined
          ? "    It has never matched an event."
          : `    It matched ${manyEvents(use.matched)} and decided ${use.decided}; the last began ${forPeople(use.last ?? 0, zone)}.`,
      );
    }
    const bulk = bulkOf(log.events, limits, flags.period === undefined ? { from: 0, to: now + 1 } : period);
    for (const { by, from, count, most, entries } of bulk.bursts)
      output.line(
        `Many at once: ${clean(names.get(by) ?? by, 60)} recorded ${count} decisions from ${forPeople(from, zone, { seconds: true })} on, up to ${most} within ${limits.burst?.within} (${entries.length === 1 ? "record" : "records"} ${entries.slice(0, 5).join(", ")}${entries.length > 5 ? ", …" : ""}).`,
      );
    if (flags.period !== undefined && bulk.late?.over)
      output.line(
        `Late: ${bulk.late.count} of ${bulk.late.of} decisions of the period were recorded from ${forPeople(bulk.late.from, zone)} on, its last ${limits.late?.last} %.`,
      );
    if (limits.burst === undefined && limits.late === undefined)
      output.line(
        "From how many decisions at once on this is told, no rule of yours says (`bulk:` in the policy), so it is not.",
      );
    for (const { index, words } of deciding.rules.troubles) output.line(`Record ${index}: ${clean(words)}.`);
    output.object({
      ok: true,
      rules: told.map(({ bound, standing, use }) => ({
        id: bound.rule.id,
        version: bound.rule.version,
        policy: bound.set.policy,
        entry: bound.set.entry,
        decision: bound.rule.decision,
        owner: bound.rule.owner,
        approvedBy: bound.rule.approvedBy ?? null,
        from: bound.from === undefined ? null : iso(bound.from),
        until: iso(bound.until),
        standing,
        endsSoon: standing === "holds" && bound.until - now < SOON,
        matched: use?.matched ?? 0,
        decided: use?.decided ?? 0,
        last: use?.last === undefined ? null : iso(use.last),
      })),
      bulk: {
        bursts: bulk.bursts.map(({ from, to, ...rest }) => ({ ...rest, from: iso(from), to: iso(to) })),
        late:
          flags.period === undefined || bulk.late === undefined ? null : { ...bulk.late, from: iso(bulk.late.from) },
      },
      troubles: deciding.rules.troubles,
    });
    return 0;
  });
}

function ruleLines(
  { rule, set, from, until }: BoundRule,
  standing: RuleStanding,
  now: Instant,
  zone: string,
): string[] {
  const { decision, reason, owner, approvedBy, reviewedAt } = rule;
  const soon = standing === "holds" && until - now < SOON ? `  ENDS SOON, in ${waitInWords(until - now)}` : "";
  const approved =
    approvedBy === undefined || from === undefined
      ? "nobody has approved it"
      : `approved by ${clean(approvedBy, 60)}, holds from ${forPeople(from, zone)} until ${forPeople(until, zone)}${soon}`;
  const unproven = set.by?.auth === "unauthenticated" ? "; nobody checked who put it there" : "";
  return [
    `decides ${decision === "person" ? "nothing: a person has to look" : decision}: ${clean(reason, 300)}`,
    `owner ${clean(owner, 60)}; ${approved}`,
    `in the policy ${clean(set.policy, 80)} (record ${set.entry}${unproven})${reviewedAt === undefined ? "" : `; last looked at ${clean(reviewedAt, 40)}`}`,
  ];
}

import { oncePerIncident } from "../acts/linking.ts";
import type { ControlAssessment } from "../assess/assess.ts";
import { newestOf } from "../assess/population.ts";
import type { FactOf } from "../evidence/fact.ts";
import { withOwners } from "../findings/waiver.ts";
import type { Interval } from "../lib/time.ts";
import { wallClock } from "../lib/zone.ts";
import type { ReportInput } from "../report/input.ts";
import { linksOf } from "../reviews/links.ts";
import { trendsOf } from "../reviews/trends.ts";
import type { Gathered } from "./gathering.ts";

/** What a report tells of people beside facts: what they learned, accepted, kept and did. Out of what was read of the log. */
export function accountOf(
  found: Gathered,
  controls: readonly ControlAssessment[],
  period: Interval,
  zone: string,
): Pick<ReportInput, "learning" | "exceptions" | "custody" | "who" | "statement"> {
  const { acts, names, facts, waivers, items, accesses } = found;
  const incidents = oncePerIncident(facts, linksOf(acts)).map(({ fact }) => fact as FactOf<"incident">);
  const actions = newestOf(facts).flatMap(({ fact }) => (fact.kind === "action" ? [fact] : []));
  const window = trendWindow(period, zone);
  const deadlines = controls.flatMap(({ requirements }) =>
    requirements.flatMap(({ check, cases = [] }) => (check === "review-deadline" ? cases : [])),
  );
  return {
    learning: { acts, names, deadlines, trends: { window, found: trendsOf(incidents, actions, zone, window) } },
    exceptions: {
      acts,
      names,
      waivers: withOwners(waivers.all, names),
      voidWaivers: waivers.troubles,
    },
    custody: { names, items, accesses },
    who: { names, acts: found.humanActs.all, identities: found.humanActs.identities },
    statement: { names, changes: found.changes.all, reports: found.reports },
  };
}

/** The year up to the end of the period: one quarter alone shows no trend. Longer where the period is. */
function trendWindow({ from, to }: Interval, zone: string): Interval {
  const yearBefore = wallClock(to, zone).subtract({ years: 1 }).epochMilliseconds;
  return { from: Math.min(from, yearBefore), to };
}

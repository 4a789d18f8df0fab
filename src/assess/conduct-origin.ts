import { lengthForPeople } from "../lib/length.ts";
import { parseDuration } from "../lib/time.ts";
import { caseView } from "./case.ts";
import { allOf, bad, isOwn, judgeAll, judgeIncidents, OK, open, unclear } from "./conduct.ts";
import { momentOf } from "./conduct-document.ts";
import {
  type Circumstances,
  type Judgement,
  judgeSubjects,
  recordsOf,
  type Subject,
  type Verdict,
} from "./judgement.ts";
import { idsOf } from "./one-id.ts";
import { linkKey } from "./population.ts";
import { NOUNS } from "./vocabulary.ts";

/** Where incidents come from, and when they were written down. */

/** Every incident says how it was noticed, in the words of the rules; how many came from each source is told, none included. */
export function sourceKnown(circumstances: Circumstances): Judgement {
  const judged = judgeIncidents(
    circumstances,
    {
      rule: "ways to notice incidents",
      set: ({ sources }) => sources.length > 0,
      bad: "that do not say how they were noticed in the words of your rules",
      ok: "with how they were noticed",
    },
    ({ incident, policy, view }) => {
      const { detectedBy, closedAt, resolvedAt } = incident;
      if (detectedBy === null || detectedBy.trim() === "")
        return closedAt === null && resolvedAt === null
          ? open("how it was noticed is not recorded yet")
          : bad("how it was noticed is not recorded");
      return policy.sources.some(({ id }) => id === view.detectedBy)
        ? OK
        : bad(`"${detectedBy}" is no source of your rules`);
    },
  );
  const policy = circumstances.policies.policyAt(momentOf(circumstances))?.policy;
  if (policy === undefined || policy.sources.length === 0) return judged;
  const views = allOf(circumstances, "incident").map((one) => caseView(one, policy, circumstances.asOf).detectedBy);
  const counts = policy.sources.map(({ id }) => `${id} ${views.filter((one) => one === id).length}`);
  return { ...judged, reason: `${judged.reason}; by source: ${counts.join(", ")}` };
}

/** Every incident is what a report or an alert became. What Custody opened itself grew out of a gap. */
export function eventNamed(circumstances: Circumstances): Judgement {
  const became = new Set(
    allOf(circumstances, "decision").flatMap(({ supersededAt, decision, incident }) =>
      supersededAt === null && decision === "incident" && incident !== null ? [linkKey(incident)] : [],
    ),
  );
  const subjects = recordsOf(circumstances, "incident").flatMap((observed): Subject[] => {
    const { fact } = observed;
    if (fact.kind !== "incident" || fact.origin === "custody") return [];
    const missing = isOwn(circumstances, observed) ? bad : unclear;
    const verdict = idsOf(fact).some((id) => became.has(linkKey(id)))
      ? OK
      : missing("no report and no alert is decided to be it");
    return [{ id: fact.id, observed, verdict }];
  });
  const wording = {
    noun: NOUNS.incident,
    bad: "of which nobody says what they grew out of",
    ok: "that name what they grew out of",
    skipped: "",
  };
  return { ...judgeSubjects(circumstances, "incident", subjects, wording), cases: subjects };
}

/** The limit that the catalogue names; a recommendation, no rule of anybody. */
function limitOf({ requirement: { check } }: Circumstances): number {
  const within = check.kind === "conduct" ? check.within : undefined;
  return (within === undefined ? undefined : parseDuration(within)) ?? Number.POSITIVE_INFINITY;
}

const middle = (sorted: readonly number[]): number => {
  const half = Math.floor(sorted.length / 2);
  const [a = 0, b = 0] = [sorted[half], sorted[Math.ceil(sorted.length / 2) - 1]];
  return Math.max(a, b);
};

/**
 * What happened was written down soon after: the middle of all delays is within the limit, and each line that was written later
 * is told. A source that does not show when a line was written cannot show this.
 */
export function timelineWritten(circumstances: Circumstances): Judgement {
  const limit = limitOf(circumstances);
  return judgeAll(
    circumstances,
    "incident",
    {
      bad: "with lines that were written long after what they tell",
      ok: "written down while it was handled",
      skipped: "no source shows when a line was written",
    },
    ({ written }): Verdict => {
      if (written.length === 0) return { word: "skip" };
      const known = written.flatMap(({ at, precision, loggedAt, what }) =>
        at === null || loggedAt === null
          ? []
          : [
              {
                what,
                most: Math.max(0, loggedAt - at),
                least: Math.max(0, loggedAt - at - Math.max(0, precision - 1)),
              },
            ],
      );
      const least = middle(known.map((one) => one.least).sort((a, b) => a - b));
      const most = middle(known.map((one) => one.most).sort((a, b) => a - b));
      const late = known.filter((one) => one.least > limit);
      const half = `half of ${known.length} lines within ${lengthForPeople(most)}`;
      if (late.length > 0 || least > limit) {
        const worst = Math.max(...late.map((one) => one.least));
        const names = [...new Set(late.map(({ what }) => what))].slice(0, 5).join(", ");
        return bad(
          `${late.length} of ${known.length} lines written more than ${lengthForPeople(limit)} later, the latest after ${lengthForPeople(worst)} (${names}); ${half}`,
        );
      }
      const unsure = known.some((one) => one.most > limit);
      return unsure ? unclear(`when some of it happened is not recorded exactly enough; ${half}`) : OK;
    },
  );
}

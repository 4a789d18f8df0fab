import { caseOf } from "../gaps/cases.ts";
import { type Interval, iso } from "../lib/time.ts";
import type { InstanceHistory, RunRecord } from "../slots/history.ts";
import { isInterrupted, notResumed } from "../slots/resumed.ts";
import { bad, type Governed, judgeIncidents, OK, open, together, unclear } from "./conduct.ts";
import type { Circumstances, Judgement, Verdict } from "./judgement.ts";

/** Whether an incident was really over: what it had stopped ran again, and it stayed resolved. */

/** After an incident, each source that had failed while it went on was collected again as usual. */
export function collectionResumed(circumstances: Circumstances): Judgement {
  return judgeIncidents(
    circumstances,
    {
      rule: "check that evidence is collected again",
      set: ({ recovery }) => recovery?.collectionResumes === true,
      bad: "after which evidence was not collected again as usual",
      ok: "after which evidence was collected again as usual",
    },
    (about) => (about.incident.resolvedAt === null ? undefined : resumedVerdict(about, about.incident.resolvedAt)),
  );
}

function resumedVerdict({ incident, circumstances }: Governed, resolved: number): Verdict {
  const from = incident.occurredAt ?? incident.detectedAt;
  if (from === null) return unclear("when it began is not recorded, so that nobody can tell what failed meanwhile");
  const sources = (circumstances.sources ?? circumstances.feeding).filter(({ own }) => own === undefined);
  const during = { from, to: Math.max(from + 1, resolved) };
  const silent = notResumed(
    sources.map(({ history }) => history),
    during,
    circumstances.asOf,
  );
  const untrue = untrueClaims(incident, from, during, sources, circumstances.asOf);
  const gap = circumstances.gaps?.find(({ id }) => caseOf(id) === incident.id);
  const stopped = incident.origin === "custody" ? sources.filter((one) => one.instance === gap?.instance) : [];
  const resumed = untrueResolution(during, stopped, circumstances.asOf);
  const words = silent.map(({ instance }) => {
    const source = sources.find((one) => one.instance === instance);
    const next = source?.slots.find((slot) => slot.from >= resolved && !["open", "due"].includes(slot.state));
    return next === undefined
      ? open(`${instance} is not collected again yet`)
      : bad(`${instance} was not collected again when it was next due`);
  });
  return together([OK, ...untrue, ...resumed, ...words]) as Verdict;
}

/** The name of the measure by which somebody says that evidence is collected again. */
const CLAIM = /^collection-resume[sd]$/;

/**
 * Whoever says that evidence is collected again says so of sources that failed meanwhile. Where nothing at all came from such a
 * source between the beginning of the incident and that moment, the records contradict it: the runs decide, not the words.
 */
function untrueClaims(
  { measures, measuresAt, precision }: Governed["incident"],
  from: number,
  during: Interval,
  sources: readonly { readonly instance: string; readonly history: InstanceHistory }[],
  asOf: number,
): Verdict[] {
  return measures.flatMap((measure, i) => {
    const said = measuresAt[i];
    if (!CLAIM.test(measure) || said === undefined || said === null) return [];
    // As late as it may have been said.
    const claimed = said + Math.max(0, (precision[`measuresAt.${i}`] ?? 1) - 1);
    return sources
      .filter(({ history }) => isInterrupted(history, { from, to: Math.max(claimed + 1, during.from + 1) }, asOf))
      .filter(({ history: { runs } }) => !runs.some((run) => isCollected(run) && run.at >= from && run.at <= claimed))
      .map(({ instance, history: { runs } }) => {
        const next = runs.find((run) => isCollected(run) && run.at > claimed);
        const then = next === undefined ? "none did since" : `the next one did ${iso(next.at)} (record ${next.index})`;
        return bad(
          `"${measure}" was said for ${iso(said)}, and no run of ${instance} came through between ${iso(from)} and then; ${then}`,
        );
      });
  });
}

/**
 * What Custody opened for missing evidence is over when evidence comes again: calling it resolved says so of that source. A run for
 * a time before the gap is none of these.
 */
function untrueResolution(
  during: Interval,
  sources: readonly { readonly instance: string; readonly history: InstanceHistory }[],
  asOf: number,
): Verdict[] {
  const { from, to: resolved } = during;
  return sources
    .filter(({ history }) => isInterrupted(history, during, asOf))
    .flatMap(({ instance, history: { runs } }) => {
      const own = runs.filter((run) => isCollected(run) && run.window.to > from && run.at >= from);
      if (own.some(({ at }) => at <= resolved)) return [];
      const next = own[0];
      const then = next === undefined ? "none did since" : `the next one did ${iso(next.at)} (record ${next.index})`;
      return [
        bad(
          `resolved ${iso(resolved)}, and no run of ${instance} for the time since ${iso(from)} had come through; ${then}`,
        ),
      ];
    });
}

const isCollected = ({ outcome }: RunRecord) => outcome === "collected" || outcome === "partial";

/** What was called resolved did not have to be opened again. */
export function staysResolved(circumstances: Circumstances): Judgement {
  return judgeIncidents(
    circumstances,
    {
      rule: "count of incidents that were opened again",
      set: ({ closing }) => closing?.reopened !== undefined,
      bad: "opened again after it was called resolved",
      ok: "that stayed resolved",
    },
    ({ incident: { reopened, resolvedAt, closedAt } }) => {
      if (reopened > 0) return bad(`opened again ${reopened === 1 ? "once" : `${reopened} times`}`);
      return resolvedAt === null && closedAt === null ? undefined : OK;
    },
  );
}

import type { FactOf } from "../evidence/fact.ts";
import { holes, type Instant, parseDuration } from "../lib/time.ts";
import { anyHolds, type Holds } from "../policy/condition.ts";
import type { Policy } from "../policy/policy.ts";
import { type Incident, precisionOf, stampOf } from "./case.ts";
import { timeForPeople } from "./clock.ts";
import { allOf, bad, type Governed, isOwn, judgeIncidents, OK, open, together, unclear, under } from "./conduct.ts";
import { type Circumstances, type Judgement, plain, type Verdict } from "./judgement.ts";
import { isNamed } from "./shared-id.ts";

/** What was kept about incidents, against what the rules ask of it: of the whole time concerned, under hold, and before its source forgot. */

type Item = FactOf<"evidence">;

/** The evidence of an incident. */
export function evidenceOfIncident({ incident, circumstances }: Pick<Governed, "incident" | "circumstances">): Item[] {
  return allOf(circumstances, "evidence").filter((item) => isNamed(incident, item.incident));
}

/** The answer, where evidence of incidents is kept in this log at all: elsewhere nobody could see it. */
function ifKept(circumstances: Circumstances, judged: Judgement): Judgement {
  const kept =
    allOf(circumstances, "evidence").length > 0 || circumstances.feeding.some(({ own }) => own !== undefined);
  if (kept || ["not_applicable", "no_data"].includes(judged.result)) return judged;
  return plain("no_data", "not observable: no evidence of incidents is kept in this log");
}

/** That there is none is a failure only where it would be kept here. */
function none({ circumstances, observed }: Governed): Verdict {
  const what = "no evidence of it is kept in this log";
  return isOwn(circumstances, observed) || allOf(circumstances, "evidence").length > 0 ? bad(what) : unclear(what);
}

const endOf = ({ containedAt, resolvedAt, closedAt }: Incident): Instant | null =>
  containedAt ?? resolvedAt ?? closedAt;

/** Evidence covers the whole time concerned, and says what was asked for where the rules want to know. */
export function evidenceWindow(circumstances: Circumstances): Judgement {
  const judged = judgeIncidents(
    circumstances,
    {
      rule: "evidence of the time concerned",
      set: ({ evidence }) => evidence?.window !== undefined,
      bad: "without evidence of the whole time concerned",
      ok: "with evidence of the whole time concerned",
    },
    (about) => under(anyHolds(about.policy.evidence?.window?.when, about.view), windowVerdict(about)),
  );
  return ifKept(circumstances, judged);
}

function windowVerdict(about: Governed): Verdict {
  const { incident, policy } = about;
  const from = incident.occurredAt ?? incident.detectedAt;
  const to = endOf(incident);
  const items = evidenceOfIncident(about);
  if (to === null) return items.length === 0 ? open("no evidence is kept yet") : open("the time concerned is not over");
  if (items.length === 0) return none(about);
  if (from === null) return unclear("when the time concerned began is not recorded");
  const known = items.flatMap(({ covers }) =>
    covers?.from == null || covers.to === null ? [] : [{ from: covers.from, to: covers.to }],
  );
  const queries = policy.evidence?.window?.queries ?? false;
  const unsaid = items.filter(({ physical, filled }) => queries && !physical && !filled.includes("query"));
  const missing = from < to ? holes({ from, to }, known) : [];
  const asks = unsaid.map(({ id }) => bad(`${id} does not say what was asked for`));
  const times = missing.map((hole) =>
    known.length === 0
      ? unclear("of which time its evidence is, is not recorded")
      : bad(
          `no evidence of the time from ${timeForPeople(hole.from, policy.zone)} to ${timeForPeople(hole.to, policy.zone)}`,
        ),
  );
  return together([OK, ...asks, ...times]) as Verdict;
}

/** What is kept of an incident was under hold for as long as it was open. */
export function evidenceHeld(circumstances: Circumstances): Judgement {
  const judged = judgeIncidents(
    circumstances,
    {
      rule: "hold on evidence",
      set: ({ evidence }) => evidence?.hold !== undefined,
      bad: "with evidence that was under no hold while they were open",
      ok: "whose evidence was under hold while they were open",
    },
    (about) => {
      const items = evidenceOfIncident(about);
      if (items.length === 0) return undefined;
      return under(
        anyHolds(about.policy.evidence?.hold?.when, about.view),
        together(items.map((item) => heldVerdict(item, about.incident))) as Verdict,
      );
    },
  );
  return ifKept(circumstances, judged);
}

function heldVerdict({ id, holds, disposedAt }: Item, { closedAt }: Incident): Verdict {
  if (disposedAt !== null && (closedAt === null || disposedAt < closedAt))
    return bad(`${id} was disposed of while the incident was open`);
  if (closedAt === null)
    return holds.some(({ to }) => to === null) ? OK : bad(`${id} is under no hold, and the incident is open`);
  const held = holds.some(({ from, to }) => from !== null && from <= closedAt && (to === null || to >= closedAt));
  return held ? OK : bad(`${id} was under no hold when the incident was closed`);
}

const keeps = ({ upkeep }: Policy): number | undefined => parseDuration(upkeep.logs?.keep ?? "");

/** Whether evidence is asked for: as the rules for evidence say; where there are none, of what is a matter of security. */
function asked({ policy, view }: Governed): Holds {
  const { beforeCleanup, window, hold } = policy.evidence ?? {};
  const rules = [beforeCleanup, window, hold].filter((rule) => rule !== undefined);
  if (rules.length === 0) return anyHolds([{ natures: ["security", "both"] }], view);
  const found = rules.map(({ when }) => anyHolds(when, view));
  return found.includes("yes") ? "yes" : found.includes("unknown") ? "unknown" : "no";
}

/** Evidence of an incident was taken while logs of its beginning were still there. */
export function evidenceInTime(circumstances: Circumstances): Judgement {
  const judged = judgeIncidents(
    circumstances,
    {
      rule: "time for which logs are kept (`upkeep.logs.keep`)",
      set: (policy) => keeps(policy) !== undefined,
      bad: "of which evidence was not taken before logs of it were gone",
      ok: "of which evidence was taken before logs of it were gone",
    },
    (about) => {
      const verdict = inTimeVerdict(about);
      return verdict && under(asked(about), verdict);
    },
  );
  return ifKept(circumstances, judged);
}

const asksForEvidence = ({ evidence }: Policy): boolean =>
  [evidence?.beforeCleanup, evidence?.window, evidence?.hold].some((rule) => rule !== undefined);

function inTimeVerdict(about: Governed): Verdict | undefined {
  const { incident, policy, circumstances } = about;
  const began = stampOf(incident, "occurredAt") ?? stampOf(incident, "detectedAt");
  if (began === undefined) return unclear("when it began is not recorded");
  const keep = keeps(policy) ?? 0;
  const [first, last] = [began.at + keep, began.at + Math.max(1, began.precision) - 1 + keep];
  const until = `logs of its beginning are kept until ${timeForPeople(first, policy.zone)}`;
  const items = evidenceOfIncident(about);
  if (items.length === 0) {
    if (circumstances.asOf <= first) return { ...open(`no evidence is kept yet; ${until}`), due: first };
    // Rules that only say how long logs are kept ask for nothing once an incident was over in that time.
    const ended = incident.resolvedAt ?? incident.closedAt;
    if (!asksForEvidence(policy) && ended !== null && ended <= first) return undefined;
    const verdict = none(about);
    return { ...verdict, what: `${verdict.what}; ${until}`, due: first };
  }
  const taken = items.flatMap((item) =>
    item.collectedAt === null
      ? []
      : [
          {
            id: item.id,
            at: item.collectedAt,
            to: item.collectedAt + Math.max(1, precisionOf(item, "collectedAt")) - 1,
          },
        ],
  );
  if (taken.some(({ to }) => to <= first)) return { ...OK, due: first };
  const soonest = taken.sort((a, b) => a.at - b.at)[0];
  if (soonest === undefined || taken.length < items.length)
    return unclear(`when some of its evidence was collected is not recorded; ${until}`);
  return soonest.at > last
    ? { ...bad(`its first evidence, ${soonest.id}, was collected only after that; ${until}`), due: first }
    : unclear(`whether evidence was taken in time is not recorded exactly enough; ${until}`);
}

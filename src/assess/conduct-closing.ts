import { readExemption } from "../evidence/exemption.ts";
import type { FactOf } from "../evidence/fact.ts";
import { situationOf } from "../law/clocks.ts";
import { anyHolds } from "../policy/condition.ts";
import { notResumed } from "../slots/resumed.ts";
import { type Incident, reviewsFor, severitiesOf, tellsOfMessages } from "./case.ts";
import {
  alike,
  allOf,
  bad,
  type Governed,
  isOwn,
  judgeIncidents,
  OK,
  open,
  tells,
  together,
  unclear,
  under,
} from "./conduct.ts";
import { evidenceVerdict, measuresVerdict } from "./conduct-measures.ts";
import { messagesVerdict } from "./conduct-messages.ts";
import { noticesVerdict } from "./contract-notices.ts";
import { undecidable } from "./gone-words.ts";
import type { Circumstances, Judgement, Verdict } from "./judgement.ts";
import { isNamed } from "./shared-id.ts";

/** Whether incidents were closed by somebody, for a reason, and only once everything was done that the rules ask for. */

type Closing = NonNullable<Governed["policy"]["closing"]>;
type Need = Closing["conditions"][number]["needs"];

const blank = (text: string | null) => text === null || text.trim() === "";

/** Every closed incident says who closed it and why; where the rules ask for a role, that it was there is shown. */
export function closerNamed(circumstances: Circumstances): Judgement {
  return judgeIncidents(
    circumstances,
    {
      rule: "conditions for closing",
      set: ({ closing }) => closing !== undefined,
      bad: "closed without a record of who did it and why",
      ok: "closed with a record of who did it and why",
    },
    ({ incident, policy, observed }) => {
      if (incident.closedAt === null) return undefined;
      const lacks = [
        ...(blank(incident.closedBy) ? ["who closed it"] : []),
        ...(blank(incident.closureReason) ? ["why"] : []),
      ];
      if (lacks.length > 0) return bad(`it is not recorded ${lacks.join(" and ")}`);
      const { peak } = severitiesOf(incident, policy);
      const role = policy.closing?.byRole.find(({ severities }) => peak === undefined || severities.includes(peak));
      // Our own register lets nobody else close it.
      if (role === undefined || isOwn(circumstances, observed)) return OK;
      return unclear(
        `closed by ${incident.closedBy}; its source does not show whether that person has the role ${role.role}`,
      );
    },
  );
}

/** Closed only with everything that the rules ask for, or with a waiver for what was missing. */
export function closingComplete(circumstances: Circumstances): Judgement {
  return judgeIncidents(
    circumstances,
    {
      rule: "conditions for closing",
      set: ({ closing }) => (closing?.conditions.length ?? 0) > 0,
      bad: "closed although something was missing",
      ok: "closed with everything that your rules ask for",
    },
    (about) => {
      const { incident, policy, view } = about;
      if (incident.closedAt === null) return undefined;
      return together(
        (policy.closing?.conditions ?? []).flatMap(({ needs, when }) => {
          const verdict = under(anyHolds(when, view), notOpen(MET[needs](about)));
          if (verdict === undefined || verdict.word === "ok") return verdict ?? [];
          return incident.waived.includes(needs) && !blank(incident.closureReason) ? OK : verdict;
        }),
      );
    },
  );
}

/** What is still open of a closed incident is missing. */
const notOpen = (verdict: Verdict): Verdict => (verdict.word === "open" ? { ...verdict, word: "bad" } : verdict);

const has = (value: unknown, what: string): Verdict =>
  value === null || value === undefined || value === "" ? bad(what) : OK;

/** What a source may tell of, or not. */
const caused = ({ cause }: Incident) => !blank(cause);
const graded = ({ severities }: Incident) => severities.length > 0;
const measured = ({ measures }: Incident) => measures.length > 0;
const verified = ({ verifiedAt }: Incident) => verifiedAt !== null;

/** Where a source never tells of something, that it is not there means nothing. */
function told(about: Governed, of: (incident: Incident) => boolean, verdict: Verdict): Verdict {
  if (verdict.word === "ok" || tells(about.circumstances, about.observed, of)) return verdict;
  return unclear(`its source does not tell of it: ${verdict.what ?? "not recorded"}`);
}

const reviewsOf = ({ incident, circumstances }: Governed) => reviewsFor(incident, allOf(circumstances, "review"));

function ofReview(about: Governed, good: (review: FactOf<"review">) => boolean, what: string): Verdict {
  const reviews = reviewsOf(about);
  if (reviews.length === 0) return bad("there is no review of it");
  return reviews.some(good) ? OK : bad(what);
}

/** Steps of its reviews, and those that name it. */
function ofActions(about: Governed, good: (action: FactOf<"action">) => boolean, what: string): Verdict {
  const { incident, circumstances } = about;
  const own = allOf(circumstances, "action").filter(
    (action) => isNamed(incident, action.incident) && action.cancelledAt === null,
  );
  const wrong = own.filter((action) => !good(action)).map(({ id }) => id);
  if (wrong.length > 0) return bad(`${wrong.join(", ")}: ${what}`);
  const reviews = reviewsOf(about);
  const gone = reviews.flatMap(({ goneWords }) => goneWords ?? []);
  if (gone.length > 0) return undecidable(gone, "the actions of its review are not known");
  const items = reviews.flatMap(({ actions }) => actions);
  return own.length < items.length ? unclear(`not all actions of its review are on record as actions: ${what}?`) : OK;
}

const MET: Readonly<Record<Need, (about: Governed) => Verdict>> = {
  resolved: ({ incident }) => has(incident.resolvedAt, "it was never resolved"),
  owner: ({ incident }) => has(incident.owner, "nobody is responsible for it"),
  commander: ({ incident }) => has(incident.commander, "nobody led the response"),
  cause: (about) => {
    const reviews = reviewsOf(about);
    if (!blank(about.incident.cause) || reviews.some(namesCause)) return OK;
    const gone = reviews.flatMap(({ goneWords }) => goneWords ?? []);
    if (gone.length > 0) return undecidable(gone, "its cause is not recorded");
    return told(about, caused, bad("its cause is not recorded"));
  },
  nature: ({ incident }) => has(incident.nature, "nobody decided whether it concerns availability, security or both"),
  "severity-reasons": (about) =>
    about.incident.severities.slice(1).some(({ reason }) => blank(reason))
      ? bad("a change of its severity gives no reason")
      : told(about, graded, about.incident.severities.length > 0 ? OK : bad("how its severity changed")),
  "personal-data-decision": ({ incident }) =>
    has(incident.personalData, "nobody decided whether personal data is concerned"),
  "breach-notices": ({ incident, circumstances: { policies, asOf, zone } }) => {
    const { lost, began: _, ...situation } = situationOf(incident, policies, asOf, zone);
    const contracts = lost ? unclear("the text of the rules of then is gone") : noticesVerdict(incident, situation);
    return together([breaches(incident), contracts]) as Verdict;
  },
  measures: (about) => told(about, measured, measuresVerdict(about, about.policy.measures) ?? OK),
  "fix-verified": (about) => told(about, verified, has(about.incident.verifiedAt, "nobody verified the fix")),
  "recovery-checks": (about) =>
    told(
      about,
      measured,
      together(
        (about.policy.recovery?.checks ?? []).flatMap(
          ({ id, when }) =>
            under(
              anyHolds(when, about.view),
              about.incident.measures.includes(id) ? OK : bad(`the check "${id}" after the fix is not recorded`),
            ) ?? [],
        ),
      ) ?? OK,
    ),
  "collection-resumed": collectionResumed,
  "evidence-preserved": (about) => {
    const verdict = evidenceVerdict(about);
    return verdict.word === "ok" ? OK : verdict;
  },
  messages: (about) => told(about, tellsOfMessages, messagesVerdict(about) ?? OK),
  "review-approved": (about) =>
    ofReview(
      about,
      ({ approvedBy, approvedAt }) => !blank(approvedBy) || approvedAt !== null,
      "its review is not approved",
    ),
  "review-published": (about) =>
    about.incident.publishedAt !== null
      ? OK
      : ofReview(about, ({ publishedAt }) => publishedAt !== null, "its review is not published"),
  "control-decision": (about) =>
    ofReview(about, ({ controlChange }) => controlChange !== null, "nobody decided whether controls are strengthened"),
  "actions-owned": (about) =>
    ofActions(about, ({ owner, due }) => !blank(owner) && due !== null, "without an owner or a day"),
  "actions-done": (about) =>
    ofActions(about, ({ doneAt, verifiedAt }) => doneAt !== null || verifiedAt !== null, "not done"),
  "break-glass-off": breakGlassOff,
};

/** By what was collected until it was closed. */
function collectionResumed({ incident, circumstances: { sources } }: Governed): Verdict {
  const from = incident.occurredAt ?? incident.detectedAt;
  const { resolvedAt: to, closedAt } = incident;
  if (sources === undefined || from === null || to === null || closedAt === null)
    return unclear("no record tells whether evidence is collected again as usual");
  const silent = notResumed(
    sources.filter(({ own }) => own === undefined).map(({ history }) => history),
    { from, to: Math.max(from + 1, to) },
    closedAt,
  );
  return silent.length === 0
    ? OK
    : bad(`not collected again as usual when it was closed: ${silent.map((one) => one.instance).join(", ")}`);
}

/** The step by which emergency access is switched on, and the one by which it is switched off. */
export const BREAK_GLASS = { on: "break-glass", off: "break-glass-off" } as const;

function breakGlassOff({ incident, circumstances, observed }: Governed): Verdict {
  const newest = (name: string) =>
    incident.measures.reduce<number | null | undefined>((latest, measure, i) => {
      const at = incident.measuresAt[i] ?? null;
      if (alike(measure) !== name) return latest;
      return latest === undefined || latest === null || at === null ? at : Math.max(latest, at);
    }, undefined);
  const [on, off] = [newest(BREAK_GLASS.on), newest(BREAK_GLASS.off)];
  if (off !== undefined && (on === undefined || (on !== null && off !== null && on <= off))) return OK;
  if (on !== undefined && off === undefined) return bad("emergency access was switched on, and is still on");
  if (on !== undefined && on !== null && off !== null) return bad("emergency access was switched on again after that");
  if (on === undefined && isOwn(circumstances, observed)) return OK;
  return unclear("no record tells whether emergency access is off again");
}

const CAUSE = /\bcauses?\b|ursache/i;

/** Whether a review has something under a heading about the cause. */
export const namesCause = ({ sections }: Pick<FactOf<"review">, "sections">): boolean =>
  sections.some((heading) => CAUSE.test(heading));

/** People were not told: on a ground that the law knows, with words, or without one. */
function exemptVerdict(text: string | null): Verdict {
  if (text === null || blank(text)) return bad("the people concerned were not told");
  const { ground, words } = readExemption(text);
  const why = "the people concerned were not told, and on which ground";
  return ground === undefined || words === "" ? unclear(`${why} is not recorded in full`) : OK;
}

/** Notices about a breach: that they were given. Whether in time is judged by the clocks. */
function breaches(incident: Incident): Verdict {
  if (incident.personalData === "no") return OK;
  if (incident.personalData === null) return unclear("it is not decided whether personal data is concerned");
  if (incident.breaches.length === 0) return bad("personal data is concerned, and no breach is recorded");
  return (
    together(
      incident.breaches.map(({ role, risk, riskReason, authorityAt, controllerAt, subjectsAt, exemption }) => {
        if (role === null) return unclear("the role in which the data was processed is not recorded");
        if (role === "processor") return has(controllerAt, "the controller was not told");
        if (risk === null) return bad("the risk for the people concerned was not decided");
        if (risk === "unlikely") return has(riskReason, "why a risk is unlikely is not recorded");
        const people = risk === "high" && subjectsAt === null;
        return together([
          has(authorityAt, "the authority was not told"),
          people ? exemptVerdict(exemption) : OK,
        ]) as Verdict;
      }),
    ) ?? open("")
  );
}

import type { FactOf } from "../evidence/fact.ts";
import { anyHolds, type Holds } from "../policy/condition.ts";
import type { Policy } from "../policy/policy.ts";
import { caseView, type Incident, type RulesAt, reviewsFor, reviewsNamed, rulesOf } from "./case.ts";
import {
  alike,
  allOf,
  bad,
  type Conduct,
  judgeAll,
  judgeBy,
  judgeIncidents,
  OK,
  open,
  rulesWhen,
  together,
  unclear,
  under,
} from "./conduct.ts";
import { namesCause } from "./conduct-closing.ts";
import { undecidable } from "./gone-words.ts";
import { type Circumstances, type Judgement, recordsOf, type Verdict } from "./judgement.ts";
import { idsOf } from "./one-id.ts";
import { linkKey } from "./population.ts";
import { judgeReview } from "./review-clock.ts";

/** Reviews of incidents: that there is one where the rules ask for it, and what must stand in it. */

type Review = FactOf<"review">;

const blank = (text: string | null) => text === null || text.trim() === "";

/** Every incident that the rules name has a review. By when, the clocks judge. */
export function reviewExists(circumstances: Circumstances): Judgement {
  const reviews = allOf(circumstances, "review");
  const delivered = circumstances.feeding.some(({ kinds }) => kinds.has("review")) || reviews.length > 0;
  return judgeIncidents(
    circumstances,
    {
      rule: "review of incidents",
      set: ({ review }) => review !== undefined,
      bad: "without a review that your rules ask for",
      ok: "with a review",
    },
    ({ incident, policy, view, observed }) => {
      const { review } = policy;
      if (review === undefined) return undefined;
      const found = reviewsFor(incident, reviews);
      const verdict = (): Verdict => {
        if (found.length > 0) return OK;
        const named = blank(incident.review) ? "" : `; it names ${incident.review}, which was not found`;
        if (incident[review.from] === null && incident.closedAt === null) return open(`no review yet${named}`);
        const own = circumstances.feeding.some((one) => one.instance === observed.instance && one.own !== undefined);
        if (!delivered && !own) return unclear(`no connected source shows reviews${named}`);
        if (incident.closedAt !== null) return bad(`no review${named}`);
        // What is due and not there is missing, as its clock says: an incident that is left open waits for no review.
        const { word, what } = judgeReview(incident, "review", [], circumstances.policies, circumstances.asOf).verdict;
        if (word === "bad") return bad(`no review${named}; ${what ?? "it was due"}`);
        return word === "unclear" ? unclear(`no review yet${named}; ${what ?? ""}`) : open(`no review yet${named}`);
      };
      return under(anyHolds(review.required, view), verdict());
    },
  );
}

/** The incident of a review, where it was seen. */
export function incidentOf(circumstances: Circumstances, review: Review): Incident | undefined {
  return allOf(circumstances, "incident").find(
    (incident) =>
      idsOf(incident).some((id) => review.incident !== null && linkKey(review.incident) === linkKey(id)) ||
      reviewsNamed(incident).some((name) => linkKey(name) === linkKey(review.id)),
  );
}

/** By the rules that count for the incident that it is about; where that was not seen, by those of the day of the review. */
function rulesForReview(circumstances: Circumstances, review: Review): RulesAt {
  const incident = incidentOf(circumstances, review);
  const { policies, asOf } = circumstances;
  return incident === undefined ? rulesWhen(circumstances, review.date) : rulesOf(policies, incident, asOf);
}

/** Whether the rules ask for this review; unknown where the incident that it is about was not seen. */
function required(circumstances: Circumstances, review: Review, policy: Policy): Holds {
  const incident = incidentOf(circumstances, review);
  if (incident === undefined) return "unknown";
  return anyHolds(policy.review?.required, caseView(incident, policy, circumstances.asOf));
}

/** One verdict on each review that the rules ask for. */
export function judgeReviews(
  circumstances: Circumstances,
  conduct: Conduct,
  ask: (review: Review, policy: Policy) => Verdict | undefined,
): Judgement {
  return judgeBy(
    circumstances,
    "review",
    conduct,
    ({ fact }) => rulesForReview(circumstances, fact as Review),
    ({ fact }, policy) => {
      const verdict = ask(fact as Review, policy);
      return verdict && under(required(circumstances, fact as Review, policy), verdict);
    },
  );
}

export const plainHeading = (heading: string) =>
  heading
    .normalize("NFKC")
    .toLowerCase()
    .replace(/^[\s\d.#)(-]+/, "")
    .replace(/[\s_-]+/g, " ")
    .replace(/[\s:.]+$/, "")
    .trim();

/** Every part that the rules ask for has text under its heading. */
export function reviewSections(circumstances: Circumstances): Judgement {
  return judgeReviews(
    circumstances,
    {
      rule: "parts of a review",
      set: ({ review }) => (review?.sections.length ?? 0) > 0,
      bad: "without a part that your rules ask for",
      ok: "with every part that your rules ask for",
    },
    ({ sections, empty, goneWords: gone }, policy) => {
      if (gone !== undefined) return undecidable([gone]);
      const full = new Set(sections.map(plainHeading));
      const bare = new Set(empty.map(plainHeading));
      return together(
        (policy.review?.sections ?? []).map(({ heading, aliases }) => {
          const names = [heading, ...aliases].map(plainHeading);
          if (names.some((name) => full.has(name))) return OK;
          return bad(names.some((name) => bare.has(name)) ? `"${heading}" is empty` : `no part "${heading}"`);
        }),
      );
    },
  );
}

/** It says why it happened, or the record of its incident does. */
export function reviewCause(circumstances: Circumstances): Judgement {
  return judgeAll(circumstances, "review", { bad: "without the cause", ok: "with the cause" }, (review) =>
    namesCause(review) || !blank(incidentOf(circumstances, review)?.cause ?? null)
      ? OK
      : review.goneWords === undefined
        ? bad("neither it nor the record of its incident names the cause")
        : undecidable([review.goneWords]),
  );
}

/** It was approved, by somebody and at some time. */
export function reviewApproved(circumstances: Circumstances): Judgement {
  return judgeReviews(
    circumstances,
    {
      rule: "approval of reviews",
      set: ({ review, closing }) =>
        review?.counts === "approved" ||
        (closing?.conditions.some(({ needs }) => needs === "review-approved") ?? false),
      bad: "that nobody approved",
      ok: "that somebody approved",
    },
    ({ approvedBy, approvedAt }) => {
      if (!blank(approvedBy)) return OK;
      return approvedAt === null ? bad("nobody approved it") : bad("approved, and it is not recorded by whom");
    },
  );
}

/** Somebody else approved it than whoever wrote it. */
export function reviewApproverDiffers(circumstances: Circumstances): Judgement {
  return judgeAll(
    circumstances,
    "review",
    { bad: "approved by whoever wrote it", ok: "approved by somebody else than its author" },
    ({ author, approvedBy }) => {
      if (approvedBy === null || blank(approvedBy)) return undefined;
      if (author === null || blank(author)) return unclear("who wrote it is not recorded");
      return alike(author) === alike(approvedBy) ? bad(`written and approved by ${author}`) : OK;
    },
  );
}

/** The record of the incident and the review name each other. */
export function reviewLinked(circumstances: Circumstances): Judgement {
  const own = new Set(
    recordsOf(circumstances, "review")
      .filter(({ instance }) =>
        circumstances.feeding.some((one) => one.instance === instance && one.history.record.use === "custody/register"),
      )
      .map(({ fact }) => fact.id),
  );
  return judgeReviews(
    circumstances,
    {
      rule: "link between incident and review",
      set: ({ review }) => review?.linked === true,
      bad: "that the record of the incident does not name",
      ok: "that the record of the incident names",
    },
    (review) => {
      if (blank(review.incident)) return bad("it names no incident");
      const incident = incidentOf(circumstances, review);
      if (incident === undefined) return unclear(`the incident ${review.incident} was not seen`);
      if (own.has(review.id)) return OK;
      if (incident.review === null || blank(incident.review))
        return bad(`the record of ${incident.id} names no review`);
      return reviewsNamed(incident).some((name) => linkKey(name) === linkKey(review.id))
        ? OK
        : bad(`the record of ${incident.id} names another review, ${incident.review}`);
    },
  );
}

/** It says whether controls are strengthened, yes or no. */
export function reviewControlDecision(circumstances: Circumstances): Judgement {
  return judgeReviews(
    circumstances,
    {
      rule: "decision whether controls are strengthened",
      set: ({ review }) => review?.controlDecision === true,
      bad: "without a decision whether controls are strengthened",
      ok: "with a decision whether controls are strengthened",
    },
    ({ controlChange }) => (controlChange === null ? bad("nobody decided whether controls are strengthened") : OK),
  );
}

const FIELDS = { item: "what is done", owner: "who does it", due: "by when" } as const;

/** Each action in it has what the rules ask of actions. */
export function reviewActions(circumstances: Circumstances): Judgement {
  return judgeReviews(
    circumstances,
    {
      rule: "fields of actions",
      set: ({ review }) => (review?.actionFields.length ?? 0) > 0,
      bad: "with an action of which something is missing",
      ok: "whose actions have everything that your rules ask for",
    },
    ({ actions, goneWords: gone }, policy) => {
      if (gone !== undefined) return undecidable([gone]);
      return together(
        actions.map((action, i) => {
          const lacks = (policy.review?.actionFields ?? []).filter((field) => blank(action[field]));
          if (lacks.length === 0) return OK;
          return bad(`action ${i + 1} does not say ${lacks.map((field) => FIELDS[field]).join(", ")}`);
        }),
      );
    },
  );
}

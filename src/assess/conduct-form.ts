import type { FactOf } from "../evidence/fact.ts";
import { attestedBy } from "../policy/attested.ts";
import type { Policy } from "../policy/policy.ts";
import { lastedOf } from "./case.ts";
import { bad, judgeBy, OK, rulesWhen, together, unclear } from "./conduct.ts";
import { incidentOf, judgeReviews } from "./conduct-review.ts";
import type { Circumstances, Judgement, Verdict } from "./judgement.ts";

/** The form of what comes after an incident: what stands at the head of its review, and what shows that actions were done. */

type Review = FactOf<"review">;
type Field = NonNullable<Policy["review"]>["header"][number];

const blank = (text: string | null) => text === null || text.trim() === "";

/** Everything that the rules want at the head of a review is there. */
export function reviewHeader(circumstances: Circumstances): Judgement {
  return judgeReviews(
    circumstances,
    {
      rule: "head of a review",
      set: ({ review }) => (review?.header.length ?? 0) > 0,
      bad: "without everything that your rules want at its head",
      ok: "with everything that your rules want at its head",
    },
    (review, policy) =>
      together([OK, ...(policy.review?.header ?? []).map((field) => headVerdict(circumstances, review, field))]),
  );
}

function headVerdict(circumstances: Circumstances, review: Review, field: Field): Verdict {
  if (field === "date") return review.date === null ? bad("it has no date") : OK;
  if (field !== "duration") return blank(review[field]) ? bad(`it does not name its ${field}`) : OK;
  // A review counts from the times of its incident; written down by hand they would only be a second account.
  const incident = incidentOf(circumstances, review);
  const lasted = incident && lastedOf(incident, circumstances.asOf);
  if (lasted != null && Number.isFinite(lasted.most)) return OK;
  return unclear("how long the incident lasted is not in its record");
}

/** Whoever approved a review said with it what the rules ask of them. */
export function reviewAttested(circumstances: Circumstances): Judgement {
  return judgeReviews(
    circumstances,
    {
      rule: "words of whoever approves a review",
      set: (policy) => attestedBy(policy).length > 0,
      bad: "approved without what your rules have the approver say",
      ok: "approved with what your rules have the approver say",
    },
    ({ approvedBy, attested }, policy) => {
      if (blank(approvedBy)) return undefined;
      if (attested === null) return unclear("its source does not show what whoever approved it said with it");
      const lacking = attestedBy(policy).filter(({ id }) => !attested.includes(id));
      return lacking.length === 0 ? OK : bad(`not said: ${lacking.map(({ says }) => `"${says}"`).join(", ")}`);
    },
  );
}

/** Of every action that was done something shows it. */
export function actionsShown(circumstances: Circumstances): Judgement {
  return judgeBy(
    circumstances,
    "action",
    {
      rule: "tracking of actions to their end",
      set: ({ review }) => review?.actionsTracked === true,
      bad: "done, with nothing that shows it",
      ok: "done, with something that shows it",
    },
    ({ fact }) => rulesWhen(circumstances, (fact as FactOf<"action">).createdAt),
    ({ fact }) => {
      const { doneAt, evidence, cancelledAt } = fact as FactOf<"action">;
      if (doneAt === null || cancelledAt !== null) return undefined;
      return evidence > 0 ? OK : bad("no file shows that it was done");
    },
  );
}

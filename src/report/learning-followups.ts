import type { FactOf } from "../evidence/fact.ts";
import type { FollowUpRow, ReviewDetail } from "./learning-shape.ts";

/** What reviews say that is to be done, each with the record that tells what became of it, where there is one. Pure. */

/** An action of which something is recorded: of this log or of a source. */
export interface Tracked {
  readonly id: string;
  readonly title: string;
  readonly incident: string | null;
  /** The review or exercise from which it comes. */
  readonly activity: string | null;
}

export const trackedOf = ({ id, title, incident, activity }: FactOf<"action">): Tracked => ({
  id,
  title,
  incident,
  activity,
});

const words = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** Only one of the same words counts, of the same incident or review: what somebody may have meant, nobody can know. */
export function followUpRows(reviews: readonly ReviewDetail[], tracked: readonly Tracked[]): FollowUpRow[] {
  return reviews
    .filter(({ withdrawn }) => withdrawn === null)
    .flatMap(({ id, incident, named }) => {
      const incidents = new Set(incident?.split(", ") ?? []);
      return named.map(({ item, owner, due }): FollowUpRow => {
        const found = tracked.find(
          (one) =>
            words(one.title) === words(item) &&
            (one.activity === id || one.incident === null || incidents.has(one.incident)),
        );
        return { review: id, incident, item, owner, due, action: found?.id ?? null };
      });
    });
}

/**
 * What a person confirms by a sign-off, and what may as well stand in the log as something that was held: the kind of activity by
 * the subject of the sign-off.
 */
const HELD = {
  "incident-exercise": "exercise",
  "contact-list": "contact-check",
  "incident-training": "training",
  "incident-trends": "trend-review",
  "recurring-incidents": "recurrence-review",
} as const;

type HeldSubject = keyof typeof HELD;

/** The kind of activity that answers a sign-off of this subject; undefined where only a sign-off does. */
export const heldAs = (subject: string): (typeof HELD)[HeldSubject] | undefined =>
  Object.hasOwn(HELD, subject) ? HELD[subject as HeldSubject] : undefined;

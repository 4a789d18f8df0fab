import type { FactOf } from "./fact.ts";

/** Within this, opening an incident and answering it was one deed of one command, and no length of anything. */
const ONE_DEED = 1_000;

/** True where something was noticed only by the deed that answered it: how soon it was answered nobody can say. */
export const isOneDeed = (noticed: number, answered: number): boolean =>
  answered >= noticed && answered - noticed < ONE_DEED;

/**
 * True of an incident that Custody opened itself and that was done with up to this time in the moment in which it was noticed: a gap
 * that nobody had noted is noted by whatever command somebody runs first.
 */
export function wasOneDeed(incident: FactOf<"incident">, to: string): boolean {
  const { origin, detectedAt } = incident;
  const end: unknown = incident[to as keyof typeof incident];
  if (origin !== "custody" || detectedAt === null || typeof end !== "number") return false;
  return isOneDeed(detectedAt, end);
}

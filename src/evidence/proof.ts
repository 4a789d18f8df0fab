import type { Actor } from "./entry.ts";

/** How somebody must have been recognised for it to be known who acted. */
const RECOGNISED: ReadonlySet<string> = new Set(["token", "session", "oidc"]);

/** True for a person who proved who they are, whatever their role. */
export const isProven = ({ type, auth }: Pick<Actor, "type" | "auth">): boolean =>
  type === "person" && RECOGNISED.has(auth ?? "");

/**
 * Whether a record of one can take the place of a record of the other: what somebody recorded who was recognised, or Custody
 * itself, is not put right by somebody of whom nobody knows who they are.
 */
export const mayReplace = (by: Pick<Actor, "type" | "auth">, earlier: Pick<Actor, "type" | "auth">): boolean =>
  by.type !== "person" || isProven(by) || (earlier.type === "person" && !isProven(earlier));

/** Why what this person did is no sign-off, in words; undefined where it is one. */
export function whyNoSignOff(actor: Pick<Actor, "type" | "auth" | "role">): string | undefined {
  if (actor.type !== "person") return "no person did it";
  if (!isProven(actor)) return "nobody proved who did it";
  return actor.role === "owner" ? undefined : `who did it is ${actor.role ?? "of no known role"}, and may not sign`;
}

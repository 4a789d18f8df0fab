import type { Actor } from "../evidence/entry.ts";
import { isProven } from "../evidence/proof.ts";
import { iso } from "../lib/time.ts";
import type { Deed } from "../reviews/stamp.ts";
import { clean } from "./clean.ts";
import type { DeedRow } from "./learning-shape.ts";

/** Whoever did something, as a report names them. */
export interface Doer {
  readonly name: string;
  readonly role: string | null;
  /** How they were recognised, as the record has it: `token`, `session`, `oidc`, `unauthenticated`; null where it does not say. */
  readonly recognised: string | null;
  /** True for a person who proved who they are. Only such a one's acts can be sign-offs. */
  readonly proven: boolean;
}

/** Names behind random IDs, as far as they are still there. */
export type Names = ReadonlyMap<string, string>;

/** A person's name; whoever has none any more is their ID. */
export const nameOf = (id: string, names: Names): string => clean(names.get(id) ?? id, 120);

/** Said of whoever acted on a bare shell. */
export const NOBODY_CHECKED = "nobody checked who that was";

/** Who acted, and whether anybody checked that it was they. */
export function actedBy(actor: Actor, names: Names): string {
  const name = nameOf(actor.id, names);
  return actor.type !== "person" || isProven(actor) ? name : `${name} (${NOBODY_CHECKED})`;
}

export function doerOf(actor: Pick<Actor, "type" | "id" | "role" | "auth">, names: Names): Doer {
  return {
    name: nameOf(actor.id, names),
    role: actor.role === undefined ? null : clean(actor.role, 40),
    recognised: actor.auth === undefined ? null : clean(actor.auth, 40),
    proven: isProven(actor),
  };
}

/** What somebody did as a row: when, by whom, by which record. */
export function deedRow({ at, precision, entry, logged, by }: Deed, names: Names): DeedRow {
  return { at: iso(at), precision, by: doerOf(by, names), logged: iso(logged), entry };
}

const RECOGNITION: Readonly<Record<string, string>> = {
  token: "by personal token",
  session: "signed in",
  oidc: "signed in",
  unauthenticated: NOBODY_CHECKED,
};

/** How somebody was recognised, in words. */
export const recognitionInWords = (recognised: string | null): string =>
  recognised === null ? "not said how recognised" : (RECOGNITION[recognised] ?? recognised);

/** `anna (owner, by personal token)`; `otto (nobody checked who that was)`: a role that nobody proved is not printed. */
export function doerInWords({ name, role, recognised, proven }: Doer): string {
  const words = [...(proven && role !== null ? [role] : []), recognitionInWords(recognised)];
  return `${name} (${words.join(", ")})`;
}

import { type Actor, type Entry, isKind } from "../evidence/entry.ts";
import { whyNoSignOff } from "../evidence/proof.ts";
import { fromIso, type Instant } from "../lib/time.ts";

/** One record that a person made. */
export interface HumanAct {
  readonly entry: number;
  readonly at: Instant;
  readonly kind: string;
  readonly actor: Actor;
  /** `yes`: a sign-off by somebody who proved who they are and may sign. `no`: meant as one, and none. */
  readonly signs: "yes" | "no" | undefined;
}

/** What people did, from the entries of a log in order. Who somebody is (`identity`) is no act. */
export class HumanActs {
  readonly #acts: HumanAct[] = [];
  readonly #identities: { readonly id: string; readonly entry: number }[] = [];

  add(index: number, entry: Entry): void {
    const { actor, kind } = entry;
    if (isKind(entry, "identity")) this.#identities.push({ id: entry.person, entry: index });
    if (actor.type !== "person" || kind === "identity") return;
    const signs = !isSigning(entry) ? undefined : whyNoSignOff(actor) === undefined ? "yes" : "no";
    this.#acts.push({ entry: index, at: fromIso(entry.at), kind, actor, signs });
  }

  get all(): readonly HumanAct[] {
    return this.#acts;
  }

  /** Records that say who somebody is, in order. */
  get identities(): readonly { readonly id: string; readonly entry: number }[] {
    return this.#identities;
  }
}

/** True for what a person answers for with their name: nothing of it counts on a bare shell. */
function isSigning(entry: Entry): boolean {
  if (isKind(entry, "sign-off")) return true;
  if (isKind(entry, "waiver")) return entry.act === "grant";
  if (isKind(entry, "activity")) return entry.act === "approve";
  return isKind(entry, "gap") && entry.action === "accept";
}

import type { Entry } from "../evidence/entry.ts";
import { isKind } from "../evidence/entry.ts";
import { isProven } from "../evidence/proof.ts";
import { fromIso, type Instant, type Interval } from "../lib/time.ts";

/** What a person signed, as its entry tells it. */
export interface SignOff {
  /** Index of the entry. */
  readonly entry: number;
  readonly at: Instant;
  /** `nil-return`, or the `subject` of a human check. */
  readonly subject: string;
  /** The time that it speaks for. */
  readonly window: Interval;
  /** The requirements it is about; none where the subject says it all. */
  readonly requirements: readonly string[];
  /** How many records the log had when they looked. */
  readonly seen: number;
  readonly by: {
    readonly id: string;
    readonly role: string | undefined;
    /** Filled in by whoever may look at `identity` blobs. */
    readonly name?: string;
  };
}

/** A sign-off that counts for nothing, and why. */
export interface VoidSignOff extends SignOff {
  readonly why: string;
}

/** Whose sign-off counts. */
const MAY_SIGN: ReadonlySet<string> = new Set(["owner"]);

/** The sign-offs of a ledger, folded from its entries in order: those that count, and those that do not. */
export class SignOffs {
  readonly #counting: SignOff[] = [];
  readonly #void: VoidSignOff[] = [];

  add(index: number, entry: Entry): void {
    if (!isKind(entry, "sign-off")) return;
    const { actor, subject, window, requirements = [], seen } = entry;
    const signed: SignOff = {
      entry: index,
      at: fromIso(entry.at),
      subject,
      window: { from: fromIso(window.from), to: fromIso(window.to) },
      requirements,
      seen: seen.size,
      by: { id: actor.id, role: actor.role },
    };
    const why = whyVoid(signed, actor, index);
    if (why === undefined) this.#counting.push(signed);
    else this.#void.push({ ...signed, why });
  }

  get counting(): readonly SignOff[] {
    return this.#counting;
  }

  get void(): readonly VoidSignOff[] {
    return this.#void;
  }
}

function whyVoid({ at, window, seen, by }: SignOff, { type, auth }: Entry["actor"], index: number): string | undefined {
  if (type !== "person") return "no person signed it";
  if (!isProven({ type, auth })) return "nobody proved who signed it";
  if (!MAY_SIGN.has(by.role ?? "")) return `who signed it is ${by.role ?? "of no known role"}, and may not sign`;
  if (!(window.from < window.to)) return "the time that it speaks for ends before it begins";
  if (at < window.to) return "it was signed before the time that it speaks for was over";
  return seen > index ? "it speaks of records that came after it" : undefined;
}

/** The same sign-off with the name of who signed, where it is known. */
export function named<S extends SignOff>(signed: S, names: ReadonlyMap<string, string>): S {
  const name = names.get(signed.by.id);
  return name === undefined ? signed : { ...signed, by: { ...signed.by, name } };
}

/** `anna (owner)`; the random ID where the name is not known. */
export function signerInWords({ by }: SignOff): string {
  return `${by.name ?? by.id}${by.role === undefined ? "" : ` (${by.role})`}`;
}

import { type Entry, isKind } from "../evidence/entry.ts";
import { isProven } from "../evidence/proof.ts";
import { fromIso, type Instant } from "../lib/time.ts";

/** When it began, and the record and file that say so. */
interface Begun {
  readonly from: Instant;
  readonly entry: number;
  readonly item: string;
}

export interface Kept extends Begun {
  /** Until when; undefined while it is kept. */
  readonly to: Instant | undefined;
}

/**
 * Since when the register is kept, and which of its incidents go on: from the records alone and as they come, without the
 * words of people. What contradicts itself counts as open.
 */
export class RegisterLog {
  readonly #open = new Set<string>();
  readonly #known = new Set<string>();
  readonly #ends = new Map<number, string>();
  #first: Begun | undefined;
  #configured: (Begun & { to: Instant | undefined }) | undefined;

  add(index: number, entry: Entry): void {
    if (isKind(entry, "config"))
      this.#addConfig({ from: fromIso(entry.at), entry: index, item: entry.config.digest }, entry.register === true);
    if (!isKind(entry, "incident")) return;
    const { incident, act, corrects, values, actor } = entry;
    if (act === "open") {
      this.#known.add(incident);
      this.#first ??= { from: fromIso(entry.at), entry: index, item: entry.body?.digest ?? "" };
    }
    if (!this.#known.has(incident)) return;
    const struckOut = act === "void" && corrects !== undefined && this.#ends.get(corrects) === incident;
    if (struckOut || act === "reopen" || (act === "open" && corrects === undefined)) this.#open.add(incident);
    const ends =
      act === "withdraw"
        ? isProven(actor) && actor.role === "owner"
        : act === "resolve" || act === "close" || (act === "stamp" && values?.time === "resolved");
    if (!ends) return;
    this.#ends.set(index, incident);
    this.#open.delete(incident);
  }

  #addConfig(begun: Begun, register: boolean): void {
    if (this.#configured === undefined) {
      if (register) this.#configured = { ...begun, to: undefined };
    } else if (!register) this.#configured.to ??= begun.from;
    else this.#configured.to = undefined;
  }

  /** Those that are neither resolved nor closed nor withdrawn. */
  get open(): ReadonlySet<string> {
    return this.#open;
  }

  /**
   * The time for which the register says everything: from when on the configuration says that it is kept here, or from its
   * first record where that is earlier, for as long as either holds. Undefined where neither does.
   */
  get kept(): Kept | undefined {
    const [begun] = [this.#configured, this.#first]
      .filter((one) => one !== undefined)
      .sort((a, b) => a.entry - b.entry);
    if (begun === undefined) return undefined;
    const { from, entry, item } = begun;
    return { from, entry, item, to: this.#first === undefined ? this.#configured?.to : undefined };
  }
}

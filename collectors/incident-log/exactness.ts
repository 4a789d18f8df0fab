import type { Instant } from "../../src/lib/time.ts";
import type { SettledTime } from "./times.ts";

/** How exactly the times of one fact are known, gathered while their instants go into it. */
export class Exactness {
  readonly #known: Record<string, number> = {};

  /** The instant for the field of this name; `severities.0` is that of the first of a list. */
  at(name: string, time: SettledTime | null): Instant | null {
    if (time === null) return null;
    if (time.precision > 1) this.#known[name] = time.precision;
    return time.at;
  }

  /** The same for all fields of an object. */
  each<K extends string>(times: Readonly<Record<K, SettledTime | null>>): Record<K, Instant | null> {
    const entries = Object.entries<SettledTime | null>(times).map(([name, time]) => [name, this.at(name, time)]);
    return Object.fromEntries(entries) as Record<K, Instant | null>;
  }

  /** As a fact carries it: milliseconds by field, without those that are exact. */
  get precision(): Record<string, number> {
    return { ...this.#known };
  }
}

import type { Actor } from "../evidence/entry.ts";
import { fromIso, type Instant } from "../lib/time.ts";

/** A time as somebody knows it: what they mean lies in [at, at + precision). */
export interface Stamp {
  readonly at: Instant;
  readonly precision: number;
}

/** When something was done and by whom, as its record tells it. */
export interface Deed extends Stamp {
  /** Index of the record. */
  readonly entry: number;
  /** When it was logged. */
  readonly logged: Instant;
  readonly by: Actor;
}

/** The latest moment that is meant. */
export const latest = ({ at, precision }: Stamp): Instant => at + precision - 1;

interface Act {
  readonly index: number;
  readonly at: Instant;
  readonly entry: { readonly happened: string; readonly precision?: number | undefined; readonly actor: Actor };
}

export function deedOf({ index, at: logged, entry }: Act): Deed {
  const { happened, precision = 1, actor } = entry;
  return { at: fromIso(happened), precision, entry: index, logged, by: actor };
}

/** How exactly the times of a fact are known, by the name of its field; those that are exact are left out. */
export function precisions(stamps: Readonly<Record<string, Stamp | undefined>>): Record<string, number> {
  const inexact = Object.entries(stamps).flatMap(([name, stamp]) =>
    stamp !== undefined && stamp.precision > 1 ? [[name, stamp.precision] as const] : [],
  );
  return Object.fromEntries(inexact);
}

/** A record that does not fit what is known of its thing. Nothing is left out for it silently. */
export interface Trouble {
  readonly entry: number;
  /** The thing that the record is about. */
  readonly about: string;
  readonly why: string;
}

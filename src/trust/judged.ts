import type { Instant } from "../lib/time.ts";

/** Somebody outside saw a head at some time in this range. */
export interface Seen {
  readonly by: string;
  readonly earliest: Instant;
  readonly latest: Instant;
  readonly validUntil?: Instant;
}

/** What is to be said of a kept proof. `bad`: it cannot be what it is kept for, whoever is trusted. */
export type Judged =
  | { readonly is: "good"; readonly seen: readonly Seen[] }
  | { readonly is: "bad"; readonly expected: string; readonly found: string }
  | { readonly is: "unknown"; readonly why: string };

import type { Custody } from "../custody.ts";
import { isCustodyError, messageOf } from "../lib/errors.ts";

/** What one check came to. */
export interface Diagnosis {
  /** `skipped`: there is nothing to look at, or what it rests on is wrong already and said elsewhere. */
  readonly state: "good" | "warn" | "bad" | "skipped";
  /** What was found, a sentence or a few words, without any secret. */
  readonly found: string;
  /** What to do. */
  readonly remedy?: string;
  /** True where trying again later may be enough, and nobody must do anything. */
  readonly later?: boolean;
  /** The name of the check that says why: where that one is made too and bad, this one has nothing of its own to tell. */
  readonly cause?: string;
}

/** One thing that Custody needs. Looks and writes no record. */
export interface Check {
  /** As it is asked for. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Milliseconds after which it counts as without an answer. */
  readonly limit?: number;
  run(custody: Custody, signal: AbortSignal): Promise<Diagnosis>;
}

/** A check with what it came to. */
export interface Examined extends Diagnosis {
  readonly name: string;
  readonly title: string;
}

export const good = (found: string): Diagnosis => ({ state: "good", found });
export const warn = (found: string, remedy: string): Diagnosis => ({ state: "warn", found, remedy });
export const bad = (found: string, remedy: string): Diagnosis => ({ state: "bad", found, remedy });
export const skipped = (found: string): Diagnosis => ({ state: "skipped", found });

/** What a check that threw came to. */
export function failed(error: unknown): Diagnosis {
  const later = isCustodyError(error) && error.kind === "temporary";
  const remedy =
    (isCustodyError(error) ? error.remedy : undefined) ??
    "Look at what is named here, then run `custody doctor` again.";
  const cause = isCustodyError(error, "NOT_A_STORE") ? { cause: "store" } : {};
  return { state: "bad", found: messageOf(error), remedy, ...(later ? { later } : {}), ...cause };
}

/** What is seen in the log; where it cannot be opened the check of the log says why. */
export async function withLog(
  custody: Custody,
  look: (view: Awaited<ReturnType<Custody["view"]>>) => Promise<Diagnosis>,
): Promise<Diagnosis> {
  let view: Awaited<ReturnType<Custody["view"]>>;
  try {
    view = await custody.view();
  } catch (error) {
    return { ...failed(error), cause: "log" };
  }
  return look(view);
}

export const seconds = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);
export const many = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`;

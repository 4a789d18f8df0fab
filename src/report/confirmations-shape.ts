import type { NilState } from "../assess/nil.ts";
import type { SlotState } from "../slots/state.ts";
import type { Iso, Span } from "./shape.ts";

/** What people confirmed and signed. */

/** A claim that nothing happened, and everything that it rests on. */
export interface NilRow {
  readonly requirement: string;
  readonly about: string;
  readonly period: Span & { readonly label: string };
  readonly state: NilState;
  readonly reason: string;
  readonly holes: readonly (Span & {
    readonly instance: string;
    readonly state: SlotState;
    readonly slots: number;
    readonly cause: string | null;
    readonly entries: readonly number[];
  })[];
  readonly sources: readonly {
    readonly instance: string;
    readonly use: string;
    readonly slots: number;
    readonly covered: number;
    readonly late: number;
    /** The source's own count; null where it gives none. */
    readonly total: number | null;
    readonly entries: readonly number[];
  }[];
  /** Also of a claim that was withdrawn since. */
  readonly confirmed: readonly { readonly by: string; readonly at: Iso; readonly entry: number }[];
  /** Records that show that something happened after all. */
  readonly entries: readonly number[];
}

export interface SignOffRow {
  readonly entry: number;
  readonly at: Iso;
  readonly subject: string;
  readonly period: Span & { readonly label: string };
  readonly by: string;
  readonly requirements: readonly string[];
  /** Why it counts for nothing; null where it counts. */
  readonly void: string | null;
}

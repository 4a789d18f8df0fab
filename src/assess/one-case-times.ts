import type { IncidentTime } from "../evidence/case-facts.ts";
import type { Instant } from "../lib/time.ts";
import { iso } from "../lib/time.ts";
import type { IncidentRecord } from "./one-case.ts";

/** Times that several records of one incident tell. */

/** What one record says. */
export interface Told<T> {
  readonly value: T;
  readonly from: IncidentRecord;
}

/** A time with the last moment at which it may have been, and who says so. */
export interface ToldTime extends Told<Instant> {
  readonly until: Instant;
}

type TimeField = IncidentTime | "personalDataAt";

export function timeOf(from: IncidentRecord, at: Instant | null | undefined, name: string): ToldTime[] {
  if (at === null || at === undefined) return [];
  const exact = Object.hasOwn(from.fact.precision, name) ? (from.fact.precision[name] ?? 1) : 1;
  return [{ value: at, until: at + Math.max(1, exact), from }];
}

/** What the records say of a time. */
export function toldOf(records: readonly IncidentRecord[], field: TimeField): ToldTime[] {
  return records.flatMap((from) => timeOf(from, from.fact[field], field));
}

/**
 * The one that says it most exactly, where no other speaks against it. Where they differ, it was at some time from the earliest to
 * the latest of them: what that leaves open is decided for nobody.
 */
export function moreExact(
  told: readonly ToldTime[],
  name: string,
  precision: Record<string, number>,
  note: (field: string, told: readonly Told<string>[]) => void,
): Instant | null {
  if (told.length === 0) return null;
  const [from, until] = [Math.max(...told.map(({ value }) => value)), Math.min(...told.map((one) => one.until))];
  const agreed = told.find((one) => one.value === from && one.until === until);
  const [at, end] = agreed
    ? [from, until]
    : [Math.min(...told.map(({ value }) => value)), Math.max(...told.map((one) => one.until))];
  if (end - at > 1) precision[name] = end - at;
  if (agreed === undefined)
    note(
      name,
      told.map((one) => ({ value: iso(one.value), from: one.from })),
    );
  return at;
}

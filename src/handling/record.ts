import type { RecordedAct, Standing } from "../evidence/act.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import type { Stamp } from "./order.ts";

/** One record about a thing kept as evidence, and its times. */

export type Act = RecordedAct<"custody">;

export const timeOf = (value: unknown): Instant | undefined => {
  if (typeof value !== "string") return undefined;
  try {
    return fromIso(value);
  } catch {
    return undefined;
  }
};

export const stampOf = ({ entry }: Act): Stamp => ({ at: fromIso(entry.happened), precision: entry.precision ?? 1 });

export const inRecordOrder = (counting: readonly Standing<"custody">[]) =>
  [...counting].sort((a, b) => a.act.index - b.act.index);

import { Temporal } from "temporal-polyfill";
import type { Instant } from "../lib/time.ts";
import { startOfDay } from "../lib/zone.ts";
import type { Policy } from "./policy.ts";

/**
 * The moment from which the document says that it holds: the first one of its day, or of its month, in its zone. Undefined
 * where it names none, or the place is not filled in.
 */
export function effectiveAt({ document, zone }: Pick<Policy, "document" | "zone">): Instant | undefined {
  const [, year, month, day = "01"] = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(document.effectiveFrom ?? "") ?? [];
  if (year === undefined || month === undefined) return undefined;
  return startOfDay(new Temporal.PlainDate(Number(year), Number(month), Number(day)), zone);
}

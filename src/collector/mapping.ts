import { Temporal } from "temporal-polyfill";
import { z } from "zod";
import { type Instant, parseSourceTime } from "../lib/time.ts";
import { isZone } from "../lib/zone.ts";
import type { FileRecord } from "./records.ts";

/** Field that holds a text. */
export const TextField = z.string().min(1);

/** Field that holds a time, and how it is written there: `started`, or `{ field: started, format: epoch_s }`. */
export const TimeField = z.union([
  z
    .string()
    .min(1)
    .transform((field) => ({ field, format: "iso" as const })),
  z.strictObject({ field: z.string().min(1), format: z.enum(["iso", "epoch_s", "epoch_ms"]).default("iso") }),
]);
export type TimeField = z.output<typeof TimeField>;

/** What the configuration of every collector of mapped files has; `zone` is for times that are written without one. */
export const mappedFile = {
  path: z.string().min(1).describe("a file, or a pattern such as logs/*.csv"),
  format: z.enum(["json", "ndjson", "csv"]).describe("how the file holds its records"),
  delimiter: z.string().length(1).default(",").describe("between CSV columns"),
  records: z.string().default("").describe("where the list lies in a JSON file, such as data.items"),
  zone: z
    .string()
    .refine(isZone, "expected a zone such as Europe/Berlin")
    .optional()
    .describe("of times written without one"),
  covers: z
    .enum(["append-only", "complete"])
    .default("append-only")
    .describe("append-only: a log, complete from its first record on; complete: holds everything there ever was"),
};

/** Shortened for a message. */
export const quote = (value: unknown): string => {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
};

/** Text of a field; null where it is empty, missing or no single value. */
export function textAt(record: FileRecord, field: string | undefined): string | null {
  const value = field === undefined ? undefined : record.field(field);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

const NAIVE = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)$/;
const EARLIEST = Date.UTC(1971, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

/** A time, null where the field is empty, or what is wrong with it. A time without a zone is only read where one is declared: a guess would invent evidence. */
export function timeAt(
  record: FileRecord,
  time: TimeField | undefined,
  zone: string | undefined,
): Instant | null | { wrong: string } {
  const value = time === undefined ? undefined : record.field(time.field);
  if (!time || value === undefined || value === null || value === "") return null;
  const at = time.format === "iso" ? isoTime(value, zone) : epochTime(value, time.format === "epoch_s" ? 1000 : 1);
  if (at !== undefined && at >= EARLIEST && at < LATEST) return at;
  const naive = typeof value === "string" && NAIVE.test(value.trim()) && zone === undefined;
  const expected = {
    iso: "a date and time with its zone, such as 2026-11-20T16:40:10Z",
    epoch_s: "seconds since 1970",
    epoch_ms: "milliseconds since 1970",
  }[time.format];
  const remedy = naive ? "; declare the zone of the file with `zone:`" : "";
  return { wrong: `${time.field}: expected ${expected}, found ${quote(value)}${remedy}` };
}

function isoTime(value: unknown, zone: string | undefined): Instant | undefined {
  if (typeof value !== "string") return undefined;
  const at = parseSourceTime(value);
  const naive = NAIVE.exec(value.trim());
  if (at !== undefined || !naive || zone === undefined) return at;
  try {
    // In the hour that a zone has twice the earlier one is meant, in the one it skips the later: RFC 5545 §3.3.5.
    const local = Temporal.PlainDateTime.from(`${naive[1]}T${naive[2]}`, { overflow: "reject" });
    return local.toZonedDateTime(zone, { disambiguation: "compatible" }).epochMilliseconds;
  } catch {
    return undefined;
  }
}

function epochTime(value: unknown, unit: number): Instant | undefined {
  const number = typeof value === "string" && /^\d{1,16}(\.\d{1,9})?$/.test(value.trim()) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? Math.round(number * unit) : undefined;
}

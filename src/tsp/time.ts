import type { Instant } from "../lib/time.ts";
import { type Element, malformed, TAG } from "./der.ts";

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/;

/** A time as DER spells it (RFC 3161 §2.4.2, RFC 5280 §4.1.2.5). */
export interface EncodedTime {
  /** Rounded down to the millisecond. */
  readonly at: Instant;
  /** Unit of its last digit in ms: 1000 without a fraction, at least 1. */
  readonly unit: number;
}

/** Reads UTCTime (1950 to 2049) or GeneralizedTime; a fraction only where the caller's schema has one. */
export function readTime(element: Element, where: string, fraction = false): EncodedTime {
  const text = String.fromCharCode(...element.content.subarray(0, 40));
  const short = element.tag === TAG.utcTime ? UTC_TIME.exec(text) : null;
  const match = short ?? (element.tag === TAG.time ? GENERALIZED_TIME.exec(text) : null);
  const digits = match?.[7] ?? "";
  // A fraction has no trailing zeros (RFC 3161 §2.4.2).
  if (!match || element.content.length > 40 || digits.endsWith("0") || (digits !== "" && !fraction)) {
    throw malformed(where, element.at, "a UTC time with seconds", "something else");
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const fullYear = short ? year + (year < 50 ? 2000 : 1900) : year;
  const at = Date.UTC(fullYear, month - 1, day, hour, minute, second, Math.floor(Number(`0.${digits || "0"}`) * 1000));
  // Date.UTC rolls the 30th of February over into March and reads the years 0 to 99 as 1900 to 1999.
  const back = new Date(at);
  const same = [
    back.getUTCFullYear(),
    back.getUTCMonth() + 1,
    back.getUTCDate(),
    back.getUTCHours(),
    back.getUTCMinutes(),
  ];
  if (back.getUTCSeconds() !== second || same.join() !== [fullYear, month, day, hour, minute].join()) {
    throw malformed(where, element.at, "a time of the calendar", "another one");
  }
  return { at, unit: Math.max(1, 1000 / 10 ** digits.length) };
}

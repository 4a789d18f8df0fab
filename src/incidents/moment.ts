import { Temporal } from "temporal-polyfill";
import { CustodyError } from "../lib/errors.ts";
import { type Instant, iso } from "../lib/time.ts";
import { dateForPeople, didYouMeanZone, forPeople, isZone, wallClock } from "../lib/zone.ts";

/** A time as a person gives it, with how exactly they know it. */
export interface Moment {
  readonly at: Instant;
  /** Milliseconds: what they mean lies in [at, at + precision). 1 is exact. */
  readonly precision: number;
}

/** By how much the clocks of people may be ahead of ours. */
export const AHEAD = 5 * 60_000;

/** Nobody keeps a register of what was before. */
const FIRST_YEAR = 1970;

/** Date, then time of day, its seconds and their fraction, then an offset or a zone. */
const WRITTEN =
  /^(?:(\d{4})-(\d\d)-(\d\d))?(?:(?:[Tt ]|, )?(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d|[A-Za-z][A-Za-z0-9_+\-/]{1,60})?$/;

const EXPECTED =
  "expected `now`, a day (2026-11-20) or a time (2026-11-20T16:40, with +01:00 or a zone where it is another one)";

/**
 * The time that a person means: `now`, a day, or a time of day with or without seconds; read in `zone` where it names no
 * offset and no zone of its own; without a day it is today. Throws INPUT_INVALID for anything else, for a time that the zone
 * skips or has twice, and for the future.
 */
export function readMoment(text: string, zone: string, now: Instant, where?: string): Moment {
  const read = momentOrProblem(text, zone, now);
  if (typeof read !== "string") return read;
  throw new CustodyError("INPUT_INVALID", where === undefined ? read : `${where}: ${read}`, {
    remedy: "Nothing was recorded.",
  });
}

/** As `readMoment`, with what is wrong in words instead of an error, for those who tell of several mistakes at once. */
export function momentOrProblem(text: string, zone: string, now: Instant): Moment | string {
  const given = text.trim();
  const shown = `"${given.slice(0, 60).replace(/[^\x20-\x7e]/g, "?")}"`;
  if (given.toLowerCase() === "now") return { at: now, precision: 1 };
  const match = given.length > 120 ? null : WRITTEN.exec(given);
  if (match === null || (match[1] === undefined && match[4] === undefined)) return `${shown} is no time; ${EXPECTED}`;
  const [, , , , hour, minute, second, fraction, place] = match;
  const offset = place === undefined ? undefined : offsetOf(place);
  if (place !== undefined && offset === undefined && !isZone(place))
    return `${shown} names no zone that is known${didYouMeanZone(place)}; ${EXPECTED}`;
  const itsZone = place !== undefined && offset === undefined ? place : zone;
  if (offset !== undefined && !/^[+-](0\d|1[0-4]):[0-5]\d$/.test(offset))
    return `${shown} has an offset that no place has; ${EXPECTED}`;
  if (hour === undefined && offset !== undefined) return `${shown} is a day with an offset; ${EXPECTED}`;

  const date = dateOf(match, wallClock(now, offset ?? itsZone).toPlainDate());
  if (date === undefined) return `there is no day ${given.slice(0, 10)}`;
  if (date.year < FIRST_YEAR) return `${shown} is before ${FIRST_YEAR}; is the year right?`;
  if (hour === undefined) return wholeDay(date, itsZone, now, shown);

  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59)
    return `${shown}: there is no such time of day; hours go to 23, minutes and seconds to 59`;
  const millis = Number((fraction ?? "").slice(0, 3).padEnd(3, "0"));
  const wall = date.toPlainDateTime({
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second ?? 0),
    millisecond: millis,
  });
  const at = offset === undefined ? localInstant(wall, itsZone, shown) : wall.toZonedDateTime(offset).epochMilliseconds;
  if (typeof at === "string") return at;
  const precision = second === undefined ? 60_000 : 10 ** (3 - Math.min(3, (fraction ?? "").length));
  return at > now + AHEAD ? inFuture(shown, now, itsZone) : { at, precision };
}

/** `+0100` as Temporal writes it; undefined for a zone by name. */
function offsetOf(place: string): string | undefined {
  if (/^z$/i.test(place)) return "+00:00";
  return /^[+-]/.test(place) ? place.replace(/^([+-]\d\d):?(\d\d)$/, "$1:$2") : undefined;
}

function dateOf([, year, month, day]: RegExpExecArray, today: Temporal.PlainDate): Temporal.PlainDate | undefined {
  if (year === undefined) return today;
  try {
    return Temporal.PlainDate.from(
      { year: Number(year), month: Number(month), day: Number(day) },
      { overflow: "reject" },
    );
  } catch {
    return undefined;
  }
}

/** A day of a change of the clocks is as long as it was. */
function wholeDay(date: Temporal.PlainDate, zone: string, now: Instant, shown: string): Moment | string {
  const at = date.toZonedDateTime(zone).epochMilliseconds;
  if (at > now + AHEAD) return inFuture(shown, now, zone);
  return { at, precision: date.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds - at };
}

function localInstant(wall: Temporal.PlainDateTime, zone: string, shown: string): Instant | string {
  const [earlier, later] = (["earlier", "later"] as const).map((disambiguation) =>
    wall.toZonedDateTime(zone, { disambiguation }),
  ) as [Temporal.ZonedDateTime, Temporal.ZonedDateTime];
  if (earlier.epochMilliseconds === later.epochMilliseconds) return earlier.epochMilliseconds;
  if (earlier.toPlainDateTime().equals(wall))
    return `${shown} was twice in ${zone}, when the clocks were put back; add which one: ${earlier.offset} for the first, ${later.offset} for the second`;
  return `${shown} never was in ${zone}: the clocks were put forward over it`;
}

const inFuture = (shown: string, now: Instant, zone: string) =>
  `${shown} has not come yet; it is ${forPeople(now, zone)} now`;

/** The fields of a record that say when something happened: exact without a precision. */
export function happenedFields({ at, precision }: Moment): { happened: string; precision?: number } {
  return { happened: iso(at), ...(precision > 1 ? { precision } : {}) };
}

/** For people, no more exactly than it is known: `20 Nov 2026`, `20 Nov 2026, 17:40 Europe/Berlin`; with its offset where the zone had the hour twice. */
export function momentForPeople({ at, precision }: Moment, zone: string): string {
  if (precision >= 20 * 3_600_000) return dateForPeople(at, zone);
  const wall = wallClock(at, zone).toPlainDateTime();
  const [first, second] = (["earlier", "later"] as const).map((disambiguation) =>
    wall.toZonedDateTime(zone, { disambiguation }),
  );
  const which = first?.epochMilliseconds === second?.epochMilliseconds ? "" : ` (${wallClock(at, zone).offset})`;
  return `${forPeople(at, zone, { seconds: precision < 60_000 })}${which}`;
}

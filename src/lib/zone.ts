import { Temporal } from "temporal-polyfill";
import { nearest } from "./nearest.ts";
import type { Instant } from "./time.ts";

/** Zones found before: asking takes long, and every record of a source may name one. What is no zone is not kept, whoever invents it. */
const known = new Set<string>();

/** True for an IANA time zone that this machine knows (`Europe/Berlin`, `UTC`). */
export function isZone(zone: string): boolean {
  if (known.has(zone)) return true;
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    return false;
  }
  known.add(zone);
  return true;
}

/** What to add to a message about a mistyped zone: the one of the same or a like place; empty when none is close. */
export function didYouMeanZone(text: string): string {
  const place = (zone: string) => (zone.split("/").at(-1) ?? "").toLowerCase();
  const wanted = place(text.trim().slice(0, 60).replaceAll(" ", "_"));
  if (wanted.length < 4) return "";
  const zones = Intl.supportedValuesOf("timeZone");
  const likely = nearest(wanted, zones.map(place));
  const meant = zones.find((zone) => place(zone) === likely);
  return meant === undefined ? "" : `; did you mean ${meant}?`;
}

/** The wall clock of a zone at an instant. */
export function wallClock(at: Instant, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
}

/** The first instant of a local day. A day that begins inside a skipped hour begins at its first valid minute. */
export function startOfDay(date: Temporal.PlainDate, zone: string): Instant {
  return date.toZonedDateTime(zone).epochMilliseconds;
}

/**
 * The first instant at which the zone's wall clock reaches this time. A repeated wall time is its first occurrence; a
 * skipped one is the first valid moment after it.
 */
export function atWallClock(wall: Temporal.PlainDateTime, zone: string): Instant {
  const found = wall.toZonedDateTime(zone, { disambiguation: "earlier" });
  if (found.toPlainDateTime().equals(wall)) return found.epochMilliseconds;
  // "earlier" shows a skipped time in the offset before the change, so the next change is the one that skipped it.
  return found.getTimeZoneTransition("next")?.epochMilliseconds ?? found.epochMilliseconds;
}

/** For people: `20 Nov 2026, 17:40 Europe/Berlin`; seconds only where asked. Independent of the machine's locale and zone. */
export function forPeople(at: Instant, zone: string, options: { seconds?: boolean } = {}): string {
  const w = wallClock(at, zone);
  const two = (n: number) => String(n).padStart(2, "0");
  const seconds = options.seconds ? `:${two(w.second)}` : "";
  return `${w.day} ${MONTHS[w.month - 1]} ${w.year}, ${two(w.hour)}:${two(w.minute)}${seconds} ${zone}`;
}

/**
 * Until when something is to be done, for people: `by the end of 13 Nov 2026` where it ends with a day, never the day after; any
 * other time as `otherwise` says it. A limit may be kept as the last moment of its day or as the first one after it.
 */
export function limitForPeople(
  due: Instant,
  zone: string,
  otherwise: (at: Instant, zone: string) => string = forPeople,
) {
  const day = dayEnding(due, zone);
  return day === undefined ? otherwise(due, zone) : `by ${day}`;
}

/** The same where something holds until then: `the end of 13 Nov 2026`. */
export function untilForPeople(
  end: Instant,
  zone: string,
  otherwise: (at: Instant, zone: string) => string = forPeople,
) {
  return dayEnding(end, zone) ?? otherwise(end, zone);
}

function dayEnding(at: Instant, zone: string): string | undefined {
  const ends = [at, at + 1].find((one) => startOfDay(wallClock(one, zone).toPlainDate(), zone) === one);
  return ends === undefined ? undefined : `the end of ${dateForPeople(ends - 1, zone)}`;
}

/** For people: `20 Nov 2026`, the local date in the zone. */
export function dateForPeople(at: Instant, zone: string): string {
  const w = wallClock(at, zone);
  return `${w.day} ${MONTHS[w.month - 1]} ${w.year}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

import { type Instant, iso } from "../../src/lib/time.ts";
import { isZone, startOfDay, wallClock } from "../../src/lib/zone.ts";

/**
 * Times as people and databases write them into incident records. Only a time with its zone is an instant; a naive one
 * needs the zone that the configuration declares, and guessing one would invent evidence.
 */
export type WrittenTime =
  | { readonly is: "instant"; readonly at: Instant; readonly precision: number }
  /** Date and time of day without a zone. */
  | { readonly is: "naive"; readonly date: string; readonly ms: number; readonly precision: number }
  | { readonly is: "date"; readonly date: string }
  | { readonly is: "unreadable" };

/** A time of day alone, `14:05`, as the end of a duration is often written. */
export interface WrittenClock {
  readonly ms: number;
  /** Milliseconds of its last digit: 60000 for `14:05`, 1000 with seconds, 100, 10 and 1 with digits behind them. */
  readonly precision: number;
  readonly rest: string;
}

/** A time that has its place, no more exactly than it was written: the true one lies in [at, at + precision). */
export interface SettledTime {
  readonly at: Instant;
  /** Milliseconds; 1 is exact. */
  readonly precision: number;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Longest text looked at; a time is never longer. */
const MAX_LENGTH = 100;

const DATE = /^(\d{4})-(\d\d)-(\d\d)/;
const CLOCK = /^(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?/;
/** Postgres writes `+01`, RFC 3339 `+01:00`, some `+0100`; seconds occur in offsets before 1900. */
const OFFSET = /^([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?$/;

/** Reads `2026-11-20T17:40:10.123+01:00`, `2026-11-20 17:40 UTC`, `2026-11-20 17:40 Europe/Berlin`, a naive time or a date. */
export function readWrittenTime(text: string): WrittenTime {
  const unreadable = { is: "unreadable" } as const;
  const source = text.trim();
  const date = source.length > MAX_LENGTH ? null : DATE.exec(source);
  if (!date || !isDay(date[0])) return unreadable;
  const afterDate = source.slice(10);
  if (afterDate === "") return { is: "date", date: date[0] };
  if (!/^[T\s]/i.test(afterDate)) return unreadable;
  const clock = readClock(afterDate.slice(1).trim());
  if (!clock) return unreadable;
  const { precision } = clock;
  if (clock.rest === "") return { is: "naive", date: date[0], ms: clock.ms, precision };
  const local = Date.parse(`${date[0]}T00:00:00Z`) + clock.ms;
  const offset = readOffset(clock.rest);
  if (offset !== undefined) return { is: "instant", at: local - offset, precision };
  const zone = clock.rest.replace(/^\[(.+)\]$/, "$1");
  if (!zone.includes("/") || !isZone(zone)) return unreadable;
  const placed = placeInZone(local, zone);
  return typeof placed === "number" ? { is: "instant", at: placed, precision } : unreadable;
}

/** The time of day at the start of a text, and what follows it. */
export function readClock(text: string): WrittenClock | undefined {
  const match = CLOCK.exec(text);
  if (!match) return undefined;
  const [all, hour = "", minute = "", second, fraction = ""] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined;
  const ms = Number(fraction.padEnd(3, "0").slice(0, 3));
  return {
    ms: (Number(hour) * 60 + Number(minute)) * MINUTE + Number(second ?? 0) * 1_000 + ms,
    precision: second === undefined ? MINUTE : 10 ** (3 - Math.min(3, fraction.length)),
    rest: text.slice(all.length).trim(),
  };
}

/**
 * The instant of a written time, and how exactly it is written: a date alone is as long as that day was in its zone.
 * @returns the time, or what is wrong and what to write instead
 */
export function settleTime(written: WrittenTime, text: string, zone: string | undefined): SettledTime | string {
  const found = `found "${text.trim().slice(0, 60)}"`;
  switch (written.is) {
    case "instant":
      return { at: written.at, precision: written.precision };
    case "unreadable":
      return `expected a time such as 2026-11-20T17:40+01:00, ${found}; write date, time and offset that way`;
    case "date":
      if (zone) return wholeDay(written.date, zone) ?? `${found}: that day never was in ${zone}; write the real one`;
      return `expected a time with its zone, ${found} (only a date); write ${written.date}T09:30+01:00 with the real time and offset, or set \`zone:\` for this collector and the day counts from its start`;
    case "naive": {
      const local = Date.parse(`${written.date}T00:00:00Z`) + written.ms;
      if (!zone) {
        return `expected a time with its zone, ${found} (no zone); write ${iso(local).slice(0, 19)}Z or with an offset such as +01:00, or set \`zone:\` for this collector`;
      }
      const placed = placeInZone(local, zone);
      if (typeof placed === "number") return { at: placed, precision: written.precision };
      const why = placed === "skipped" ? "did not exist" : "came twice";
      return `${found}: that wall time ${why} in ${zone}, the clocks changed; write it with its offset, such as +01:00`;
    }
  }
}

/** A day of a change of the clocks is as long as it was. Undefined for one that a zone skipped when it changed sides of the date line. */
function wholeDay(day: string, zone: string): SettledTime | undefined {
  const date = wallClock(Date.parse(`${day}T00:00:00Z`), "UTC").toPlainDate();
  const at = startOfDay(date, zone);
  const precision = startOfDay(date.add({ days: 1 }), zone) - at;
  return precision > 0 ? { at, precision } : undefined;
}

/** The instant at which the clocks of a zone show this wall time (given as if it were UTC), unless they skipped or repeated it. */
function placeInZone(local: number, zone: string): Instant | "skipped" | "repeated" {
  const offsets = new Set([local - DAY, local + DAY].map((at) => wallClock(at, zone).offsetNanoseconds / 1_000_000));
  const shown = [...offsets]
    .map((offset) => local - offset)
    .filter((at) => wallClock(at, zone).offsetNanoseconds / 1_000_000 === local - at);
  return shown.length === 1 ? shown[0]! : shown.length === 0 ? "skipped" : "repeated";
}

function readOffset(text: string): number | undefined {
  if (/^(Z|UTC|GMT)$/i.test(text)) return 0;
  const match = OFFSET.exec(text);
  if (!match) return undefined;
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = match;
  if (Number(hours) > 18 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  return (sign === "-" ? -1 : 1) * ((Number(hours) * 60 + Number(minutes)) * MINUTE + Number(seconds) * 1_000);
}

/** `Date.parse` rolls 30 February over into March; a day must survive the round trip. */
function isDay(date: string): boolean {
  const at = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(at) && iso(at).startsWith(date);
}

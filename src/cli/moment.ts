import { Temporal } from "temporal-polyfill";
import { CustodyError } from "../lib/errors.ts";
import { type Instant, type Interval, parseSourceTime } from "../lib/time.ts";
import { startOfDay, wallClock } from "../lib/zone.ts";

/** What was typed, no longer than a message. */
const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

const DAY = /^\d{4}-\d\d-\d\d$/;

/** A day (its first instant in the zone) or a time with its zone. Throws USAGE. */
export function parseMoment(text: string, zone: string): Instant {
  if (DAY.test(text)) return dayStart(text, zone);
  const at = parseSourceTime(text);
  if (at === undefined)
    throw new CustodyError(
      "USAGE",
      `"${shown(text)}" is neither a day like 2026-11-20 nor a time like 2026-11-20T14:00:00+01:00`,
      { remedy: "Write it like one of these." },
    );
  return at;
}

/** The same, but a day is meant to its end: the first moment of the next one. Throws USAGE. */
export function parseLimit(text: string, zone: string): Instant {
  const at = parseMoment(text, zone);
  return DAY.test(text) ? startOfDay(wallClock(at, zone).toPlainDate().add({ days: 1 }), zone) : at;
}

/** A year, quarter, month, day or FROM..TO (days, both included) as an interval of the zone, with a name for people. Throws USAGE. */
export function parsePeriod(text: string, zone: string): Interval & { readonly label: string } {
  const range = /^(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)$/.exec(text);
  const [first, last] = range ? [range[1] ?? "", range[2] ?? ""] : namedPeriod(text);
  const from = dayStart(first, zone);
  const to = startOfDay(plainDate(last).add({ days: 1 }), zone);
  if (to <= from)
    throw new CustodyError("USAGE", `the period ${shown(text)} ends before it begins`, {
      remedy: "Put the earlier day first.",
    });
  return { from, to, label: text };
}

function namedPeriod(text: string): [string, string] {
  const [, year = "", quarter, month, day] = /^(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])(?:-(\d\d))?))?$/.exec(text) ?? [];
  if (year === "") {
    throw new CustodyError(
      "USAGE",
      `"${shown(text)}" is not a period; expected 2026, 2026-Q3, 2026-09, 2026-09-20 or 2026-07-01..2026-09-30`,
      { remedy: "Write it like one of these; days are those of your time zone." },
    );
  }
  if (day) return [text, text];
  const months = quarter ? 3 : month ? 1 : 12;
  const start = quarter ? Number(quarter) * 3 - 2 : Number(month ?? 1);
  const first = plainDate(`${year}-${String(start).padStart(2, "0")}-01`);
  return [first.toString(), first.add({ months }).subtract({ days: 1 }).toString()];
}

const dayStart = (day: string, zone: string) => startOfDay(plainDate(day), zone);

function plainDate(day: string): Temporal.PlainDate {
  try {
    return Temporal.PlainDate.from(day, { overflow: "reject" });
  } catch {
    throw new CustodyError("USAGE", `there is no day ${day}`, { remedy: "Check the month and the day." });
  }
}

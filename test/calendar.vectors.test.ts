import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { workedBetween } from "../src/calendar/business.ts";
import { type Calendar, openCalendar } from "../src/calendar/calendar.ts";
import { dueOf } from "../src/calendar/due.ts";
import { legalMargin } from "../src/calendar/legal.ts";
import { addMonths } from "../src/calendar/month.ts";
import { type CalendarData, parseCalendar, WEEKDAYS } from "../src/calendar/shape.ts";
import { judgeTerm } from "../src/calendar/verdict.ts";
import { iso } from "../src/lib/time.ts";
import { t } from "./support/entries.ts";

interface Vector {
  readonly kind: string;
  readonly calendar: string;
  readonly start: string;
  readonly end: string;
  readonly n: number;
  readonly hours: number;
  readonly due: string;
  readonly due_day_end: string;
  readonly due_close: string;
  readonly aware_at: string;
  readonly strict_due: string;
  readonly reg1182_hour_rule: string;
  readonly op: "within" | "lt";
  readonly target_s: number;
  readonly observed_s: number | null;
  readonly precision_s: number;
  readonly due_passed?: boolean;
  readonly verdict: string;
  readonly note?: string;
}
interface Written {
  readonly tz: string;
  readonly hours: Readonly<Record<string, [string, string][]>>;
  readonly holidays: readonly string[];
}
const FILE: { calendars: Record<string, Written>; vectors: Vector[] } = JSON.parse(
  readFileSync(`${import.meta.dirname}/vectors/business-time/vectors.json`, "utf8"),
);

function calendarOf(name: string, more: Partial<CalendarData> = {}): Calendar {
  const written = FILE.calendars[name];
  if (written === undefined) throw new Error(`no calendar ${name}`);
  const { tz, hours, holidays } = written;
  return openCalendar(
    parseCalendar({
      zone: tz,
      hours: Object.fromEntries(Object.entries(hours).map(([day, spans]) => [WEEKDAYS[Number(day) - 1], spans])),
      holidays: holidays.length === 0 ? "none" : holidays.map((date) => ({ date, name: "holiday" })),
      ...more,
    }),
  );
}

const utc = calendarOf("utc-24x5");
const short = (at: number | undefined) => (at === undefined ? undefined : iso(at).replace(".000Z", "Z"));
const SECOND = 1_000;

const CHECKS: Record<string, (v: Vector) => void> = {
  due_business_days(v) {
    const term = { op: "within", amount: v.n, unit: "bd" } as const;
    const close = calendarOf(v.calendar, { dayEnds: "close" });
    expect(short(dueOf(t(v.start), term, calendarOf(v.calendar))?.at)).toBe(v.due_day_end);
    expect(short(dueOf(t(v.start), term, close)?.at)).toBe(v.due_close);
  },
  due_business_hours(v) {
    const term = { op: "within", amount: v.hours, unit: "bh" } as const;
    expect(short(dueOf(t(v.start), term, calendarOf(v.calendar))?.at)).toBe(v.due);
  },
  elapsed_business_hours(v) {
    expect(workedBetween(t(v.start), t(v.end), calendarOf(v.calendar)).ms).toBe(v.hours * 3_600_000);
  },
  gdpr_72h(v) {
    const { strict, because } = legalMargin(t(v.aware_at), { amount: 72, unit: "h" }, utc);
    expect(short(strict)).toBe(v.strict_due);
    expect(because[0]).toContain("hour of the event");
    // Of a period below two days nothing but the hour rule moves the end: 47 hours, and 25 more make the 72.
    const hour = legalMargin(t(v.aware_at), { amount: 47, unit: "h" }, utc).latest ?? 0;
    expect(short(hour + 25 * 3_600_000)).toBe(v.reg1182_hour_rule);
  },
  plus_one_month(v) {
    for (const zone of ["UTC", "Europe/Berlin"]) expect(short(addMonths(t(v.start), 1, zone))).toBe(v.due);
  },
  compare(v) {
    const start = t("2026-11-20T10:00Z");
    const precision = v.precision_s * SECOND;
    const end = v.observed_s === null ? undefined : { at: start + v.observed_s * SECOND, precision };
    const asOf = start + (v.observed_s === null ? v.target_s + (v.due_passed ? 1 : -1) : 3_600) * SECOND;
    const op = v.op === "lt" ? "under" : "within";
    const term = { op, amount: v.target_s * SECOND, unit: "ms" } as const;
    const verdict = judgeTerm({ start: { at: start, precision }, end, asOf, term, calendar: utc, over: false });
    expect(verdict.word).toBe(v.verdict);
  },
};

test("the file has the cases it is known for", () => expect(FILE.vectors).toHaveLength(31));

test.each(FILE.vectors.map((v, i) => [i + 1, v.kind, v.note ?? `${v.op} ${v.target_s}: ${v.observed_s}`, v] as const))(
  "vector %i, %s: %s",
  (_, kind, __, vector) => {
    const check = CHECKS[kind];
    expect(check, kind).toBeDefined();
    check?.(vector);
  },
);

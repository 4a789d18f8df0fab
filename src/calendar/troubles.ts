import { minuteOf } from "./minute.ts";

/** What a schema cannot say about a calendar: hours that overlap, days that do not exist or contradict each other. */

export interface CalendarTrouble {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

type Spans = readonly (readonly [from: string, to: string])[];

/** The parts of a calendar that are looked at; loosely typed, because some of it may be wrong already. */
interface Looked {
  readonly hours: Readonly<Partial<Record<string, Spans>>>;
  readonly holidays: "none" | readonly { readonly date: string }[];
  readonly days?: readonly { readonly date: string; readonly hours: Spans }[] | undefined;
  readonly unlistedHolidays?: true | undefined;
  readonly validFrom?: string | undefined;
  readonly validTo?: string | undefined;
}

/** Dates in another form are told of by the schema. */
const DATE = /^\d{4}-\d\d-\d\d$/;
const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;

/** Every trouble at once, in the order of the calendar. */
export function calendarTroubles(data: Looked): CalendarTrouble[] {
  const found: CalendarTrouble[] = [];
  const tell = (path: CalendarTrouble["path"], text: string) => found.push({ path, text });

  for (const [day, spans] of Object.entries(data.hours)) {
    for (const text of spanTroubles(spans ?? [])) tell(["hours", day], text);
  }
  if (Object.values(data.hours).every((spans) => (spans ?? []).length === 0))
    tell(["hours"], 'has no working time on any weekday; expected at least one, such as {mon: [["09:00", "17:00"]]}');

  for (const key of ["validFrom", "validTo"] as const) {
    const why = data[key] === undefined ? undefined : dateTrouble(data[key]);
    if (why !== undefined) tell([key], why);
  }
  if (data.validFrom !== undefined && data.validTo !== undefined && data.validTo < data.validFrom)
    tell(["validTo"], `${data.validTo} is before validFrom ${data.validFrom}`);

  const holidays = data.holidays === "none" ? [] : data.holidays;
  if (data.holidays === "none" && data.unlistedHolidays)
    tell(["unlistedHolidays"], "says that holidays are missing, but holidays says `none`; remove one of them");
  const seen = new Map<string, string>();
  const dated = [
    ...holidays.map(({ date }, i) => ({ date, path: ["holidays", i] as const, as: "a holiday" })),
    ...(data.days ?? []).map(({ date }, i) => ({ date, path: ["days", i] as const, as: "a working day" })),
  ];
  for (const { date, path, as } of dated) {
    if (!DATE.test(date)) continue;
    const earlier = seen.get(date);
    const why =
      dateTrouble(date) ??
      outside(date, data) ??
      (earlier === undefined
        ? undefined
        : earlier === as
          ? `${date} is listed twice`
          : `${date} is listed as ${earlier} and as ${as}; for a short day keep the one under days`);
    if (why !== undefined) tell([...path, "date"], why);
    seen.set(date, earlier ?? as);
  }
  for (const [i, { hours }] of (data.days ?? []).entries()) {
    for (const text of spanTroubles(hours)) tell(["days", i, "hours"], text);
  }
  return found;
}

function outside(date: string, { validFrom, validTo }: Looked): string | undefined {
  if (validFrom !== undefined && date < validFrom) return `${date} is before validFrom ${validFrom}`;
  return validTo !== undefined && date > validTo ? `${date} is after validTo ${validTo}` : undefined;
}

/** Why a date in the right form is none. */
function dateTrouble(date: string): string | undefined {
  const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
  if (!DATE.test(date)) return undefined;
  if (year < FIRST_YEAR || year > LAST_YEAR) return `expected a year from ${FIRST_YEAR} to ${LAST_YEAR}, found ${year}`;
  const real = new Date(Date.UTC(year, month - 1, day));
  if (real.getUTCMonth() === month - 1 && real.getUTCDate() === day) return undefined;
  return month === 2 && day === 29 ? `${date} does not exist: ${year} is no leap year` : `${date} does not exist`;
}

function spanTroubles(spans: Spans): string[] {
  const found: string[] = [];
  const counted = spans.map(([from, to]) => ({ text: `${from}-${to}`, from: minuteOf(from), to: minuteOf(to) }));
  for (const { text, from, to } of counted) {
    if (to <= from)
      found.push(
        `${text} ends before it begins; a shift over midnight is two parts: until 24:00, and from 00:00 on the next day`,
      );
  }
  const inOrder = counted.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from || a.to - b.to);
  for (const [i, span] of inOrder.entries()) {
    const before = inOrder.slice(0, i).find((other) => other.to > span.from);
    if (before !== undefined) found.push(`${span.text} overlaps ${before.text}; expected parts that do not overlap`);
  }
  return found;
}

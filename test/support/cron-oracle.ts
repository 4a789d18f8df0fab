/**
 * When a cron expression in its normal form fires, by walking over every minute and looking at the wall clock that `Intl`
 * shows: a wall time fires once the clock has reached it for the first time, so a skipped one fires at the next minute
 * there is and a repeated one not again. Slow, and written apart from the code that it is held against.
 */
export function firesByMinute(expression: string, zone: string, from: number, to: number): number[] {
  const [minute, hour, day, month, weekday] = expression.split(" ").map(valuesOf);
  const matches = (wall: number): boolean => {
    const at = new Date(wall);
    const [dated, named] = [has(day, at.getUTCDate()), has(weekday, at.getUTCDay())];
    const both = day === undefined || weekday === undefined;
    return (
      has(minute, at.getUTCMinutes()) &&
      has(hour, at.getUTCHours()) &&
      has(month, at.getUTCMonth() + 1) &&
      (both ? dated && named : dated || named)
    );
  };
  const show = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const wallAt = (at: number): number => {
    const parts = Object.fromEntries(show.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month: m = 1, day: d = 1, hour: h = 0, minute: min = 0 } = parts;
    return Date.UTC(year, m - 1, d, h, min);
  };
  const fires: number[] = [];
  const first = Math.ceil(from / MINUTE) * MINUTE;
  // From some hours before the period, so that the clock's highest stand so far is known.
  let reached = wallAt(first - LEAD);
  for (let at = first - LEAD; at < to; at += MINUTE) {
    const wall = wallAt(at);
    let due = false;
    for (let passed = reached + MINUTE; passed <= wall; passed += MINUTE) due ||= matches(passed);
    reached = Math.max(reached, wall);
    if (due && at >= from) fires.push(at);
  }
  return fires;
}

const MINUTE = 60_000;
const LEAD = 4 * 60 * MINUTE;

function valuesOf(field: string): ReadonlySet<number> | undefined {
  if (field === "*") return undefined;
  return new Set(
    field.split(",").flatMap((item) => {
      const [low = 0, high = low] = item.split("-").map(Number);
      return Array.from({ length: high - low + 1 }, (_, i) => low + i);
    }),
  );
}

const has = (values: ReadonlySet<number> | undefined, value: number): boolean => values?.has(value) ?? true;

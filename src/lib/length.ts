/** Lengths of time as people read them, everywhere: commands, pages, notices, the report. Records and JSON keep milliseconds. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How exactly a length is told: nobody asks for the minute of something that goes on for weeks. */
const EXACTNESS: readonly (readonly [under: number, unit: number])[] = [
  [HOUR, SECOND],
  [7 * DAY, MINUTE],
  [30 * DAY, HOUR],
  [Number.POSITIVE_INFINITY, DAY],
];

export interface Telling {
  /** Up: never shorter than it was, as for what somebody took. Down: never longer, as for time that is left. */
  readonly round?: "up" | "down";
  /** By how much it misses or keeps what it is held against, in milliseconds: it is told so exactly that this shows. */
  readonly deciding?: number | undefined;
}

/** `8 min 20 s`, `2 h 5 min`, `9 d 2 h`, `171 d`; a length that is not there is `0 min`. Without a sign. */
export function lengthForPeople(ms: number, { round = "up", deciding }: Telling = {}): string {
  const size = Math.abs(ms);
  if (size === 0) return "0 min";
  const usual = EXACTNESS.find(([under]) => size < under)?.[1] ?? DAY;
  const unit = deciding === undefined ? usual : Math.min(usual, finest(Math.abs(deciding)));
  const whole = (round === "up" ? Math.ceil(size / unit) : Math.floor(size / unit)) * unit;
  if (whole === 0) return "under 1 s";
  let left = whole;
  const parts: string[] = [];
  for (const [name, of] of [
    ["d", DAY],
    ["h", HOUR],
    ["min", MINUTE],
  ] as const) {
    const count = Math.floor(left / of);
    left -= count * of;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  if (left > 0) parts.push(`${left / SECOND} s`);
  return parts.join(" ");
}

/** The largest unit in which a difference shows. */
const finest = (difference: number): number => [DAY, HOUR, MINUTE, SECOND].find((unit) => unit <= difference) ?? 1;

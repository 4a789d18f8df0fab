/** Minutes since midnight of a time of day such as `09:00`; `24:00` is 1440. NaN for what is no time of day. */
export function minuteOf(clock: string): number {
  const match = /^(\d\d):(\d\d)$/.exec(clock);
  return match === null ? Number.NaN : Number(match[1]) * 60 + Number(match[2]);
}

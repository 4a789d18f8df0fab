import type { Instant, Interval } from "../lib/time.ts";
import { forPeople, wallClock } from "../lib/zone.ts";

/** How pages, notices and `custody status` say things to people. */

const CAUSES: Readonly<Record<string, string>> = {
  "custody-not-running": "Custody was not running",
  "not-attempted": "Custody was running, but nobody asked the source",
  "waiting-after-failures": "Custody was waiting after attempts that had failed",
  "not-listening": "the inbox was not listening all the time",
  truncated: "the source gave only part of its answer",
  sampled: "the source gives only samples",
  retention: "the source no longer held it",
  "too-large": "the source gave more than is collected at once",
  unreadable: "part of it could not be read",
  interrupted: "the run was interrupted",
  "clock-wrong": "the clock of the machine was wrong",
  SOURCE_UNREACHABLE: "the source could not be reached",
  SOURCE_ANSWER: "the source answered something unexpected",
  SOURCE_REFUSED: "the source refused access",
  SOURCE_MISCONFIGURED: "the settings do not fit the source",
  SOURCE_TOO_LARGE: "the source's answer was too large",
  SOURCE_TRUNCATED: "the source's answer broke off",
  SECRET_UNAVAILABLE: "the secret for the source could not be read",
  STORE_UNREACHABLE: "the store could not be reached",
  BUG: "a mistake in Custody or in the collector",
  // Of notices that could not be brought to a channel.
  unreachable: "its service could not be reached",
  busy: "its service turned us away as too busy",
  gone: "the place was deleted there",
  refused: "its service refused the message",
  recipients: "only some of the addresses were taken",
  misconfigured: "the settings do not fit the service",
  secret: "the secret for it could not be read",
  answer: "its service answered something unexpected",
  internal: "a mistake in Custody",
  // Of what Custody found when it looked after itself.
  "disk-low": "less than a tenth of a disk is free",
  "disk-full-soon": "at this rate a disk is full within two weeks",
  "certificate-expiring": "a certificate runs out within three weeks",
  "certificate-expired": "a certificate has run out",
  "index-altered": "the index shows something else than the log says",
  "mirror-differs": "the second copy does not hold what the log says",
  // Of keys that were revoked.
  rotated: "it was replaced",
  lost: "it was lost",
  compromised: "somebody else may have it",
  superseded: "it was replaced",
};

/** A closed code in words; one of a later version as it is. */
export function causeInWords(code: string | undefined): string {
  return code === undefined ? "the reason is not known" : (CAUSES[code] ?? code);
}

/** `20 Nov 2026, 17:40`: for tables whose heading names the zone. Stays in one line. */
export function inTable(at: Instant, zone: string): string {
  return forPeople(at, zone)
    .slice(0, -zone.length - 1)
    .replaceAll(" ", "\u00a0");
}

/** With a capital at its beginning and a stop at its end. */
export function sentence(text: string): string {
  const whole = /[.!?]$/.test(text) ? text : `${text}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}

function isMidnight(at: Instant, zone: string): boolean {
  const { hour, minute, second, millisecond } = wallClock(at, zone);
  return hour + minute + second + millisecond === 0;
}

/** `20 Nov 2026` for one local day, `1 to 30 Nov 2026` by its days, else both times. Without the zone. */
export function spanInTable({ from, to }: Interval, zone: string): string {
  if (!isMidnight(from, zone) || !isMidnight(to, zone)) return `${inTable(from, zone)} to ${inTable(to, zone)}`;
  const [first, last] = [day(from, zone), day(to - 1, zone)];
  return first === last ? first : `${first} to ${last}`;
}

/** The local date. */
export function day(at: Instant, zone: string): string {
  return inTable(at, zone).split(",")[0] ?? "";
}

/** A time as commands take it: the local day where it is its beginning, else to the second in UTC. */
export function asFlag(at: Instant, zone: string): string {
  const w = wallClock(at, zone);
  return isMidnight(at, zone) ? w.toPlainDate().toString() : new Date(at).toISOString();
}

/** `1 record`, `2 records`. */
export function many(n: number, one: string, more = `${one}s`): string {
  return `${n} ${n === 1 ? one : more}`;
}

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** `November 2026`: the local month. */
export function monthInWords(at: Instant, zone: string): string {
  const { month, year } = wallClock(at, zone);
  return `${MONTHS[month - 1]} ${year}`;
}

import { canonicalBytes } from "../lib/canonical.ts";
import { digestOf } from "../lib/digest.ts";
import type { Instant } from "../lib/time.ts";
import { forPeople, limitForPeople } from "../lib/zone.ts";
import { type Duty, type People, whoFor } from "./duty.ts";
import { many, sentence } from "./words.ts";

/** Deadlines that run: what is due, since when, until when, who, and the command that settles it. Pure. */

/** Something that is to be done by a time. */
export interface LiveClock {
  /** What it belongs to, such as an incident: only so many of one are shown one by one. */
  readonly about: string;
  /** Which of its clocks; the same for as long as it is the same. */
  readonly name: string;
  readonly title: string;
  /** Sentences. */
  readonly what: string;
  readonly todo: string;
  readonly commands: readonly string[];
  readonly since: Instant | undefined;
  /** Undefined where the rules or the law give no number. */
  readonly due: Instant | undefined;
  /** Where `due` is only the first time at which it can be due: the last one; undefined inside where nothing is known. */
  readonly dueUntil?: { readonly at: Instant | undefined } | undefined;
  readonly late: boolean;
  /** How long before it is due somebody is told. */
  readonly warn: number;
  /** Told at once: by law or contract, or of the worst severity. */
  readonly grave: boolean;
  /** Names, where they are known; else whoever owns it all. */
  readonly who?: string | undefined;
}

/** How long before a deadline people are told of it: within the hours of an incident, for a task, for what comes once a year. */
export const WARN = { hours: 24 * 3_600_000, task: 3 * 24 * 3_600_000, yearly: 30 * 24 * 3_600_000 } as const;

/** Of one matter, as many clocks are shown by themselves. */
const SHOWN = 4;

/** A time in the zone, and in UTC beside it. */
export function inBoth(at: Instant, zone: string): string {
  const here = forPeople(at, zone);
  return zone === "UTC" ? here : `${here} (${forPeople(at, "UTC")})`;
}

/** The same of something's end: the end of a day is told as that day. */
export const limitInBoth = (due: Instant, zone: string): string => {
  const limit = limitForPeople(due, zone, () => "");
  return limit === "" ? inBoth(due, zone) : `${limit} ${zone} (${forPeople(due, "UTC")})`;
};

const isOfHours = ({ warn }: LiveClock): boolean => warn <= WARN.hours;
const isPressing = (clock: LiveClock): boolean => clock.grave || (clock.late && isOfHours(clock));

function rankOf(clock: LiveClock, now: Instant): number {
  const { grave, late, due, warn } = clock;
  if (grave && (late || due === undefined || due - warn <= now)) return late ? 0 : 1;
  if (isOfHours(clock)) return late ? 2 : 3;
  return late ? 4 : 5;
}

/**
 * As duties: the gravest that are late or near, then what counts by hours and is late, then what else counts by hours, then
 * tasks; each by when it is due, what has no number last.
 */
export function clockDuties(
  clocks: readonly LiveClock[],
  place: { readonly now: Instant; readonly zone: string; readonly people: People },
): Duty[] {
  const order = (clock: LiveClock) => clock.due ?? Number.MAX_SAFE_INTEGER;
  const sorted = [...clocks].sort((a, b) => rankOf(a, place.now) - rankOf(b, place.now) || order(a) - order(b));
  const left = new Map<string, Duty[]>();
  const shown: { readonly duty: Duty; readonly about: string }[] = [];
  for (const clock of sorted) {
    const duty = dutyOf(clock, place);
    const before = shown.filter(({ about }) => about === clock.about).length;
    if (before < SHOWN) shown.push({ duty, about: clock.about });
    else left.set(clock.about, [...(left.get(clock.about) ?? []), duty]);
  }
  return shown.map(({ duty, about }) => {
    const rest = left.get(about);
    if (rest === undefined || shown.findLast((one) => one.about === about)?.duty !== duty) return duty;
    return { ...duty, more: `${many(rest.length, "more deadline")} of ${about}`, covers: rest.map(({ id }) => id) };
  });
}

/** A name that records can hold, another one once it is late. */
const idOf = ({ about, name, late }: LiveClock): string =>
  `clock:${digestOf(canonicalBytes([about, name])).slice(0, 16)}:${late ? "late" : "soon"}`;

function dutyOf(
  clock: LiveClock,
  { now, zone, people }: { readonly now: Instant; readonly zone: string; readonly people: People },
): Duty {
  const { title, what, todo, commands, since, due, late, warn, grave } = clock;
  const who = clock.who ?? whoFor("owner", people);
  const until =
    due === undefined
      ? "without undue delay; no number is set"
      : `${limitInBoth(due, zone)}${late ? ", which has passed" : ""}`;
  const began = since === undefined ? "" : ` Counted from ${inBoth(since, zone)}.`;
  return {
    id: idOf(clock),
    title: late ? `TOO LATE: ${title}` : title,
    what: `${sentence(what)}${began}`,
    todo,
    commands,
    until,
    ...(who === undefined ? {} : { who }),
    ...(late || due === undefined || due - warn <= now ? {} : { ripe: due - warn }),
    clock: { due, late, grave, pressing: isPressing(clock) },
  };
}

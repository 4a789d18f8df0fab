import type { Deciding } from "../acts/deciding.ts";
import type { EventState } from "../events/fold.ts";
import { isInPeriod } from "../events/reconcile.ts";
import { textsOf } from "../events/rule.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import type { Instant } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { parseMoment, parsePeriod } from "./moment.ts";

/** Which events a command is about, by what is given on its line. */

export interface ChoiceFlags {
  readonly source?: string;
  readonly name?: string;
  readonly severity?: string;
  readonly label?: string[];
  readonly from?: string;
  readonly until?: string;
  readonly period?: string;
}

export interface Choice {
  readonly matches: (event: EventState) => boolean;
  /** What was asked for, in words; empty where nothing was. */
  readonly words: string;
  readonly problems: readonly string[];
}

/** What the flags choose. Texts are exact, or a beginning and a star. */
export function choiceOf(flags: ChoiceFlags, { zone, sources, log, now }: Deciding): Choice {
  const problems: string[] = [];
  const tests: ((event: EventState) => boolean)[] = [];
  const words: string[] = [];
  const text = (flag: string, value: string | undefined, of: (event: EventState) => string | null | undefined) => {
    if (value === undefined) return;
    if (value === "" || value.slice(0, -1).includes("*"))
      problems.push(`${flag} ${value}: expected the text itself, or its beginning and a star, such as Disk*`);
    const matches = textsOf(value);
    tests.push((event) => matches(of(event)));
    words.push(`${flag} ${value}`);
  };
  text("--source", flags.source, ({ instance }) => instance);
  text("--name", flags.name, ({ name, title }) => name ?? title);
  text("--severity", flags.severity, ({ severity }) => severity);
  for (const label of flags.label ?? []) {
    const at = label.indexOf("=");
    if (at < 1) problems.push(`--label ${label}: expected NAME=VALUE`);
    else {
      const name = label.slice(0, at);
      text(`--label ${name}`, label.slice(at + 1), ({ labels }) => (Object.hasOwn(labels, name) ? labels[name] : null));
    }
  }
  const known = [...new Set([...sources, ...log.events.map(({ instance }) => instance)])];
  if (flags.source !== undefined && !flags.source.endsWith("*") && !known.includes(flags.source))
    problems.push(`--source: nothing ${flags.source} has told of events${didYouMean(flags.source, known)}`);
  const moment = (flag: string, value: string | undefined): Instant | undefined => {
    try {
      return value === undefined ? undefined : parseMoment(value, zone);
    } catch (thrown) {
      problems.push(`${flag}: ${messageOf(thrown)}`);
      return undefined;
    }
  };
  const from = moment("--from", flags.from);
  const until = moment("--until", flags.until);
  if (from !== undefined) {
    tests.push(({ when }) => when >= from);
    words.push(`begun from ${forPeople(from, zone)} on`);
  }
  if (until !== undefined) {
    tests.push(({ when, precision }) => when + precision <= until);
    words.push(`begun before ${forPeople(until, zone)}`);
  }
  if (from !== undefined && until !== undefined && until <= from) problems.push("--until is not after --from");
  if (flags.period !== undefined) {
    try {
      const period = parsePeriod(flags.period, zone);
      tests.push((event) => isInPeriod(event, period, now));
      words.push(`in ${flags.period}`);
    } catch (thrown) {
      problems.push(`--period: ${messageOf(thrown)}`);
    }
  }
  return { matches: (event) => tests.every((test) => test(event)), words: words.join(", "), problems };
}

/** Throws USAGE with all problems at once, where there are any. */
export function requireNone(problems: readonly string[], nothing: string): void {
  if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: nothing });
}

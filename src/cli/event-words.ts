import { type Decision, deciderInWords, decisionInWords } from "../events/decision.ts";
import type { EventState } from "../events/fold.ts";
import type { Account } from "../events/reconcile.ts";
import { momentForPeople } from "../incidents/moment.ts";
import { lengthForPeople } from "../lib/length.ts";
import { iso } from "../lib/time.ts";
import { clean } from "../report/clean.ts";

/** How commands say things about events. Text of sources and people is cleaned here, before it is printed. */

const SHORT = 60;

/** How long something waits. Rounded down: a limit that it has not reached is not shown as reached. */
export const waitInWords = (ms: number): string => lengthForPeople(Math.max(0, ms), { round: "down" });

export const manyEvents = (n: number) => `${n} ${n === 1 ? "event" : "events"}`;

/** `warning "DiskSpaceLow" of prom`; reports with their channel. */
export function titleOf({ title, severity, instance, newest, kind }: EventState): string {
  const what = `"${clean(title, SHORT)}"`;
  if (kind === "event" && newest.fact.kind === "event")
    return `${what}, reported by ${clean(newest.fact.channel ?? "an unknown way", SHORT)}`;
  return `${severity === null ? "" : `${clean(severity, 20)} `}${what} of ${clean(instance, SHORT)}`;
}

/** Who decided what and when, in a line. */
export function decisionLine(decision: Decision, names: ReadonlyMap<string, string>, zone: string): string {
  const { by, at, precision, reason, together, each, index } = decision;
  const who = clean(deciderInWords(decision, names), 200);
  const unproven = by.type === "person" && by.auth === "unauthenticated" ? " (nobody checked who that was)" : "";
  const back = by.type === "rule" && by.reachesBack ? ", which reaches back to before it was recorded" : "";
  const when = at === null ? "" : `, ${momentForPeople({ at, precision }, zone)}`;
  const many =
    together > 1 ? `, together with ${together - 1} others${each ? ", each looked at" : ", not each looked at"}` : "";
  const record = index === undefined ? "" : ` (record ${index})`;
  const why = reason === undefined ? "; no reason given" : `: ${clean(reason, 200)}`;
  return `${decisionInWords(decision)}, by ${who}${unproven}${back}${when}${many}${record}${why}`;
}

/** An event in a line, and what a person must know about it below. */
export function eventLines(event: EventState, names: ReadonlyMap<string, string>, zone: string): string[] {
  const { when, precision, decided, age, again, linked } = event;
  const head = `${event.event}  ${momentForPeople({ at: when, precision }, zone)}  ${titleOf(event)}`;
  const state =
    decided === undefined
      ? `    UNDECIDED for ${waitInWords(age ?? 0)}${linked.length > 0 ? `; linked to ${linked.join(", ")}, which is no decision` : ""}`
      : `    ${decisionLine(decided, names, zone)}`;
  return [head, state, ...again.map((why) => `    LOOK AGAIN: ${clean(why)}.`)];
}

/** The account of one source: `412 = 398 by rule + 14 by people`. */
export function accountLine({ instance, told, byPerson, byRule, undecided, again }: Account): string {
  const split = (counts: Account["byPerson"]) =>
    Object.entries(counts)
      .filter(([, n]) => n > 0)
      .map(([word, n]) => `${n} ${word}`)
      .join(", ");
  const sum = (counts: Account["byPerson"]) => Object.values(counts).reduce((a, b) => a + b, 0);
  const part = (counts: Account["byPerson"], who: string) =>
    sum(counts) === 0 ? [] : [`${sum(counts)} decided by ${who} (${split(counts)})`];
  const parts = [
    ...part(byPerson, "people"),
    ...part(byRule, "rules"),
    ...(undecided > 0 ? [`${undecided} UNDECIDED`] : []),
  ];
  const look = again > 0 ? `; ${again} to look at again` : "";
  return `${clean(instance, SHORT)}: ${told === 0 ? "told of nothing" : `${manyEvents(told)} = ${parts.join(" + ")}`}${look}`;
}

/** A decision as `--json` has it. */
export function decisionRecord(decision: Decision, names: ReadonlyMap<string, string>) {
  const { by, at, precision, index, logged, incident, duplicateOf, reason, together, each } = decision;
  return {
    decision: decision.decision,
    by:
      by.type === "rule"
        ? {
            rule: by.bound.rule.id,
            version: by.bound.rule.version,
            approvedBy: by.bound.rule.approvedBy,
            policy: by.bound.set.entry,
          }
        : { person: by.id, name: names.get(by.id) ?? null, auth: by.auth ?? null },
    at: at === null ? null : iso(at),
    precision,
    entry: index ?? null,
    logged: logged === undefined ? null : iso(logged),
    incident: incident ?? null,
    duplicateOf: duplicateOf ?? null,
    reason: reason ?? null,
    together,
    each,
  };
}

/** An event as `--json` has it. */
export function eventRecord(event: EventState, names: ReadonlyMap<string, string>) {
  const { instance, kind, id, title, severity, state, when, precision, endsAt, decided, age, lag, again, linked } =
    event;
  return {
    event: event.event,
    instance,
    kind,
    id,
    title,
    severity,
    state,
    when: iso(when),
    precision,
    ended: endsAt === null ? null : iso(endsAt),
    decided: decided === undefined ? null : decisionRecord(decided, names),
    undecidedFor: age ?? null,
    lag: lag ?? null,
    again,
    linked,
  };
}

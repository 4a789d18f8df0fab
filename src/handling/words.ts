import type { Instant } from "../lib/time.ts";
import { fieldNamed } from "./fields.ts";
import type { Allowed, EvidenceItem, HandlingAct, Hole, ItemEvent } from "./item.ts";

/** What the record of a thing says, in the words of whoever reads it. */

export interface Speaking {
  /** A person's name, or what stands for it. */
  person(id: string): string;
  /** A moment, as exactly as it is given. */
  moment(at: Instant, precision?: number): string;
  /** A day. */
  day(at: Instant): string;
}

const recordWords = (entries: readonly number[]) =>
  entries.length === 1 ? `record ${entries[0]}` : `records ${entries.join(" and ")}`;

function spanWords({ from, to }: Pick<Hole, "from" | "to">, { moment, day }: Speaking): string {
  if (from === to) return `on ${moment(from)}`;
  const [first, last] = [day(from), day(to)];
  return first === last ? `between ${moment(from)} and ${moment(to)}` : `between ${first} and ${last}`;
}

/** A hole in one sentence: when, what does not close, between which records. */
export function holeInWords(hole: Hole, speaking: Speaking): string {
  const { kind, holder, named, next, entries } = hole;
  const span = spanWords(hole, speaking);
  const who = (id: string | undefined) => (id === undefined ? "nobody" : speaking.person(id));
  const records = `(${recordWords(entries)})`;
  const At = span.charAt(0).toUpperCase() + span.slice(1);
  switch (kind) {
    case "no-beginning":
      return `Nobody recorded how it was collected, when and by whom ${records}.`;
    case "before-beginning":
      return `${At} it was handled by ${who(named)} before it was collected, by its times ${records}.`;
    case "twice":
      return `${At} it was collected a second time, by ${who(named)}, while it was already kept ${records}.`;
    case "other-hands":
      return holder === undefined
        ? `${At} ${who(named)} handed it on, while nobody is recorded as holding it ${records}.`
        : `${At} it came from ${who(holder)} to ${who(named)}, and nobody recorded how: ${who(named)} handed it on${next === undefined ? "" : ` to ${who(next)}`}, but ${who(holder)} had it last ${records}.`;
    case "no-giver":
      return `${At} it came to ${who(next)}, and the record does not say from whom; ${who(holder)} had it last ${records}.`;
    case "no-receiver":
      return `On ${speaking.moment(hole.to)} it was handed on by ${who(holder)}, and the record does not say to whom ${records}.`;
    case "on-its-way":
      return `${At} nobody is recorded as holding it: ${who(holder)} had handed it over, ${who(next)} had not received it ${records}.`;
    case "nobody":
      return `${At} nobody is recorded as holding it: it had been given away, and came back${next === undefined ? "" : ` to ${who(next)}`} ${records}.`;
    case "after-end":
      return `${At} it was handled by ${who(named)} after its record had ended ${records}.`;
    case "altered":
      return `On ${speaking.moment(hole.to)} its bytes were found ALTERED: they are not those that were recorded ${records}.`;
    case "disposal-unrecorded":
      return `On ${speaking.moment(hole.to)} it is said to have been disposed of, but no disposal of its files is recorded ${records}.`;
  }
}

const ACTS: Readonly<Record<HandlingAct, string>> = {
  collect: "collected",
  receive: "received",
  store: "put away",
  access: "looked at",
  transfer: "handed over",
  export: "given out",
  verify: "hash checked",
  copy: "copy or derived file made",
  return: "returned",
  release: "released",
  dispose: "disposed of",
  describe: "record amended",
  authorise: "handlers changed",
};

export const actInWords = (act: HandlingAct): string => ACTS[act];

/** The same of one event: of a thing without bytes no hash was checked. */
export const eventAct = ({
  act,
  digests,
}: Pick<ItemEvent, "act"> & { readonly digests: { readonly length: number } }): string =>
  act === "verify" && digests.length === 0 ? "looked over" : actInWords(act);

const WHY_NOT: Readonly<Record<NonNullable<Allowed["why"]>, string>> = {
  "not-authorised": "not among those authorised to handle it",
  "authorised-later": "authorised only later",
  "receiver-not-authorised": "given to somebody who was not authorised to handle it",
  role: "not allowed by their role",
  unproven: "nobody proved who they are",
  "no-role": "their role is not known",
};

/** What is wrong with one event beside holes; nothing where all is as it should be. */
export function remarksOn(event: ItemEvent, { person, moment }: Speaking): string[] {
  const { act, allowed, late, loggedAt, clockBehind, confirmed, to, result, replaced, reason } = event;
  return [
    ...(allowed.word === "no" ? [`NOT ALLOWED: ${WHY_NOT[allowed.why ?? "not-authorised"]}`] : []),
    ...(allowed.word === "unknown"
      ? [`whether it was allowed is not known: ${WHY_NOT[allowed.why ?? "unproven"]}`]
      : []),
    ...(result === "differs"
      ? [event.digests.length === 0 ? "it is NOT as it was recorded" : "the bytes are NOT those that were recorded"]
      : []),
    ...(late === "yes" ? [`recorded later, on ${moment(loggedAt)}`] : []),
    ...(late === "perhaps" ? [`perhaps recorded more than a day later, on ${moment(loggedAt)}`] : []),
    ...(clockBehind === undefined
      ? []
      : [`the clock of the machine was ${Math.round(clockBehind / 1000)} s behind the log`]),
    ...(confirmed === "giver-only" && to !== undefined
      ? [`${person(to)} has not confirmed it: only the giver recorded it`]
      : []),
    ...(confirmed === "third-person" ? ["one person recorded it for both; neither of them did"] : []),
    ...(NEEDS_REASON.has(act) && reason === undefined && event.purpose === undefined ? ["no reason is given"] : []),
    ...(replaced.length > 0 ? [`corrects ${recordWords(replaced)}`] : []),
  ];
}

/** Acts that nobody should have to guess the reason of. */
const NEEDS_REASON: ReadonlySet<HandlingAct> = new Set([
  "access",
  "export",
  "transfer",
  "copy",
  "return",
  "release",
  "dispose",
]);

/** Fields that are not there, as people call them. */
export function missingInWords(missing: readonly string[]): string[] {
  return missing.map((name) =>
    name === "files"
      ? "the files themselves"
      : name === "incident"
        ? "which incident it belongs to, or what it is kept for"
        : (fieldNamed(name)?.label ?? name),
  );
}

/** Where it is now, in one sentence. */
export function stateInWords(item: EvidenceItem, { person, day }: Speaking): string {
  const { state, holder, holderSince, ended, files } = item;
  if (state === "disposed" && ended === undefined) {
    const gone = files.flatMap(({ disposed }) => disposed ?? []);
    const last = gone.at(-1);
    return last === undefined
      ? "disposed of"
      : `disposed of by ${person(last.by)}, by the authority ${last.authority} (${last.reason}), record ${last.index}`;
  }
  if (state === "disposed" || state === "returned" || state === "released")
    return `${state === "disposed" ? "disposed of" : state}${ended === undefined ? "" : ` on ${day(ended.at)}`}`;
  if (holder === undefined) return "nobody is recorded as holding it";
  return `held by ${person(holder)}${holderSince === undefined ? "" : ` since ${day(holderSince)}`}`;
}

import { type RecordedAct, type Standing, standing, wordOf } from "../evidence/act.ts";
import type { BlobRef } from "../evidence/blob.ts";
import type { EntryOf } from "../evidence/entry.ts";
import { didYouMean } from "../lib/nearest.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import { type Deed, deedOf, latest, type Trouble } from "./stamp.ts";

/**
 * Actions: steps that somebody is to take after an incident, an exercise or a finding, folded from their records. A date that
 * was set stays visible when a later one takes its place, and so does that it was missed.
 */

export type ActionAct = EntryOf<"action">["act"];
/** `none` before it was opened. */
export type ActionState = "none" | "open" | "done" | "verified" | "cancelled";
export type VerifyResult = NonNullable<EntryOf<"action">["result"]>;

/** Until when it was to be done, and from when on that was the date. */
export interface Due {
  readonly due: Instant;
  /** When it was logged. A later word on when that was said moves no date that had passed by then. */
  readonly set: Instant;
  readonly reason: string | undefined;
  readonly entry: number;
  /** Whether it was still to be done after this date, while this was the date. `unclear` where the time it was done is too inexact. */
  readonly missed: "yes" | "no" | "unclear";
}

export interface Action {
  readonly id: string;
  readonly title: string;
  readonly text: string | undefined;
  readonly type: string | undefined;
  /** As its register calls it. */
  readonly incident: string | undefined;
  readonly finding: string | undefined;
  readonly activity: string | undefined;
  /** Random ID of a person. */
  readonly owner: string | undefined;
  readonly opened: Deed;
  readonly state: Exclude<ActionState, "none">;
  /** The date in force. */
  readonly due: Instant | undefined;
  /** Every date that was set, the first one first. */
  readonly dues: readonly Due[];
  /** To be done, and the date has passed. */
  readonly overdue: boolean;
  readonly done: (Deed & { readonly evidence: readonly BlobRef[]; readonly text: string | undefined }) | undefined;
  readonly verified: (Deed & { readonly result: VerifyResult; readonly text: string | undefined }) | undefined;
  readonly cancelled: (Deed & { readonly reason: string | undefined }) | undefined;
  readonly reopened: number;
  readonly tracker: string | undefined;
  /** Everything that counts, in order, with what was corrected. */
  readonly records: readonly Standing<"action">[];
}

export interface Actions {
  readonly all: ReadonlyMap<string, Action>;
  readonly troubles: readonly Trouble[];
}

/** True where whoever did it is who looked whether it helped: nobody else says so. */
export function isSelfVerified({ done, verified }: Pick<Action, "done" | "verified">): boolean {
  return done !== undefined && verified !== undefined && done.by.id === verified.by.id;
}

/** What may follow what. Who was told to do something may still be told where it is followed after it was done. */
const FOLLOWING: Readonly<Record<ActionState, readonly ActionAct[]>> = {
  none: ["open"],
  open: ["assign", "replan", "follow", "done", "cancel"],
  done: ["verify", "reopen", "follow"],
  verified: ["verify", "reopen", "follow"],
  cancelled: ["reopen"],
};

/** The state after an act; undefined where the act cannot follow. */
export function stateAfter(state: ActionState, act: ActionAct, result?: VerifyResult): ActionState | undefined {
  if (!FOLLOWING[state].includes(act)) return undefined;
  if (act === "verify") return result === "not-effective" ? "open" : "verified";
  if (act === "open" || act === "reopen") return "open";
  if (act === "done") return "done";
  return act === "cancel" ? "cancelled" : state;
}

const STATES: Readonly<Record<ActionState, string>> = {
  none: "was never opened",
  open: "is still to be done",
  done: "is done already",
  verified: "is done and verified already",
  cancelled: "is cancelled",
};

/** Why an act cannot follow, in words. */
export const whyNot = (id: string, state: ActionState, act: ActionAct): string =>
  `${id} ${STATES[state]}, so "${act}" does not fit; what can follow is ${FOLLOWING[state].join(", ")}`;

/** Folds the records of kind `action`, in the order of the log, into what holds at `asOf`. */
export function actionsOf(acts: readonly RecordedAct<"action">[], asOf: Instant): Actions {
  const troubles: Trouble[] = [];
  const records = new Map<string, Standing<"action">[]>();
  const replaced = new Set<number>();
  for (const one of standing(acts, ({ action, act }) => `${action} ${act}`)) {
    const { action } = one.act.entry;
    const list = records.get(action);
    if (list === undefined) records.set(action, [one]);
    else list.push(one);
    for (const { index } of one.replaced) replaced.add(index);
  }
  for (const { index, entry } of acts) {
    if (entry.corrects === undefined || replaced.has(entry.corrects)) continue;
    troubles.push({
      entry: index,
      about: entry.action,
      why: `it says that it corrects record ${entry.corrects}, which is no earlier "${entry.act}" of ${entry.action} that whoever recorded this may put right; it counts by itself`,
    });
  }
  const all = new Map<string, Action>();
  for (const [id, own] of records) {
    const folded = foldAction(id, own, asOf, troubles);
    if (folded !== undefined) all.set(id, folded);
  }
  troubles.sort((a, b) => a.entry - b.entry);
  return { all, troubles };
}

/** When it was to be done: from a moment on, until the stamp where it ended. */
interface Span {
  readonly from: Instant;
  to?: { readonly earliest: Instant; readonly latest: Instant };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function foldAction(
  id: string,
  own: readonly Standing<"action">[],
  asOf: Instant,
  troubles: Trouble[],
): Action | undefined {
  let state: ActionState = "none";
  let now: Mutable<Omit<Action, "due" | "dues" | "overdue" | "state">> | undefined;
  const spans: Span[] = [];
  const dates: RecordedAct<"action">[] = [];
  for (const { act, replaced } of own) {
    const { entry } = act;
    const deed = deedOf(act);
    const trouble = (why: string) => troubles.push({ entry: act.index, about: id, why });
    const next = stateAfter(state, entry.act, entry.result);
    if (next === undefined || (entry.act === "verify" && entry.result === undefined)) {
      trouble(next === undefined ? whyNot(id, state, entry.act) : `it verifies ${id} and says no result`);
      continue;
    }
    if (now === undefined) {
      now = begun(id, act, own);
      // A correction of when it was opened takes no day from what was late.
      spans.push({ from: Math.min(deed.at, ...replaced.map((one) => deedOf(one).at)) });
    } else if (latest(deed) < now.opened.at) trouble(`it says that this was before ${id} was opened`);
    if (entry.act !== "open" && entry.owner !== undefined) now.owner = entry.owner;
    if (entry.tracker !== undefined) now.tracker = entry.tracker;
    const open = spans.at(-1);
    if (entry.act === "done") {
      now.done = { ...deed, evidence: entry.evidence ?? [], text: wordOf(act, "text") };
      now.verified = undefined;
      // Corrected from late to in time, it is unclear: somebody who was there said so first.
      const ends = [deed, ...replaced.map(deedOf)].map(latest);
      if (open !== undefined) open.to = { earliest: deed.at, latest: Math.max(...ends) };
    }
    if (entry.act === "cancel") {
      now.cancelled = { ...deed, reason: wordOf(act, "reason") };
      // A decision takes effect when it is known to have been made.
      if (open !== undefined) open.to = { earliest: deed.logged, latest: deed.logged };
    }
    if (entry.act === "verify" && entry.result !== undefined) {
      if (now.done !== undefined && latest(deed) < now.done.at) trouble(`it verifies ${id} before it was done`);
      now.verified = { ...deed, result: entry.result, text: wordOf(act, "text") };
    }
    if (next === "open" && state !== "open" && state !== "none") {
      now.reopened += 1;
      now.done = undefined;
      now.cancelled = undefined;
      if (entry.act === "reopen") now.verified = undefined;
      spans.push({ from: deed.logged });
    }
    for (const one of [...replaced, act]) if (one.entry.due !== undefined) dates.push(one);
    state = next;
  }
  if (now === undefined || state === "none") return undefined;
  const dues = duesOf(dates, spans, asOf);
  const due = dues.at(-1)?.due;
  return { ...now, state, dues, due, overdue: state === "open" && due !== undefined && asOf > due };
}

function begun(id: string, act: RecordedAct<"action">, records: readonly Standing<"action">[]) {
  const { type, incident, finding, activity, owner, tracker } = act.entry;
  return {
    id,
    title: wordOf(act, "title") ?? (act.gone === undefined ? id : `${id} (its words are ${act.gone})`),
    text: wordOf(act, "text"),
    type,
    incident: wordOf(act, "incident") ?? incident,
    finding,
    activity,
    owner,
    opened: deedOf(act),
    done: undefined,
    verified: undefined,
    cancelled: undefined,
    reopened: 0,
    tracker,
    records,
  };
}

/** Every date that was ever set, corrected ones too: what was wrong about a date does not undo that it was missed. */
function duesOf(dates: readonly RecordedAct<"action">[], spans: readonly Span[], asOf: Instant): Due[] {
  const ordered = [...dates].sort((a, b) => a.index - b.index);
  const set = ordered.map((act, i) => ({ act, at: i === 0 ? Math.min(act.at, fromIso(act.entry.happened)) : act.at }));
  return set.map(({ act, at }, i) => {
    const due = fromIso(act.entry.due ?? act.entry.happened);
    const until = Math.min(set[i + 1]?.at ?? Number.POSITIVE_INFINITY, asOf);
    const after = Math.max(due, at);
    const openAfter = (end: "earliest" | "latest") =>
      spans.some(({ from, to }) => Math.max(after, from) < Math.min(until, to?.[end] ?? Number.POSITIVE_INFINITY));
    const missed = openAfter("earliest") ? "yes" : openAfter("latest") ? "unclear" : "no";
    return { due, set: at, reason: wordOf(act, "reason"), entry: act.index, missed };
  });
}

/** Open ones first, overdue before the others, then by date; what has no date stands behind what has one. */
export function inOrder(actions: Iterable<Action>): Action[] {
  const rank = ({ state, overdue }: Action) =>
    overdue ? 0 : ["open", "done", "verified", "cancelled"].indexOf(state) + 1;
  return [...actions].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.due ?? Number.MAX_SAFE_INTEGER) - (b.due ?? Number.MAX_SAFE_INTEGER) ||
      (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );
}

/** What to add where an action is named that there is not. */
export const likeAction = (id: string, { all }: Actions): string => didYouMean(id, [...all.keys()]);

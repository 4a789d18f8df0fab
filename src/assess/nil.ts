import type { FactKind, Observed } from "../evidence/fact.ts";
import { holes as holesIn, type Instant, type Interval } from "../lib/time.ts";
import { dateForPeople, forPeople, wallClock } from "../lib/zone.ts";
import { type AssessedSlot, type SlotState, tally } from "../slots/state.ts";
import type { Feeding } from "./feeding.ts";
import { type Circumstances, notSeen, recordsOf, sinceWhen } from "./judgement.ts";
import { meetsPeriod, spanOf } from "./population.ts";
import { type SignOff, signerInWords } from "./sign-off.ts";
import { counted, NOUNS } from "./vocabulary.ts";

/** The subject of a sign-off by which a person confirms that nothing happened. */
export const NIL_RETURN = "nil-return";

/**
 * How a claim that nothing happened stands.
 * - `confirmed`: every slot covered, everything read, nothing found, and a person confirmed it.
 * - `withdrawn`: a person confirmed it, and it does not hold any more.
 * - `confirmable`: all of it holds but for the person.
 * - `occupied`: something happened, so there is nothing to confirm.
 * - `refused`: it cannot be confirmed, and the reason says why.
 * - `running`: the time is not over, or evidence of it is not due yet.
 * - `unwatched`: nothing that could have seen it was connected, or nothing ever came.
 */
export type NilState = "confirmed" | "withdrawn" | "confirmable" | "occupied" | "refused" | "running" | "unwatched";

/** A stretch of time for which a source was not collected. */
export interface NilHole extends Interval {
  readonly instance: string;
  readonly state: SlotState;
  readonly slots: number;
  /** A closed code, as the last attempt said. */
  readonly cause: string | undefined;
  /** Entries of the runs that tried. */
  readonly entries: readonly number[];
}

/** What one source adds to the claim. */
export interface NilSource {
  readonly instance: string;
  readonly use: string;
  readonly slots: number;
  readonly covered: number;
  /** Of the covered ones, how many came after their time. */
  readonly late: number;
  /** The source's own count in the newest run of the time; undefined where it gives none. */
  readonly total: number | undefined;
  /** Entries of the runs that asked about the time. */
  readonly runs: readonly number[];
  /** Of a source that knows only the present: at how many moments it was seen. */
  readonly moments?: number;
}

export interface NilFinding {
  readonly over: FactKind;
  readonly window: Interval;
  readonly state: NilState;
  /** In plain words; for `refused` and `withdrawn` it names the hole. */
  readonly reason: string;
  readonly holes: readonly NilHole[];
  readonly sources: readonly NilSource[];
  /** Confirmations that meet the time, also those that a hole has withdrawn. */
  readonly signed: readonly SignOff[];
  /** What happened after all. */
  readonly records: readonly Observed[];
}

const SEEN: readonly SlotState[] = ["collected", "late"];
const NOT_OVER: readonly SlotState[] = ["open", "due"];
const MOMENT = ["moment", "moments"] as const;
const SLOT = ["piece of expected evidence", "pieces of expected evidence"] as const;
/** Holes named in a sentence; how many more there are is always said. */
const HOLES_NAMED = 3;

/** Whether the claim that nothing of a kind happened holds, and whether a person confirmed it. */
export function findNil(all: Circumstances, over: FactKind): NilFinding & { readonly n: number; readonly of: number } {
  const { period, asOf, zone, requirement } = all;
  // A source that was connected afterwards can show what happened, but nobody expected evidence of it then.
  const feeding = all.feeding.filter((f) => f.slots.length > 0 || f.history.configuredSince < period.to);
  const circumstances = { ...all, feeding };
  const records = recordsOf(all, over);
  const slots = feeding.flatMap((f) => f.slots);
  const signed = all.signOffs.filter(
    ({ subject, requirements, window }) =>
      subject === NIL_RETURN &&
      requirements.includes(requirement.id) &&
      window.from < period.to &&
      window.to > period.from,
  );
  const early = signed.filter((one) => slots.some((slot) => isIn(slot, one.window) && (slot.fullAt ?? 0) > one.at));
  const standing = signed.filter((one) => !early.includes(one));
  const isWhole =
    holesIn(
      period,
      standing.map(({ window }) => window),
    ).length === 0;
  const holes = feeding.flatMap((f) => holesOf(f));
  const counts = tally(slots);
  const found = {
    over,
    window: period,
    holes,
    sources: feeding.map((f) => sourceOf(f, all, over)),
    signed,
    records,
    n: counts.collected + counts.late,
    of: slots.length,
  };
  const answer = (state: NilState, reason: string) => ({ ...found, state, reason });
  const none = `no ${NOUNS[over][0]} was seen`;
  const refuse = (why: string, broken: (signOff: SignOff) => boolean = () => isWhole) => {
    const before = standing.filter(broken);
    if (before.length === 0) return answer("refused", `cannot be confirmed: ${why}`);
    return answer("withdrawn", `cannot be confirmed: ${why}; ${withdrawnInWords(before, zone)}`);
  };

  if (records.length > 0) {
    const from = [...new Set(records.map((o) => o.instance))].join(", ");
    const what = `${counted(records.length, NOUNS[over])} from ${from}`;
    const denied = signed.filter(({ window }) => records.some(({ fact }) => meetsPeriod(fact, window, asOf)));
    const occupied = `${what}${longOpenInWords(records, period, zone)}, so nothing to confirm`;
    const state = denied.length === 0 ? "occupied" : "withdrawn";
    const but = denied.length === 0 ? "" : `; ${withdrawnInWords(denied, zone)}`;
    return { ...answer(state, occupied + but), n: 0, of: 0 };
  }
  const due = slots.length - counts.open - counts.due;
  const later = all.feeding.filter((f) => !feeding.includes(f));
  if (feeding.length === 0 && later.length > 0) {
    const since = later.map((f) => `${f.instance} since ${dateForPeople(f.history.configuredSince, zone)}`);
    return answer("unwatched", `nobody watched yet (${since.join(", ")})`);
  }
  if (feeding.every((f) => !f.delivered))
    return answer("unwatched", notSeen(circumstances) ?? "nothing that could have seen it was connected then");
  // A register that keeps what a hole hid is enough for other checks, but not to say that nothing happened.
  if (holes.length > 0) {
    const came = `${found.n} of ${counted(due, SLOT)} came`;
    return refuse(`${holesInWords(holes, zone)} (${came})`, ({ window }) => holes.some((hole) => isIn(hole, window)));
  }
  const hidden = notSeen(circumstances, true);
  if (hidden) return refuse(hidden);
  const since = sinceWhen(circumstances);
  if (since) return refuse(since.replace(/^; /, ""));
  // What was retired has no slots any more, and so no holes.
  const unwatched = holesIn({ from: period.from, to: Math.min(period.to, asOf) }, slots);
  if (unwatched.length > 0) {
    const when = unwatched.map((stretch) => whenInWords(stretch, zone)).join(", nor ");
    return refuse(`nobody watched ${when}`, ({ window }) => unwatched.some((stretch) => isIn(stretch, window)));
  }
  // A register counts all that it holds, also of other times and kinds; what was read of it is known not to be meant.
  const more = partsOf(circumstances, over)
    .flatMap(({ instance, counts: own }) => own.map((run) => ({ ...run, instance })))
    .find((run) => (run.total ?? 0) > run.facts);
  if (more)
    return refuse(`${more.instance} itself counts ${more.total} and ${more.facts} were read (record ${more.entry})`);
  if (due < slots.length || asOf < period.to) return answer("running", `${none}; the period is not over yet`);
  const uncounted = found.sources.some(({ total }) => total === undefined)
    ? "; uncounted: the source gives no number of its own"
    : "";
  const limits = `${uncounted}${found.sources.map(momentsInWords).join("")}`;
  if (isWhole) return answer("confirmed", `${none}, and ${confirmedInWords(standing, zone)}${limits}`);
  const again = early.length > 0 ? ": what was confirmed before all of it had come counts no more" : "";
  return answer("confirmable", `${none}; not confirmed by a person yet${again}${limits}`);
}

/** Records named that began before the period. */
const OPEN_NAMED = 3;

/** Why something that began before the period counts in it: it had not ended. "" where all of it began in the period. */
function longOpenInWords(records: readonly Observed[], { from }: Interval, zone: string): string {
  const long = records.flatMap(({ fact }) => {
    const span = spanOf(fact);
    if (span.from === null || span.from >= from || !span.lasting) return [];
    const open = span.to === null ? "still open" : "open";
    return [
      `${fact.kind === "incident" ? `${fact.id.slice(0, 80)} ` : ""}${open} since ${dateForPeople(span.from, zone)}`,
    ];
  });
  if (long.length === 0) return "";
  const named = [...new Set(long.slice(0, OPEN_NAMED))].join(", ");
  return ` (${named}${long.length > OPEN_NAMED ? `, and ${long.length - OPEN_NAMED} more` : ""})`;
}

/**
 * The source's own count beside a claim that nothing of a kind happened: a register counts all that it holds, whatever
 * time and kind it is of.
 */
export function countInWords(total: number | undefined, over: FactKind): string {
  if (total === undefined) return "uncounted: it gives no number of its own";
  if (total === 0) return "its own count is 0";
  return `it holds ${counted(total, ["record", "records"])} by its own count, no ${NOUNS[over][0]} of this time among them`;
}

/** What came and went between two looks was not seen: whoever confirms it must know. */
const momentsInWords = ({ instance, moments }: NilSource): string =>
  moments === undefined ? "" : `; ${instance} knows only the present, and was seen at ${counted(moments, MOMENT)}`;

const within =
  ({ from, to }: Interval) =>
  (at: Instant): boolean =>
    from <= at && at < to;

const isIn = (a: Interval, b: Interval): boolean => a.from < b.to && a.to > b.from;

function partsOf({ populations, feeding }: Circumstances, over: FactKind) {
  return populations.get(over)?.parts.filter((part) => feeding.some((f) => f.instance === part.instance)) ?? [];
}

function sourceOf(source: Feeding, circumstances: Circumstances, over: FactKind): NilSource {
  const counts = tally(source.slots);
  const runs = partsOf(circumstances, over).find((part) => part.instance === source.instance)?.counts ?? [];
  return {
    instance: source.instance,
    use: source.history.record.use,
    slots: source.slots.length,
    covered: counts.collected + counts.late,
    late: counts.late,
    // One run without a number leaves the whole uncounted.
    total:
      source.own !== undefined
        ? source.own.total
        : runs.some(({ total }) => total === undefined)
          ? undefined
          : runs.at(-1)?.total,
    runs: runs.map(({ entry }) => entry),
    ...(source.history.record.mode === "snapshot"
      ? { moments: new Set(source.slots.flatMap(({ instants }) => instants).filter(within(circumstances.period))).size }
      : {}),
  };
}

/** What was missed side by side, in the same way, is one hole. */
function holesOf({ instance, slots }: Feeding): NilHole[] {
  const found: NilHole[] = [];
  for (const slot of slots) {
    if (SEEN.includes(slot.state) || NOT_OVER.includes(slot.state)) continue;
    const last = found.at(-1);
    const hole = holeOf(instance, slot);
    if (last?.to === hole.from && last.state === hole.state) {
      const entries = [...new Set([...last.entries, ...hole.entries])];
      found[found.length - 1] = {
        ...last,
        to: hole.to,
        slots: last.slots + 1,
        cause: hole.cause ?? last.cause,
        entries,
      };
    } else found.push(hole);
  }
  return found;
}

function holeOf(instance: string, { from, to, state, reason, runs }: AssessedSlot): NilHole {
  return { instance, from, to, state, slots: 1, cause: reason, entries: runs };
}

const VERBS: Partial<Record<SlotState, string>> = {
  partial: "was only collected in part",
  paused: "was paused by a person",
};

/** `prom was not collected on 12 Oct 2026`: the first few, and how many more. */
export function holesInWords(holes: readonly NilHole[], zone: string): string {
  const named = holes
    .slice(0, HOLES_NAMED)
    .map((hole) => `${hole.instance} ${VERBS[hole.state] ?? "was not collected"} ${whenInWords(hole, zone)}`);
  const rest = holes.length - named.length;
  return named.join("; ") + (rest > 0 ? `; and ${rest} more` : "");
}

/** `on 12 Oct 2026`, `from 12 Oct 2026 to 14 Oct 2026`, or with times where it is no whole days. */
export function whenInWords({ from, to }: Interval, zone: string): string {
  const day = (at: Instant) => dateForPeople(at, zone);
  if (isMidnight(from, zone) && isMidnight(to, zone)) {
    const [first, last] = [day(from), day(to - 1)];
    return first === last ? `on ${first}` : `from ${first} to ${last}`;
  }
  const time = (at: Instant) => forPeople(at, zone).slice(0, -zone.length - 1);
  return `from ${time(from)} to ${time(to)}`;
}

function isMidnight(at: Instant, zone: string): boolean {
  const { hour, minute, second, millisecond } = wallClock(at, zone);
  return hour + minute + second + millisecond === 0;
}

function confirmedInWords(signed: readonly SignOff[], zone: string): string {
  return signed
    .map((one) => `${signerInWords(one)} confirmed it on ${dateForPeople(one.at, zone)} (record ${one.entry})`)
    .join(", ");
}

function withdrawnInWords(signed: readonly SignOff[], zone: string): string {
  const who = signed
    .map((one) => `${signerInWords(one)} confirmed on ${dateForPeople(one.at, zone)} (record ${one.entry})`)
    .join(", and ");
  return `what ${who} is withdrawn`;
}

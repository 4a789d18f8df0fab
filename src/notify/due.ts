import type { Duty } from "../duties/duty.ts";
import { needsSomebody } from "../duties/gaps.ts";
import type { AnyGap } from "../gaps/gap.ts";
import { closeRecord, openRecord } from "../gaps/note.ts";
import type { Instant } from "../lib/time.ts";
import { ends } from "../slots/gap.ts";
import type { GapRecord } from "../slots/history.ts";
import { type ChannelConfig, wants } from "./define.ts";
import type { ChannelTold, Mention } from "./told.ts";

/**
 * What is to be told, per channel; pure. It follows from the ledger alone, so restarts and replicas tell nothing twice.
 *
 * - A gap is told with the next digest after the record that opened it, and again after an acceptance ran out or when it grew
 *   after its end. One that somebody has seen (`custody gap ack`) or accepted is not told.
 * - What stays open and that nobody acknowledges is repeated once a week, not every day.
 * - The end of a gap is told once, to whoever could be told of it before.
 * - A gap of the top level is told at once, and so is its end; another one of the same collector within a day waits for the digest,
 *   and the notice says so. Of what stays missing it is told at once that it goes on no longer.
 * - Anything else that a person must do is told when it is new, and repeated once a week like gaps.
 * - A deadline is told when it is near and when it has passed, each once, and is not repeated. Those of law, of contracts and of the
 *   worst severity are told at once. A gap whose time to answer has passed is told once more.
 */

/** What is still open is repeated after a week; half a day less, because digests do not leave at the very second. */
const REPEAT_AFTER = 6.5 * 24 * 3_600_000;
/** A channel that never brought a digest hears of what ended in this time, not of the whole past. */
const LOOK_BACK = 7 * 24 * 3_600_000;
/** Another gap of the same collector within this time is no reason to call somebody again. */
const FLAPS_WITHIN = 24 * 3_600_000;
const EACH_COUNTS: ReadonlySet<string> = new Set(["integrity", "key"]);

/** What a digest has to say. */
export interface News {
  /** New, or to be repeated; the gravest first. */
  readonly due: readonly Duty[];
  /** Gaps that have ended. */
  readonly over: readonly AnyGap[];
  /** Open matters that were told before and are not repeated now, and how many of them are deadlines. */
  readonly known: number;
  readonly knownClocks: number;
  /** Troubles so young that they may mend themselves; not told yet. */
  readonly young: readonly Duty[];
}

/** What the digest says to this channel. Empty `due` and `over`: nothing is sent. */
export function newsFor(told: ChannelTold, gaps: readonly AnyGap[], all: readonly Duty[], now: Instant): News {
  const duties = all.filter(({ seen }) => seen !== true);
  const byId = new Map(gaps.map((gap) => [gap.id, gap]));
  const ripe = duties.filter((duty) => (duty.ripe ?? now) <= now);
  const due = ripe.filter(
    ({ id, covers = [], again = [], clock }) =>
      (clock === undefined ? isDue(id, byId.get(id), told, now) : !told.mentions.has(id)) ||
      covers.some((one) => isNew(one, byId.get(one), told)) ||
      again.some((name) => !told.mentions.has(name)),
  );
  const known = ripe.filter((duty) => !due.includes(duty));
  return {
    due,
    over: gaps.filter((gap) => endIsNews(gap, told, now)),
    known: known.length,
    knownClocks: known.filter(({ clock }) => clock !== undefined).length,
    // A deadline that is far is no trouble.
    young: duties.filter((duty) => duty.clock === undefined && !ripe.includes(duty)),
  };
}

/** The deadlines that this channel has to tell at once and has not told. */
export function clocksFor(told: ChannelTold, duties: readonly Duty[], now: Instant): Duty[] {
  return duties.filter(({ id, clock, ripe = now }) => clock?.grave === true && ripe <= now && !told.mentions.has(id));
}

function isDue(id: string, gap: AnyGap | undefined, told: ChannelTold, now: Instant): boolean {
  const mention = mentionOf(id, gap, told);
  if (mention === undefined) return isNew(id, gap, told);
  return mention.at > now || now - mention.at >= REPEAT_AFTER;
}

/** Not told yet. A gap that is not noted yet is told when it is: the record says what was told. */
function isNew(id: string, gap: AnyGap | undefined, told: ChannelTold): boolean {
  const unnoted = gap !== undefined && openRecord(gap) === undefined;
  return !unnoted && mentionOf(id, gap, told) === undefined;
}

function mentionOf(id: string, gap: AnyGap | undefined, told: ChannelTold): Mention | undefined {
  const opened = gap && openRecord(gap);
  return opened === undefined ? told.mentions.get(id) : mentionSince(id, opened, told);
}

/** The notice that told of it after this record. Beyond those that a digest names, it told everything noted before it. */
function mentionSince(id: string, { index }: GapRecord, told: ChannelTold): Mention | undefined {
  const named = told.mentions.get(id);
  if (named !== undefined && named.index > index) return named;
  return told.digests.find(({ through }) => through > index);
}

function endIsNews(gap: AnyGap, told: ChannelTold, now: Instant): boolean {
  const closed = closeRecord(gap);
  if (closed === undefined || told.delivered.has(recoveryId(gap))) return false;
  if (told.digests.some(({ through }) => through > closed.index)) return false;
  if ((told.mentions.get(gap.id)?.index ?? -1) > closed.index) return false;
  return told.digests.length > 0 || told.mentions.has(gap.id) || now - closed.at <= LOOK_BACK;
}

/** A notice that leaves at once. */
export interface AtOnce {
  readonly id: string;
  readonly about: "urgent" | "recovery";
  readonly gap: AnyGap;
  /** Another gap of the same collector is not told at once before. */
  readonly quietUntil?: Instant;
}

/** What this channel has to tell at once, oldest first. */
export function urgentFor(told: ChannelTold, gaps: readonly AnyGap[], now: Instant): AtOnce[] {
  // Collectors of which somebody is told in this very moment.
  const called = new Set<string>();
  const quietBy = quietTimes(gaps, told, now);
  return gaps.flatMap((gap): AtOnce[] => {
    if (gap.level !== "urgent") return [];
    const opened = openRecord(gap);
    const quiet = quietBy.get(nameOf(gap));
    if (closeRecord(gap) !== undefined || gap.backSince !== undefined) {
      const over = closeRecord(gap) === undefined ? backIsNews(gap, told, now) : endIsNews(gap, told, now);
      if (wasUrgent(gap, opened, told) && over) return [atOnce("recovery", gap, quiet)];
      if (closeRecord(gap) !== undefined) return [];
    }
    if (opened === undefined || !needsSomebody(gap) || mentionSince(gap.id, opened, told) !== undefined) return [];
    const name = nameOf(gap);
    if (quiet !== undefined || (called.has(name) && !EACH_COUNTS.has(gap.requirement))) return [];
    called.add(name);
    return [atOnce("urgent", gap, EACH_COUNTS.has(gap.requirement) ? undefined : now + FLAPS_WITHIN)];
  });
}

const atOnce = (about: AtOnce["about"], gap: AnyGap, quiet: Instant | undefined): AtOnce => ({
  id: about === "urgent" ? urgentId(gap) : recoveryId(gap),
  about,
  gap,
  ...(quiet === undefined ? {} : { quietUntil: quiet }),
});

const nameOf = ({ requirement, instance }: AnyGap): string => `${requirement} ${instance}`;

/** Whether it was told at once when it was opened last. */
const wasUrgent = ({ id }: AnyGap, opened: GapRecord | undefined, told: ChannelTold): boolean =>
  (told.urgent.get(id)?.index ?? -1) > (opened?.index ?? -1);

/** What stays missing has no end, but that it goes on no longer is told, also of what somebody has accepted meanwhile. */
function backIsNews(gap: AnyGap, told: ChannelTold, now: Instant): boolean {
  const { backSince } = gap;
  const mention = told.urgent.get(gap.id);
  if (backSince === undefined || mention === undefined || told.delivered.has(recoveryId(gap))) return false;
  return backSince > mention.at && now - backSince <= LOOK_BACK;
}

/** Until when gaps of the same collector are not told at once any more, by `nameOf`. */
function quietTimes(gaps: readonly AnyGap[], told: ChannelTold, now: Instant): ReadonlyMap<string, Instant> {
  const until = new Map<string, Instant>();
  for (const gap of gaps) {
    const mention = told.urgent.get(gap.id);
    if (mention === undefined || EACH_COUNTS.has(gap.requirement)) continue;
    const end = Math.max(until.get(nameOf(gap)) ?? 0, mention.at + FLAPS_WITHIN);
    if (end > now) until.set(nameOf(gap), end);
  }
  return until;
}

/** A collector of which this channel was told at once, and hears no more at once until then. */
export interface Quiet {
  readonly instance: string;
  readonly until: Instant;
  /** Gaps that nobody was told of for that; the next digest has them. */
  readonly gaps: readonly AnyGap[];
}

/** What this channel does not tell at once now, as it told of the same collector within a day. */
export function quietNow(told: ChannelTold, gaps: readonly AnyGap[], now: Instant): Quiet[] {
  const quiet = new Map<string, Quiet & { gaps: AnyGap[] }>();
  const quietBy = quietTimes(gaps, told, now);
  for (const gap of gaps) {
    const until = quietBy.get(nameOf(gap));
    if (gap.level !== "urgent" || until === undefined) continue;
    const known = quiet.get(nameOf(gap)) ?? { instance: gap.instance, until, gaps: [] };
    quiet.set(nameOf(gap), known);
    const opened = openRecord(gap);
    const silent = opened !== undefined && needsSomebody(gap) && mentionSince(gap.id, opened, told) === undefined;
    if (silent) known.gaps.push(gap);
  }
  return [...quiet.values()];
}

/** The same for the same gap, whoever tells it; another one when it was opened again. */
const urgentId = (gap: AnyGap): string =>
  `urgent-${gap.id}${again(gap.records.filter(({ action }) => action === "open").length)}`;

const recoveryId = (gap: AnyGap): string => `recovery-${gap.id}${again(gap.records.filter(ends).length)}`;

const again = (times: number): string => (times > 1 ? `-${times}` : "");

/**
 * The channels that are to get such notices: those that want them, and where all of these fail, every other one as well, so that
 * no failure stays untold.
 */
export function audienceOf<C extends Pick<ChannelConfig, "id" | "gets">>(
  channels: readonly C[],
  about: "digest" | "urgent",
  failing: (channel: C) => boolean,
): readonly C[] {
  const wanting = channels.filter((channel) => wants(channel, about));
  return wanting.length > 0 && wanting.every(failing) ? channels : wanting;
}

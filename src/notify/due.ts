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
 * - A gap of the top level is told at once, and so is its end; another one of the same collector within a day waits for the digest.
 * - Anything else that a person must do is told when it is new, and repeated once a week like gaps.
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
  /** Open matters that were told before and are not repeated now. */
  readonly known: number;
  /** Troubles so young that they may mend themselves; not told yet. */
  readonly young: number;
}

/** What the digest says to this channel. Empty `due` and `over`: nothing is sent. */
export function newsFor(told: ChannelTold, gaps: readonly AnyGap[], duties: readonly Duty[], now: Instant): News {
  const byId = new Map(gaps.map((gap) => [gap.id, gap]));
  const ripe = duties.filter((duty) => (duty.ripe ?? now) <= now);
  const due = ripe.filter(
    ({ id, covers = [] }) =>
      isDue(id, byId.get(id), told, now) || covers.some((one) => isNew(one, byId.get(one), told)),
  );
  return {
    due,
    over: gaps.filter((gap) => endIsNews(gap, told, now)),
    known: ripe.length - due.length,
    young: duties.length - ripe.length,
  };
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
}

/** What this channel has to tell at once, oldest first. */
export function urgentFor(told: ChannelTold, gaps: readonly AnyGap[], now: Instant): AtOnce[] {
  // Collectors of which somebody is told in this very moment.
  const called = new Set<string>();
  return gaps.flatMap((gap): AtOnce[] => {
    if (gap.level !== "urgent") return [];
    const opened = openRecord(gap);
    if (closeRecord(gap) !== undefined) {
      const id = recoveryId(gap);
      return wasUrgent(gap, opened, told) && endIsNews(gap, told, now) ? [{ id, about: "recovery", gap }] : [];
    }
    if (opened === undefined || !needsSomebody(gap) || mentionSince(gap.id, opened, told) !== undefined) return [];
    const name = `${gap.requirement} ${gap.instance}`;
    if (flaps(gap, gaps, told, now) || (called.has(name) && !EACH_COUNTS.has(gap.requirement))) return [];
    called.add(name);
    return [{ id: urgentId(gap), about: "urgent", gap }];
  });
}

/** Whether it was told at once when it was opened last. */
const wasUrgent = ({ id }: AnyGap, opened: GapRecord | undefined, told: ChannelTold): boolean =>
  (told.urgent.get(id)?.index ?? -1) > (opened?.index ?? -1);

function flaps(gap: AnyGap, gaps: readonly AnyGap[], told: ChannelTold, now: Instant): boolean {
  if (EACH_COUNTS.has(gap.requirement)) return false;
  return gaps.some((other) => {
    if (other.instance !== gap.instance || other.requirement !== gap.requirement) return false;
    const mention = told.urgent.get(other.id);
    return mention !== undefined && now - mention.at < FLAPS_WITHIN;
  });
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

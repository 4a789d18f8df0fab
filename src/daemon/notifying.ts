import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Custody } from "../custody.ts";
import type { Duty } from "../duties/duty.ts";
import { lookedInWords } from "../duties/looked.ts";
import type { AnyGap } from "../gaps/gap.ts";
import { canonicalBytes } from "../lib/canonical.ts";
import { digestOf } from "../lib/digest.ts";
import { isCustodyError, messageOf } from "../lib/errors.ts";
import { fromIso, type Instant, type Interval, parseDuration } from "../lib/time.ts";
import {
  composeAtOnce,
  composeClocks,
  composeDigest,
  composeReport,
  type Letterhead,
  type ReportSummary,
} from "../notify/compose.ts";
import { type ChannelConfig, type Message, wants } from "../notify/define.ts";
import type { Delivery, DeliveryAbout } from "../notify/deliver.ts";
import { audienceOf, clocksFor, type News, newsFor, type Quiet, quietNow, urgentFor } from "../notify/due.ts";
import { lockNotices } from "../notify/lock.ts";
import { digestTurn, MORNING, type Month, monthToReport } from "../notify/rhythm.ts";
import { silenceOf } from "../notify/silence.ts";
import { type ChannelTold, hasArrived, type LastDelivery } from "../notify/told.ts";
import {
  afterFailure,
  type ChannelNotes,
  type ChannelTrouble,
  readNotes,
  rested,
  writeNotes,
} from "../notify/troubles.ts";
import { eitherOf } from "../schedule/turns.ts";
import { liveClocks } from "../views/live-clocks.ts";
import { type Duties, type Sight, seeDuties, seeGaps, titles } from "../views/seeing.ts";
import { noteGaps } from "../work.ts";
import { Delivering } from "./delivering.ts";

/** One channel as people see it. */
export interface ChannelState {
  readonly channel: ChannelConfig;
  /** The newest attempt, whatever became of it. */
  readonly last: LastDelivery | undefined;
  readonly trouble: ChannelTrouble | undefined;
  /** Of which collectors nothing is told at once for a while, as it was told within a day. */
  readonly quiet: readonly Quiet[];
}

/** A notice that was brought to a channel, or could not be. */
export interface Sent {
  readonly notice: string;
  readonly delivery: Delivery;
}

export interface SendOptions {
  /** Runs are under way that may change what there is to tell: the digest waits for them, for a while. */
  readonly busy?: boolean;
  /** Somebody will call again soon, and for long: an old digest need not go out shortly before the next one. */
  readonly stays?: boolean;
}

const TURN = "notices";
/** The digest does not wait longer for runs. */
const PATIENCE = 15 * 60_000;
/** What was missed while nobody was there waits for the next digest when that is so near. */
const SOON = 3 * 60 * 60_000;
const REPORT_RESTS = 60 * 60_000;
/** Deadlines in one notice; a record names no more. */
const AT_ONCE = 50;
const MAX_ATTACHED = 10 * 1024 * 1024;

/** Brings to people what is due: what cannot wait at once, the rest once a day, the report once a month. */
export class Notifying {
  readonly #custody: Custody;
  readonly #delivering: Delivering;
  /** When this process first saw that a digest was due, by the moment from which on it was. */
  readonly #seenDue = new Map<Instant, Instant>();
  /** A report that could not be made is not tried again before. */
  #reportRests = Number.NEGATIVE_INFINITY;
  /** Channels by which something may have left that could not be recorded: it would leave again every minute. */
  readonly #unrecorded = new Map<string, ChannelTrouble>();

  constructor(custody: Custody) {
    this.#custody = custody;
    this.#delivering = new Delivering(custody);
  }

  /** Every channel: what it brought last, and what is wrong with it. */
  async states(): Promise<ChannelState[]> {
    const { config } = this.#custody;
    if (config.notify.length === 0) return [];
    const told = await this.#custody.told();
    const { troubles } = await this.#notes();
    const { gaps, now } = await seeGaps(this.#custody);
    return config.notify.map((channel) => {
      const own = told.channel(channel.id, channel.channel.use);
      const quiet = wants(channel, "urgent") ? quietNow(own, gaps, now) : [];
      return { channel, last: own.last, trouble: troubles.get(channel.id), quiet };
    });
  }

  /**
   * Sends what is due and records it; what was appended stands in the next checkpoint. Gaps must have been noted before. Throws what
   * the ledger throws: what was sent before that is sent again another time, under the same name.
   */
  async sendDue(signal: AbortSignal, options: SendOptions = {}): Promise<Sent[]> {
    const { notify, folders } = this.#custody.config;
    if (notify.length === 0) return [];
    // The turn keeps other machines from it, the lock other processes of this workspace.
    const unlock = await lockNotices(folders.state);
    if (unlock === undefined) return [];
    const sent: Sent[] = [];
    try {
      const turn = await this.#custody.turns.take(TURN, signal);
      if (turn === undefined) return [];
      const stop = eitherOf(signal, turn.lost);
      try {
        await this.#sendAll(await this.#notes(), stop.signal, options, sent);
      } catch (error) {
        // Who was stopped has neither delivered nor failed.
        if (!(stop.signal.aborted && isCustodyError(error, "ABORTED"))) throw error;
      } finally {
        stop.done();
        await turn.release();
      }
    } finally {
      await unlock();
    }
    return sent;
  }

  async #sendAll(notes: ChannelNotes, signal: AbortSignal, options: SendOptions, sent: Sent[]): Promise<void> {
    const { notify } = this.#custody.config;
    const send = (message: Message, channel: ChannelConfig, about: DeliveryAbout) =>
      this.#send(message, channel, about, notes, signal, sent);
    // Those that fail first: then the others have it to tell.
    const order = [...notify].sort((a, b) => Number(notes.troubles.has(b.id)) - Number(notes.troubles.has(a.id)));
    await this.#sendUrgent(order, notes, send);
    // One round tells all channels the same: what arrives over the first of them changes nothing for the next. What fails does.
    let seen: Seen | undefined;
    const see = async () => {
      seen ??= await this.#see();
      return seen;
    };
    for (const channel of order) {
      if (signal.aborted) return;
      if (!(await this.#sendDigest(channel, notes, options, see, send))) seen = undefined;
    }
    await this.#sendReports(order, notes, send);
  }

  async #sendUrgent(channels: readonly ChannelConfig[], notes: ChannelNotes, send: Send): Promise<void> {
    const sight = await seeGaps(this.#custody);
    let duties: Duties | undefined;
    for (const channel of audienceOf(channels, "urgent", ({ id }) => notes.troubles.has(id))) {
      for (const one of urgentFor(await this.#told(channel), sight.gaps, sight.now)) {
        if (!this.#rested(channel, notes, this.#custody.clock.now())) break;
        duties ??= await seeDuties(this.#custody, sight, false);
        const duty = duties.duties.find(({ id, covers = [] }) => id === one.gap.id || covers.includes(one.gap.id));
        await send(composeAtOnce(one, duty, this.#head), channel, { gaps: [one.gap.id] });
      }
    }
    await this.#sendClocks(channels, notes, send);
  }

  /** Deadlines of law, of contracts and of the worst severity: all that are new over a channel in one notice. */
  async #sendClocks(channels: readonly ChannelConfig[], notes: ChannelNotes, send: Send): Promise<void> {
    let duties: readonly Duty[] | undefined;
    for (const channel of audienceOf(channels, "urgent", ({ id }) => notes.troubles.has(id))) {
      const now = this.#custody.clock.now();
      if (!this.#rested(channel, notes, now)) continue;
      duties ??= await liveClocks(this.#custody, now);
      const due = clocksFor(await this.#told(channel), duties, now).slice(0, AT_ONCE);
      if (due.length === 0) continue;
      const ids = due.map(({ id }) => id);
      const notice = `urgent-clocks-${digestOf(canonicalBytes([...ids])).slice(0, 12)}`;
      await send(composeClocks(notice, due, this.#head), channel, { duties: ids });
    }
  }

  /** False when it could not be delivered. */
  async #sendDigest(
    channel: ChannelConfig,
    notes: ChannelNotes,
    options: SendOptions,
    see: () => Promise<Seen>,
    send: Send,
  ): Promise<boolean> {
    const { config, clock } = this.#custody;
    const failing = ({ id }: ChannelConfig) => notes.troubles.has(id);
    if (!audienceOf(config.notify, "digest", failing).includes(channel)) return true;
    const now = clock.now();
    const turn = digestTurn(now, channel.at ?? MORNING, config.organisation.zone);
    if (notes.looked.get(channel.id) === turn.day || !this.#rested(channel, notes, now)) return true;
    const told = await this.#told(channel);
    if (await this.#isNewSince(turn.from, told)) return true;
    const first = this.#seenDue.get(turn.from) ?? now;
    this.#seenDue.set(turn.from, first);
    if (options.busy && first <= now && now - first < PATIENCE) return true;
    if (options.stays && turn.next - now < SOON) return true;

    const id = `digest-${turn.day}`;
    if (!told.delivered.has(id)) {
      const { sight, duties, unsure } = await see();
      const news = newsFor(told, sight.gaps, duties, sight.now);
      if (!isOnlyItself(news, channel, sight.gaps)) {
        const looked = lookedInWords(sight.history, sight.now, config.organisation.zone);
        const silence = silenceIn(news.due.map(({ id: about }) => about).concat(news.over.map((gap) => gap.id)), sight);
        const message = composeDigest(id, news, { silence, looked, unsure }, this.#head);
        // Only so many are recorded by name: what stands for itself comes first, as only that is repeated.
        const matters = [
          ...news.due.map((duty) => duty.id),
          ...news.due.flatMap((duty) => duty.again ?? []),
          ...news.due.flatMap((duty) => duty.covers ?? []),
        ];
        const isGap = new Set(sight.gaps.map((gap) => gap.id));
        const arrived = await send(message, channel, {
          gaps: [...matters.filter((one) => isGap.has(one)), ...news.over.map((gap) => gap.id)],
          duties: matters.filter((one) => !isGap.has(one)),
          through: sight.size,
        });
        if (!arrived) return false;
      }
    }
    notes.looked.set(channel.id, turn.day);
    await writeNotes(config.folders.state, notes);
    return true;
  }

  async #see(): Promise<Seen> {
    const sight = await seeGaps(this.#custody);
    return { sight, ...(await seeDuties(this.#custody, sight, "index")) };
  }

  /** A channel that was just put into the configuration waits for its first morning, as `config check` says. */
  async #isNewSince(morning: Instant, { digests, last }: ChannelTold): Promise<boolean> {
    if (digests.length > 0 || (last !== undefined && last.about !== "test")) return false;
    await this.#custody.history();
    const { newestConfig } = this.#custody;
    return newestConfig === undefined || fromIso(newestConfig.at) > morning;
  }

  async #sendReports(channels: readonly ChannelConfig[], notes: ChannelNotes, send: Send): Promise<void> {
    const { config, clock } = this.#custody;
    const wanting = channels.filter(({ gets }) => gets.includes("report"));
    if (wanting.length === 0) return;
    const { zone } = config.organisation;
    const grace = Math.max(0, ...config.instances.map((one) => parseDuration(one.grace) ?? 0));
    const { instances } = await this.#custody.history();
    const since = Math.min(...[...instances.values()].map((one) => one.firstSuccess ?? Number.POSITIVE_INFINITY));
    const made = new Map<string, ReportSummary>();
    for (const channel of wanting) {
      const now = clock.now();
      // It leaves with the morning's notices, not at the end of a grace in the night.
      const month = monthToReport(digestTurn(now, channel.at ?? MORNING, zone).from, grace, zone);
      const id = `report-${month.label}`;
      const told = await this.#told(channel);
      if (since >= month.to || told.delivered.has(id) || !this.#rested(channel, notes, now)) continue;
      if (now < this.#reportRests) continue;
      // It is dear to make: what failed is not tried again every minute.
      this.#reportRests = now + REPORT_RESTS;
      const report = made.get(id) ?? (await this.#makeReport(month));
      this.#reportRests = Number.NEGATIVE_INFINITY;
      made.set(id, report);
      await send(composeReport(id, report, this.#head), channel, {});
    }
  }

  async #makeReport(month: Month): Promise<ReportSummary> {
    // Only who reports pays for the packages.
    const [{ reportName, writeReport }, { noteReport, BY_ITSELF }] = await Promise.all([
      import("../views/reporting.ts"),
      import("../views/noting-reports.ts"),
    ]);
    const { config } = this.#custody;
    const name = reportName(month, undefined);
    const path = join(config.folders.reports, name);
    const { model, made } = await writeReport(this.#custody, { period: month }, path);
    await noteReport(this.#custody, made, BY_ITSELF);
    const bytes = await readFile(path);
    const { slots, gaps } = model.cover;
    return {
      period: month,
      expected: slots.expected,
      holes: slots.holes,
      gaps: gaps.total,
      file: { name, mediaType: "application/pdf", bytes },
      ...(bytes.length > MAX_ATTACHED ? { kept: { path: relative(config.root, path), digest: digestOf(bytes) } } : {}),
    };
  }

  /** True when it arrived. What could not be delivered is recorded, and may be told by the channels that come after. */
  async #send(
    message: Message,
    channel: ChannelConfig,
    about: DeliveryAbout,
    notes: ChannelNotes,
    signal: AbortSignal,
    sent: Sent[],
  ): Promise<boolean> {
    const { clock, config } = this.#custody;
    const delivery = await this.#delivering.send(message, channel, signal, about).catch((error: unknown) => {
      const before = this.#unrecorded.get(channel.id);
      const trouble = afterFailure(before, clock.now(), { cause: "busy", message: messageOf(error) });
      if (!isCustodyError(error, "ABORTED")) this.#unrecorded.set(channel.id, trouble);
      throw error;
    });
    this.#unrecorded.delete(channel.id);
    sent.push({ notice: message.id, delivery });
    if (delivery.outcome === "delivered") notes.troubles.delete(channel.id);
    else {
      const { cause, error, notBefore } = delivery;
      const before = notes.troubles.get(channel.id);
      notes.troubles.set(channel.id, afterFailure(before, clock.now(), { cause, message: error.message, notBefore }));
      await noteGaps(this.#custody);
    }
    await writeNotes(config.folders.state, notes);
    return hasArrived(delivery);
  }

  #rested({ id }: ChannelConfig, { troubles }: ChannelNotes, now: Instant): boolean {
    return rested(troubles.get(id), now) && rested(this.#unrecorded.get(id), now);
  }

  /** A channel over which something arrived since, such as a test, is well again. */
  async #notes(): Promise<ChannelNotes> {
    const { notify, folders } = this.#custody.config;
    const notes = await readNotes(folders.state);
    for (const channel of notify) {
      if ((await this.#told(channel)).last?.outcome === "delivered") notes.troubles.delete(channel.id);
    }
    return notes;
  }

  async #told({ id, channel }: ChannelConfig): Promise<ChannelTold> {
    return (await this.#custody.told()).channel(id, channel.use);
  }

  get #head(): Letterhead {
    const { name, zone } = this.#custody.config.organisation;
    return { organisation: name, zone, title: titles(this.#custody) };
  }
}

/** What one round has to tell. */
interface Seen extends Duties {
  readonly sight: Sight;
}

/** Nothing but that this very channel does not work: who reads it there knows better. `custody notify test` says it is well again. */
function isOnlyItself({ due, over }: News, { id }: ChannelConfig, gaps: readonly AnyGap[]): boolean {
  const own = new Set(
    gaps
      .filter((gap) => gap.requirement === "delivery" && gap.instance === `channel:${id}` && gap.cause !== "recipients")
      .map((gap) => gap.id),
  );
  return over.length === 0 && due.every((duty) => own.has(duty.id));
}

type Send = (message: Message, channel: ChannelConfig, about: DeliveryAbout) => Promise<boolean>;

/** When Custody itself did not run, as far as one of these gaps comes of it. */
function silenceIn(ids: readonly string[], { gaps, history, now }: Sight): Interval | undefined {
  const wanted = new Set(ids);
  return silenceOf(
    gaps.filter(({ id }) => wanted.has(id)),
    history,
    now,
  );
}

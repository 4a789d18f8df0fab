import type { Custody } from "../custody.ts";
import { unsavedKey } from "../daemon/forecasting.ts";
import { Haste } from "../daemon/hastening.ts";
import { type MirrorState, mirrorTrouble, readMirrorState } from "../daemon/mirroring.ts";
import { Notifying } from "../daemon/notifying.ts";
import { Publishing } from "../daemon/publishing.ts";
import { findHalt, type Halt } from "../halted.ts";
import { EXIT_CODES, isCustodyError } from "../lib/errors.ts";
import { fromIso, type Instant, iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import type { ChannelConfig } from "../notify/define.ts";
import { digestTurn, MORNING } from "../notify/rhythm.ts";
import { clean } from "../report/clean.ts";
import { isListening, readListening } from "../schedule/listening.ts";
import { nextRunOf } from "../schedule/next.ts";
import { freshnessOf } from "../slots/freshness.ts";
import { gapsOf } from "../slots/gap.ts";
import type { InstanceHistory } from "../slots/history.ts";
import { expectationOf } from "../slots/plan.ts";
import { changeAhead } from "../slots/slot.ts";
import { type SlotState, slotsOf } from "../slots/state.ts";
import { agendaOf } from "../views/agenda.ts";
import { doubtLines, doubtsIn } from "../views/doubting.ts";
import { standingIncidents } from "../views/going-on.ts";
import { seeDuties, seeGaps } from "../views/seeing.ts";
import { causeText } from "../words.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { channelLines, channelRecord, dutyRecord, printDuties } from "./duties.ts";
import { stateLines, stateRecord } from "./heads.ts";
import { openLines, standingRecord } from "./incidents-open.ts";
import type { Output } from "./output.ts";
import { agendaLines, agendaRecord } from "./status-agenda.ts";
import { peopleStatus } from "./status-people.ts";
import { watchStatus } from "./status-watch.ts";
import { wrapped } from "./wrap.ts";

/** Slots shown with their state. */
const LAST_SLOTS = 5;
const ALL_TIME = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

interface InstanceStatus {
  readonly id: string;
  readonly use: string;
  readonly configured: boolean;
  readonly expectation: "expected" | "paused" | "retired";
  readonly freshness: "current" | "stale" | "never";
  readonly lastRun?: { readonly at: Instant; readonly outcome: string; readonly reason?: string };
  /** When the newest run was logged that saw everything. */
  readonly lastGood?: Instant;
  readonly coveredTo?: Instant;
  /** Oldest first; the last one is under way. */
  readonly slots: readonly { readonly id: string; readonly state: SlotState; readonly due: Instant }[];
  readonly openGaps: number;
  readonly gaps: number;
  /** By when evidence must be in that is not in yet. */
  readonly nextDue?: Instant;
  /** Another cadence that begins with the end of the period that runs. */
  readonly change?: { readonly cadence: string; readonly from: Instant };
  /** When the daemon looks again. */
  readonly nextLook?: Instant;
}

/** `custody status`: what ran, what is due, what is missing, out of the ledger alone. Exit 4 when nothing can be written any more. */
export function status(flags: GlobalFlags): Promise<number> {
  return withCustody(flags, async (custody, plain) => {
    const output = forTerminal(plain);
    const history = await custody.history().catch((error: unknown) => {
      if (isCustodyError(error) && error.kind === "fatal")
        output.line("HALTED: the log contradicts itself. Nothing is collected, and nothing more is written to it.");
      throw error;
    });
    for (const trouble of custody.secretTroubles()) output.note(`custody: ${trouble}`);
    const now = Math.max(history.asOf, custody.clock.now());
    const instances = await new Haste(custody).hastened(custody.config.instances);
    const all = [...history.instances.values()].map((one): InstanceStatus => {
      const instance = instances.find(({ id }) => id === one.id);
      const found = statusOf(one, now);
      if (instance === undefined || found.expectation !== "expected") return found;
      return { ...found, nextLook: nextRunOf(instance, instances, history, custody.clock.now()) };
    });
    const declared = new Set(all.map(({ id }) => id));
    const undeclared = instances.filter(({ id }) => !declared.has(id)).map(({ id }) => id);
    const daemon = daemonSeen(custody);
    const mirror = custody.config.mirror && (await readMirrorState(custody.config.folders.state));
    const { size } = await custody.view();
    const unsaved = await unsavedKey(custody);
    const heads = await new Publishing(custody).states();
    const halt = await findHalt(await custody.store(), custody.config.folders.state);
    if (halt !== undefined) output.line(haltWords(halt, custody.config.organisation.zone));
    const { duties, nilReturns } = await seeDuties(custody, await seeGaps(custody), "log");
    const channels = await new Notifying(custody).states();
    printDuties(duties, output);
    const agenda = await agendaOf(custody, now);
    const { coming } = agenda;
    const incidents = await standingIncidents(custody);
    const going = openLines(incidents, agenda, { now, zone: custody.config.organisation.zone });
    for (const line of going) output.line(line);
    if (going.length > 0) output.line();
    for (const line of agendaLines(coming, now, custody.config.organisation.zone)) output.line(line);
    if (coming.length > 0) output.line();
    const doubts = await doubtsIn(custody);
    for (const line of doubtLines(doubts)) output.line(clean(line, 600));
    if (doubts.length > 0) output.line();
    const alive = isListening(custody.config.folders.state, custody.clock.now());
    print(all, custody.config.organisation.zone, alive, output);
    for (const id of undeclared) output.line(`${id}: configured, and not run yet; \`custody collect ${id}\` runs it.`);
    if (all.length + undeclared.length === 0)
      output.line("No collectors are configured. `custody sources` lists what can be connected.");
    if (custody.config.mirror !== undefined) output.line(mirrorWords(mirror, size, custody.config.organisation.zone));
    for (const state of heads) {
      output.line(`${state.target.id} (${state.target.target.title}): outside proof`);
      for (const line of stateLines(state, custody.config.organisation.zone)) output.line(`  ${line}`);
    }
    for (const state of channels) {
      for (const line of channelLines(state, custody.config.organisation.zone)) output.line(line);
      const digest = nextDigest(state.channel, custody);
      if (digest !== undefined && alive)
        output.line(
          `  next       ${forPeople(digest, custody.config.organisation.zone)}, if there is something to tell`,
        );
    }
    const people = await peopleStatus(custody, nilReturns, now);
    for (const line of people.lines) output.line(line);
    const watch = await watchStatus(custody);
    for (const line of watch.lines) output.line(line);
    output.line(daemonWords(daemon, alive, custody.config.organisation.zone));
    output.object({
      ok: halt === undefined,
      ...(halt === undefined ? {} : { halted: halt }),
      asOf: iso(now),
      ...(daemon === undefined ? {} : { daemonLastAlive: iso(daemon) }),
      duties: duties.map(dutyRecord),
      channels: channels.map(channelRecord),
      instances: all.map(inRecords),
      undeclared,
      keyBackedUp: unsaved === undefined,
      heads: heads.map(stateRecord),
      incidents: incidents.filter(({ state }) => state === "open").map(standingRecord),
      ...agendaRecord(coming),
      ...(doubts.length > 0 ? { doubts } : {}),
      ...watch.record,
      ...people.record,
      ...(custody.config.mirror === undefined ? {} : { mirror: mirror ?? null, records: size }),
    });
    return halt === undefined ? 0 : EXIT_CODES.fatal;
  });
}

/** Everything that `custody status` says about one instance, as of a moment. */
export function statusOf(one: InstanceHistory, now: Instant): InstanceStatus {
  const fresh = freshnessOf(one, now);
  const slots = slotsOf(one, ALL_TIME, now);
  const gaps = gapsOf(one, now);
  const run = one.runs.at(-1);
  const good = one.runs.findLast(({ outcome }) => outcome === "collected");
  const change = changeAhead(one, now);
  const nextDue = slots.find(({ state }) => state === "due" || state === "open")?.due ?? fresh.dueBy;
  return {
    id: one.id,
    use: one.record.use,
    configured: one.configured,
    expectation: expectationOf(one, now),
    freshness: fresh.state,
    ...(run === undefined
      ? {}
      : { lastRun: { at: run.at, outcome: run.outcome, ...(run.reason === undefined ? {} : { reason: run.reason }) } }),
    ...(good === undefined ? {} : { lastGood: good.at }),
    ...(fresh.coveredTo === undefined ? {} : { coveredTo: fresh.coveredTo }),
    slots: slots.slice(-LAST_SLOTS).map(({ id, state, due }) => ({ id, state, due })),
    openGaps: gaps.filter(({ state }) => state === "open").length,
    gaps: gaps.length,
    ...(nextDue === undefined ? {} : { nextDue }),
    ...(change === undefined ? {} : { change }),
  };
}

/** When the next daily digest may leave. */
function nextDigest({ gets, at }: ChannelConfig, { config, clock }: Custody): Instant | undefined {
  return gets.includes("digest") ? digestTurn(clock.now(), at ?? MORNING, config.organisation.zone).next : undefined;
}

/** On a terminal lines are broken between words, and what belongs together stays below each other. */
function forTerminal(output: Output): Output {
  if (!process.stdout.isTTY) return output;
  const line = (text = "") => {
    // What is there to be copied stays in one piece.
    if (/^ {4,}custody /.test(text)) return output.line(text);
    const indent = /^(?: {2}[a-z ]{10} | *- | *)/i.exec(text)?.[0].length ?? 0;
    for (const [i, part] of wrapped(text.slice(indent), " ".repeat(indent)).entries())
      output.line(i === 0 ? text.slice(0, indent) + part.slice(indent) : part);
  };
  return { ...output, line };
}

function inRecords({
  lastRun,
  lastGood,
  coveredTo,
  nextDue,
  nextLook,
  change,
  slots,
  ...rest
}: InstanceStatus): object {
  return {
    ...rest,
    ...(lastRun === undefined ? {} : { lastRun: { ...lastRun, at: iso(lastRun.at) } }),
    ...(lastGood === undefined ? {} : { lastGood: iso(lastGood) }),
    ...(coveredTo === undefined ? {} : { coveredTo: iso(coveredTo) }),
    ...(nextDue === undefined ? {} : { nextDue: iso(nextDue) }),
    ...(nextLook === undefined ? {} : { nextLook: iso(nextLook) }),
    ...(change === undefined ? {} : { change: { ...change, from: iso(change.from) } }),
    slots: slots.map((slot) => ({ ...slot, due: iso(slot.due) })),
  };
}

const FRESH = { current: "up to date", stale: "OUT OF DATE", never: "nothing collected yet" } as const;

function print(all: readonly InstanceStatus[], zone: string, alive: boolean, output: Output): void {
  for (const one of all) {
    const bad = one.lastRun?.outcome === "failed" || one.lastRun?.outcome === "unavailable";
    const fresh = `${FRESH[one.freshness]}${bad ? `, ${one.freshness === "current" ? "but" : "and"} the last run failed` : ""}`;
    const state = one.expectation === "expected" ? fresh : one.expectation;
    output.line(`${one.id} (${one.use}): ${state}${one.configured ? "" : "; no longer configured"}`);
    if (one.lastRun) {
      const { at, outcome, reason } = one.lastRun;
      output.line(`  last run   ${forPeople(at, zone)}: ${outcome}${reason ? ` (${causeText(reason)})` : ""}`);
    }
    if (one.lastGood !== undefined && one.lastRun !== undefined && one.lastGood < one.lastRun.at)
      output.line(`  last good  ${forPeople(one.lastGood, zone)}`);
    if (one.coveredTo !== undefined) output.line(`  seen up to ${forPeople(one.coveredTo, zone)}`);
    if (one.slots.length === 0 && one.lastRun !== undefined)
      output.line("  expected   nothing yet: it counts from the first period that is watched from its start");
    if (one.slots.length > 0) output.line(`  expected   ${one.slots.map((slot) => slot.state).join(", ")}`);
    if (one.change !== undefined)
      output.line(`  cadence    ${one.change.cadence} from ${forPeople(one.change.from, zone)} on`);
    if (one.nextDue !== undefined && one.slots.length > 0 && one.expectation === "expected")
      output.line(`  next due   ${forPeople(one.nextDue, zone)}`);
    if (one.nextLook !== undefined && one.configured && alive)
      output.line(`  next look  ${forPeople(one.nextLook, zone)}`);
    if (one.gaps > 0) output.line(`  gaps       ${one.openGaps} open of ${one.gaps}; \`custody gaps\` lists them`);
  }
}

/** Before everything else: whatever is due, nothing comes in any more. */
function haltWords({ at, message, remedy }: Halt, zone: string): string {
  const since = at === undefined ? "" : `, on ${forPeople(fromIso(at), zone)}`;
  const then = at === undefined ? "" : " When it is mended, `custody collect` goes on.";
  return `HALTED: nothing is collected into this log any more, as it contradicts itself${since}.\n  ${message}\n  ${remedy ?? ""}${then}`;
}

/** A mirror is told in every status: one that silently stopped protects nothing. */
function mirrorWords(state: MirrorState | undefined, size: number, zone: string): string {
  if (state === undefined) return "MIRROR: nothing was copied to it yet; `custody store mirror` does it now.";
  const when = forPeople(fromIso(state.at), zone);
  if (state.state === "current")
    return `The mirror ${state.place} holds ${state.size} of ${size} records, as of ${when}.`;
  return `MIRROR ${state.state === "behind" ? "BEHIND" : "DIFFERS"} (${state.size} of ${size} records, last tried ${when})\n  ${mirrorTrouble(state).replace(/^custody: /, "")}`;
}

function daemonSeen(custody: Custody): Instant | undefined {
  return readListening(custody.config.folders.state).at(-1)?.to;
}

function daemonWords(seen: Instant | undefined, alive: boolean, zone: string): string {
  if (seen === undefined) return "The daemon has never run here; `custody serve` starts it.";
  if (alive) return "The daemon is running.";
  return `The daemon is not running; it was last alive on ${forPeople(seen, zone)}.`;
}

import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { Notifying } from "../daemon/notifying.ts";
import { many, spanInTable } from "../duties/words.ts";
import type { Actor } from "../evidence/entry.ts";
import { type AnyGap, gapsIn } from "../gaps/gap.ts";
import { causeOf } from "../gaps/note.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { type Instant, iso } from "../lib/time.ts";
import { forPeople, untilForPeople } from "../lib/zone.ts";
import { actor, unprovenWords } from "../people.ts";
import { slotsOf } from "../slots/state.ts";
import { gapText } from "../words.ts";
import { noteGaps } from "../work.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parseLimit } from "./moment.ts";

interface Flags extends GlobalFlags {
  readonly failOnGaps?: boolean;
  readonly until?: string;
  readonly reason?: string;
}

/** `custody gaps`: every hole and everything else that is wrong with Custody, newest last; with `--fail-on-gaps` exit 1 when one is open. */
export function gaps(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const all = await allGaps(custody);
    const zone = custody.config.organisation.zone;
    const open = all.filter((gap) => gap.state === "open");
    const silent = await silentGaps(custody);
    for (const gap of all) {
      const urgent = gap.level === "urgent" && gap.state === "open" ? "URGENT: " : "";
      output.line(`${gap.id}  ${gap.state.padEnd(11)} ${urgent}${gapText(gap, zone)}`);
      for (const line of decisions(gap, zone)) output.line(`    ${line}`);
      const until = silent.get(gap.id);
      if (until !== undefined)
        output.line(
          `    It comes and goes: not told at once before ${forPeople(until, zone)}; the daily notice says it.`,
        );
      if (gap.state !== "open" || gap.acknowledged) continue;
      output.line(`    You have seen it:   custody gap ack ${gap.id} --reason "…"`);
      output.line(`    It has to stay:     custody gap accept ${gap.id} --until DATE --reason "…"`);
    }
    output.line(summary(all.length, open.length, await anyOver(custody)));
    output.object({ ok: open.length === 0, gaps: all.map(inRecords) });
    return flags.failOnGaps && open.length > 0 ? 1 : 0;
  });
}

/** Gaps of the top level of which nobody was told, as the same collector was told of within a day; until when. */
async function silentGaps(custody: Custody): Promise<ReadonlyMap<string, Instant>> {
  const quiet = (await new Notifying(custody).states()).flatMap((state) => state.quiet);
  return new Map(quiet.flatMap(({ gaps, until }) => gaps.map(({ id }) => [id, until])));
}

/** Who decided what about it, and until when that holds. */
function decisions({ state, acknowledged, accepted, acceptedUntil }: AnyGap, zone: string): string[] {
  const by = ({ at, actor }: NonNullable<AnyGap["accepted"]>) =>
    `by ${actor.id}${actor.auth === "unauthenticated" ? " (nobody checked who that was)" : ""} on ${forPeople(at, zone)}`;
  const until = acceptedUntil === undefined ? "" : untilForPeople(acceptedUntil, zone);
  return [
    ...(acknowledged ? [`Seen ${by(acknowledged)}.`] : []),
    ...(accepted && state === "accepted" ? [`Accepted ${by(accepted)}, until ${until}.`] : []),
    ...(accepted && state === "open" ? [`It was accepted ${by(accepted)}; that held until ${until}.`] : []),
  ];
}

function summary(all: number, open: number, over: boolean): string {
  if (all === 0)
    return over ? "No gaps: every period that is over was covered." : "No gaps: no expected period is over yet.";
  return `${all} gap${all === 1 ? "" : "s"}, ${open === 0 ? "none" : open} of them open.`;
}

function inRecords(gap: AnyGap) {
  const { id, instance, requirement, from, to, slots, state, cause, opened, acknowledged } = gap;
  const { level, times, closedAt, accepted, acceptedUntil } = gap;
  return {
    id,
    instance,
    requirement,
    from: iso(from),
    to: iso(to),
    slots: slots.map((slot) => ({ id: slot.id, state: slot.state })),
    state,
    cause,
    opened: iso(opened),
    level,
    times,
    acknowledged: acknowledged !== undefined,
    ...(closedAt === undefined ? {} : { closed: iso(closedAt) }),
    ...(accepted === undefined || acceptedUntil === undefined
      ? {}
      : {
          accepted: { by: accepted.actor.id, at: iso(accepted.at), until: iso(acceptedUntil), entry: accepted.index },
        }),
  };
}

export const acknowledge = (flags: Flags, id: string) => act("acknowledge", flags, id);
export const accept = (flags: Flags, id: string) => act("accept", flags, id);

function act(action: "acknowledge" | "accept", flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const zone = custody.config.organisation.zone;
    const until = flags.until === undefined ? undefined : parseLimit(flags.until, zone);
    if (action === "accept" && (until === undefined || !flags.reason)) {
      throw new CustodyError("USAGE", "accepting a gap needs --until and --reason", {
        remedy: "Say until when it may stay and why; somebody must come back to it.",
      });
    }
    if (until !== undefined && until <= custody.clock.now()) {
      throw new CustodyError("USAGE", `--until ${flags.until} has passed already`, { remedy: "Name a later day." });
    }
    const { gap, by, entry } = await answerGap(custody, action, id, { until, reason: flags.reason });
    await publish(custody, output.note);
    const said = action === "accept" ? `accepted until ${untilForPeople(until ?? 0, zone)}` : "seen";
    output.line(`${id}: ${said} (record ${entry}).`);
    if (action === "accept" && gap.requirement === "cadence") output.line(acceptedWords(gap, zone));
    const unproven = unprovenWords(by);
    if (unproven !== undefined) output.line(unproven);
    output.object({ ok: true, entry });
    return 0;
  });
}

/** Records that somebody has seen a gap, or accepts it. Throws NOT_FOUND, and USAGE for one that is over. Publishes nothing. */
export async function answerGap(
  custody: Custody,
  action: "acknowledge" | "accept",
  id: string,
  { until, reason }: { readonly until?: Instant | undefined; readonly reason?: string | undefined },
): Promise<{ readonly gap: AnyGap; readonly by: Actor; readonly entry: number | undefined }> {
  const { zone } = custody.config.organisation;
  const all = await allGaps(custody);
  const gap = all.find((one) => one.id === id);
  if (gap === undefined) {
    const hint = didYouMean(
      id,
      all.map((one) => one.id),
    );
    throw new CustodyError("NOT_FOUND", `there is no gap ${id}${hint}`, { remedy: "`custody gaps` lists them." });
  }
  if (action === "accept" && gap.closedAt !== undefined) {
    const remedy = "`custody gaps` lists those that are open.";
    throw new CustodyError(
      "USAGE",
      `${id} is over since ${forPeople(gap.closedAt, zone)}; there is nothing to accept`,
      { remedy },
    );
  }
  // It is announced before anybody acts on it.
  await noteGaps(custody);
  const by = await actor(custody);
  const ledger = await custody.ledger();
  const body = reason ? await ledger.put(new TextEncoder().encode(reason), "text/plain; charset=utf-8") : undefined;
  const [entry] = await ledger.append([
    {
      kind: "gap",
      actor: by,
      gap: gap.id,
      instance: gap.instance,
      requirement: gap.requirement,
      action,
      window: { from: iso(gap.from), to: iso(gap.to) },
      slots: Math.max(1, gap.slots.length),
      ...(until === undefined ? {} : { until: iso(until) }),
      ...(body ? { body } : {}),
    },
  ]);
  // An incident that was opened for it hears of it at once.
  await noteGaps(custody);
  return { gap, by, entry: entry?.index };
}

/** What they have not accepted. */
function acceptedWords({ from, to, slots }: AnyGap, zone: string): string {
  const missing = slots.filter(({ state }) => state !== "late").length;
  return `That is for ${spanInTable({ from, to }, zone)} (${many(missing, "period")}). What is missing after it is another gap, and told as one.`;
}

async function anyOver(custody: Custody): Promise<boolean> {
  const history = await custody.history();
  const now = Math.max(history.asOf, custody.clock.now());
  const all = { from: Number.NEGATIVE_INFINITY, to: now };
  return [...history.instances.values()].some((one) => slotsOf(one, all, now).some((slot) => slot.to <= now));
}

/** Oldest first, each with its cause as far as it is known, whether or not the log has noted it yet. */
export async function allGaps(custody: Custody): Promise<AnyGap[]> {
  const history = await custody.history();
  const asOf = Math.max(history.asOf, custody.clock.now());
  const found = gapsIn(history, await custody.conditions(), asOf, custody.config.gaps);
  return found.map((gap) => ({ ...gap, cause: causeOf(gap, history) }));
}

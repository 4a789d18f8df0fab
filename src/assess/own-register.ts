import type { FactKind, Observed } from "../evidence/fact.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import { parseCadence, windows } from "../slots/cadence.ts";
import type { InstanceHistory } from "../slots/history.ts";
import type { AssessedSlot } from "../slots/state.ts";
import { Unsettled } from "../slots/unsettled.ts";
import type { Feeding } from "./feeding.ts";
import type { Yields } from "./population.ts";

/**
 * Records that are kept in the log itself: nobody has to collect them, so all of them are seen, always. They stand beside
 * the collectors as one more source of incidents.
 */
export interface OwnRegister {
  /** Under which name their facts are told. */
  readonly instance: string;
  /** Since when they are kept, and until when; undefined where they are not. */
  readonly kept: Kept | undefined;
}

interface Kept {
  readonly from: Instant;
  readonly to: Instant | undefined;
  /** The record and the file that say that it is. */
  readonly entry: number;
  readonly item: string;
}

/** What such a register is called where collectors have the name of their kind. */
export const REGISTER_USE = "custody/register";
const FAMILY = "incident-log";
const CADENCE = "monthly";

/** As a source beside the collectors; undefined where nothing is kept of the period, and no fact was found. */
export function ownFeeding(
  { instance, kept }: OwnRegister,
  facts: readonly Observed[],
  period: Interval,
  asOf: Instant,
  zone: string,
): Feeding | undefined {
  const found = new Set<FactKind>(["incident"]);
  let total = 0;
  for (const observed of facts) {
    if (observed.instance !== instance) continue;
    found.add(observed.fact.kind);
    if (observed.fact.kind === "incident") total += 1;
  }
  if (kept === undefined && found.size === 1 && total === 0) return undefined;
  const slots = kept === undefined ? [] : slotsKept(instance, kept, period, asOf, zone);
  const first = slots[0]?.from;
  return {
    instance,
    history: historyOf(instance, kept?.from ?? asOf, asOf, zone),
    kinds: found,
    expected: slots.length > 0,
    attempts: [],
    slots,
    freshness: { state: "current", coveredTo: asOf, staleSince: undefined, dueBy: undefined, overBy: undefined },
    delivered: true,
    unseen: [],
    unread: [],
    since: first !== undefined && first > period.from ? first : undefined,
    ...(kept === undefined ? {} : { own: { entry: kept.entry, item: kept.item, at: kept.from, total } }),
  };
}

/** A slot for each month, from the moment on that the register was kept; what is over is known at once. */
export function slotsKept(
  instance: string,
  kept: Pick<Kept, "from" | "to">,
  period: Interval,
  asOf: Instant,
  zone: string,
): AssessedSlot[] {
  const whole = { from: Math.max(kept.from, period.from), to: Math.min(kept.to ?? period.to, period.to) };
  if (whole.from >= whole.to || whole.from >= asOf) return [];
  const slots: AssessedSlot[] = [];
  for (const month of windows(parseCadence(CADENCE, zone), whole)) {
    const from = Math.max(month.from, kept.from);
    const to = Math.min(month.to, kept.to ?? month.to);
    if (from >= asOf || from >= whole.to || to <= whole.from) continue;
    const covered = { from, to: Math.min(to, asOf) };
    slots.push({
      id: `${instance}@${iso(from)}`,
      instance,
      from,
      to,
      due: to,
      state: to <= asOf ? "collected" : "open",
      covered: [covered],
      instants: [],
      runs: [],
    });
  }
  return slots;
}

/** The sources of a population with the register among them, so that it is named there also while it is empty. */
export function populationWith(
  own: Pick<Feeding, "instance" | "history"> | undefined,
  instances: ReadonlyMap<string, InstanceHistory>,
  yields: Yields,
): { readonly instances: ReadonlyMap<string, InstanceHistory>; readonly yields: Yields } {
  if (own === undefined) return { instances, yields };
  return {
    instances: new Map([...instances, [own.instance, own.history]]),
    yields: (use) => (use === REGISTER_USE ? ["incident"] : yields(use)),
  };
}

/** What it would be if it were collected. */
function historyOf(instance: string, since: Instant, asOf: Instant, zone: string): InstanceHistory {
  return {
    id: instance,
    record: { id: instance, use: REGISTER_USE, family: FAMILY, mode: "window", cadence: CADENCE, grace: "0s", zone },
    configs: [],
    plans: [],
    runs: [],
    imports: [],
    gaps: [],
    gapsById: new Map(),
    firstSuccess: since,
    coveredTo: asOf,
    configuredSince: since,
    configured: true,
    log: { asOf },
    unsettled: new Unsettled(),
  };
}

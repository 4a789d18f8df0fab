import { endedFor, endOf, type Failed, type Waiver, waivedBy, whyNotWaivable } from "../findings/waiver.ts";
import { fromIso, type Instant, type Interval } from "../lib/time.ts";
import { dateForPeople, untilForPeople } from "../lib/zone.ts";
import type { Requirement } from "./catalogue.ts";
import type { Failing, Judgement } from "./judgement.ts";
import { type Population, spanOf } from "./population.ts";

/** Failures that somebody accepted. They stay in the list of what failed, and in its numbers; only the word changes. */

/** What one waiver covers of a requirement. */
export interface WaivedPart {
  readonly waiver: string;
  /** Index of the record that granted it. */
  readonly entry: number;
  readonly granted: Instant;
  readonly until: Instant;
  /** Random ID of whoever answers for it, and the name where it is known. */
  readonly owner: string;
  readonly ownerName?: string;
  /** How many of the failing it covers, and which. */
  readonly n: number;
  readonly ids: readonly string[];
  /** How many of these had failed before it was granted. */
  readonly later: number;
}

export interface Waived {
  readonly judgement: Judgement;
  /** Empty where nothing is accepted. */
  readonly waived: readonly WaivedPart[];
}

/** What a waiver is held against. */
export interface WaiverCircumstances {
  readonly requirement: Requirement;
  readonly populations: ReadonlyMap<string, Population>;
  readonly period: Interval;
  readonly asOf: Instant;
  readonly zone: string;
}

/**
 * The judgement with what is accepted at `asOf`. Only a `not_met` changes, and only where everything that failed is accepted;
 * what could not be decided or was not seen beside the failures still cannot.
 */
export function applyWaivers(
  waivers: readonly Waiver[],
  circumstances: WaiverCircumstances,
  judgement: Judgement,
): Waived {
  const { requirement, asOf, zone } = circumstances;
  const untouched = { judgement, waived: [] };
  if (judgement.result !== "not_met" || !waivers.some((one) => one.requirement === requirement.id)) return untouched;
  if (whyNotWaivable({ basis: requirement.basis, check: requirement.check.kind }) !== undefined) return untouched;
  const { failing } = judgement;
  // Where nothing is named, the requirement as a whole is what failed, at the end of the period.
  const failed: Failed[] =
    failing.length > 0
      ? failing.map((one) => ({ id: one.id, since: sinceOf(one, circumstances) }))
      : [{ id: "", since: circumstances.period.to }];
  const parts = new Map<string, { waiver: Waiver; ids: string[]; later: number }>();
  let covered = 0;
  for (const one of failed) {
    const cover = waivedBy(waivers, requirement.id, one, asOf);
    if (cover === undefined) continue;
    covered += 1;
    const key = `${cover.waiver.id} ${cover.waiver.index}`;
    const part = parts.get(key) ?? { waiver: cover.waiver, ids: [], later: 0 };
    parts.set(key, part);
    if (one.id !== "") part.ids.push(one.id);
    if (cover.later) part.later += 1;
  }
  const ended = new Set(failed.flatMap((one) => [...endedFor(waivers, requirement.id, one, asOf)]));
  const waived = [...parts.values()].map(({ waiver, ids, later }) => ({
    waiver: waiver.id,
    entry: waiver.index,
    granted: waiver.granted,
    until: waiver.until,
    owner: waiver.owner,
    ...(waiver.ownerName === undefined ? {} : { ownerName: waiver.ownerName }),
    n: Math.max(1, ids.length),
    ids,
    later,
  }));
  const words = [
    ...waived.map((part) => partInWords(part, zone)),
    ...(covered === failed.length
      ? []
      : [...ended].map((one) => `${one.id} held until ${untilForPeople(endOf(one), zone)} and counts no more`)),
  ];
  const reason = words.length === 0 ? judgement.reason : `${judgement.reason}; ${words.join("; ")}`;
  if (covered < failed.length) return { judgement: { ...judgement, reason }, waived };
  return { judgement: { ...judgement, reason, result: judgement.besides ?? "waived" }, waived };
}

/** `2 of them accepted by anna until 31 Dec 2026, 00:00 Europe/Berlin (WVR-2026-001), granted later on 5 Nov 2026`. */
function partInWords({ waiver, granted, until, owner, ownerName, ids, later }: WaivedPart, zone: string): string {
  const what = ids.length === 0 ? "accepted" : `${ids.length} of them accepted`;
  const after = later > 0 ? `, granted later, on ${dateForPeople(granted, zone)}` : "";
  return `${what} by ${ownerName ?? owner} until ${untilForPeople(until, zone)} (${waiver}${after})`;
}

/** Since when a failure could be known: the beginning of the record or of the period of evidence that it is about. */
function sinceOf({ id, instance }: Failing, { populations }: WaiverCircumstances): Instant | undefined {
  const slot =
    instance !== undefined && id.startsWith(`${instance}@`) ? timeOf(id.slice(instance.length + 1)) : undefined;
  if (slot !== undefined) return slot;
  const begun = beginningsIn(populations);
  return begun.get(JSON.stringify([instance, id])) ?? begun.get(JSON.stringify([instance, id.replace(/#\d+$/, "")]));
}

const beginnings = new WeakMap<WaiverCircumstances["populations"], ReadonlyMap<string, Instant>>();

/** When each record began, by source and id; read once, as every failure asks. */
function beginningsIn(populations: WaiverCircumstances["populations"]): ReadonlyMap<string, Instant> {
  const before = beginnings.get(populations);
  if (before !== undefined) return before;
  const found = new Map<string, Instant>();
  for (const { records } of populations.values())
    for (const { fact, instance } of records) {
      const key = JSON.stringify([instance, fact.id]);
      const { from } = spanOf(fact);
      if (from !== null) found.set(key, Math.min(from, found.get(key) ?? from));
    }
  beginnings.set(populations, found);
  return found;
}

function timeOf(text: string): Instant | undefined {
  try {
    return fromIso(text);
  } catch {
    return undefined;
  }
}

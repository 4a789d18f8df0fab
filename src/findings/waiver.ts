import { type Entry, isKind } from "../evidence/entry.ts";
import { whyNoSignOff } from "../evidence/proof.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import type { Misfit } from "./known.ts";

/** Failed checks that somebody accepted: for whom, for what, until when. All that is said here follows from the records. */

/** Longest time for which a failed check may be accepted; then somebody must come back to it. */
export const LONGEST_WAIVER = 366 * 86_400_000;
/** So long before its end a person is reminded. */
export const REMIND_BEFORE = 30 * 86_400_000;

export interface Waiver {
  readonly id: string;
  /** Index of the record that granted it, and when that was logged: it counts for nothing before. */
  readonly index: number;
  readonly granted: Instant;
  /** Not included: at this very moment it is over. */
  readonly until: Instant;
  readonly requirement: string;
  /** Only for these records; for all where none is named. */
  readonly incidents: readonly string[];
  /** Also for what had failed before it was granted. What is named is always meant. */
  readonly earlier: boolean;
  /** Random ID of whoever answers for it, and of whoever signed it. */
  readonly owner: string;
  readonly by: string;
  /** Filled in by whoever may look at `identity` blobs. */
  readonly ownerName?: string;
  readonly revoked: { readonly index: number; readonly at: Instant } | undefined;
}

/** The waivers of a log, folded from its entries in order. */
export class Waivers {
  readonly #granted: Waiver[] = [];
  readonly #troubles: Misfit[] = [];

  add(index: number, entry: Entry): void {
    if (!isKind(entry, "waiver")) return;
    const { waiver: id } = entry;
    const wrong = (text: string) => this.#troubles.push({ index, id, text });
    const at = fromIso(entry.at);
    const place = this.#granted.findLastIndex((one) => one.id === id);
    const known = this.#granted[place];
    if (entry.act === "revoke") {
      if (known === undefined) wrong("it takes back what was never granted");
      else if (known.revoked !== undefined) wrong(`it was taken back already by record ${known.revoked.index}`);
      // Whoever it was: to take it back makes nothing look better.
      else this.#granted[place] = { ...known, revoked: { index, at } };
      return;
    }
    const why = whyNoSignOff(entry.actor);
    const until = fromIso(entry.until);
    if (why !== undefined) wrong(`it does not count: ${why}`);
    else if (known !== undefined && entry.corrects !== known.index)
      wrong(`there is a ${id} already, by record ${known.index}`);
    else if (until <= at) wrong("it ends before it was granted");
    else if (until - at > LONGEST_WAIVER) wrong("it is for more than 366 days");
    else {
      // One that takes the place of another does so from now on: what was said before it stays said.
      if (known !== undefined && known.revoked === undefined)
        this.#granted[place] = { ...known, revoked: { index, at } };
      this.#granted.push({
        id,
        index,
        granted: at,
        until,
        requirement: entry.requirement,
        incidents: entry.incidents ?? [],
        earlier: entry.earlier === true,
        owner: entry.owner,
        by: entry.actor.id,
        revoked: undefined,
      });
    }
  }

  /** In the order in which they were granted. */
  get all(): readonly Waiver[] {
    return this.#granted;
  }

  /** Records that count for nothing, and why. */
  get troubles(): readonly Misfit[] {
    return this.#troubles;
  }
}

/** How a waiver stands at a moment. */
export function standingAt(
  { granted, until, revoked }: Waiver,
  at: Instant,
): "future" | "in-force" | "revoked" | "expired" {
  if (at < granted) return "future";
  if (revoked !== undefined && revoked.at <= at && revoked.at < until) return "revoked";
  return at < until ? "in-force" : "expired";
}

/** Something that failed: the record's own id, and since when it could be known; undefined where nothing says so. */
export interface Failed {
  readonly id: string;
  readonly since: Instant | undefined;
}

/** A waiver that covers a failure; `later`: it was granted after that had begun. */
export interface Cover {
  readonly waiver: Waiver;
  readonly later: boolean;
}

/** True where a waiver is about this failure, whenever that is asked: it names it, or names nothing and may mean it. */
function isAbout({ incidents, granted, earlier }: Waiver, { id, since }: Failed): boolean {
  if (incidents.length > 0) return incidents.includes(id) || incidents.includes(recordOf(id));
  return earlier || (since !== undefined && since >= granted);
}

/** `INC-2026-004#2`, an item inside a record, is of that record; what no Id can spell is named by what is left of it. */
export function recordOf(id: string): string {
  return namedAs(id.replace(/#\d+$/, ""));
}

/** A source's own id as a record may spell it. */
export function namedAs(id: string): string {
  return id
    .replaceAll(/[^A-Za-z0-9._:@/+-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 200);
}

/**
 * The waiver in force at `at` that covers a failure of this requirement; undefined where none does. One that was granted
 * before the failure is taken first, then the one that lasts longest.
 */
export function waivedBy(
  waivers: readonly Waiver[],
  requirement: string,
  failed: Failed,
  at: Instant,
): Cover | undefined {
  return waivers
    .filter((one) => one.requirement === requirement && standingAt(one, at) === "in-force" && isAbout(one, failed))
    .map((waiver) => ({ waiver, later: failed.since === undefined || failed.since < waiver.granted }))
    .sort(
      (a, b) => Number(a.later) - Number(b.later) || b.waiver.until - a.waiver.until || a.waiver.index - b.waiver.index,
    )[0];
}

/** Those that once covered it and do not any more: over, or taken back. */
export function endedFor(
  waivers: readonly Waiver[],
  requirement: string,
  failed: Failed,
  at: Instant,
): readonly Waiver[] {
  return waivers.filter(
    (one) =>
      one.requirement === requirement && isAbout(one, failed) && ["revoked", "expired"].includes(standingAt(one, at)),
  );
}

/** When one that is over, or was taken back, ended. */
export const endOf = ({ until, revoked }: Waiver): Instant => Math.min(until, revoked?.at ?? until);

/** Why no waiver may be granted for a requirement, in words; undefined where one may. */
export function whyNotWaivable({
  basis,
  check,
}: {
  readonly basis: string;
  readonly check: string;
}): string | undefined {
  if (basis === "law") return "it is a duty by law, and nobody here can accept that it is not met";
  if (basis === "recommended") return 'it is recommended only, so it is never "not met" and there is nothing to accept';
  if (check === "nil") return "whether nothing happened is confirmed or it is not; nobody can accept it instead";
  if (check === "integrity") return "whether the records are as they were signed cannot be accepted away";
  if (check === "unobservable" || check === "policy" || check === "holds")
    return 'it is never "not met", as nothing here can judge it';
  return undefined;
}

/** The same waivers with the names of those who answer for them, as far as they are known. */
export function withOwners(waivers: readonly Waiver[], names: ReadonlyMap<string, string>): Waiver[] {
  return waivers.map((one) => {
    const ownerName = names.get(one.owner);
    return ownerName === undefined ? one : { ...one, ownerName };
  });
}

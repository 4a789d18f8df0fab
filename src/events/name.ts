import { digestOf } from "../lib/digest.ts";

/** Names of events: sources may call theirs anything, records and people need something short that stays the same. */

const ID = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/;
const KEPT = 16;
/** Fewer digits than this of a name are no name. */
const FEWEST = 6;

const hashOf = (parts: readonly unknown[]) => digestOf(new TextEncoder().encode(JSON.stringify(parts))).slice(0, KEPT);

/** A fact's id as records may hold it: itself, or a name made of it where it holds spaces or words. */
export function recordName(kind: string, id: string): string {
  return ID.test(id) ? id : `${kind}-${hashOf([id])}`;
}

/** The name that people and records use for an event of a source: `alert-1f0c8a5b7d3e9a42`. Later episodes have names of their own. */
export function eventName(instance: string, kind: string, id: string, episode = 1): string {
  return `${kind}-${hashOf(episode === 1 ? [instance, kind, id] : [instance, kind, id, episode])}`;
}

/** What can be named. */
export interface Named {
  readonly event: string;
  readonly instance: string;
  readonly id: string;
}

/**
 * The events that a text may mean: one by its name; else those whose name begins with it (six digits at least), or that
 * their source calls so, alone or behind the collector and a slash. More than one is ambiguous, and never guessed.
 */
export function eventsNamed<E extends Named>(events: readonly E[], text: string): E[] {
  const exact = events.filter(({ event }) => event.toLowerCase() === text.toLowerCase());
  if (exact.length > 0) return exact;
  const begun = /^(?:[a-z][a-z-]*-)?([0-9a-f]+)$/.exec(text.toLowerCase());
  const isPrefix = begun !== null && (begun[1] ?? "").length >= FEWEST;
  const bare = text.toLowerCase();
  return events.filter(
    ({ event, instance, id }) =>
      id === text ||
      `${instance}/${id}` === text ||
      (isPrefix && (event.startsWith(bare) || event.slice(-KEPT).startsWith(bare))),
  );
}

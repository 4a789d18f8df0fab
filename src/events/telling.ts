import type { Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import { RULE_KINDS } from "../policy/intake-rule.ts";
import { featuresOf, type SecurityEvent, saysTheSame, timesOf, type Wording } from "./event.ts";
import { eventName } from "./name.ts";

/**
 * Events out of what sources told, in the order of the log. The identity of an event is that of its fact (collector, kind,
 * the source's own id); where a source uses an id again for something that began after the first was over, that is another
 * event: whoever decided about the first has not seen it.
 */

interface Episode {
  readonly number: number;
  start: Instant;
  newest: Observed;
  readonly wordings: Wording[];
}

interface Track {
  readonly episodes: Episode[];
  /** The one that was spoken of last. */
  current: Episode;
  /** Only where there are several. */
  byStart: Map<Instant, Episode> | undefined;
}

/** Facts that may be events: alerts and reports are; raw telemetry is one where a rule takes it in. */
const EVENTS: ReadonlySet<string> = new Set(["alert", "event"]);
const RAW: ReadonlySet<string> = new Set(RULE_KINDS.filter((kind) => kind !== "alert"));

/** Earlier episodes that a word about a thing is compared with, newest first. */
const COMPARED = 8;

export class Telling {
  readonly #tracks = new Map<string, Track>();
  readonly #takesIn: (kind: string) => boolean;
  readonly #register: string;

  /** `takesIn`: whether any rule takes raw telemetry of this kind in. `register`: under which name our own records are told. */
  constructor(takesIn: (kind: string) => boolean, register: string) {
    this.#takesIn = takesIn;
    this.#register = register;
  }

  /** Takes in a fact; in the order of the log. What can be no event is passed over. */
  add(seen: Observed): void {
    const { kind } = seen.fact;
    if (!EVENTS.has(kind) && !(RAW.has(kind) && this.#takesIn(kind))) return;
    const start = timesOf(seen).from;
    if (start === undefined) return;
    const key = `${seen.instance}\n${kind}\n${seen.fact.id}`;
    const track = this.#tracks.get(key);
    if (track === undefined) {
      const only = newEpisode(1, start, seen);
      this.#tracks.set(key, { episodes: [only], current: only, byStart: undefined });
      return;
    }
    const episode = episodeOf(track, seen, start);
    if (episode !== undefined) {
      reword(episode, seen, start);
      track.current = episode;
      return;
    }
    const next = newEpisode(track.episodes.length + 1, start, seen);
    track.byStart ??= new Map(track.episodes.map((one) => [one.start, one]));
    track.byStart.set(start, next);
    track.episodes.push(next);
    track.current = next;
  }

  /** Every event that was told, by the collector it came through and its place in the log. */
  *events(families: ReadonlyMap<string, string>): Generator<SecurityEvent> {
    for (const { episodes, current } of this.#tracks.values())
      for (const episode of episodes) yield this.#eventOf(episode, families, episode !== current);
  }

  #eventOf(
    { number, start, newest, wordings }: Episode,
    families: ReadonlyMap<string, string>,
    shadowed: boolean,
  ): SecurityEvent {
    const { fact, instance } = newest;
    const { to, lasting } = timesOf(newest);
    return {
      ...featuresOf(newest, families.get(instance)),
      event: instance === this.#register ? fact.id : eventName(instance, fact.kind, fact.id, number),
      id: fact.id,
      when: start,
      precision: fact.kind === "event" ? (fact.precision.receivedAt ?? 1) : 1,
      endsAt: to,
      lasting,
      wordings,
      newest,
      shadowed,
    };
  }
}

function newEpisode(number: number, start: Instant, seen: Observed): Episode {
  return { number, start, newest: seen, wordings: [{ seen, at: seen.at }] };
}

/** The episode that a word is about; undefined where it lies apart from all that are known. */
function episodeOf({ episodes, byStart }: Track, seen: Observed, start: Instant): Episode | undefined {
  const [only] = episodes;
  if (seen.fact.kind !== "alert") return only;
  const exact = byStart === undefined ? (only?.start === start ? only : undefined) : byStart.get(start);
  if (exact !== undefined) return exact;
  const to = seen.fact.endsAt ?? Number.POSITIVE_INFINITY;
  for (const episode of episodes.slice(-COMPARED).reverse()) {
    const end = timesOf(episode.newest).to ?? Number.POSITIVE_INFINITY;
    if (start < end && to > episode.start) return episode;
  }
  return undefined;
}

function reword(episode: Episode, seen: Observed, start: Instant): void {
  // A source that names an earlier time for it later does not make it younger.
  episode.start = Math.min(episode.start, start);
  episode.newest = seen;
  const last = episode.wordings.at(-1);
  if (last === undefined || !saysTheSame(last.seen.fact, seen.fact)) episode.wordings.push({ seen, at: seen.at });
}

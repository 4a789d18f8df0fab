import { z } from "zod";
import type { Fact, Problem } from "../../src/evidence/fact.ts";
import { digestOf } from "../../src/lib/digest.ts";
import { type Instant, type Interval, iso } from "../../src/lib/time.ts";
import { Labels } from "../json-answer.ts";

/*
 * Every evaluation of an alerting rule writes two samples for each active alert: `ALERTS{alertstate="pending"|"firing"}`
 * with the value 1, and `ALERTS_FOR_STATE` whose value is the second in which the alert became active. The value stays
 * the same for the whole episode and differs between two episodes, so labels and value are the identity of an episode,
 * in whichever answer its samples are found.
 */

const Series = z.looseObject({ metric: Labels, values: z.array(z.unknown()) });
const Sample = z.tuple([z.number(), z.string()]);

/** What to assume where a single sample does not tell how often the rule is evaluated: Prometheus' own default. */
const DEFAULT_STEP = 60_000;

/** ALERTS_FOR_STATE has whole seconds: the first sample of an episode lies less than one after its value. */
const RESOLUTION = 1_000;

interface Track {
  readonly labels: Readonly<Record<string, string>>;
  /** Time of a sample → value of ALERTS_FOR_STATE, in milliseconds. */
  readonly since: Map<Instant, Instant>;
  readonly firing: Instant[];
  readonly pending: Instant[];
}

interface Span {
  first: Instant;
  last: Instant;
}

interface Episode {
  readonly since: Instant;
  firing?: Span;
  pending?: Span;
}

const sortedLabels = (metric: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(metric)
      .filter(([name]) => name !== "__name__" && name !== "alertstate")
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Files samples under their alert; what is no sample is a problem, once per series. */
function* fileSamples(result: readonly unknown[], tracks: Map<string, Track>): Generator<Problem> {
  for (const [index, one] of result.entries()) {
    const series = Series.safeParse(one);
    if (!series.success) {
      yield {
        kind: "problem",
        where: `data.result[${index}]`,
        message: `not a time series: ${z.prettifyError(series.error)}`,
      };
      continue;
    }
    const { metric, values } = series.data;
    const labels = sortedLabels(metric);
    const key = JSON.stringify(labels);
    const track: Track = tracks.get(key) ?? { labels, since: new Map(), firing: [], pending: [] };
    tracks.set(key, track);
    let unreadable = 0;
    for (const value of values) {
      const sample = Sample.safeParse(value).data;
      const at = Math.round((sample?.[0] ?? Number.NaN) * 1000);
      const since = Math.round(Number(sample?.[1]) * 1000);
      // Dates in JavaScript end at 8.64e15 ms; hostile numbers beyond would throw when written.
      if (!sample || !(Math.abs(at) < 8.64e15) || !(Math.abs(since) < 8.64e15)) unreadable++;
      else if (metric.__name__ === "ALERTS_FOR_STATE") track.since.set(at, since);
      else if (metric.alertstate === "firing") track.firing.push(at);
      else track.pending.push(at);
    }
    if (unreadable > 0) {
      const message = `${unreadable} of ${values.length} samples are not [seconds, "number"]; they were left out`;
      yield { kind: "problem", where: `data.result[${index}].values`, message };
    }
  }
}

/** The smallest distance between two samples: how often the rule was evaluated. Undefined for a single sample. */
function stepOf(track: Track): number | undefined {
  const times = [...new Set([...track.since.keys(), ...track.firing, ...track.pending])].sort((a, b) => a - b);
  let smallest: number | undefined;
  for (const [i, at] of times.entries()) {
    const before = times[i - 1];
    if (before !== undefined && (smallest === undefined || at - before < smallest)) smallest = at - before;
  }
  return smallest;
}

function extend(span: Span | undefined, at: Instant): Span {
  return span ? { first: Math.min(span.first, at), last: Math.max(span.last, at) } : { first: at, last: at };
}

/** The episodes of one alert by their value of ALERTS_FOR_STATE, and how many samples had none beside them. */
function episodesOf(track: Track): { episodes: Episode[]; strays: number } {
  const episodes = new Map<Instant, Episode>();
  let strays = 0;
  for (const state of ["firing", "pending"] as const) {
    for (const at of track[state]) {
      const since = track.since.get(at);
      if (since === undefined) {
        strays++;
        continue;
      }
      const episode = episodes.get(since) ?? { since };
      episode[state] = extend(episode[state], at);
      episodes.set(since, episode);
    }
  }
  return { episodes: [...episodes.values()].sort((a, b) => a.since - b.since), strays };
}

/**
 * What these samples say of one episode, or undefined where it belongs to an earlier page.
 *
 * It began with its first firing sample. Where that lies before everything that was asked, only the value of
 * ALERTS_FOR_STATE is left: when the condition became true, earlier than firing by the rule's `for`.
 * It ended one step after its last sample, but only where the next two samples would already be there.
 */
function describe(track: Track, episode: Episode, step: number | undefined, page: Interval): Fact | undefined {
  const span = episode.firing ?? episode.pending;
  if (!span) return undefined;
  const expected = step ?? DEFAULT_STEP;
  const isOver = span.last + 2 * expected <= page.to;
  // The page before says it better: it holds the beginning. The margin keeps those whose end it could not see yet.
  if (isOver && span.last + 4 * expected <= page.from) return undefined;
  const sawBeginning = span.first - episode.since < RESOLUTION || (episode.firing && episode.pending);
  const state = !episode.firing ? "pending" : isOver ? "resolved" : "firing";
  return {
    kind: "alert",
    id: `${digestOf(Buffer.from(JSON.stringify(track.labels), "utf8")).slice(0, 32)}:${iso(episode.since)}`,
    name: track.labels.alertname ?? "(an alert without a name)",
    severity: track.labels.severity ?? null,
    startsAt: sawBeginning ? span.first : episode.since,
    endsAt: isOver ? span.last + (step ?? 0) : null,
    state,
    labels: { ...track.labels },
  };
}

/** The latest sample of all: how far samples reach of which nobody says what was asked. */
function horizonOf(tracks: Iterable<Track>): Instant {
  let horizon = -8.64e15;
  for (const { firing, pending } of tracks) {
    for (const at of firing) horizon = Math.max(horizon, at);
    for (const at of pending) horizon = Math.max(horizon, at);
  }
  return horizon;
}

/**
 * Reads episodes of alerts from the raw samples of ALERTS and ALERTS_FOR_STATE. `page` is the time the answer speaks
 * for; it may hold samples from before, which show how alerts began that were still active in the page.
 */
export function* readEpisodes(result: readonly unknown[], page: Interval | undefined): Generator<Fact | Problem> {
  const tracks = new Map<string, Track>();
  yield* fileSamples(result, tracks);
  const steps = new Map([...tracks.values()].map((track) => [track, stepOf(track)]));
  let fallback: number | undefined;
  for (const step of steps.values())
    if (step !== undefined && (fallback === undefined || step < fallback)) fallback = step;
  const spoken = page ?? { from: -8.64e15, to: horizonOf(tracks.values()) };
  for (const track of tracks.values()) {
    const { episodes, strays } = episodesOf(track);
    if (strays > 0) {
      const name = track.labels.alertname ?? "an alert without a name";
      yield {
        kind: "problem",
        where: `ALERTS ${JSON.stringify(track.labels)}`,
        message: `${strays} samples of ${name} have no ALERTS_FOR_STATE beside them, so one firing cannot be told from the next and they were left out; let both series through wherever samples are filtered`,
      };
    }
    for (const episode of episodes) {
      const fact = describe(track, episode, steps.get(track) ?? fallback, spoken);
      if (fact) yield fact;
    }
  }
}

import type { Answer, Run } from "../../src/collector/define.ts";
import { isCustodyError, messageOf } from "../../src/lib/errors.ts";
import { formatDuration, type Instant, type Interval, iso } from "../../src/lib/time.ts";
import type { Hole } from "./coverage.ts";
import { type Envelope, openEnvelope, sampleTimes } from "./envelope.ts";

/** The part of a run that asking needs. */
type Asking = Pick<Run<unknown>, "get" | "window" | "now" | "signal">;

const JSON_ONLY = ["application/json"];

/**
 * Asks and opens the envelope. The answer is kept before it is looked at: also a refusal is something the source said.
 * Throws what `get` throws, and SOURCE_ANSWER.
 */
export async function* ask(
  run: Asking,
  path: string,
  query: Readonly<Record<string, string>> = {},
  parameters?: Answer["parameters"],
): AsyncGenerator<Answer, { answer: Answer; envelope: Envelope }> {
  const answer = await run.get(path, query, JSON_ONLY);
  yield parameters === undefined ? answer : { ...answer, parameters };
  return { answer, envelope: openEnvelope(answer) };
}

const seconds = (at: Instant): string => (at / 1000).toFixed(3);

/** Prometheus answers at most 11,000 points per series (web/api/v1: "exceeded maximum resolution"). */
const MAX_POINTS = 10_000;

/**
 * When Prometheus itself was silent: the intervals in which it took no sample of `alive` for as long as `tolerance`.
 * `absent_over_time` turns that round: nothing comes back while all is well, so the usual answer is a few bytes.
 * Each interval is widened by a step, because an outage begins and ends somewhere between two points.
 */
export async function* findSilence(
  run: Asking,
  asked: Interval,
  alive: string,
  tolerance: number,
): AsyncGenerator<Answer, Interval[]> {
  const silent: Interval[] = [];
  const step = Math.ceil(tolerance / 2);
  for (let from = asked.from; from < asked.to; from += step * MAX_POINTS) {
    const { answer, envelope } = yield* ask(run, "/api/v1/query_range", {
      query: `absent_over_time(${alive}[${formatDuration(tolerance)}])`,
      start: seconds(from),
      end: seconds(Math.min(from + step * MAX_POINTS, asked.to)),
      step: String(step / 1000),
    });
    for (const at of sampleTimes(answer, envelope)) silent.push({ from: at - tolerance - step, to: at + step });
  }
  return silent;
}

/**
 * Too large for us, or for Prometheus, which answers 422 where a query would load too many samples. The status is only
 * in the words of the error.
 */
function isTooLarge(thrown: unknown): boolean {
  if (isCustodyError(thrown, "SOURCE_TOO_LARGE")) return true;
  return isCustodyError(thrown, "SOURCE_ANSWER") && /\bstatus 422\b/.test(thrown.message);
}

const LARGEST_PAGE = 6 * 3_600_000;
const SMALLEST_PAGE = 5 * 60_000;

/** Alerts, and since when each is active. One query for both, so that one answer says all that is to say about its page. */
const SERIES = '{__name__=~"ALERTS|ALERTS_FOR_STATE"}';

/**
 * Walks the raw samples page by page and returns what could not be read. An answer holds its page and as long again
 * before it, so that an alert that goes on across the edge of a page stands whole in the later answer. Where the window
 * ended a while ago, one page beyond it is read too: it shows how alerts went on.
 * A page that is too large is asked again in halves. Throws what `get` throws while nothing was read yet; later the rest
 * of the window is returned as a hole.
 */
export async function* walkPages(run: Asking, asked: Interval): AsyncGenerator<Answer, Hole[]> {
  const unread: Hole[] = [];
  const last = Math.min(run.now, asked.to + LARGEST_PAGE);
  let length = LARGEST_PAGE;
  for (let from = asked.from, to = from; from < last; from = to) {
    to = Math.min(from + length, from < asked.to ? asked.to : last);
    try {
      const { envelope } = yield* ask(
        run,
        "/api/v1/query",
        { query: `${SERIES}[${formatDuration(2 * (to - from))}]`, time: seconds(to) },
        { page: { from: iso(from), to: iso(to) } },
      );
      if (envelope.warnings?.length) {
        unread.push({
          from,
          to,
          reason: "truncated",
          detail: "an answer came with the warning that it is incomplete (it is in the evidence)",
        });
      }
      length = Math.min(LARGEST_PAGE, length * 2);
    } catch (thrown) {
      if (isTooLarge(thrown)) {
        if (to - from > SMALLEST_PAGE) {
          length = Math.max(SMALLEST_PAGE, (to - from) / 2);
          to = from;
        } else {
          unread.push({ from, to, reason: "too-large", detail: messageOf(thrown) });
        }
      } else if (isCustodyError(thrown) && thrown.kind === "temporary" && from > asked.from && !run.signal.aborted) {
        unread.push({ from, to: asked.to, reason: "interrupted", detail: messageOf(thrown) });
        return unread;
      } else {
        throw thrown;
      }
    }
  }
  return unread;
}

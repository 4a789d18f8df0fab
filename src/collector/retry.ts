import type { Instant } from "../lib/time.ts";

/** Attempts for one request, the first included. */
export const MAX_ATTEMPTS = 4;
const FIRST_BACKOFF = 500;
const LONGEST_BACKOFF = 30_000;
/** A source that wants to be left alone for longer is asked again by the next run instead. */
export const LONGEST_RETRY_AFTER = 5 * 60_000;

/** A status that another attempt may change. */
export function isPassing(status: number): boolean {
  return status === 429 || status === 408 || status >= 500;
}

/** Full jitter: anything up to a bound that doubles with each attempt, so that many clients do not come back at once. */
export function backoff(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** attempt));
}

/** Whoever asks for more means for ever; a time beyond could not even be written down. */
const FOR_EVER = 366 * 24 * 60 * 60_000;

/**
 * Milliseconds a source asks us to wait, a year at most: Retry-After in seconds or as a date (RFC 9110 §10.2.3), else
 * x-ratelimit-reset in epoch seconds.
 */
export function retryAfter(headers: Headers, now: Instant): number | undefined {
  const wait = waitIn(headers, now);
  return wait === undefined ? undefined : Math.min(FOR_EVER, Math.max(0, wait));
}

function waitIn(headers: Headers, now: Instant): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (value !== undefined && value !== "") {
    if (/^\d{1,9}(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
    const at = Date.parse(value);
    // Both dates are by the source's clock, so that ours may be wrong.
    const sent = Date.parse(headers.get("date") ?? "");
    if (!Number.isNaN(at)) return at - (Number.isNaN(sent) ? now : sent);
  }
  const reset = headers.get("x-ratelimit-reset")?.trim();
  if (headers.get("x-ratelimit-remaining") === "0" && reset !== undefined && /^\d{9,11}$/.test(reset)) {
    return Number(reset) * 1000 - now;
  }
  return undefined;
}

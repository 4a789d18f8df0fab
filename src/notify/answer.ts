import { retryAfter } from "../collector/retry.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import type { HttpAnswer } from "../outbound/post.ts";
import type { Cause, Setback } from "./define.ts";

/** What an answer that is no receipt means; the same for every channel over HTTP but for what each vendor adds. */

/** An answer is a few hundred bytes; what is larger comes from somebody else. */
export const MAX_ANSWER_BYTES = 256 * 1024;

/** What a vendor says beyond the status. */
export interface Said {
  /** A word or number of the vendor's own closed list, for messages. */
  readonly code?: string;
  /** Milliseconds, where it stands in the body. */
  readonly after?: number;
  readonly cause?: Cause;
  readonly remedy?: string;
}

/**
 * Later for 429, 408 and 5xx; gone for 404 and 410; everything else a person must mend, and is never tried again by itself.
 * No text of the answer is repeated.
 */
export function setbackOf(answer: HttpAnswer, shown: string, now: Instant, said: Said = {}): Setback {
  const { status } = answer;
  const cause = said.cause ?? causeOf(status);
  const after = said.after ?? (cause === "busy" ? retryAfter(answer.headers, now) : undefined);
  const code = said.code === undefined ? "" : `, ${said.code}`;
  const text = TEXTS[cause] ?? "did not take the message";
  const wait = after === undefined ? "" : `; it asks to wait ${Math.ceil(after / 1000)} s`;
  const remedy = said.remedy ?? REMEDIES[cause] ?? "Look at what the receiver says about it.";
  const error = new CustodyError(
    CODES[cause] ?? "SOURCE_REFUSED",
    `${shown} ${text} (status ${status}${code})${wait}`,
    {
      remedy,
    },
  );
  return { cause, ...(after === undefined ? {} : { after }), error };
}

function causeOf(status: number): Cause {
  if (status === 429 || status === 408 || status >= 500) return "busy";
  if (status === 404 || status === 410) return "gone";
  return status >= 400 ? "refused" : "answer";
}

const TEXTS: Partial<Record<Cause, string>> = {
  busy: "cannot take the message now",
  gone: "no longer has the place that the message goes to",
  refused: "refuses the message",
  answer: "answers, but not as the receiver of a message does",
};
const REMEDIES: Partial<Record<Cause, string>> = {
  busy: "Nothing to mend here; it is tried again.",
  gone: "Make a new webhook there and put its address into the secret.",
  answer: "Check that the address is the right one, and that no proxy answers in its place.",
};
const CODES = { busy: "SOURCE_ANSWER", gone: "SOURCE_REFUSED", answer: "SOURCE_ANSWER" } as Partial<
  Record<Cause, "SOURCE_ANSWER" | "SOURCE_REFUSED">
>;

/** The members of an answer in JSON; none for what is no JSON object. */
export function jsonAnswer({ bytes }: HttpAnswer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Seconds in an answer as milliseconds; undefined for what is no time to wait. */
export function secondsIn(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value < 1e9 ? Math.ceil(value * 1000) : undefined;
}

/** A message as bytes of JSON, and the header that says so. */
export function jsonBody(value: object): { readonly body: Uint8Array; readonly headers: Record<string, string> } {
  return {
    body: new TextEncoder().encode(JSON.stringify(value)),
    headers: { "content-type": "application/json" },
  };
}

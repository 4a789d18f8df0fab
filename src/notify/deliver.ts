import type { BlobRef } from "../evidence/blob.ts";
import type { Draft } from "../evidence/entry.ts";
import type { Clock } from "../lib/clock.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import { type Instant, iso } from "../lib/time.ts";
import { withinLimits } from "../lib/within.ts";
import type { Cause, ChannelConfig, Message, Receipt, Rendered, Setback, Tools } from "./define.ts";

/** Brings one message to one channel, as patiently as the vendor's rules ask, and says what became of it. */

export interface DeliverParts {
  readonly clock: Clock;
  /** Fires when Custody stops. */
  readonly signal: AbortSignal;
  tools(channel: ChannelConfig, signal: AbortSignal): Tools<unknown>;
  /** Hides every secret of this installation in a text. */
  mask(text: string): string;
  /** Longest time for all attempts, in milliseconds. */
  readonly within?: number;
  /** Longest time for one. */
  readonly attemptWithin?: number;
}

interface Tried {
  /** Id of the channel. */
  readonly channel: string;
  readonly attempts: number;
  readonly sent: Instant;
  readonly received: Instant;
  /** What was sent, or would have been. */
  readonly rendered: Rendered;
}
export interface Delivered extends Tried {
  readonly outcome: "delivered";
  /** For people. */
  readonly said: string;
  readonly receipt: Receipt["blob"];
}
export interface Failed extends Tried {
  readonly outcome: "failed";
  readonly cause: Cause;
  readonly error: CustodyError;
  /** The vendor's word on when to try again, where it gave one that was too long to wait for. */
  readonly notBefore?: Instant;
}
export type Delivery = Delivered | Failed;

const WITHIN = 2 * 60_000;
const ATTEMPT_WITHIN = 30_000;
const MAX_ATTEMPTS = 6;
const FIRST_WAIT = 1_000;
/** What waiting may change. Everything else would be refused again, and counted against us. */
const PASSING: ReadonlySet<Cause> = new Set(["unreachable", "busy"]);

/**
 * Delivers it, or says why not. A network that failed after the message was sent may lead to a second one with the same id.
 * Throws ABORTED when the signal fires: who was stopped has neither delivered nor failed.
 */
export async function deliver(message: Message, channel: ChannelConfig, parts: DeliverParts): Promise<Delivery> {
  const { clock, signal } = parts;
  const safe = maskedMessage(message, parts.mask);
  const rendered = channel.channel.render(safe);
  const sent = clock.now();
  const end = sent + (parts.within ?? WITHIN);
  for (let attempts = 1; ; attempts += 1) {
    const came = await attempt(safe, channel, parts, sent, end);
    if (signal.aborted) throw stopped();
    const tried = { channel: channel.id, attempts, sent, received: Math.max(sent, clock.now()), rendered };
    if ("said" in came) return { ...tried, outcome: "delivered", said: came.said, receipt: came.blob };
    const { cause, after } = came;
    const wait = Math.max(after ?? 0, FIRST_WAIT * 3 ** (attempts - 1));
    const failed = { ...tried, outcome: "failed" as const, cause, error: maskedError(came.error, parts.mask) };
    if (!PASSING.has(cause) || attempts >= MAX_ATTEMPTS || clock.now() + wait > end) {
      return after === undefined ? failed : { ...failed, notBefore: clock.now() + after };
    }
    try {
      await clock.sleep(wait, signal);
    } catch (error) {
      throw signal.aborted ? stopped() : error;
    }
  }
}

const stopped = () => new CustodyError("ABORTED", "stopped before the notice was delivered; it is sent again later");

/** One attempt; nothing that a channel throws gets out. */
async function attempt(
  message: Message,
  channel: ChannelConfig,
  parts: DeliverParts,
  sent: Instant,
  end: Instant,
): Promise<Receipt | Setback> {
  const now = parts.clock.now();
  const within = Math.max(1, Math.min(parts.attemptWithin ?? ATTEMPT_WITHIN, end - now));
  // Since it was sent first: that is how long whoever waits has waited.
  const waited = Math.ceil((Math.max(0, now - sent) + within) / 1000);
  const late = () =>
    new CustodyError("SOURCE_UNREACHABLE", `no answer within ${waited} s`, {
      remedy: "Check that it can be reached from here.",
    });
  try {
    return await withinLimits({ within, late, signal: parts.signal, stopped }, (signal) =>
      channel.channel.send(message, parts.tools(channel, signal) as never),
    );
  } catch (error) {
    return thrownSetback(error);
  }
}

const CAUSE_OF: Readonly<Record<string, Cause>> = {
  SOURCE_UNREACHABLE: "unreachable",
  SOURCE_ANSWER: "busy",
  SOURCE_REFUSED: "refused",
  SOURCE_MISCONFIGURED: "misconfigured",
  SOURCE_TOO_LARGE: "answer",
  SECRET_UNAVAILABLE: "secret",
};

function thrownSetback(error: unknown): Setback {
  if (isCustodyError(error)) return { cause: CAUSE_OF[error.code] ?? "internal", error };
  // The text of anything else could repeat an address.
  const name = error instanceof Error ? error.name : typeof error;
  const text = `a mistake in Custody kept the message from being sent (${name})`;
  return { cause: "internal", error: new CustodyError("BUG", text, { remedy: "Please report this line." }) };
}

function maskedError(error: CustodyError, mask: (text: string) => string): CustodyError {
  const remedy = error.remedy === undefined ? {} : { remedy: mask(error.remedy) };
  return new CustodyError(error.code, mask(messageOf(error)), remedy);
}

/** The message without the secrets that what it tells of may have had in it. */
function maskedMessage(message: Message, mask: (text: string) => string): Message {
  const { link, files } = message;
  return {
    ...message,
    title: mask(message.title),
    paragraphs: message.paragraphs.map(mask),
    items: message.items.map(({ commands, ...texts }) => ({
      ...(Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, mask(text)])) as typeof texts),
      ...(commands === undefined ? {} : { commands: commands.map(mask) }),
    })),
    ...(link === undefined ? {} : { link: { title: mask(link.title), url: mask(link.url) } }),
    ...(files === undefined ? {} : { files: files.map((file) => ({ ...file, name: mask(file.name) })) }),
  };
}

/** What a record of it says beside how it went. */
export interface DeliveryAbout {
  /** The gaps it is about, by id; the first 64 are kept. */
  readonly gaps?: readonly string[];
  /** What else it tells a person to do, by name; the first 64 are kept. */
  readonly duties?: readonly string[];
  /** Index before which everything that the log says about gaps is told. */
  readonly through?: number;
  /** Index of the newest record by which something arrived over this channel. */
  readonly after?: number | undefined;
}

const MAX_GAPS = 64;

/** The record of a delivery; keeps what was sent and what came back. */
export async function deliveryDraft(
  delivery: Delivery,
  message: Message,
  channel: ChannelConfig,
  put: (bytes: Uint8Array, mediaType: string) => Promise<BlobRef>,
  { gaps, duties, through, after }: DeliveryAbout = {},
): Promise<Draft> {
  const { text, mediaType } = delivery.rendered;
  const encode = (what: string) => new TextEncoder().encode(what);
  const body = await put(encode(text), mediaType);
  const { use } = channel.channel;
  // Of one notice a failure is recorded once, until something arrived meanwhile: then it is another failure.
  const since = delivery.outcome === "failed" && after !== undefined ? `:${after}` : "";
  return {
    kind: "delivery",
    actor: { type: "system", id: "custody" },
    once: `delivery:${message.id}:${channel.id}:${use}:${delivery.outcome}${since}`,
    notice: message.id,
    about: message.about,
    channel: channel.id,
    use,
    outcome: delivery.outcome,
    attempts: delivery.attempts,
    sent: iso(delivery.sent),
    received: iso(delivery.received),
    ...(delivery.outcome === "failed" ? { cause: delivery.cause } : {}),
    ...(gaps === undefined || gaps.length === 0 ? {} : { gaps: gaps.slice(0, MAX_GAPS) }),
    ...(duties === undefined || duties.length === 0 ? {} : { duties: duties.slice(0, MAX_GAPS) }),
    ...(through === undefined ? {} : { through }),
    body,
    ...(delivery.outcome === "delivered"
      ? { receipt: await put(encode(`${JSON.stringify(delivery.receipt)}\n`), "application/json") }
      : {}),
  };
}

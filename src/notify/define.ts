import type { z } from "zod";
import type { SecretRef } from "../collector/define.ts";
import type { Json } from "../lib/canonical.ts";
import type { Clock } from "../lib/clock.ts";
import type { CustodyError } from "../lib/errors.ts";
import type { HttpAnswer, Post } from "../outbound/post.ts";
import type { TimeOfDay } from "./rhythm.ts";

/**
 * The whole API for channels that bring notices to people. A channel is one frozen object in one file and one line in
 * `channels/index.ts`. A message is composed once, as plain text in parts; each channel lays it out within its vendor's
 * limits and escapes it, so that whoever composes it knows of neither.
 */

/** What a notice is for. */
export type About = "digest" | "urgent" | "recovery" | "test" | "report";

/**
 * A notice. All text is plain: no markup, no line breaks that matter. Names from elsewhere may stand in it as they are;
 * secrets are hidden before it leaves. What does not fit a channel is left out from the end of `items`, and the message
 * says how many are missing and where they are.
 */
export interface Message {
  /** The same for the same notice, whoever sends it and how often: `digest-2026-11-20`. Printed, so that a repeated one is seen to be one. */
  readonly id: string;
  readonly about: About;
  /** Whose notice it is: the organisation's name. */
  readonly from: string;
  /** One line; the subject of a mail. */
  readonly title: string;
  /** Before the items. */
  readonly paragraphs: readonly string[];
  /** The most important first. */
  readonly items: readonly MessageItem[];
  /** The command that shows everything, for whoever got only a part; `custody gaps` unless stated. */
  readonly all?: string;
  readonly link?: { readonly title: string; readonly url: string };
  /** Attached where the channel can (e-mail, up to 10 MiB together); elsewhere named with their digest. */
  readonly files?: readonly MessageFile[];
}

/** One thing that a person must know or do. Whole sentences but for the title. */
export interface MessageItem {
  readonly title: string;
  /** What happened, and since when. */
  readonly what?: string;
  /** Is anything lost? */
  readonly lost?: string;
  readonly todo?: string;
  /** To be copied into a shell, one a line. */
  readonly commands?: readonly string[];
  /** Until when, in words. */
  readonly until?: string;
  /** Who is to do it, in words. */
  readonly who?: string;
}

export interface MessageFile {
  /** Without a path. */
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** A message as one channel's reader gets it. */
export interface Rendered {
  /** What is kept of it in the ledger, as it was sent; no address in it. */
  readonly text: string;
  readonly mediaType: string;
  /** Items that did not fit. */
  readonly left: number;
}

/** The channel has it. */
export interface Receipt {
  /** A small JSON object, kept in the ledger: the provider's own id of the message. Never a secret or an address. */
  readonly blob: Readonly<Record<string, string | number>>;
  /** One sentence for people, without any secret or address. */
  readonly said: string;
}

/**
 * Why a channel does not have it; the closed list of `delivery.cause`.
 * - `unreachable`, `busy`: later it may work; tried again at once, within bounds.
 * - `gone`: the place was deleted there; a person must make a new one.
 * - `refused`, `recipients` (only some addresses were taken), `misconfigured` (it redirects, too), `secret` (a reference that
 *   leads nowhere): a person must mend something.
 * - `answer`: it answered, and not as the vendor says it does.
 * - `internal`: a mistake in Custody.
 */
export const CAUSES = [
  "unreachable",
  "busy",
  "gone",
  "refused",
  "recipients",
  "misconfigured",
  "secret",
  "answer",
  "internal",
] as const;
export type Cause = (typeof CAUSES)[number];

/** The channel does not have it, and why. What is thrown instead is taken for one by its code. */
export interface Setback {
  readonly cause: Cause;
  /** The vendor's own word on when to try again, in milliseconds. */
  readonly after?: number;
  readonly error: CustodyError;
}

/** What a channel works with; nothing else. */
export interface Tools<C> {
  readonly config: C;
  /** Name of the log. */
  readonly origin: string;
  /** Folder of the configuration file: a relative path is meant from there. */
  readonly folder: string;
  readonly clock: Clock;
  /** Fires when time is up or Custody stops. */
  readonly signal: AbortSignal;
  /** Value of a secret. Throws SECRET_UNAVAILABLE. */
  reveal(ref: SecretRef): string;
  /** POST, once, without following redirects. Throws SOURCE_UNREACHABLE, SOURCE_MISCONFIGURED, SOURCE_TOO_LARGE. */
  post(post: Post): Promise<HttpAnswer>;
}

export interface Channel<S extends z.ZodObject = z.ZodObject> {
  /** As it stands after `use:`, and in every record. */
  readonly use: string;
  /** For people. */
  readonly title: string;
  /** A strict object; secrets are declared with `secret()`. */
  readonly config: S;
  /** What the vendor takes at most; characters are UTF-16 units, the strictest way to count them. */
  readonly limits: Readonly<Record<string, number>>;
  /** What `send` would send, as its reader gets it; pure. */
  render(message: Message): Rendered;
  /** Sends it once. May be called again with the same message. Throws a CustodyError whose text holds no secret. */
  send(message: Message, tools: Tools<z.output<S>>): Promise<Receipt | Setback>;
}

/** Declares a channel. */
export function defineChannel<S extends z.ZodObject>(channel: Channel<S>): Channel<S> {
  return Object.freeze(channel);
}

/** Which notices a channel gets: `urgent` includes what tells that it is over. Tests go to each. */
export const GETS = ["digest", "urgent", "report"] as const;
export type Gets = (typeof GETS)[number];

/** A configured channel. */
export interface ChannelConfig {
  /** Unique; in every record as `channel`. */
  readonly id: string;
  readonly channel: Channel;
  readonly gets: readonly Gets[];
  /** When the daily digest leaves, by the clock of the organisation; in the morning unless stated. */
  readonly at?: TimeOfDay;
  /** As `channel.config` parsed it. */
  readonly config: unknown;
  /** As the ledger has it: secret references unexpanded. */
  readonly logged: Json;
}

/** Whether this channel is to get such a message. */
export function wants({ gets }: Pick<ChannelConfig, "gets">, about: About): boolean {
  return about === "test" || gets.includes(about === "recovery" ? "urgent" : about);
}

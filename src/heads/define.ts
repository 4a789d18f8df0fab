import type { z } from "zod";
import type { Bucket } from "../collector/bucket.ts";
import type { SecretRef } from "../collector/define.ts";
import type { Json } from "../lib/canonical.ts";
import type { Clock } from "../lib/clock.ts";
import type { Instant } from "../lib/time.ts";
import type { HttpAnswer, Post } from "../outbound/post.ts";
import type { Checkpoint, Head } from "../tlog/checkpoint.ts";
import type { Hash } from "../tlog/merkle.ts";
import type { Note } from "../tlog/note.ts";

/**
 * The whole API for ways out of the store. A target is one frozen object in one file and one line in `index.ts`: it brings
 * a head to a place that the operator of the log cannot change by himself, and gives back what came of it.
 */

/** A head on its way. */
export interface SentHead extends Head {
  readonly origin: string;
  readonly checkpoint: Checkpoint;
  /** The signed checkpoint, byte for byte. */
  readonly bytes: Uint8Array;
}

/** What came back. */
export interface Receipt {
  /** Kept in the ledger as it is; never a secret, never a person's name. */
  readonly blob?: { readonly bytes: Uint8Array; readonly mediaType: string };
  /** One sentence for people, without any secret. */
  readonly said: string;
  /** Up to when it stands by itself, where it runs out. */
  readonly ends?: Instant;
}

/** A head that was found where it had been brought to. */
export interface FoundHead extends Head {
  /** For messages. */
  readonly where: string;
}

/** What a place says that was asked whether it knows this log as it is. */
export type Standing =
  /** This very head, or with `size` the one of that many records, which is the newest that it knows. */
  | { readonly is: "same"; readonly size: number }
  | {
      readonly is: "contradicts";
      readonly code: "forked" | "rolled-back";
      readonly expected: string;
      readonly found: string;
    }
  | { readonly is: "unsure"; readonly why: string };

/** A place for objects that are created once. */
export interface HeadBucket {
  readonly place: string;
  get(key: string): Promise<Uint8Array | undefined>;
  create(key: string, bytes: Uint8Array): Promise<"created" | "exists">;
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly size: number }>;
  close(): Promise<void>;
}

/** What a target works with; nothing else. */
export interface Tools<C> {
  readonly config: C;
  /** Name of the log. */
  readonly origin: string;
  /** Folder of the configuration file: a relative path is meant from there. */
  readonly folder: string;
  readonly clock: Clock;
  /** Fires when time is up or Custody stops. */
  readonly signal: AbortSignal;
  /** Size of the newest head that this target has; 0 for none. */
  readonly lastSize: number;
  /** Environment for programs that are started. */
  readonly environment: Readonly<Record<string, string>>;
  /** Value of a secret. Throws SECRET_UNAVAILABLE. */
  reveal(ref: SecretRef): string;
  /** Hides every secret of this installation in a text. */
  mask(text: string): string;
  /** POST, once, without following redirects. Throws SOURCE_UNREACHABLE, SOURCE_MISCONFIGURED, SOURCE_TOO_LARGE. */
  post(post: Post): Promise<HttpAnswer>;
  /** Proof that the log of `second` records begins with the first ones. */
  proof(first: number, second: number): Promise<readonly Hash[]>;
  /** True for a note that a key of this log signed. */
  signed(note: Note): boolean;
  bucket(place: z.output<typeof Bucket>): Promise<HeadBucket>;
}

export interface HeadTarget<S extends z.ZodObject = z.ZodObject> {
  /** As it stands after `use:`, and in every record. */
  readonly use: string;
  /** For people. */
  readonly title: string;
  /** What it proves afterwards, in one sentence for people. */
  readonly proves: string;
  /** A strict object; secrets are declared with `secret()`. */
  readonly config: S;
  /** Brings the head there. May be called again with the same head. Throws a CustodyError whose text holds no secret. */
  send(head: SentHead, tools: Tools<z.output<S>>): Promise<Receipt>;
  /** Heads of this log that lie there, signed by it; for verification. */
  readBack?(tools: Tools<z.output<S>>): Promise<FoundHead[]>;
  /**
   * Asks a place that shows no heads whether it knows this log as it is, and changes nothing there; for verification. `last` is
   * the newest head that it has as far as this log knows. Throws a CustodyError where it cannot be asked.
   */
  ask?(head: SentHead, last: SentHead | undefined, tools: Tools<z.output<S>>): Promise<Standing>;
  /** Up to when a receipt that was kept stands by itself; undefined for one that does not stand at all. */
  endsAt?(receipt: Uint8Array, checkpoint: Uint8Array, tools: Tools<z.output<S>>): Promise<Instant | undefined>;
}

/** Declares a target. */
export function defineTarget<S extends z.ZodObject>(target: HeadTarget<S>): HeadTarget<S> {
  return Object.freeze(target);
}

/** A configured target. */
export interface HeadConfig {
  /** Unique; in every record as `target`. */
  readonly id: string;
  readonly target: HeadTarget;
  /** How often at most a head is sent, in milliseconds. */
  readonly every: number;
  /** As `target.config` parsed it. */
  readonly config: unknown;
  /** As the ledger has it: secret references unexpanded. */
  readonly logged: Json;
}

/** The media type of everything in C2SP's text formats. */
export const NOTE_TYPE = "text/plain; charset=utf-8";

/** A small receipt in JSON. */
export function jsonReceipt(value: object): { bytes: Uint8Array; mediaType: string } {
  return { bytes: new TextEncoder().encode(`${JSON.stringify(value)}\n`), mediaType: "application/json" };
}

import { z } from "zod";
import type { FactInput, FactKind, Problem } from "../evidence/fact.ts";
import type { Json } from "../lib/canonical.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { MaskingRule } from "./masking-rule.ts";

/**
 * The whole API for authors of collectors. A collector is one frozen object in one file and one line in
 * `collectors/index.ts`.
 *
 * - `source()` says where to ask and with which credentials; nothing else ever sees a secret.
 * - `collect()` fetches and never judges: it yields the bytes as the source gave them and returns what it may claim to
 *   have seen. Status, type, envelope and paging are all it may look at.
 * - `read()` judges and never fetches: a pure, versioned function of the bytes. It is run again over old evidence, so a
 *   mistake in it never costs evidence.
 */

/** A family of evidence: what it is evidence of, whatever system it comes from. The catalogue maps families and facts to controls. */
export const FAMILIES = ["incident-log", "alert-history", "cron-health"] as const;
export type Family = (typeof FAMILIES)[number];

/** Bytes of one answer, exactly as the source gave them. */
export interface Answer {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** Where they come from, for people: a path or a URL, without any secret. */
  readonly origin: string;
  /** The source's own time of this version of the bytes, where it says so. */
  readonly modifiedAt?: Instant;
  /** For answers over HTTP: the request and what came with the answer, without any secret. */
  readonly request?: { readonly method: string; readonly url: string };
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What `read` must know beside the bytes, such as a field mapping: kept in the manifest. Never a secret. */
  readonly parameters?: Json;
}

/** An answer as it was stored: what `read` is given, now or years later. */
export interface Capture {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly origin: string;
  readonly capturedAt: Instant;
  /** The window that the run asked for. */
  readonly window: Interval;
  /** As the answer had them; from the manifest. */
  readonly parameters?: Json;
}

/**
 * What a run may claim. An empty population is evidence only where this says that everything was seen.
 * - `full`: the whole window was read to its end.
 * - `instant`: the source knows only the present; this moment was seen.
 * - `partial`: only these intervals of the window were read to their end, and why not the rest.
 */
export type Coverage =
  | { readonly seen: "full"; readonly total?: number }
  | { readonly seen: "instant"; readonly at: Instant; readonly total?: number }
  | {
      readonly seen: "partial";
      readonly intervals: readonly Interval[];
      readonly reason: PartialReason;
      readonly detail: string;
      readonly total?: number;
    };

export type PartialReason =
  | "truncated"
  | "sampled"
  | "retention"
  | "too-large"
  | "unreadable"
  | "not-listening"
  | "interrupted";

/** Where to ask. Credentials live here and in the request, and are masked wherever text is kept. */
export interface Source {
  /** Base URL for `get`; requests never leave its origin. */
  readonly base?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For sources that are not HTTP. */
  readonly connection?: string;
}

export interface Run<C> {
  readonly config: C;
  readonly source: Source;
  /** The window asked for, half-open. */
  readonly window: Interval;
  readonly now: Instant;
  /** The instance's time zone. */
  readonly zone: string;
  /** Folder of the configuration file: a relative path in a configuration is meant from there. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /**
   * GET below the source's base, kept as an answer. Timeouts, retries, Retry-After, the size cap and the masking of
   * credentials are its business. Throws SOURCE_UNREACHABLE, SOURCE_REFUSED, SOURCE_ANSWER (a status or media type
   * other than `accept`), SOURCE_TOO_LARGE.
   */
  get(path: string, query?: Readonly<Record<string, string | number>>, accept?: readonly string[]): Promise<Answer>;
  /** When this installation's inbox for the instance was listening, joined and in order; for inbox collectors. */
  listening(): readonly Interval[];
  /** Custody's own runs whose window meets this one, as the ledger has them; for the collector that watches Custody. */
  ownRuns(): AsyncIterable<OwnRun>;
  /** What this instance's inbox took in since then, oldest first, as it was stored; for inbox collectors. */
  received(since: Instant): AsyncIterable<Capture>;
}

export interface OwnRun {
  readonly index: number;
  readonly instance: string;
  readonly trigger: string;
  readonly outcome: string;
  readonly started: string;
  readonly ended: string;
}

/** One message to an inbox, already authenticated. */
export interface Message {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** The path below `/hooks/<instance>/`, decoded, without leading slash; "" for none. */
  readonly path: string;
  readonly receivedAt: Instant;
}

export interface Collector<S extends z.ZodType = z.ZodType> {
  /** `family/source`, for instance `alert-history/prometheus`. */
  readonly name: `${Family}/${string}`;
  /** For people. */
  readonly title: string;
  readonly family: Family;
  /** `window`: the source can be asked about the past; `snapshot`: only about now; `inbox`: the source reports by itself. */
  readonly mode: "window" | "snapshot" | "inbox";
  readonly facts: readonly FactKind[];
  /** Required cadence and grace where the configuration names none. */
  readonly cadence: string;
  readonly grace: string;
  /** The finest cadence for which this source can give evidence, such as `hourly`; a finer one is refused. Any where left out. */
  readonly finest?: string;
  /** A strict object. Secrets are declared with `secret()` and come as references. */
  readonly config: S;
  /** Version of `read`; raised whenever its result for the same bytes changes. */
  readonly reader: number;
  /** What this source cannot show, in words for the report. */
  readonly blindSpots: readonly string[];
  /** What the credentials must be allowed to do, and no more. */
  readonly permissions: readonly string[];
  /** Every run that says `full` has read all that the source holds, whatever window was asked for: what it does not find is not there. */
  readonly whole?: true;
  /** Files and folders of this machine that it reads, as its configuration names them; the last part may be a pattern. */
  reads?(config: z.output<S>): readonly string[];
  /** For sources whose past changes late: how much before the window is asked again, a duration. */
  readonly overlap?: string;
  source?(config: z.output<S>, reveal: (secret: SecretRef) => string): Source;
  collect(run: Run<z.output<S>>): AsyncGenerator<Answer, Coverage>;
  read(capture: Capture): Iterable<FactInput | Problem>;
  /**
   * How long the source keeps its own past, in milliseconds, where this answer says so. Pure, like `read`. Where the answers
   * of a source do not say, `remembers:` of an instance may.
   */
  remembers?(capture: Capture): number | undefined;
  /** What could be read and still looks mistyped, such as a key that is nearly one of those that are read. Pure, like `read`. */
  doubts?(capture: Capture): Iterable<Problem>;
  /** For inbox collectors: what to keep of a message, as the bytes of one answer. Throws INPUT_INVALID to refuse it. */
  receive?(message: Message, config: z.output<S>): Answer;
  /** With `receive`: what to tell a sender whose message is taken and may not be meant so. Never says what else was sent. */
  remark?(message: Pick<Message, "path">, config: z.output<S>): string | undefined;
  /** With `receive`: the secret that senders show as bearer token. Without one the inbox is closed, as if it did not exist. */
  inboxToken?(config: z.output<S>): SecretRef | undefined;
  /** With `receive`: what to paste at the senders, for people. */
  inboxLines?(config: z.output<S>, inbox: InboxAddress): readonly InboxLine[];
}

/** An open inbox as its senders reach it. */
export interface InboxAddress {
  readonly url: string;
  /** The token for a shell, by reference: `$NAME` or `$(cat PATH)`. Never the secret itself. */
  readonly token: string;
  /** The file that holds the token, where it is in one. */
  readonly tokenFile?: string;
}

/** Something to paste at a sender. */
export interface InboxLine {
  /** Where to paste it, and what it does. */
  readonly what: string;
  /** One line or more, exactly as it is to be pasted. */
  readonly text: string;
}

/** A secret by reference, as it stands in the configuration: `${env:NAME}` or `${file:PATH}`. */
export interface SecretRef {
  readonly secret: string;
}

/** A configuration field that holds a secret. Anything but a reference is refused, so that no secret is ever written down. */
export function secret() {
  return z
    .string()
    .regex(
      /^\$\{(env:[A-Za-z_][A-Za-z0-9_]*|file:[^}]+)\}$/,
      "expected a reference to a secret: ${env:NAME} or ${file:PATH}, never the secret itself",
    )
    .transform((reference): SecretRef => ({ secret: reference }));
}

/** Declares a collector; the types refuse one that forgets what it covered. */
export function defineCollector<S extends z.ZodType>(collector: Collector<S>): Collector<S> {
  return Object.freeze(collector);
}

/** A configured collector. */
export interface InstanceConfig {
  /** Unique, never reused. */
  readonly id: string;
  readonly collector: Collector;
  /** Required cadence and grace. */
  readonly cadence: string;
  readonly grace: string;
  readonly zone: string;
  /** How often to run, in milliseconds. */
  readonly pull: number;
  /** When to run, as a cadence in the zone, where `pull` is given as one; then `pull` is about as long. */
  readonly pullTimes?: string;
  /** By how much its runs may be moved so that not all collectors run in the same minute, in milliseconds. */
  readonly jitter?: number;
  /** How long one run may take, in milliseconds. */
  readonly timeout?: number;
  /** As `collector.config` parsed it. */
  readonly config: unknown;
  /** As the ledger has it: secret references unexpanded. */
  readonly logged: Json;
  /** How long the source keeps its own past, in milliseconds, where the configuration says so. */
  readonly remembers?: number;
  /** Rules by which personal data is hidden in what it takes. */
  readonly masking?: readonly MaskingRule[];
}

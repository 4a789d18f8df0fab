import type { Catalogue } from "../assess/catalogue.ts";
import type { ToldAs } from "../assess/linked.ts";
import type { OwnRegister } from "../assess/own-register.ts";
import type { Yields } from "../assess/population.ts";
import type { Memory } from "../assess/preservation.ts";
import type { SignOff } from "../assess/sign-off.ts";
import type { Duty, People } from "../duties/duty.ts";
import type { AnswerDue } from "../duties/gaps.ts";
import type { Refusal } from "../duties/refusals.ts";
import type { Seen } from "../duties/today.ts";
import type { Observed } from "../evidence/fact.ts";
import type { Waiver } from "../findings/waiver.ts";
import type { Conditions } from "../gaps/conditions.ts";
import type { AnyGap } from "../gaps/gap.ts";
import type { LevelRule } from "../gaps/level.ts";
import type { Connection } from "../index/database.ts";
import type { Law } from "../law/shape.ts";
import type { Clock } from "../lib/clock.ts";
import type { Instant } from "../lib/time.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import type { History } from "../slots/history.ts";
import type { Meter } from "../watch/meter.ts";

/** A configured collector as the pages show it. */
export interface PortalCollector {
  readonly id: string;
  readonly title: string;
}

/** A message to an inbox, from a sender that showed the right token. */
export interface Letter {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** Below `/hooks/<instance>/`, decoded, without leading slash. */
  readonly path: string;
  readonly receivedAt: Instant;
}

/** An inbox as its senders see it. */
export interface Inbox {
  /** What senders must show. Throws SECRET_UNAVAILABLE: then nobody can be told apart, and all must come back later. */
  token(): string;
  /**
   * Takes a message into the ledger; durable when it resolves. Throws INPUT_INVALID and INPUT_TOO_LARGE for what will
   * never be taken, anything else for what may be taken later.
   */
  accept(letter: Letter): Promise<{
    readonly index: number;
    readonly repeated: boolean;
    /** For the sender: it was taken, but may not be meant so. */
    readonly hint?: string;
  }>;
}

/** What anybody may know of the log, to compare with what he has. */
export interface PublishedHeads {
  readonly origin: string;
  readonly vkey: string;
  /** The newest head of each place, the root in base64. */
  readonly heads: readonly {
    readonly place: string;
    readonly size: number;
    readonly root: string;
    readonly sent: Instant;
  }[];
}

/** Where the portal says what it does; the shape of a pino logger. */
export interface PortalLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** How this process is, beside what the ledger says. */
export interface Operation {
  /** When this process began. */
  readonly began: Instant;
  readonly meter: Meter;
  readonly databaseAway: { readonly since: Instant } | undefined;
  /** Since when the file says otherwise than the configuration in force, as it was read again and refused. */
  readonly configRefused: Instant | undefined;
  /** What an outside clock said last; `forbidden` where nothing may be recorded for it. In milliseconds. */
  readonly clock:
    | {
        readonly use: string;
        readonly offset: number;
        readonly at: Instant;
        readonly limit: number;
        readonly forbidden: boolean;
      }
    | undefined;
  readonly selfChecks: readonly {
    readonly check: string;
    readonly good: boolean;
    readonly at: Instant;
    readonly value: number | undefined;
  }[];
  /** Since when the log is to be verified, where that never came to a result. */
  readonly unverifiedSince: Instant | undefined;
  /** When the newest head left for each place; undefined where none ever did. */
  readonly heads: readonly { readonly id: string; readonly sent: Instant | undefined }[];
  readonly deliveries: readonly { readonly channel: string; readonly delivered: number; readonly failed: number }[];
  readonly pingConfigured: boolean;
}

/** What pages and inbox need; the composition root gives it. Functions that ask may throw what ledger and index throw. */
export interface PortalParts {
  readonly organisation: { readonly name: string; readonly zone: string };
  readonly scope: readonly {
    readonly system: string;
    readonly sources?: readonly string[] | undefined;
    readonly notConnected?: string | undefined;
  }[];
  readonly collectors: readonly PortalCollector[];
  readonly people: People;
  /** Whose gaps are urgent. */
  readonly gapRules: readonly LevelRule[];
  readonly software: string;
  readonly clock: Clock;
  readonly log: PortalLog;
  readonly catalogue: Catalogue;
  readonly yields: Yields;
  /** All that the ledger says about slots and about Custody itself, and how many entries that was. */
  history(): Promise<{ readonly history: History; readonly conditions: Conditions; readonly size: number }>;
  /** The index, brought up to the ledger. */
  index(): Promise<Connection>;
  blob(digest: string): Promise<Uint8Array | undefined>;
  /** What people signed and counts, with their names as far as they are known. */
  signOffs(): Promise<readonly SignOff[]>;
  /** Failed checks that somebody accepted, with the names of those who answer for them; none where that is left out. */
  waivers?(): Promise<readonly Waiver[]>;
  /** The incidents of the register that is kept in the log itself, and since when it is; none where that is left out. */
  own?(): Promise<{ readonly facts: readonly Observed[]; readonly register: OwnRegister }>;
  /** Deadlines that run now; none where that is left out. */
  clocks?(now: Instant): Promise<readonly Duty[]>;
  /** Until when the rules ask for an answer to gaps; none where that is left out. */
  answers?(gaps: readonly AnyGap[], now: Instant): Promise<ReadonlyMap<string, AnswerDue>>;
  /** What nobody has decided yet, of these wordings of alerts and of our own reports; nothing where that is left out. */
  undecided?(alerts: readonly Observed[], now: Instant): Promise<readonly Duty[]>;
  /** The organisation's own rules as they were in force; none where that is left out. */
  policies?(): Promise<PolicyTimeline>;
  /** Which of these facts are one incident, by the links that stand; left out where there are none. */
  toldAs?(facts: readonly Observed[]): Promise<ToldAs | undefined>;
  /** The laws as data. */
  readonly laws?: readonly Law[];
  /** How long the sources keep their own past, as far as that is known. */
  memories(): Promise<readonly Memory[]>;
  /** The newest signed head, its root in base64. */
  head(): Promise<{ readonly size: number; readonly root: string }>;
  /** Name and key of the log, and its heads that left the store, one per place. */
  published(): Promise<PublishedHeads>;
  /** Places that refused a head because they hold or have seen another history of this log. */
  refusals(): Promise<readonly Refusal[]>;
  /** A public object of the store: the checkpoint or a hash tile; undefined for what is neither, or not there. */
  publicObject(key: string): Promise<Uint8Array | undefined>;
  /** What Custody found out about itself. */
  watch(now: Instant): Promise<Seen["watch"]>;
  /** How this process is. Never throws: what it cannot find out it leaves out. */
  operation(): Promise<Operation>;
  readonly reportsFolder: string;
  /** Undefined for an instance that has no inbox or whose inbox is closed. */
  inbox(instance: string): Inbox | undefined;
  /** Inboxes that cannot be used, and why. */
  inboxTroubles(): readonly { readonly instance: string; readonly message: string }[];
}

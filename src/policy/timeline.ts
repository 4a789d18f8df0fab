import { fromIso, type Instant } from "../lib/time.ts";
import type { Policy } from "./policy.ts";

/** Rules as a record of the log has them. */
export interface LoggedPolicy {
  /** Number of the record. */
  readonly index: number;
  /** When it was logged. */
  readonly at: Instant;
  readonly entry: {
    readonly policy: string;
    readonly version: string;
    readonly effective: string;
    readonly definition: { readonly digest: string };
  };
  /** Undefined where the text is gone, or cannot be read by this version. */
  readonly policy: Policy | undefined;
}

/** The rules that count at an instant. */
export interface PolicyInForce {
  readonly name: string;
  readonly version: string;
  /** Of the text, as it is stored. */
  readonly digest: string;
  /** Record that put them in force. */
  readonly entry: number;
  /** When it was logged. */
  readonly logged: Instant;
  /** Since when, by this record. */
  readonly from: Instant;
  /** Until when another one came; undefined for the newest. */
  readonly to: Instant | undefined;
  /** True where the instant is before the first record of rules: they were not logged then, and whatever rests on them says so. */
  readonly reachesBack: boolean;
  /** Undefined where the record is there and its text is not: nothing can be judged by it, and no other rules take its place. */
  readonly policy: Policy | undefined;
}

interface Span {
  readonly logged: LoggedPolicy;
  readonly from: Instant;
}

/**
 * Which rules were in force when. Rules hold from the later of the day they name and the moment they were logged, so that
 * nothing that happened before is judged by them; only the first ones of a log reach back.
 */
export class PolicyTimeline {
  /** By when they begin, at one moment by the order of the log. */
  readonly #spans: readonly Span[];
  readonly #first: LoggedPolicy | undefined;

  constructor(logged: readonly LoggedPolicy[]) {
    const inOrder = [...logged].sort((a, b) => a.index - b.index);
    this.#first = inOrder[0];
    this.#spans = inOrder
      .map((one) => ({ logged: one, from: Math.max(one.at, fromIso(one.entry.effective)) }))
      .sort((a, b) => a.from - b.from || a.logged.index - b.logged.index);
  }

  /** The rules in force when a clock started; undefined where the log has none at all. */
  policyAt(clockStart: Instant): PolicyInForce | undefined {
    const place = this.#spans.findLastIndex(({ from }) => from <= clockStart);
    if (place >= 0) return this.#inForce(place, false);
    return (
      this.#first &&
      this.#inForce(
        this.#spans.findIndex(({ logged }) => logged === this.#first),
        true,
      )
    );
  }

  /** All of them, oldest first, each once; those that another took the place of before they began end when they begin. */
  get all(): readonly PolicyInForce[] {
    return this.#spans.map((_, place) => this.#inForce(place, false));
  }

  /** Those that counted for any clock that started between two instants, the second not included. */
  between(from: Instant, to: Instant): readonly PolicyInForce[] {
    const start = this.policyAt(from);
    const later = this.all.filter((one) => one.from > from && one.from < to && one.to !== one.from);
    return start === undefined
      ? later
      : [start, ...later.filter(({ entry }) => entry !== start.entry || start.reachesBack)];
  }

  #inForce(place: number, reachesBack: boolean): PolicyInForce {
    const { logged, from } = this.#spans[place] as Span;
    const { index, entry, policy } = logged;
    return {
      name: entry.policy,
      version: entry.version,
      digest: entry.definition.digest,
      entry: index,
      logged: logged.at,
      from,
      to: this.#spans[place + 1]?.from,
      reachesBack,
      policy,
    };
  }
}

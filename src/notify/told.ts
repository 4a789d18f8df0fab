import { type Entry, isKind } from "../evidence/entry.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import type { About } from "./define.ts";

/** What was brought to people so far: a fold over the entries of a ledger, in their order. It holds no clock. */

/** When a matter was told last, and the record that says so. */
export interface Mention {
  readonly index: number;
  readonly at: Instant;
}

/** The newest attempt over a channel. */
export interface LastDelivery extends Mention {
  readonly notice: string;
  readonly about: About;
  readonly outcome: "delivered" | "failed";
  readonly cause: string | undefined;
}

/** What one channel has brought. */
export interface ChannelTold {
  /** Notices that arrived. */
  readonly delivered: ReadonlySet<string>;
  /** Digests that arrived, oldest first: each told what records before `through` say about gaps. */
  readonly digests: readonly (Mention & { readonly through: number })[];
  /** Gaps and other matters by id, with the newest notice that arrived about each. */
  readonly mentions: ReadonlyMap<string, Mention>;
  /** The same, of notices at once only. */
  readonly urgent: ReadonlyMap<string, Mention>;
  readonly last: LastDelivery | undefined;
  /** The newest record by which anything arrived. */
  readonly arrived: Mention | undefined;
}

interface Building {
  readonly delivered: Set<string>;
  readonly digests: (Mention & { readonly through: number })[];
  readonly mentions: Map<string, Mention>;
  readonly urgent: Map<string, Mention>;
  last: LastDelivery | undefined;
  arrived: Mention | undefined;
}

const blank = (): Building => ({
  delivered: new Set(),
  digests: [],
  mentions: new Map(),
  urgent: new Map(),
  last: undefined,
  arrived: undefined,
});

export class Told {
  readonly #channels = new Map<string, Building>();

  add(index: number, entry: Entry): void {
    if (!isKind(entry, "delivery")) return;
    const { channel, use, notice, about, outcome, cause, gaps = [], duties = [], through } = entry;
    const at = fromIso(entry.at);
    const key = name(channel, use);
    const of = this.#channels.get(key) ?? blank();
    this.#channels.set(key, of);
    of.last = { index, at, notice, about, outcome, cause };
    if (!hasArrived(entry)) return;
    of.arrived = { index, at };
    of.delivered.add(notice);
    if (about === "digest" && through !== undefined) of.digests.push({ index, at, through });
    for (const id of [...gaps, ...duties]) of.mentions.set(id, { index, at });
    if (about === "urgent") for (const id of gaps) of.urgent.set(id, { index, at });
  }

  /** Where a channel was given another kind meanwhile, it is another channel. */
  channel(id: string, use: string): ChannelTold {
    return this.#channels.get(name(id, use)) ?? blank();
  }
}

/** Whether somebody has it. Where only some addresses were refused the others do, and do not want it every few hours. */
export const hasArrived = ({
  outcome,
  cause,
}: {
  readonly outcome: string;
  readonly cause?: string | undefined;
}): boolean => outcome === "delivered" || cause === "recipients";

const name = (channel: string, use: string) => `${channel} ${use}`;

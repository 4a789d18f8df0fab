import { type Entry, isKind } from "../evidence/entry.ts";
import { fromIso, type Instant, type Interval } from "../lib/time.ts";
import type { Capture, OwnRun } from "./define.ts";
import { type BlobSource, capturesOf } from "./facts.ts";

/** Entries of the ledger in order. */
export type Entries = AsyncIterable<{ readonly entry: Entry }>;

/** `Run.ownRuns` over a ledger: the runs that were under way or ended inside the window. */
export async function* ownRunsIn(entries: Entries, window: Interval): AsyncGenerator<OwnRun> {
  for await (const { entry } of entries) {
    if (!isKind(entry, "run")) continue;
    if (fromIso(entry.started) >= window.to || fromIso(entry.ended) < window.from) continue;
    const { index, instance, trigger, outcome, started, ended } = entry;
    yield { index, instance, trigger, outcome, started, ended };
  }
}

/** `Run.received` over a ledger: what an instance's inbox took in since then. What is no longer in the store is left out. */
export async function* receivedIn(
  entries: Entries,
  blob: BlobSource,
  instance: string,
  since: Instant,
): AsyncGenerator<Capture> {
  for await (const { entry } of entries) {
    if (!isKind(entry, "intake") || entry.instance !== instance || fromIso(entry.received) < since) continue;
    for await (const { capture } of capturesOf(entry, blob)) if (capture) yield capture;
  }
}

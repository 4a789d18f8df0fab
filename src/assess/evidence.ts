import type { BlobRef } from "../evidence/blob.ts";
import type { Instant } from "../lib/time.ts";
import type { Attempt } from "./feeding.ts";
import type { Circumstances, Judgement } from "./judgement.ts";

/** One evidence file behind a result. */
export interface EvidenceItem {
  /** Lower-case hex SHA-256 of the stored bytes. */
  readonly digest: string;
  /** Index of the ledger entry that recorded it. */
  readonly entry: number;
  readonly instance: string;
  /** When the bytes were taken; where only the run is at hand, when it started. */
  readonly capturedAt: Instant | undefined;
  readonly loggedAt: Instant | undefined;
  /** Brought in afterwards by a person: neither late nor contemporaneous. */
  readonly imported: boolean;
}

const started = (attempt: Attempt): Instant => ("started" in attempt ? attempt.started : attempt.at);

function blobsOf({ evidence, manifest }: Attempt): readonly BlobRef[] {
  // More captures than an entry holds are listed in its manifest, which then stands for them.
  return evidence.length > 0 || !manifest ? evidence : [manifest];
}

/** The evidence files behind a judgement: those of the records judged; where none was, those of the period's runs. */
export function evidenceOf({ feeding, period }: Circumstances, judgement: Judgement): EvidenceItem[] {
  const items = new Map<string, EvidenceItem>();
  const add = (item: EvidenceItem) => items.set(`${item.entry} ${item.digest}`, item);
  for (const source of feeding) {
    const { attempts } = source;
    const byEntry = new Map(attempts.map((attempt) => [attempt.index, attempt]));
    const own = judgement.records.filter((o) => o.instance === source.instance);
    for (const { entry, item, at, capturedAt } of own) {
      const attempt = byEntry.get(entry);
      add({
        digest: item,
        entry,
        instance: source.instance,
        capturedAt: capturedAt ?? (attempt && started(attempt)),
        loggedAt: attempt?.at ?? at,
        imported: attempt?.imported ?? false,
      });
    }
    if (judgement.records.length > 0) continue;
    if (source.own !== undefined && source.slots.length > 0) {
      const { entry, item: digest, at } = source.own;
      add({ digest, entry, instance: source.instance, capturedAt: at, loggedAt: at, imported: false });
    }
    const slotRuns = new Set(source.slots.flatMap((slot) => slot.runs));
    for (const attempt of attempts) {
      const inPeriod = attempt.window.from < period.to && attempt.window.to > period.from;
      if (!inPeriod && !slotRuns.has(attempt.index)) continue;
      for (const { digest } of blobsOf(attempt)) {
        const { index: entry, at: loggedAt, imported } = attempt;
        add({ digest, entry, instance: source.instance, capturedAt: started(attempt), loggedAt, imported });
      }
    }
  }
  return [...items.values()].sort((a, b) => a.entry - b.entry || (a.digest < b.digest ? -1 : 1));
}

import { type Interval, iso } from "../lib/time.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull, meets, span } from "./coverage.ts";
import type { DisposedPart, Erased, EvidenceRow, UploadRow } from "./evidence-shape.ts";
import type { DisposedInput, EvidenceItem, ReportInput, UploadInput } from "./input.ts";
import { groupedBy, sortedBy } from "./order.ts";

/** An item belongs to the period of what it covers; where that is not known, of when it was captured. */
export function inPeriod(item: EvidenceItem, period: Interval): boolean {
  if (item.covers) return meets(item.covers, period);
  return item.capturedAt >= period.from && item.capturedAt < period.to;
}

function row(items: readonly EvidenceItem[]): EvidenceRow {
  const sorted = sortedBy(
    items,
    (i) => i.entry,
    (i) => i.capturedAt,
  );
  const [first, last] = [sorted[0], sorted.at(-1)] as [EvidenceItem, EvidenceItem];
  const covers = sorted.flatMap((i) => (i.covers ? [i.covers] : []));
  return {
    instance: first.instance,
    use: first.use,
    origin: clean(last.origin, 300),
    digest: first.digest,
    size: first.size,
    mediaType: first.mediaType,
    covers:
      covers.length === 0
        ? null
        : span({
            from: covers.reduce((min, i) => Math.min(min, i.from), Number.POSITIVE_INFINITY),
            to: covers.reduce((max, i) => Math.max(max, i.to), Number.NEGATIVE_INFINITY),
          }),
    firstCollected: iso(first.capturedAt),
    lastCollected: iso(last.capturedAt),
    captures: sorted.length,
    firstEntry: first.entry,
    lastEntry: last.entry,
    late: sorted.every((i) => i.late),
    keptFor: sorted.every((i) => i.incident !== undefined) ? cleanOrNull(first.incident) : null,
    masked: first.masked,
  };
}

/** One row per distinct content, source and origin: a file that did not change is one row however often it was captured. */
export function evidenceRows(items: readonly EvidenceItem[]): EvidenceRow[] {
  const groups = groupedBy(
    items,
    (i) => `${i.instance}\n${i.kind === "import"}\n${i.late || i.incident !== undefined}\n${i.digest}\n${i.origin}`,
  );
  return sortedBy(
    [...groups.values()].map(row),
    (r) => r.firstEntry,
    (r) => r.origin,
    (r) => r.digest,
  );
}

export function uploadRow(upload: UploadInput): UploadRow {
  return {
    entry: upload.entry,
    at: iso(upload.at),
    by: clean(upload.by),
    controls: [...upload.controls],
    captured: isoOrNull(upload.captured),
    incident: cleanOrNull(upload.incident),
    files: upload.files.map((f) => ({ name: clean(f.name), digest: f.digest, size: f.size })),
    reason: cleanOrNull(upload.reason),
  };
}

/**
 * The deleted files that may have told of the period: a file of a source whose every look shows all of it may have told of
 * any time.
 */
export function disposedIn(input: ReportInput): DisposedInput[] {
  const { period } = input;
  return (input.disposed ?? []).filter(
    ({ covers, at, source }) =>
      covers === undefined ||
      meets(covers, period) ||
      (at >= period.from && at < period.to) ||
      (source !== undefined && input.about(source.use)?.whole === true),
  );
}

/** How many of them belong to a register that these instances fill, and the records of their disposal. */
export function erasedFrom(inside: readonly DisposedInput[], instances: ReadonlySet<string>): Erased {
  const own = inside.filter(({ source }) => source !== undefined && instances.has(source.instance));
  return {
    files: new Set(own.map(({ digest }) => digest)).size,
    entries: [...new Set(own.map(({ disposal }) => disposal.index))].sort((a, b) => a - b),
  };
}

/** What was lawfully deleted of the period's evidence, each file once, and how many for each reason. */
export function disposedPart(inside: readonly DisposedInput[]): DisposedPart {
  const rows = [...groupedBy(inside, (one) => one.digest).values()].map((of) => {
    const entries = of.map(({ entry }) => entry).sort((a, b) => a - b);
    const [{ digest, size, disposal }] = of as [DisposedInput];
    return {
      digest,
      size,
      firstEntry: entries[0] ?? 0,
      lastEntry: entries.at(-1) ?? 0,
      entry: disposal.index,
      at: disposal.at,
      authority: `${clean(disposal.authority)}${disposal.unproven ? " (whoever recorded it did not show who they are)" : ""}`,
      reason: clean(disposal.reason),
    };
  });
  const reasons = [...groupedBy(rows, (row) => row.reason)].map(([reason, of]) => ({ reason, files: of.length }));
  return {
    files: rows.length,
    bytes: rows.reduce((sum, { size }) => sum + size, 0),
    reasons: sortedBy(reasons, (one) => one.reason),
    rows: sortedBy(
      rows,
      (row) => row.entry,
      (row) => row.digest,
    ),
  };
}

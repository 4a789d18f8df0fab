import { printable } from "../verify/finding.ts";
import type { PackedReport, PackResult } from "./verify.ts";

/** Withheld files that are printed; all are in pack.json. */
const WITHHELD_PRINTED = 20;

/** Reports that are printed; a pack has two. */
const REPORTS_PRINTED = 20;

/** What the pack says of itself, for the command line: above all what is not in it. */
export function packLines(result: Pick<PackResult, "pack" | "asOf">): string[] {
  return linesOf(result).map(printable);
}

function linesOf({ pack, asOf }: Pick<PackResult, "pack" | "asOf">): string[] {
  if (pack === undefined) return ["  pack: its list (pack.json) cannot be read, so what it leaves out is not known"];
  const { period, withheld, withheldCount } = pack;
  const lines = [
    `  pack: ${period.label} (${period.from} to ${period.to}, ${period.zone}), ${pack.receipts} receipts, made by ${pack.software}`,
  ];
  if (asOf !== undefined && asOf < period.to)
    lines.push(`  its newest record is of ${asOf}, before the end of its period: later records are not in it`);
  if (pack.outsidePeriod > 0)
    lines.push(`  not in it: ${pack.outsidePeriod} evidence files of records outside its period`);
  if (pack.deletedLater > 0)
    lines.push(
      `  not in it: ${pack.deletedLater} evidence files that are said to have been deleted after its last record; only a newer pack shows that`,
    );
  if (withheldCount > 0) {
    lines.push(`  WITHHELD by whoever made the pack: ${withheldCount} evidence files; nothing shows whether rightly`);
    for (const { digest, why } of withheld.slice(0, WITHHELD_PRINTED))
      lines.push(`    ${digest}  ${why ?? "no reason given"}`);
  }
  const more = pack.reports.length - REPORTS_PRINTED;
  return [
    ...lines,
    ...pack.reports.slice(0, REPORTS_PRINTED).map(reportLine),
    ...(more > 0 ? [`  and ${more} more files of reports, which are not proven here`] : []),
  ];
}

/** How far a report in the pack is proven. */
export function reportLine({ path, digest, record }: PackedReport): string {
  return record === undefined
    ? `  ${path}: NOT proven by the signature: no signed record names its SHA-256 (${digest}). Make it again from the records, or ask the organisation for the record of this report in its log`
    : `  ${path}: proven: record ${record}, which is signed, names its SHA-256`;
}

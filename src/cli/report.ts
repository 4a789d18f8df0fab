import { join, relative, resolve } from "node:path";
import type { Custody } from "../custody.ts";
import { hasIndex, indexFindings } from "../indexing.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import { byWhoever, noteReport } from "../views/noting-reports.ts";
import { reportName, writeReport } from "../views/reporting.ts";
import { declareNow, noteGaps } from "../work.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parsePeriod } from "./moment.ts";
import type { Output } from "./output.ts";
import { parseIndex } from "./prove.ts";

interface Flags extends GlobalFlags {
  readonly period?: string;
  readonly at?: string;
  readonly control?: string[];
  readonly out?: string;
  readonly recommended?: boolean;
}

/** `custody report --period …`: exit 1 when the log it stands on is not intact; the report is written all the same and says so.
 * That it was made is logged, so that later ones list it. */
export function report(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    if (flags.period === undefined)
      throw new CustodyError("USAGE", "--period is missing", {
        remedy: "Name it as 2026, 2026-Q3, 2026-09 or 2026-07-01..2026-09-30.",
      });
    const period = parsePeriod(flags.period, custody.config.organisation.zone);
    const at = flags.at === undefined ? undefined : parseIndex(flags.at);
    const out = resolve(flags.out ?? join(custody.config.folders.reports, reportName(period, at)));
    if (!/\.(pdf|json)$/.test(out))
      throw new CustodyError("USAGE", `--out ${flags.out}: expected a name that ends in .pdf or .json`);
    if (at === undefined) {
      await declareNow(custody);
      await noteGaps(custody);
    }
    output.progress("reading the log …");
    const { model, made, bytes, pages, unprintable } = await writeReport(
      custody,
      { period, at, controls: flags.control, recommended: flags.recommended },
      out,
    );
    output.line(
      `${relative(process.cwd(), out)}: ${pages === undefined ? `${bytes} bytes` : `${pages} pages`}, on the first ${model.ledger.size} records.`,
    );
    output.line(`Root ${model.ledger.root}`);
    output.line(
      "Keep this root, or a copy of the report, where the log's keeper cannot change it: it reveals any later rewriting.",
    );
    const logged = await noteReport(custody, made, byWhoever(custody));
    if (!logged)
      output.note(
        "custody: that this report was made is not in the log, because the signing key is not here, the store takes nothing, or the clock of this machine is wrong.",
      );
    if (unprintable > 0)
      output.note(
        `${unprintable} characters are in none of the fonts and are printed as their code; name a font that has them under report.fonts.`,
      );
    const intact = model.verification?.ok ?? false;
    if (!intact)
      output.note(
        "custody: the log differs from what was signed. The report says so on page 1 and on every page; `custody verify` names the places.",
      );
    if (model.cover.watched !== "some")
      output.note(
        model.cover.watched === "nothing"
          ? `custody: nothing was watched in ${period.label}: the report can say nothing about what happened then, and says so on page 1.`
          : `custody: ${period.label} begins after the last record of the log: nothing of it has been watched yet, and the report says so on page 1.`,
      );
    const altered = await indexDifferences(custody, output);
    output.object({
      ok: intact && altered === 0,
      out,
      bytes,
      digest: made.digest,
      logged,
      pages,
      size: model.ledger.size,
      root: model.ledger.root,
      unprintable,
      watched: model.cover.watched,
      altered,
    });
    return intact && altered === 0 ? 0 : 1;
  });
}

/**
 * How many rows of the index say otherwise than the log. The report itself never reads them: whoever has seen the pages should
 * know that they were not what the report says.
 */
async function indexDifferences(custody: Custody, output: Output): Promise<number> {
  if (!(await hasIndex(custody))) return 0;
  try {
    const altered = await indexFindings(custody);
    const [first] = altered;
    if (first === undefined) return 0;
    output.note(
      `custody: index-altered: the index differs from the log in ${altered.length} places, first in ${first.where} (expected ${first.expected}, found ${first.found}). The report was made from the log and is right; pages and status were not. \`custody verify --index\` names the places, \`custody index rebuild\` mends it.`,
    );
    return altered.length;
  } catch (error) {
    if (!isCustodyError(error, "INDEX_UNREACHABLE")) throw error;
    output.note(`custody: the index was not compared with the log: ${error.message}`);
    return 0;
  }
}

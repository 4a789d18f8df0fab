import { join, relative, resolve } from "node:path";
import { CustodyError } from "../lib/errors.ts";
import { reportName, writeReport } from "../reporting.ts";
import { declareNow, noteGaps } from "../work.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parsePeriod } from "./moment.ts";
import { parseIndex } from "./prove.ts";

interface Flags extends GlobalFlags {
  readonly period?: string;
  readonly at?: string;
  readonly control?: string[];
  readonly out?: string;
  readonly recommended?: boolean;
}

/** `custody report --period …`: exit 1 when the log it stands on is not intact; the report is written all the same and says so. */
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
    const { model, bytes, pages, unprintable } = await writeReport(
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
    if (unprintable > 0)
      output.note(
        `${unprintable} characters are in none of the fonts and are printed as their code; name a font that has them under report.fonts.`,
      );
    const intact = model.verification?.ok ?? false;
    if (!intact)
      output.note(
        "custody: the log differs from what was signed. The report says so; `custody verify` names the places.",
      );
    output.object({ ok: intact, out, bytes, pages, size: model.ledger.size, root: model.ledger.root, unprintable });
    return intact ? 0 : 1;
  });
}

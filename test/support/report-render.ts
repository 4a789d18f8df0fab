import { digestOf } from "../../src/lib/digest.ts";
import { loadFonts } from "../../src/report/fonts.ts";
import { buildReport } from "../../src/report/model.ts";
import { renderPdf } from "../../src/report/pdf.ts";
import { reportInput, wording } from "./report-input.ts";

/** Renders the report of the tests in a process of its own, to be run with another zone and locale, and prints its digest. */
const { bytes } = await renderPdf(buildReport(reportInput()), loadFonts({ folders: [] }), wording);
process.stdout.write(digestOf(bytes));

import type { Block } from "./blocks.ts";
import { confirmationsPart } from "./part-confirmations.ts";
import { controlsPart } from "./part-controls.ts";
import { coverPart, scopePart, summaryPart } from "./part-cover.ts";
import { coveragePart, gapsPart } from "./part-coverage.ts";
import { appendixPart, integrityPart } from "./part-integrity.ts";
import { exceptionsPart, incidentsPart, operationsPart, reviewsPart } from "./part-registers.ts";
import type { ReportModel } from "./shape.ts";
import type { Wording } from "./words.ts";

/** The whole report in reading order. Every number in it is in the model. */
export function documentOf(model: ReportModel, wording: Wording): Block[] {
  return [
    ...coverPart(model, wording),
    ...summaryPart(model, wording),
    ...scopePart(model, wording),
    ...coveragePart(model, wording),
    ...gapsPart(model, wording),
    ...controlsPart(model, wording),
    ...confirmationsPart(model, wording),
    ...incidentsPart(model, wording),
    ...operationsPart(model, wording),
    ...reviewsPart(model, wording),
    ...exceptionsPart(model, wording),
    ...integrityPart(model, wording),
    ...appendixPart(model, wording),
  ];
}

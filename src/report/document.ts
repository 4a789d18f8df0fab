import type { Block } from "./blocks.ts";
import { confirmationsPart } from "./part-confirmations.ts";
import { controlsPart } from "./part-controls.ts";
import { coverPart } from "./part-cover.ts";
import { coveragePart, gapsPart } from "./part-coverage.ts";
import { custodyPart } from "./part-custody.ts";
import { decisionsPart } from "./part-decisions.ts";
import { exceptionsPart } from "./part-exceptions.ts";
import { incidentsPart } from "./part-incidents.ts";
import { appendixPart } from "./part-index.ts";
import { integrityPart } from "./part-integrity.ts";
import { learningPart } from "./part-learning.ts";
import { notificationsPart } from "./part-notifications.ts";
import { performancePages } from "./part-performance.ts";
import { populationsPages } from "./part-populations.ts";
import { problemsPart } from "./part-problems.ts";
import { operationsPart } from "./part-registers.ts";
import { rulesPage } from "./part-rules.ts";
import { scopePart } from "./part-scope.ts";
import { sheetsPart } from "./part-sheets.ts";
import { summaryPart } from "./part-summary.ts";
import { statementPart, whoPart } from "./part-who.ts";
import type { ReportModel } from "./shape.ts";
import type { Wording } from "./words.ts";

/** The whole report in reading order. Every number in it is in the model. */
export function documentOf(model: ReportModel, wording: Wording): Block[] {
  return [
    ...coverPart(model, wording),
    ...summaryPart(model, wording),
    ...whoPart(model, wording),
    ...scopePart(model, wording),
    ...rulesPage(model, wording),
    ...coveragePart(model, wording),
    ...gapsPart(model, wording),
    ...populationsPages(model, wording),
    ...controlsPart(model, wording),
    ...performancePages(model, wording),
    ...confirmationsPart(model, wording),
    ...incidentsPart(model, wording),
    ...sheetsPart(model, wording),
    ...decisionsPart(model, wording),
    ...notificationsPart(model, wording),
    ...operationsPart(model, wording),
    ...learningPart(model, wording),
    ...exceptionsPart(model, wording),
    ...custodyPart(model, wording),
    ...problemsPart(model, wording),
    ...integrityPart(model, wording),
    ...statementPart(model, wording),
    ...appendixPart(model, wording),
  ];
}

import type { CheckOf } from "./catalogue.ts";
import { closerNamed, closingComplete } from "./conduct-closing.ts";
import {
  custodyAllowed,
  custodyContiguous,
  custodyFields,
  custodyHashed,
  custodyOriginal,
  custodyReasons,
} from "./conduct-custody.ts";
import { alertsDecided, decisionComplete, decisionSingle, reportsDecided } from "./conduct-decisions.ts";
import {
  collectorsReconciled,
  documentApproved,
  documentFilledIn,
  documentReviewed,
  documentReviewedAfter,
  documentTargets,
  exceptionsCurrent,
} from "./conduct-document.ts";
import { evidenceHeld, evidenceInTime, evidenceWindow } from "./conduct-evidence.ts";
import { actionsShown, reviewAttested, reviewHeader } from "./conduct-form.ts";
import { containmentMeasures, eradicationMeasures, evidenceFirst, recoveryVerified } from "./conduct-measures.ts";
import { channelsAllowed, channelsInOrder, messagesSent } from "./conduct-messages.ts";
import { eventNamed, sourceKnown, timelineWritten } from "./conduct-origin.ts";
import { collectionResumed, staysResolved } from "./conduct-outcome.ts";
import {
  commanderNamed,
  escalationsComplete,
  escalationsMade,
  natureDecided,
  ownerNamed,
  personalDataDecided,
} from "./conduct-people.ts";
import {
  reviewActions,
  reviewApproved,
  reviewApproverDiffers,
  reviewCause,
  reviewControlDecision,
  reviewExists,
  reviewLinked,
  reviewSections,
} from "./conduct-review.ts";
import type { ConductRule } from "./conduct-rules.ts";
import { severityKnown, severityMinimum, severityReasons } from "./conduct-severity.ts";
import { documentHeader, documentLinks, logsReviewed, onCallNamed, runbookShown } from "./conduct-shown.ts";
import { monitorsAlarmed, signalsClassified } from "./conduct-signals.ts";
import { messagesInTime, reportsAcknowledged, summaryPublished } from "./conduct-telling.ts";
import { backupsApart, backupsRan, headsPublished, restoreDuration, restoresRan } from "./conduct-upkeep.ts";
import { vulnerabilitiesDecided, vulnerabilitiesFixed } from "./conduct-vulnerabilities.ts";
import type { Circumstances, Judgement } from "./judgement.ts";

const RULES: Readonly<Record<ConductRule, (circumstances: Circumstances) => Judgement>> = {
  "severity-known": severityKnown,
  "severity-reasons": severityReasons,
  "severity-minimum": severityMinimum,
  "nature-decided": natureDecided,
  "personal-data-decided": personalDataDecided,
  "owner-named": ownerNamed,
  "commander-named": commanderNamed,
  "escalations-made": escalationsMade,
  "escalations-complete": escalationsComplete,
  "messages-sent": messagesSent,
  "channels-allowed": channelsAllowed,
  "channels-in-order": channelsInOrder,
  "containment-measures": containmentMeasures,
  "eradication-measures": eradicationMeasures,
  "recovery-verified": recoveryVerified,
  "evidence-first": evidenceFirst,
  "evidence-window": evidenceWindow,
  "evidence-held": evidenceHeld,
  "evidence-in-time": evidenceInTime,
  "messages-in-time": messagesInTime,
  "summary-published": summaryPublished,
  "collection-resumed": collectionResumed,
  "stays-resolved": staysResolved,
  "closer-named": closerNamed,
  "closing-complete": closingComplete,
  "review-exists": reviewExists,
  "review-sections": reviewSections,
  "review-cause": reviewCause,
  "review-approved": reviewApproved,
  "review-approver-differs": reviewApproverDiffers,
  "review-linked": reviewLinked,
  "review-control-decision": reviewControlDecision,
  "review-actions": reviewActions,
  "review-header": reviewHeader,
  "review-attested": reviewAttested,
  "actions-shown": actionsShown,
  "alerts-decided": alertsDecided,
  "reports-decided": reportsDecided,
  "reports-acknowledged": reportsAcknowledged,
  "decision-complete": decisionComplete,
  "decision-single": decisionSingle,
  "document-approved": documentApproved,
  "document-reviewed": documentReviewed,
  "document-reviewed-after": documentReviewedAfter,
  "document-filled-in": documentFilledIn,
  "document-targets": documentTargets,
  "collectors-reconciled": collectorsReconciled,
  "exceptions-current": exceptionsCurrent,
  "document-header": documentHeader,
  "document-links": documentLinks,
  "on-call-named": onCallNamed,
  "runbook-shown": runbookShown,
  "logs-reviewed": logsReviewed,
  "source-known": sourceKnown,
  "event-named": eventNamed,
  "timeline-written": timelineWritten,
  "vulnerabilities-decided": vulnerabilitiesDecided,
  "vulnerabilities-fixed": vulnerabilitiesFixed,
  "signals-classified": signalsClassified,
  "monitors-alarmed": monitorsAlarmed,
  "backups-ran": backupsRan,
  "backups-apart": backupsApart,
  "restores-ran": restoresRan,
  "restore-duration": restoreDuration,
  "heads-published": headsPublished,
  "custody-contiguous": custodyContiguous,
  "custody-reasons": custodyReasons,
  "custody-fields": custodyFields,
  "custody-hashed": custodyHashed,
  "custody-allowed": custodyAllowed,
  "custody-original": custodyOriginal,
};

/** What the organisation's own rules ask people to do, each one a pure function. */
export const checkConduct = ({ rule }: CheckOf<"conduct">, circumstances: Circumstances): Judgement =>
  RULES[rule](circumstances);

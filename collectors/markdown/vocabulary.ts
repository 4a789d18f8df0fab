import { plainKey } from "./front-matter.ts";

/** What a record may say, by the words that people use for it; the first word found counts. */
const WORDS = {
  id: ["id", "key", "number", "ref", "reference"],
  incidentId: ["incident id", "incident number", "incident ref", "incident reference"],
  type: ["type", "kind", "record type", "document type"],
  title: ["title", "name", "subject", "summary"],
  severity: ["severity", "sev", "severity level", "priority", "prio", "level", "class", "classification"],
  status: ["status", "state"],
  nature: ["nature", "category", "incident type"],
  occurredAt: [
    "occurred",
    "occurred at",
    "started",
    "started at",
    "start",
    "start time",
    "began",
    "began at",
    "impact start",
  ],
  detectedAt: [
    "detected",
    "detected at",
    "detection time",
    "discovered",
    "discovered at",
    "noticed",
    "noticed at",
    "identified",
    "identified at",
    "reported",
    "reported at",
    "raised",
    "raised at",
    "opened",
    "opened at",
    "created",
    "created at",
    "logged",
    "logged at",
  ],
  // Where nothing else says so, the entry into the register is also when it was noticed.
  createdAt: [
    "created",
    "created at",
    "recorded",
    "recorded at",
    "logged",
    "logged at",
    "entered",
    "entered at",
    "opened",
    "opened at",
  ],
  // A response acknowledges.
  acknowledgedAt: ["acknowledged", "acknowledged at", "acked", "acked at", "ack", "responded", "responded at"],
  respondedAt: ["responded", "responded at", "first response", "first response at", "response at", "response started"],
  triagedAt: ["triaged", "triaged at", "triage", "triage at", "classified", "classified at"],
  commanderAt: [
    "commander at",
    "commander named",
    "commander named at",
    "commander assigned",
    "commander assigned at",
    "incident commander named at",
    "incident commander assigned at",
  ],
  awareAt: ["aware", "aware at", "aware since", "became aware", "became aware at"],
  containedAt: ["contained", "contained at", "mitigated", "mitigated at"],
  eradicatedAt: ["eradicated", "eradicated at", "cause removed", "cause removed at"],
  recoveredAt: ["recovered", "recovered at", "restored", "restored at"],
  verifiedAt: ["verified", "verified at", "fix verified", "fix verified at"],
  resolvedAt: [
    "resolved",
    "resolved at",
    "resolved when",
    "recovered",
    "recovered at",
    "restored",
    "restored at",
    "fixed",
    "fixed at",
    "ended",
    "ended at",
    "end",
    "end time",
  ],
  publishedAt: ["published", "published at", "review published", "review published at"],
  closedAt: ["closed", "closed at"],
  closedBy: ["closed by"],
  closureReason: ["closure reason", "closing reason", "close reason", "closed because"],
  reopened: ["reopened", "times reopened"],
  owner: ["owner", "incident owner", "assignee", "assigned to", "responsible"],
  commander: ["commander", "incident commander", "ic", "incident lead", "lead"],
  personalData: ["personal data", "personal data affected", "personal data involved", "personal data breach", "pii"],
  personalDataBy: ["personal data by", "personal data decided by", "personal data decision by"],
  personalDataAt: ["personal data at", "personal data decided", "personal data decided at"],
  detectedBy: ["detected by", "detected via", "detection source", "noticed by", "noticed via", "source"],
  tags: ["tags", "labels", "marks"],
  cause: ["cause", "root cause"],
  causeKey: ["cause key", "root cause key"],
  supplier: ["supplier", "vendor", "third party"],
  affected: ["affected", "number affected", "people affected", "customers affected", "users affected"],
  impact: ["impact"],
  confidentiality: ["confidentiality", "confidentiality impact", "impact on confidentiality"],
  integrity: ["integrity", "integrity impact", "impact on integrity"],
  availability: ["availability", "availability impact", "impact on availability"],
  severities: ["severities", "severity history", "severity changes"],
  escalations: ["escalations"],
  messages: ["messages"],
  measures: ["measures", "measures taken"],
  breaches: ["breaches", "data breaches", "personal data breaches"],
  lawSteps: ["law steps", "reports to authorities"],
  review: ["review", "postmortem", "post incident review", "pir", "review link"],
  incident: ["incident", "reviews incident", "for incident"],
  author: ["author", "authors", "written by"],
  approvedAt: ["approved at", "approved on", "approval date", "signed off at"],
  approvedBy: ["approved by", "approver", "approved", "signed off by"],
  reviewedAt: [
    "reviewed at",
    "reviewed",
    "review date",
    "reviewed on",
    "postmortem date",
    "published",
    "published at",
    "written",
    "written at",
  ],
  date: ["date", "incident date"],
  duration: ["duration"],
} as const;

/** A thing that a record may say; `fields:` of the configuration adds words for it. */
export type Term = keyof typeof WORDS;
export const TERMS = Object.keys(WORDS) as Term[];

/** The organisation's own words by term, tried before the built-in ones. */
export type OwnWords = Partial<Readonly<Record<Term, readonly string[]>>>;

/** Plain keys of each term in the order of preference. */
export function vocabulary(own: OwnWords): ReadonlyMap<Term, readonly string[]> {
  return new Map(TERMS.map((term) => [term, [...(own[term] ?? []), ...WORDS[term]].map(plainKey)]));
}

/** What a file is, by one word of its own about itself. */
export interface Declared {
  readonly is: "incident" | "review" | "other";
  /** Where the word says it: `type: security`. */
  readonly nature: string | null;
}

/** Reads `type: post-incident review`, `type: Incident`, `type: outage`. */
export function readType(type: string): Declared {
  const nature = /secur/i.test(type) ? "security" : /availab/i.test(type) ? "availability" : null;
  if (/review|post-?\s?mortem|retrospective|\bpir\b|\brca\b|lessons/i.test(type)) return { is: "review", nature };
  if (/incident|outage|breach|near.?miss|disruption|degradation|vulnerabilit|issue/i.test(type) || nature) {
    return { is: "incident", nature };
  }
  return { is: "other", nature: null };
}

/** What the folders of a file say it is: `2026/post-mortems/x.md`. The nearest folder that says anything counts. */
export function readFolder(path: string): "incident" | "review" | undefined {
  for (const folder of path.split("/").slice(0, -1).reverse()) {
    if (/^(post-?incident-?)?reviews?$|^post-?mortems?$|^retrospectives?$/i.test(folder)) return "review";
    if (/^(security-)?(incidents?|issues)$/i.test(folder)) return "incident";
  }
  return undefined;
}

/** Headings of a post-incident review; two of them make a file one. */
export function isReviewHeading(name: string): boolean {
  return /^(what happened|timeline|root causes?|contributing factors|what went (well|wrong)|what to improve|lessons( learned)?|prevention|(follow-?up )?actions?( items)?|follow-?ups|corrective actions|containment and recovery.*)$/.test(
    name,
  );
}

export function isActionHeading(name: string): boolean {
  return /^((follow-?up |corrective |preventive )?actions?( items| points)?|follow-?ups|next steps|prevention)$/.test(
    name,
  );
}

/** `Incident: Login outage`, `Post-mortem – Login outage`: the heading that names a record. */
export function titleOf(heading: string): { title: string; about: "incident" | "review" } | undefined {
  const match =
    /^(?:\d{4}-\d\d-\d\d\s+)?(?:security\s+)?(incident(?:\s+report|\s+record)?|post-?\s?mortem|post-?incident(?:\s+review)?|incident\s+review)\s*[:–—]\s*(.+)$/i.exec(
      heading,
    );
  if (!match) return undefined;
  return { title: match[2]!, about: /review|mortem|post/i.test(match[1]!) ? "review" : "incident" };
}

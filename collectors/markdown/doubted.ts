import type { Doubted, FactInput } from "../../src/evidence/fact.ts";
import type { Term } from "./vocabulary.ts";

/** Which fields of its facts a record fills from which term: what a value that cannot be read makes uncertain, and what not. */

type FieldOf<K extends FactInput["kind"]> = keyof Extract<FactInput, { kind: K }>;
type Filled<K extends FactInput["kind"]> = Readonly<Partial<Record<Term, readonly FieldOf<K>[]>>>;

const SPANNED = ["occurredAt", "detectedAt", "resolvedAt"] as const;

const INCIDENT: Filled<"incident"> = {
  title: ["title"],
  severity: ["severity", "severitiesSeen"],
  status: ["status"],
  nature: ["nature"],
  // Without a start, a date is when it was noticed.
  occurredAt: ["occurredAt", "detectedAt"],
  detectedAt: ["detectedAt"],
  date: SPANNED,
  duration: SPANNED,
  createdAt: ["createdAt"],
  acknowledgedAt: ["acknowledgedAt"],
  respondedAt: ["respondedAt"],
  triagedAt: ["triagedAt"],
  commanderAt: ["commanderAt"],
  awareAt: ["awareAt"],
  containedAt: ["containedAt"],
  eradicatedAt: ["eradicatedAt"],
  recoveredAt: ["recoveredAt"],
  verifiedAt: ["verifiedAt"],
  // `resolved: true` is a status.
  resolvedAt: ["resolvedAt", "status"],
  publishedAt: ["publishedAt"],
  closedAt: ["closedAt"],
  closedBy: ["closedBy"],
  closureReason: ["closureReason"],
  reopened: ["reopened"],
  owner: ["owner"],
  commander: ["commander"],
  personalData: ["personalData"],
  personalDataBy: ["personalDataBy"],
  personalDataAt: ["personalDataAt"],
  detectedBy: ["detectedBy"],
  tags: ["tags"],
  cause: ["cause"],
  causeKey: ["causeKey"],
  supplier: ["supplier"],
  affected: ["affected"],
  impact: ["impact"],
  confidentiality: ["impact"],
  integrity: ["impact"],
  availability: ["impact"],
  // The last of them is the severity, where nothing else says so.
  severities: ["severities", "severity", "severitiesSeen"],
  escalations: ["escalations"],
  messages: ["messages"],
  measures: ["measures", "measuresAt"],
  breaches: ["breaches"],
  lawSteps: ["lawSteps"],
  review: ["review"],
  author: [],
  approvedAt: [],
  approvedBy: [],
  reviewedAt: [],
};

const REVIEW: Filled<"review"> = {
  title: ["title"],
  severity: ["severity"],
  author: ["author"],
  date: ["date"],
  reviewedAt: ["date"],
  approvedAt: ["approvedAt", "approvedSeen"],
  approvedBy: ["approvedBy", "approvedSeen"],
  publishedAt: ["publishedAt"],
};

/**
 * What of these facts is uncertain where a value of these terms cannot be read. Undefined where one of them may decide what the
 * record is, or which: then nobody can tell what is hidden.
 */
export function doubtedBy(
  terms: readonly Term[],
  facts: readonly Pick<FactInput, "kind" | "id">[],
): Doubted[] | undefined {
  // A term that only an incident has is in no review; one that is in neither list is about the record itself.
  if (terms.some((term) => !Object.hasOwn(INCIDENT, term))) return undefined;
  return facts.map(({ kind, id }) => {
    const filled: Readonly<Partial<Record<Term, readonly string[]>>> = kind === "review" ? REVIEW : INCIDENT;
    return { kind, id, fields: [...new Set(terms.flatMap((term) => filled[term] ?? []))] };
  });
}

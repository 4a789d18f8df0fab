import type { ControlAssessment, RequirementAssessment } from "../assess/assess.ts";
import type { Subject, Verdict } from "../assess/judgement.ts";
import { RESULTS, type ResultWord } from "../assess/vocabulary.ts";
import { iso } from "../lib/time.ts";
import { clean, cleanOrNull } from "./clean.ts";
import {
  type AcceptedPart,
  CASE_WORDS,
  type CaseRow,
  type Cases,
  type CaseWord,
  type ControlReport,
  type JudgedBy,
  type RequirementRow,
} from "./controls-shape.ts";
import { isoOrNull } from "./coverage.ts";
import { evidenceRows } from "./evidence.ts";
import type { EvidenceItem } from "./input.ts";
import { byText, sortedBy } from "./order.ts";

/** Controls with the machine results of their requirements. */

/** Evidence files shown inside a control's section; all of them are in the evidence index. */
const NEWEST_FILES = 6;

const WORDS: Readonly<Record<Verdict["word"], CaseWord | undefined>> = {
  ok: "met",
  bad: "not_met",
  invalid: "invalid",
  unclear: "indeterminate",
  no_data: "no_data",
  open: "pending",
  no_target: "no_target",
  skip: undefined,
};

/** A control with its evidence among `items`; what is only recommended stays out unless wanted. */
export function controlReport(
  control: ControlAssessment,
  items: readonly EvidenceItem[],
  recommended: boolean,
): ControlReport {
  const requirements = control.requirements.filter((r) => recommended || r.basis !== "recommended");
  const instances = [...new Set(requirements.flatMap((r) => r.instances))].sort(byText);
  const mine = items.filter((item) => instances.includes(item.instance));
  const rows = evidenceRows(mine);
  const results = Object.fromEntries(RESULTS.map((r) => [r, 0])) as Record<ResultWord, number>;
  for (const requirement of requirements) results[requirement.result] += 1;
  return {
    id: control.id,
    title: clean(control.title),
    asks: clean(control.purpose, 1_000),
    requirements: requirements.map(requirementRow),
    results,
    instances,
    files: mine.length,
    distinct: rows.length,
    evidence: sortedBy(
      rows,
      (r) => -r.lastEntry,
      (r) => r.origin,
    ).slice(0, NEWEST_FILES),
  };
}

function requirementRow(r: RequirementAssessment): RequirementRow {
  return {
    id: r.id,
    text: clean(r.text, 600),
    basis: r.basis,
    note: clean(r.note),
    result: r.result,
    met: r.of === 0 ? null : r.n,
    of: r.of === 0 ? null : r.of,
    reason: cleanOrNull(r.reason, 1_200),
    failing: r.failing.map(({ id, what, cause }) => ({
      id: clean(id, 120),
      what: clean(what, 1_500),
      cause: cleanOrNull(cause),
    })),
    cases: r.cases === undefined ? null : casesOf(r.cases),
    judgedBy: judgedBy(r.cases ?? []),
    accepted: (r.waived ?? []).map(acceptedPart),
    entries: [...new Set(r.entries)].sort((a, b) => a - b),
  };
}

function casesOf(subjects: readonly Subject[]): Cases {
  const counts = Object.fromEntries(CASE_WORDS.map((word) => [word, 0])) as Record<CaseWord, number>;
  const rows: CaseRow[] = [];
  let byCustody = 0;
  for (const { id, observed, verdict } of subjects) {
    const word = WORDS[verdict.word];
    if (word === undefined) continue;
    counts[word] += 1;
    if (observed.fact.kind === "incident" && observed.fact.origin === "custody") byCustody += 1;
    if (word === "met") continue;
    const { level, target, due, took, what, policy } = verdict;
    rows.push({
      id: clean(id, 120),
      instance: observed.instance,
      entry: observed.entry,
      word,
      severity: cleanOrNull(level),
      target: cleanOrNull(target),
      due: isoOrNull(due),
      took: took ?? null,
      what: clean(what ?? "", 1_500),
      rules: policy?.entry ?? null,
    });
  }
  const order = sortedBy(
    rows,
    (row) => CASE_WORDS.indexOf(row.word),
    (row) => row.entry,
    (row) => row.id,
  );
  return { counts, byCustody, rows: order };
}

/** By which versions; each clock of a record counts under the one that was in force when it started. */
function judgedBy(subjects: readonly Subject[]): JudgedBy[] {
  const found = new Map<number, { name: string; version: string; cases: Set<Subject>; back: Set<Subject> }>();
  for (const subject of subjects) {
    for (const { policy } of [subject.verdict, ...(subject.clocks ?? [])]) {
      if (policy === undefined || WORDS[subject.verdict.word] === undefined) continue;
      const { entry, name, version, reachesBack } = policy;
      const known = found.get(entry) ?? { name, version, cases: new Set(), back: new Set() };
      found.set(entry, known);
      known.cases.add(subject);
      if (reachesBack) known.back.add(subject);
    }
  }
  const rows = [...found].map(([entry, { name, version, cases, back }]) => ({
    name,
    version,
    entry,
    cases: cases.size,
    reachesBack: back.size,
  }));
  return sortedBy(rows, ({ entry }) => entry);
}

function acceptedPart(part: NonNullable<RequirementAssessment["waived"]>[number]): AcceptedPart {
  const { waiver, entry, owner, ownerName, granted, until, n, ids } = part;
  return {
    waiver,
    entry,
    owner: clean(ownerName ?? owner),
    granted: iso(granted),
    until: iso(until),
    n,
    ids: ids.map((id) => clean(id, 120)),
  };
}

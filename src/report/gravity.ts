import type { ExceptionRow } from "./exceptions-shape.ts";
import { sortedBy } from "./order.ts";
import type { ReportModel } from "./shape.ts";

/** In which order a reader should hear of what failed: law and personal data, the worst severities, times, then the rest. */

type Known = Pick<ReportModel, "rules" | "incidents" | "controls">;

/** The worst severity of an incident, and its place among those of the rules, 0 the worst. */
export interface Grave {
  readonly severity: string | null;
  readonly rank: number;
}

const LEAST = Number.MAX_SAFE_INTEGER;

/** Of an incident by its id. Of labels that several versions of the rules have, the worse place counts. */
export function gravityIn({ rules, incidents }: Pick<Known, "rules" | "incidents">): (id: string) => Grave {
  const ranks = new Map<string, number>();
  for (const { text } of rules.versions)
    text?.severities.forEach(({ label }, rank) => {
      ranks.set(label, Math.min(rank, ranks.get(label) ?? LEAST));
    });
  const found = new Map<string, Grave>();
  for (const row of [...incidents.rows, ...incidents.byCustody, ...incidents.undated]) {
    const severity = row.severityPeak ?? row.severityFirst ?? row.severity;
    const grave = { severity, rank: ranks.get(severity ?? "") ?? LEAST };
    const known = found.get(row.id);
    if (known === undefined || grave.rank < known.rank) found.set(row.id, grave);
  }
  return (id) => found.get(id) ?? { severity: null, rank: LEAST };
}

/** Duties that nobody inside can set aside. */
const BY_OTHERS: ReadonlySet<string> = new Set(["law", "contract"]);

/** Failed requirements, the gravest first; of the same gravity as the catalogue has them. */
export function gravestFirst(rows: readonly ExceptionRow[], model: Known): ExceptionRow[] {
  const graveOf = gravityIn(model);
  const requirements = model.controls.flatMap((control) => control.requirements);
  const timed = new Set(
    requirements.filter(({ cases }) => cases?.rows.some(({ due }) => due !== null)).map(({ id }) => id),
  );
  return sortedBy(
    rows,
    ({ basis, requirement }) => (BY_OTHERS.has(basis) ? 0 : /personal_data|breach/.test(requirement) ? 1 : 2),
    // What must be done in time and was not is heard of before what somebody did not write down.
    ({ requirement }) => (timed.has(requirement) ? 0 : 1),
    ({ failing }) => failing.reduce((worst, { id }) => Math.min(worst, graveOf(id).rank), LEAST),
  );
}

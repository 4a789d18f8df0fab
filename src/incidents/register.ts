import type { RecordedAct } from "../evidence/act.ts";
import { foldIncident, type KnownWords } from "./fold.ts";
import type { RegisterIncident, Trouble } from "./incident.ts";

/** The register of incidents, made of the acts in the log and of nothing else. */

/** The pseudo collector under which facts of our own records are told: no source of the configuration can have this name. */
export const OWN_REGISTER = "custody:register";

export interface Register {
  /** By id, in the order in which they were opened. */
  readonly incidents: ReadonlyMap<string, RegisterIncident>;
  /** Of all incidents, and of records about none: in the order of the log. */
  readonly troubles: readonly Trouble[];
}

/** Folds the acts on incidents, in the order of the log. Throws for nothing that a log can hold. */
export function foldRegister(acts: readonly RecordedAct<"incident">[], known: KnownWords = {}): Register {
  const byIncident = new Map<string, RecordedAct<"incident">[]>();
  for (const act of acts) {
    const own = byIncident.get(act.entry.incident);
    if (own === undefined) byIncident.set(act.entry.incident, [act]);
    else own.push(act);
  }
  const incidents: RegisterIncident[] = [];
  const troubles: Trouble[] = [];
  for (const [id, own] of byIncident) {
    const opened = own.findIndex(({ entry }) => entry.act === "open");
    const before = opened < 0 ? own : own.slice(0, opened);
    const when = opened < 0 ? "was never opened" : `was opened only by record ${own[opened]?.index}`;
    for (const { index, entry } of before)
      troubles.push({
        index,
        incident: id,
        text: `speaks of ${id} ("${entry.act}"), which ${when}; it counts for nothing`,
      });
    if (opened < 0) continue;
    const incident = foldIncident(id, own.slice(opened), known);
    incidents.push(incident);
    troubles.push(...incident.troubles);
  }
  incidents.sort((a, b) => a.entry - b.entry);
  troubles.sort((a, b) => a.index - b.index);
  return { incidents: new Map(incidents.map((one) => [one.id, one])), troubles };
}

/** Those that are to be counted: all but what was opened by mistake. */
export function counting({ incidents }: Register): RegisterIncident[] {
  return [...incidents.values()].filter(({ state }) => state !== "withdrawn");
}

/** `INC-2026-001`: the first number of the year that nobody has. */
export function nextId(prefix: string, year: number, taken: Iterable<string>): string {
  const begin = `${prefix}-${year}-`;
  let most = 0;
  for (const id of taken) {
    const number = id.startsWith(begin) ? id.slice(begin.length) : "";
    if (/^\d{3,9}$/.test(number)) most = Math.max(most, Number(number));
  }
  return `${begin}${String(most + 1).padStart(3, "0")}`;
}

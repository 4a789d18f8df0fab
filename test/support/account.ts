import type { RecordedAct } from "../../src/evidence/act.ts";
import type { EvidenceItem } from "../../src/handling/item.ts";
import { evidenceItems } from "../../src/handling/items.ts";
import type { Block } from "../../src/report/blocks.ts";
import type { ReportInput } from "../../src/report/input.ts";
import { reviewFacts } from "../../src/reviews/facts.ts";
import { Disposals } from "../../src/trust/disposals.ts";
import { Holds } from "../../src/trust/holds.ts";
import type { ActLog } from "./acts.ts";
import { reportInput } from "./report-input.ts";

/** The names behind the actors of `ActLog`. */
export const NAMES = new Map([
  ["p-anna", "anna"],
  ["p-otto", "otto"],
  ["p-audi", "audi"],
  ["p-shell", "anna"],
]);

/** Made once: the tests only read it. */
const BASE = reportInput();

/** The quarter of `reportInput` with what this log tells of people. */
export function accountInput({ acts }: Pick<ActLog, "acts">, over: Partial<ReportInput> = {}): ReportInput {
  return {
    ...BASE,
    facts: [...BASE.facts, ...reviewFacts(acts, "custody:register", NAMES)],
    learning: { acts, names: NAMES, deadlines: [] },
    exceptions: { acts, names: NAMES, waivers: [], voidWaivers: [] },
    custody: { names: NAMES, items: itemsOf(acts), accesses: [] },
    ...over,
  };
}

export const itemsOf = (acts: readonly RecordedAct[]): EvidenceItem[] =>
  evidenceItems({ acts, holds: new Holds(), disposals: new Disposals(), accesses: [] });

/** All that these blocks print, one text after the other. */
export function printed(blocks: readonly Block[]): string {
  const found: string[] = [];
  const walk = (value: unknown, key: string): void => {
    if (typeof value === "string" && /^(text|title|titles|lines|label|words)$/.test(key)) found.push(value);
    else if (Array.isArray(value)) for (const one of value) walk(one, key);
    else if (typeof value === "object" && value !== null)
      for (const [name, member] of Object.entries(value)) walk(member, name);
  };
  walk(blocks, "");
  return found.join("\n");
}

/** The rows of the table below a heading, each cell as its texts. */
export function tableBelow(blocks: readonly Block[], heading: string): string[][] {
  const place = blocks.findIndex((block) => block.kind === "heading" && block.text === heading);
  const next = blocks.slice(place + 1);
  const end = next.findIndex((block) => block.kind === "heading");
  const table = (end < 0 ? next : next.slice(0, end)).find((block) => block.kind === "table");
  if (place < 0 || table?.kind !== "table") return [];
  return table.rows.map((row) => row.map((cell) => cell.map(({ text }) => text).join(" | ")));
}

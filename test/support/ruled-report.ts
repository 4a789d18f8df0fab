import { readFileSync } from "node:fs";
import { assessControls } from "../../src/assess/assess.ts";
import { loadCatalogue } from "../../src/assess/catalogue.ts";
import type { FactOf, Observed } from "../../src/evidence/fact.ts";
import { lawFiles } from "../../src/laws.ts";
import { PolicyTimeline } from "../../src/policy/timeline.ts";
import type { ReportInput } from "../../src/report/input.ts";
import { incident, reportInput } from "./report-input.ts";
import { logged, shippedPolicy } from "./rules.ts";

/** A report by rules that changed, over incidents before and after the change. */

const at = (text: string) => Date.parse(text);
const CATALOGUE = loadCatalogue(readFileSync("controls/iso27001-2022.yaml", "utf8"));
const LAWS = lawFiles();

const withVersion = (text: string, name: string) => text.replace(/^version: .*$/m, `version: "${name}"`);

/** From before the period; in force all through it where no other came. */
export const FIRST = {
  policy: shippedPolicy("sev1-4", (text) => withVersion(text, "1")),
  at: at("2026-01-01T00:00:00Z"),
  index: 3,
};

/** The same rules with less time for Sev2 and a choice read another way. */
export const STRICTER = shippedPolicy("sev1-4", (text) =>
  withVersion(text, "2")
    .replace("Sev2: within 2h", "Sev2: within 30m")
    .replace("From when the service was restored.", "From when it was closed."),
);

export const version = (policy: typeof STRICTER, when: string, index: number) => logged(policy, at(when), index);

export function timeline(...later: ReturnType<typeof version>[]): PolicyTimeline {
  return new PolicyTimeline([logged(FIRST.policy, FIRST.at, FIRST.index), ...later]);
}

/** Seen in the newest look at the register. */
export function seen(fact: FactOf<"incident">, ordinal: number, entry = 60): Observed {
  return { fact, instance: "incidents", entry, item: "a".repeat(64), ordinal };
}

/** Answered in 10 min, in 50 min, in 3 h, and not yet; one of Custody's own, one carried in, one whose severity is none of ours. */
export const INCIDENTS: readonly Observed[] = [
  answered("INC-1", "2026-07-10T08:00:00.000Z", 10),
  answered("INC-2", "2026-07-20T08:00:00.000Z", 50),
  answered("INC-3", "2026-08-05T08:00:00.000Z", 180),
  answered("INC-4", "2026-08-20T08:00:00.000Z", 50),
  answered("INC-5", "2026-06-20T08:00:00.000Z", 50, { closedAt: null, resolvedAt: null, status: "open" }),
  answered("INC-6", "2026-09-01T08:00:00.000Z", undefined, { severity: "Sev3", origin: "custody", closedAt: null }),
  answered("INC-7", "2026-09-02T08:00:00.000Z", 5, { severity: "Terrible" }),
].map((fact, i) => seen(fact, i));

function answered(
  id: string,
  detected: string,
  minutes: number | undefined,
  over: Partial<FactOf<"incident">> = {},
): FactOf<"incident"> {
  const start = at(detected);
  const after = (of: number) => start + of * 60_000;
  return incident(id, {
    detectedAt: start,
    createdAt: start,
    acknowledgedAt: null,
    respondedAt: minutes === undefined ? null : after(minutes),
    containedAt: null,
    resolvedAt: after(600),
    closedAt: after(2_000),
    review: null,
    ...over,
  });
}

/** The report's input with rules, laws and everything judged by them. */
export function ruledInput(policies: PolicyTimeline, over: Partial<ReportInput> = {}): ReportInput {
  const input = reportInput({ facts: INCIDENTS, ...over });
  const { period, history, facts, problems, asOf, about } = input;
  const controls = assessControls({
    catalogue: CATALOGUE,
    period,
    histories: history as never,
    facts,
    problems,
    asOf,
    yields: (use) => about(use)?.facts,
    policies,
    laws: LAWS.map(({ law }) => law),
  });
  return { ...input, rules: { policies, laws: LAWS, shipped: new Set() }, controls, ...over };
}

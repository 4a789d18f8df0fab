import { parseDocument } from "yaml";
import type { Custody } from "../custody.ts";
import type { Trouble } from "../events/event.ts";
import { type RuleSet, RuleTimeline } from "../events/rules.ts";
import { actsOfKind, type RecordedAct } from "../evidence/act.ts";
import { matching } from "../lib/digest.ts";
import { readOnce } from "../lib/read-once.ts";
import { fromIso } from "../lib/time.ts";
import { BulkLimits, IntakeRule } from "../policy/intake-rule.ts";

/** The intake rules that stand in the policies of the log. */

/** Intake rules as the policies of the log have them. */
export interface RulesInLog {
  readonly timeline: RuleTimeline;
  /** From how many decisions on somebody is told, by the newest policy. */
  readonly limits: BulkLimits;
  readonly troubles: readonly Trouble[];
}

const MAX_DEFINITION = 1024 * 1024;

/** The intake rules of every policy in the log. One that cannot be read decides nothing, and is named. */
export async function rulesIn(custody: Custody, acts: readonly RecordedAct[]): Promise<RulesInLog> {
  const ledger = await custody.view();
  const troubles: Trouble[] = [];
  const sets: RuleSet[] = [];
  let limits: BulkLimits = {};
  for (const { index, at: logged, entry } of actsOfKind(acts, "policy")) {
    const { digest } = entry.definition;
    const bytes = matching(await ledger.blob(digest), digest);
    const trouble = (words: string) => troubles.push({ index, words });
    const isThere = bytes !== undefined && bytes.length <= MAX_DEFINITION;
    if (!isThere) trouble("the rules of this policy cannot be read, so no intake rule of it decides anything");
    // It is in force all the same: those before it do not come back.
    const found = isThere ? readIntake(new TextDecoder().decode(bytes), trouble) : NO_INTAKE;
    limits = found.limits;
    sets.push({
      entry: index,
      policy: `${entry.policy} ${entry.version}`,
      start: Math.max(fromIso(entry.effective), logged),
      logged,
      by: { id: entry.actor.id, auth: entry.actor.auth },
      zone: found.zone ?? custody.config.organisation.zone,
      rules: found.rules,
    });
  }
  return { timeline: new RuleTimeline(sets), limits, troubles };
}

interface Intake {
  readonly rules: readonly IntakeRule[];
  readonly limits: BulkLimits;
  readonly zone: string | undefined;
}

const NO_INTAKE: Intake = { rules: [], limits: {}, zone: undefined };

const NO_YAML = Symbol("no YAML");

/** Each decision asks for the rules. */
const yamlOf = readOnce((text): unknown => {
  const document = parseDocument(text, { uniqueKeys: true });
  return document.errors.length > 0 ? NO_YAML : document.toJS({ maxAliasCount: 100 });
});

/** `rules:` and `bulk:` under `intake:` of a policy. One rule that cannot be read takes nothing from the others. */
function readIntake(text: string, trouble: (words: string) => void): Intake {
  const said = yamlOf(text);
  if (said === NO_YAML) {
    trouble("the rules of this policy are no YAML, so no intake rule of it decides anything");
    return NO_INTAKE;
  }
  const policy = asRecord(said);
  const { rules: list, bulk = {} } = asRecord(policy.intake);
  const ids = new Set<string>();
  const rules = (Array.isArray(list) ? list.slice(0, 500) : []).flatMap((one: unknown, i): IntakeRule[] => {
    const read = IntakeRule.safeParse(one);
    const name = String(asRecord(one).id ?? i + 1)
      .slice(0, 60)
      .replace(/[^\x20-\x7e]/g, "?");
    if (!read.success) {
      const why = read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
      trouble(`the intake rule ${name} decides nothing: ${why.slice(0, 400)}`);
      return [];
    }
    if (ids.has(read.data.id)) {
      trouble(`there are two intake rules ${name}; the second decides nothing`);
      return [];
    }
    ids.add(read.data.id);
    return [read.data];
  });
  const limits = BulkLimits.safeParse(bulk);
  if (!limits.success)
    trouble("`bulk:` of this policy cannot be read, so nothing is told about many decisions at once");
  const zone = typeof policy.zone === "string" ? policy.zone : undefined;
  return { rules, limits: limits.data ?? {}, zone };
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

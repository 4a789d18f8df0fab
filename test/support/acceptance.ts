import type { AssessmentInput, RequirementAssessment } from "../../src/assess/assess.ts";
import { assessControls } from "../../src/assess/assess.ts";
import type { Catalogue } from "../../src/assess/catalogue.ts";
import { FACT_KINDS, type ResultWord } from "../../src/assess/vocabulary.ts";
import type { Entry } from "../../src/evidence/entry.ts";
import type { Fact, FactOf, Observed } from "../../src/evidence/fact.ts";
import { OWN_REGISTER } from "../../src/incidents/register.ts";
import type { SHIPPED_POLICIES } from "../../src/policy/shipped.ts";
import type { PolicyTimeline } from "../../src/policy/timeline.ts";
import { AS_OF, dailyRuns, fact, PERIOD, seen, shippedCatalogue, TEN_DAYS } from "./assessing.ts";
import { config, genesis, historyOf, instance, t } from "./entries.ts";
import { inForce } from "./rules.ts";

/**
 * What the acceptance tests share: facts judged by a shipped policy, through the whole assessment. The records are those of
 * our own register, which is kept since before the period, 1 to 10 November 2026; it is looked at on the day after.
 */

export type PolicyName = (typeof SHIPPED_POLICIES)[number];

/** A source beside the register: daily, with a run for each of these days of November 2026. */
export interface Source {
  readonly id: string;
  readonly family: string;
  readonly use?: string;
  readonly cadence?: string;
  readonly days?: readonly number[];
}

export interface Setting extends Partial<Omit<AssessmentInput, "catalogue" | "histories" | "facts" | "policies">> {
  /** Changes the text of the policy before it is read. */
  readonly mend?: (text: string) => string;
  readonly sources?: readonly Source[];
  /** More records of the log, after the runs of the sources. */
  readonly entries?: readonly Entry[];
  /** False: no register of our own is kept. */
  readonly register?: boolean;
}

const WHOLE = shippedCatalogue();
const POLICIES = new Map<string, PolicyTimeline>();

/** A shipped policy, in force all through 2026 with the holidays of Berlin. */
export function rulesOf(name: PolicyName, mend?: (text: string) => string): PolicyTimeline {
  if (mend !== undefined) return inForce(name, mend);
  const known = POLICIES.get(name) ?? inForce(name);
  POLICIES.set(name, known);
  return known;
}

/** The shipped catalogue with this one requirement of it. */
function only(id: string): Catalogue {
  const control = WHOLE.controls.find(({ requirements }) => requirements.some((one) => one.id === id));
  if (control === undefined) throw new Error(`the shipped catalogue has no requirement ${id}`);
  const requirements = control.requirements.filter((one) => one.id === id);
  return { ...WHOLE, controls: [{ ...control, requirements }] };
}

function ledgerOf(sources: readonly Source[], more: readonly Entry[]): Entry[] {
  const records = sources.map(({ id, family, use = `${family}/test`, cadence = "daily" }) =>
    instance({ id, family, use, cadence }),
  );
  const runs = sources.flatMap(({ id, use, family, days = TEN_DAYS }) =>
    dailyRuns(id, days, { use: use ?? `${family}/test` }),
  );
  const inTime = [...runs, ...more].sort((a, b) => t(a.at) - t(b.at));
  return [genesis("2026-10-20"), config("2026-10-31", records), ...inTime];
}

/** A requirement of the shipped catalogue, judged by a shipped policy or by rules of one's own. */
export function judged(
  policy: PolicyName | PolicyTimeline,
  requirement: string,
  facts: readonly (Fact | Observed)[] = [],
  { mend, sources = [], entries = [], register = true, ...over }: Setting = {},
): RequirementAssessment {
  const found = facts.map((one, ordinal) =>
    "fact" in one ? { ...one, ordinal } : seen(one, { instance: OWN_REGISTER, ordinal }),
  );
  const kept = { from: t("2026-10-20"), to: undefined, entry: 1, item: "b".repeat(64) };
  const input: AssessmentInput = {
    catalogue: only(requirement),
    period: PERIOD,
    asOf: AS_OF,
    histories: historyOf(ledgerOf(sources, entries)),
    problems: [],
    yields: () => FACT_KINDS,
    policies: typeof policy === "string" ? rulesOf(policy, mend) : policy,
    ...(register ? { own: { instance: OWN_REGISTER, kept } } : {}),
    ...over,
    facts: found,
  };
  const answer = assessControls(input)[0]?.requirements[0];
  if (answer === undefined) throw new Error(`no answer about ${requirement}`);
  return answer;
}

/** Only the word of it. */
export const word = (...asked: Parameters<typeof judged>): ResultWord => judged(...asked).result;

/** All that was said: the reason, and what is wrong with each record that failed. */
export const said = ({ reason, failing }: RequirementAssessment): string =>
  [reason, ...failing.map(({ id, what }) => `${id}: ${what}`)].join(" | ");

/** A time in November 2026: `at("03T10:15")`. */
export const at = (text: string): number => t(`2026-11-${text}Z`);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** An incident that was noticed on the third at ten; nothing else is known of it. */
export const incident = (fields: Partial<FactOf<"incident">> = {}, id = "INC-1"): FactOf<"incident"> =>
  fact("incident", id, { detectedAt: at("03T10:00"), ...fields });

/** The same thing as another source saw it. */
export const from = (source: string, found: Fact): Observed => seen(found, { instance: source });

export { AS_OF, fact, PERIOD };

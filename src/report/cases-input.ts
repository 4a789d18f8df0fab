import type { Trouble as EventTrouble } from "../events/event.ts";
import type { EventLog } from "../events/fold.ts";
import type { RuleTimeline } from "../events/rules.ts";
import type { Waiver } from "../findings/waiver.ts";
import type { RegisterIncident } from "../incidents/incident.ts";
import type { Law } from "../law/shape.ts";
import type { BulkLimits } from "../policy/intake-rule.ts";
import { PolicyTimeline } from "../policy/timeline.ts";
import { type Links, linksOf } from "../reviews/links.ts";
import type { ReportInput } from "./input.ts";

/** What a report takes of people's records about incidents and events, folded by whoever gathers it. */

export interface CasesInput {
  /** The incidents of the register that is kept in the log, by their ids. */
  readonly register: ReadonlyMap<string, RegisterIncident>;
  /** The names behind random IDs, as far as they are still there. */
  readonly names: ReadonlyMap<string, string>;
  readonly links: Links;
  readonly waivers: readonly Waiver[];
  /** What the rules ask before it is closed, and what of it does not hold: by the ids of the register. */
  readonly closing: ReadonlyMap<string, ClosingState>;
}

export interface ClosingState {
  readonly needs: readonly string[];
  /** In plain words. */
  readonly open: readonly { readonly need: string; readonly text: string }[];
}

/** The same with the rules by which it is judged. */
export interface CaseRecords extends CasesInput {
  readonly policies: PolicyTimeline;
  readonly laws: readonly Law[];
}

const NOTHING: CasesInput = {
  register: new Map(),
  names: new Map(),
  links: linksOf([]),
  waivers: [],
  closing: new Map(),
};

/** Nothing, where nobody recorded anything of the kind. */
export function caseRecords({ cases = NOTHING, rules }: CaseFields): CaseRecords {
  return {
    ...cases,
    policies: rules?.policies ?? new PolicyTimeline([]),
    laws: (rules?.laws ?? []).map(({ law }) => law),
  };
}

export type CaseFields = Pick<ReportInput, "cases" | "rules">;

export interface EventsInput {
  readonly log: EventLog;
  readonly rules: RuleTimeline;
  /** From how many decisions at once on somebody is told. */
  readonly limits: BulkLimits;
  /** Records of rules and decisions that do not fit. */
  readonly troubles: readonly EventTrouble[];
  readonly names: ReadonlyMap<string, string>;
}

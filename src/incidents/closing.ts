import type { CLOSING_NEEDS } from "../policy/afterwards.ts";
import { anyHolds, type CaseView, type When } from "../policy/condition.ts";
import { type Policy, worstOf } from "../policy/policy.ts";
import { type RegisterBreach, type RegisterIncident, severityOf } from "./incident.ts";

export type ClosingNeed = (typeof CLOSING_NEEDS)[number];

/** What must hold before an incident is closed, and what is known of it elsewhere. */
export interface ClosingConditions {
  /** Those that are asked for this incident. */
  readonly needs: readonly ClosingNeed[];
  /** Whether the rules ask why it is closed. */
  readonly reason?: boolean;
  /** What other records say of it. What is left out is not known, and nothing is guessed. */
  readonly elsewhere?: {
    readonly review?: "none" | "written" | "approved" | "published";
    readonly controlDecision?: boolean;
    /** Steps that are not done yet, and those that have no owner or no day, by id. */
    readonly openActions?: readonly string[];
    readonly unownedActions?: readonly string[];
    readonly openMeasures?: readonly string[];
    /** Why evidence of it does not count as preserved, in words. */
    readonly openEvidence?: readonly string[];
    /** Sources that failed while it went on and did not come through since, in words. */
    readonly silentSources?: readonly string[];
    readonly breakGlassOff?: boolean;
    readonly recoveryChecks?: readonly string[];
    /** Messages that the rules ask for and nobody sent, in words. */
    readonly openMessages?: readonly string[];
    /** Formal notices that the rules ask for and nobody gave, in words. */
    readonly openNotices?: readonly string[];
  };
}

/** What is asked where the organisation's rules say nothing. */
export const DEFAULT_NEEDS: readonly ClosingNeed[] = [
  "resolved",
  "owner",
  "nature",
  "severity-reasons",
  "personal-data-decision",
  "breach-notices",
  "measures",
  "fix-verified",
  "cause",
];

/**
 * What the rules ask of this incident. A condition of which it is not known whether it is meant is asked. Where there are no
 * rules, or they say nothing about closing, what every auditor asks for.
 */
export function askedOf(incident: RegisterIncident, policy: Policy | undefined): ClosingConditions {
  const conditions = policy?.closing?.conditions ?? [];
  if (policy === undefined || conditions.length === 0) return { needs: DEFAULT_NEEDS };
  const view = viewOf(incident, policy);
  const meant = (whens: readonly When[] | undefined) => anyHolds(whens, view) !== "no";
  const said = new Set(incident.measures.map(({ measure }) => measure));
  const done = new Set(incident.measures.filter(({ result }) => result !== "planned").map(({ measure }) => measure));
  return {
    needs: [...new Set(conditions.filter(({ when }) => meant(when)).map(({ needs }) => needs))],
    elsewhere: {
      openMeasures: policy.measures.filter(({ id, when }) => meant(when) && !said.has(id)).map(({ id }) => id),
      ...(policy.recovery
        ? {
            recoveryChecks: policy.recovery.checks
              .filter(({ id, when }) => meant(when) && !done.has(id))
              .map(({ id }) => id),
          }
        : {}),
    },
  };
}

function viewOf(incident: RegisterIncident, policy: Policy): CaseView {
  const { times, opened, personalData } = incident;
  const [from, to] = [times.detectedAt ?? opened, times.resolvedAt];
  const peak = worstOf(
    policy,
    incident.severities.map(({ severity }) => severity),
  );
  return {
    severity: peak?.label ?? null,
    tags: incident.tags,
    nature: incident.nature,
    detectedBy: incident.detectedBy,
    lasted:
      to === undefined
        ? null
        : { least: to.at - from.at - from.precision + 1, most: to.at + to.precision - 1 - from.at },
    personalData: personalData === null || personalData.decision === "unclear" ? null : personalData.decision === "yes",
  };
}

/** What checks judge of every incident, whether or not the rules make it a condition for closing. */
const JUDGED_ANYWAY: readonly ClosingNeed[] = ["measures", "recovery-checks", "messages"];

/**
 * What keeps nobody from closing it and is asked all the same: checks will say that it is not met. Nothing where no rules
 * stand behind it. Pure.
 */
export function askedBesides(incident: RegisterIncident, conditions: ClosingConditions): ClosingProblem[] {
  const { needs, elsewhere = {} } = conditions;
  const known = {
    measures: elsewhere.openMeasures,
    "recovery-checks": elsewhere.recoveryChecks,
    messages: elsewhere.openMessages,
  };
  const also = JUDGED_ANYWAY.filter((need) => !needs.includes(need) && known[need as keyof typeof known] !== undefined);
  return closingProblems(incident, { needs: also, elsewhere });
}

/** Something that does not hold yet. */
export interface ClosingProblem {
  readonly need: ClosingNeed;
  /** In plain words: what is missing. */
  readonly text: string;
  /** What to do, as it is typed; undefined where it depends. */
  readonly todo?: string;
}

/** What must hold first, in the order in which it is asked; none where it can be closed. Pure. */
export function closingProblems(incident: RegisterIncident, conditions: ClosingConditions): ClosingProblem[] {
  return conditions.needs.flatMap((need) =>
    missing(need, incident, conditions.elsewhere ?? {}).map(([text, todo]) => ({
      need,
      text,
      ...(todo === undefined ? {} : { todo: todo.startsWith("custody ") ? todo : `custody incident ${todo}` }),
    })),
  );
}

type Missing = readonly (readonly [text: string, todo?: string])[];
type Elsewhere = NonNullable<ClosingConditions["elsewhere"]>;

const NONE: Missing = [];

function missing(need: ClosingNeed, incident: RegisterIncident, elsewhere: Elsewhere): Missing {
  const { id, times } = incident;
  switch (need) {
    case "resolved":
      return times.resolvedAt ? NONE : [["it is not resolved", `resolve ${id}`]];
    case "owner":
      return incident.roles.has("owner") ? NONE : [["nobody is responsible for it", `assign ${id} owner NAME`]];
    case "commander":
      return incident.roles.get("commander")?.person
        ? NONE
        : [["no person leads the response", `assign ${id} commander NAME`]];
    case "cause":
      return incident.cause === null ? [["its cause is not recorded", `cause ${id} --text "…"`]] : NONE;
    case "nature":
      return incident.nature === null
        ? [["nobody said whether it concerns availability, security or both", `classify ${id} --nature security`]]
        : NONE;
    case "severity-reasons":
      return severityProblems(incident);
    case "personal-data-decision":
      return personalDataProblems(incident);
    case "breach-notices":
      return [
        ...(incident.personalData?.decision === "yes" ? breachProblems(incident) : NONE),
        ...(elsewhere.openNotices ?? []).map((text) => [text, `breach ${id} --role … --controller-told TIME`] as const),
      ];
    case "measures":
      return [
        ...incident.measures
          .filter(({ result }) => result === "planned")
          .map(({ measure }) => [`${measure} is planned and not done`, `measure ${id} ${measure}`] as const),
        ...(elsewhere.openMeasures ?? []).map(
          (measure) => [`${measure} is neither done nor marked as not applicable`, `measure ${id} ${measure}`] as const,
        ),
      ];
    case "fix-verified":
      return times.verifiedAt ? NONE : [["nobody has verified the fix", `stamp ${id} verified --text "…"`]];
    case "recovery-checks":
      return elsewhere.recoveryChecks === undefined
        ? unknown("whether the checks after recovery passed")
        : elsewhere.recoveryChecks.map(
            (check) =>
              [
                `the check "${check}" after recovery is not recorded; it is done before it is called resolved`,
                `measure ${id} ${check} --at TIME`,
              ] as const,
          );
    case "collection-resumed":
      return elsewhere.silentSources === undefined
        ? unknown("whether evidence is collected again as usual")
        : elsewhere.silentSources.map(
            (text) => [`evidence is not collected again as usual: ${text}`, COLLECT] as const,
          );
    case "evidence-preserved":
      return elsewhere.openEvidence === undefined
        ? unknown("whether evidence of it was preserved")
        : elsewhere.openEvidence.map((text) => [text, `custody preserve ${id} --as-evidence`] as const);
    case "messages":
      return elsewhere.openMessages === undefined
        ? unknown("whether everybody was told whom your rules name")
        : elsewhere.openMessages.map((text) => [text, `communicate ${id}`] as const);
    case "review-approved":
      return reviewProblems(elsewhere.review, ["approved", "published"], "approved");
    case "review-published":
      return times.publishedAt ? NONE : reviewProblems(elsewhere.review, ["published"], "published");
    case "control-decision":
      return yes(
        elsewhere.controlDecision,
        "somebody decided whether controls are strengthened",
        "nobody decided whether controls are strengthened",
      );
    case "actions-owned":
      return elsewhere.unownedActions === undefined
        ? unknown("whether every action has an owner and a day")
        : elsewhere.unownedActions.map((action) => [`${action} has no owner or no day`] as const);
    case "actions-done":
      return elsewhere.openActions === undefined
        ? unknown("whether every action is done")
        : elsewhere.openActions.map((action) => [`${action} is not done`] as const);
    case "break-glass-off":
      return yes(
        elsewhere.breakGlassOff,
        "the emergency access is off again",
        "the emergency access is still on",
        `measure ${id} break-glass-off`,
      );
  }
}

const unknown = (what: string): Missing => [[`it is not known here ${what}`]];

const COLLECT = "custody collect";

function yes(known: boolean | undefined, what: string, otherwise: string, todo?: string): Missing {
  if (known === undefined) return unknown(`whether ${what}`);
  if (known) return NONE;
  return [todo === undefined ? [otherwise] : [otherwise, todo]];
}

function reviewProblems(review: Elsewhere["review"], good: readonly string[], word: string): Missing {
  if (review === undefined) return unknown(`whether its review was ${word}`);
  if (good.includes(review)) return NONE;
  return [[review === "none" ? "there is no review of it" : `its review is ${review}, not ${word}`]];
}

function severityProblems(incident: RegisterIncident): Missing {
  const { id, severities } = incident;
  if (severityOf(incident) === null) return [["it has no severity", `classify ${id} --severity …`]];
  return severities
    .slice(1)
    .filter(({ reason }) => reason === null)
    .map(({ severity, index }) => [
      `the change to ${severity} (record ${index}) gives no reason`,
      `correct ${id} ${index} --severity ${severity} --reason "…"`,
    ]);
}

function personalDataProblems({ id, personalData }: RegisterIncident): Missing {
  if (personalData === null)
    return [["nobody decided whether personal data is concerned", `personal-data ${id} yes|no --reason "…"`]];
  if (personalData.decision === "unclear")
    return [["it is still unclear whether personal data is concerned", `personal-data ${id} yes|no --reason "…"`]];
  return NONE;
}

function breachProblems({ id, breaches }: RegisterIncident): Missing {
  if (breaches.length === 0)
    return [["personal data is concerned, and the breach is not recorded", `breach ${id} --role controller|processor`]];
  return breaches.flatMap((breach) => oneBreach(id, breach));
}

function oneBreach(id: string, { role, dataset, risk, exemptionGround, times, texts }: RegisterBreach): Missing {
  const which = dataset === null ? "" : ` (${dataset})`;
  const todo = (flags: string) =>
    `breach ${id} --role ${role ?? "…"}${dataset === null ? "" : ` --dataset ${dataset}`} ${flags}`;
  if (role === "processor")
    return times.controllerAt ? NONE : [[`the controller was not told${which}`, todo("--controller-told TIME")]];
  if (risk === null)
    return [[`the risk for the people concerned was not decided${which}`, todo('--risk … --risk-reason "…"')]];
  if (risk === "unlikely")
    return texts.riskReason
      ? NONE
      : [[`why a risk is unlikely is not recorded${which}`, todo('--risk unlikely --risk-reason "…"')]];
  const exempt = texts.exemption !== undefined && exemptionGround !== null;
  const subjects = risk === "high" && !times.subjectsAt && !exempt;
  return [
    ...(times.authorityAt ? [] : [[`the authority was not told${which}`, todo("--authority-told TIME")] as const]),
    ...(subjects
      ? [
          [
            `the people concerned were not told, and no exemption with its ground is recorded${which}`,
            todo("--subjects-told TIME"),
          ] as const,
        ]
      : []),
  ];
}

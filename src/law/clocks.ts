import { lengthForPeople } from "../lib/length.ts";
import type { Instant } from "../lib/time.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import { beganAt, type Incident, incidentCase, type LawCase, type Situation } from "./case.ts";
import { judgeContracts } from "./contracts.ts";
import { judgeStep } from "./judge.ts";
import type { Law } from "./shape.ts";
import { lawDay, standingOf, stepIds } from "./steps.ts";
import type { LawVerdict } from "./verdict.ts";

/** A report or notice that law or contract asks for, that is not done yet and not lifted. */
export interface RunningClock {
  /** `gdpr.authority`, `contract:acme`. */
  readonly id: string;
  /** In plain words: "The supervisory authority is told". */
  readonly what: string;
  readonly basis: "law" | "contract";
  /** "GDPR Art. 33(1)", or the contract. */
  readonly source: string;
  readonly role: string | undefined;
  readonly dataset: string | undefined;
  /** The strict end; undefined where there is no number, or the time has not begun. */
  readonly due: Instant | undefined;
  /** Where `due` is only the first time at which it can end: the last one; undefined inside where nothing is known. */
  readonly dueUntil?: { readonly at: Instant | undefined } | undefined;
  readonly term: string | undefined;
  /** `pending`, or `not_met` and `indeterminate` where the strict end has passed. */
  readonly word: LawVerdict["word"];
  readonly reason: string;
  /** What records it, without `custody`. */
  readonly record: string;
}

/** What counts for an incident: by the rules that were in force when it began. */
export function situationOf(
  incident: Incident,
  policies: PolicyTimeline,
  asOf: Instant,
  zone: string,
): Situation & { readonly lost: boolean; readonly began: Instant } {
  const began = beganAt(incidentCase(incident)) ?? incident.breaches[0]?.awareAt ?? asOf;
  const inForce = policies.policyAt(began);
  return { policy: inForce?.policy, asOf, zone, began, lost: inForce !== undefined && inForce.policy === undefined };
}

/**
 * The clocks of laws and contracts that run for an incident, those that are due first in front. What was done, does not
 * concern it, or is lifted is not among them.
 */
export function lawClocks(
  incident: Incident,
  {
    laws,
    policies,
    asOf,
    zone,
    tells,
  }: { laws: readonly Law[]; policies: PolicyTimeline; asOf: Instant; zone: string; tells?: boolean },
): RunningClock[] {
  const situation = { ...situationOf(incident, policies, asOf, zone), ...(tells === undefined ? {} : { tells }) };
  if (situation.lost) return [];
  const clocks = laws.flatMap((law) =>
    stepIds(law).flatMap((id) =>
      judgeStep(law, id, incident, situation).flatMap(({ about, step, ...verdict }): RunningClock[] => {
        if (step === undefined || step.needs !== undefined || !runs(verdict)) return [];
        const article = `${law.title} ${step.article}${step.checked === false ? " (not checked)" : ""}`;
        const beside = standingOf(law, situation.policy, lawDay(beganAt(about), asOf, zone)).on;
        const source = verdict.own !== true ? article : beside ? `your own rules, beside ${article}` : "your own rules";
        const record = recordOf(law, `${law.law}.${step.id}`, step.done, about);
        return [
          { ...clockOf(about, verdict), id: `${law.law}.${step.id}`, what: step.title, basis: "law", source, record },
        ];
      }),
    ),
  );
  const contracts = judgeContracts(incident, situation).flatMap(({ about, contract, ...verdict }): RunningClock[] => {
    if (!runs(verdict) || verdict.term === undefined) return [];
    const name = contract ?? "general";
    return [
      {
        ...clockOf(about, verdict),
        id: `contract:${name}`,
        what: about.role === "controller" ? "The other side of the contract is told" : "The customer is told",
        basis: "contract",
        source: contract ?? "your general terms",
        record: breachFlag(about, "controllerAt"),
      },
    ];
  });
  return [...clocks, ...contracts].sort(
    (a, b) => (a.due ?? Number.POSITIVE_INFINITY) - (b.due ?? Number.POSITIVE_INFINITY),
  );
}

const RUNNING: readonly LawVerdict["word"][] = ["pending", "not_met", "indeterminate", "no_data"];
const runs = ({ word, done }: Pick<LawVerdict, "word" | "done">) => !done && RUNNING.includes(word);

function clockOf(
  { role, breach }: LawCase,
  { due, dueUntil, term, word, reason }: Pick<LawVerdict, "due" | "dueUntil" | "term" | "word" | "reason">,
): Pick<RunningClock, "role" | "dataset" | "due" | "dueUntil" | "term" | "word" | "reason"> {
  return { role, dataset: breach?.dataset ?? undefined, due, dueUntil, term, word, reason };
}

const FLAGS = {
  authorityAt: "--authority-told",
  controllerAt: "--controller-told",
  subjectsAt: "--subjects-told",
} as const;

function breachFlag({ incident, role, breach }: LawCase, done: keyof typeof FLAGS): string {
  const dataset = breach?.dataset ? ` --dataset ${breach.dataset}` : "";
  return `incident breach ${incident.id} --role ${role ?? "controller|processor"}${dataset} ${FLAGS[done]} TIME`;
}

function recordOf(law: Law, step: string, done: keyof typeof FLAGS | undefined, about: LawCase): string {
  if (law.about === "incident" || done === undefined) return `incident law-step ${about.incident.id} ${step}`;
  return breachFlag(about, done);
}

/** The same in words to people: what was missed first, then by when it is due, then what has no number. */
export function spokenClocks(
  clocks: readonly RunningClock[],
  now: Instant,
): { readonly text: string; readonly due: Instant; readonly missed: boolean }[] {
  return clocks
    .filter(
      ({ due, word, term }) => word === "not_met" || due !== undefined || (word === "pending" && term === "no number"),
    )
    .sort((a, b) => Number(b.word === "not_met") - Number(a.word === "not_met"))
    .map(({ what, source, role, dataset, due, word, reason, record }) => {
      const whose = [role, dataset && `of ${dataset}`].filter((part) => part !== undefined).join(" ");
      const about = `${what} (${source}${whose === "" ? "" : `, as ${whose}`})`;
      const missed = word === "not_met";
      // Never more time left than there is.
      const left = due === undefined ? undefined : Math.floor((due - now) / 60_000) * 60_000;
      const lead = missed
        ? "TOO LATE"
        : left === undefined
          ? "WITHOUT UNDUE DELAY"
          : left > 0
            ? `${lengthForPeople(left, { round: "down" })} left`
            : "DUE NOW";
      const why = missed || (left !== undefined && left <= 0) ? `: ${reason}` : "";
      return { text: `${lead}: ${about}${why}; record it with \`custody ${record}\``, due: due ?? now, missed };
    });
}

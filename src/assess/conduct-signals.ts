import type { FactOf } from "../evidence/fact.ts";
import { lengthForPeople } from "../lib/length.ts";
import { type Instant, parseDuration } from "../lib/time.ts";
import { type Policy, severityOrder } from "../policy/policy.ts";
import { type Incident, severitiesOf } from "./case.ts";
import { alike, allOf, bad, judgeBy, OK, open, rulesWhen, together, unclear } from "./conduct.ts";
import { judgeDocument } from "./conduct-document.ts";
import type { Circumstances, Judgement, Verdict } from "./judgement.ts";
import { isNamed } from "./shared-id.ts";

/** What monitoring saw, and what the rules make of it: which signals are incidents, and what must be watched at all. */

type Alert = FactOf<"alert">;
type SignalRule = Policy["signals"][number];

/** The label by which an alert says which signal of the rules it is, where its own name is another one. */
const LABEL = "signal";

const isSignal = ({ signal }: SignalRule, { name, labels }: Alert): boolean =>
  [name, Object.hasOwn(labels, LABEL) ? labels[LABEL] : undefined].some(
    (word) => word !== undefined && alike(word) === signal,
  );

/** Whether it lasted longer than the rule says; exactly that long is not longer. An alert above a value is one for as long as it fires. */
function qualifies({ longerThan }: SignalRule, alert: Alert, asOf: Instant): "yes" | "no" | "not-yet" | "unknown" {
  if (alert.state === "pending") return "no";
  if (longerThan === undefined) return "yes";
  const limit = parseDuration(longerThan) ?? 0;
  if (alert.endsAt !== null) return alert.endsAt - alert.startsAt > limit ? "yes" : "no";
  if (alert.state === "resolved") return "unknown";
  return asOf - alert.startsAt > limit ? "yes" : "not-yet";
}

/** Each signal that the rules make an incident is one, of that severity or worse. */
export function signalsClassified(circumstances: Circumstances): Judgement {
  const { asOf } = circumstances;
  const standing = allOf(circumstances, "decision").filter(({ supersededAt }) => supersededAt === null);
  return judgeBy(
    circumstances,
    "alert",
    {
      rule: "signals that are incidents",
      set: ({ signals }) => signals.length > 0,
      bad: "that are incidents by your rules, and were not treated so",
      ok: "treated as the incidents that your rules make of them",
    },
    ({ fact }) => rulesWhen(circumstances, fact.kind === "alert" ? fact.startsAt : null),
    ({ fact, instance }, policy) => {
      const alert = fact as Alert;
      const verdicts = policy.signals
        .filter((rule) => isSignal(rule, alert))
        .flatMap((rule): Verdict[] => {
          const found = qualifies(rule, alert, asOf);
          if (found === "no") return [];
          if (found === "not-yet") return [open(`fires since less than ${rule.longerThan} (rule "${rule.id}")`)];
          const decision = standing.find(
            ({ about }) => about.instance === instance && about.kind === "alert" && about.id === alert.id,
          );
          const verdict = treated(rule, alert, decision, policy, circumstances);
          return found === "unknown" && verdict.word !== "ok"
            ? [unclear(`when it ended is not known; if it lasted longer than ${rule.longerThan}: ${verdict.what}`)]
            : [verdict];
        });
      return together(verdicts);
    },
  );
}

function treated(
  rule: SignalRule,
  alert: Alert,
  decision: FactOf<"decision"> | undefined,
  policy: Policy,
  circumstances: Circumstances,
): Verdict {
  const { asOf } = circumstances;
  const least = `at least ${rule.severity} by your rule "${rule.id}"`;
  const incidents = allOf(circumstances, "incident");
  if (decision === undefined) {
    const until = alert.endsAt ?? asOf;
    const near = incidents.find(
      ({ detectedAt }) => detectedAt !== null && detectedAt >= alert.startsAt && detectedAt <= until,
    );
    const lasted = lengthForPeople(until - alert.startsAt);
    return near === undefined
      ? bad(`unclassified: it lasted ${lasted}, ${least}, and nobody decided about it`)
      : unclear(`${least}; ${near.id} was noticed in that time, and nobody says that it is about this`);
  }
  const { decision: word, incident } = decision;
  if (word === "event-only") return bad(`decided to be no incident, ${least}`);
  if (word !== "incident")
    return unclear(`decided as ${word === "duplicate" ? "a duplicate" : "a false positive"}; ${least}`);
  const own = incidents.find((one) => isNamed(one, incident));
  return own === undefined
    ? unclear(`became ${incident ?? "an incident"}, which no source shows`)
    : graded(own, rule, policy, least);
}

function graded(incident: Incident, { severity }: SignalRule, policy: Policy, least: string): Verdict {
  const { peak, unknown } = severitiesOf(incident, policy);
  const order = (label: string | undefined) => severityOrder(policy, label ?? null) ?? Number.MAX_VALUE;
  if (order(peak) <= order(severity)) return OK;
  return peak === undefined || unknown.length > 0
    ? unclear(`${incident.id} has no severity that is known, ${least}`)
    : bad(`${incident.id} is ${peak}, ${least}`);
}

/** What must be watched has a rule that raises an alert, for each thing that it must alert on. */
export function monitorsAlarmed(circumstances: Circumstances): Judgement {
  const rules = new Set(allOf(circumstances, "alert-rule").map(({ name }) => alike(name)));
  const words = {
    rule: "systems that must be watched",
    ok: "everything that must be watched has its rules for alerts",
  };
  return judgeDocument(circumstances, words, ({ upkeep: { monitors } }) =>
    monitors.length === 0
      ? undefined
      : monitors.flatMap(({ id, title, alertsOn, alerts }) =>
          alertsOn.map((kind) => {
            const named = Object.hasOwn(alerts, kind) ? alerts[kind] : undefined;
            const usual = alike(`${id}-${kind}`);
            if ((named ?? []).some((name) => rules.has(alike(name))) || rules.has(usual)) return OK;
            return named === undefined
              ? unclear(`${title}, ${kind}: your rules do not name the rule for alerts, and none is called ${usual}`)
              : bad(`${title}, ${kind}: no rule for alerts is called ${named.join(" or ")}`);
          }),
        ),
  );
}

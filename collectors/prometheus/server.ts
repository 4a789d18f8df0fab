import { z } from "zod";
import type { Fact, Problem } from "../../src/evidence/fact.ts";
import { type Instant, iso, parseSourceTime } from "../../src/lib/time.ts";
import { KeepableText, Labels } from "../json-answer.ts";

/* What Prometheus says of itself: its rules, whom it tells, and whether its configuration is in force. */

const Rule = z.looseObject({
  name: KeepableText,
  query: KeepableText,
  type: z.string(),
  labels: Labels.optional(),
  health: z.string().optional(),
  lastError: z.string().optional(),
});
const Group = z.looseObject({
  name: KeepableText,
  file: KeepableText,
  interval: z.number().optional(),
  lastEvaluation: z.string().optional(),
  rules: z.array(z.unknown()),
});

const problem = (where: string, message: string): Problem => ({ kind: "problem", where, message });

/** Evaluations that may fail to come before a group of rules counts as stuck. */
const MISSED_EVALUATIONS = 5;

function* checkEvaluation(group: z.infer<typeof Group>, where: string, capturedAt: Instant): Generator<Problem> {
  const last = parseSourceTime(group.lastEvaluation ?? "");
  // Year 1 is Go for "never", as it is right after a start.
  if (last === undefined || last < 0 || group.interval === undefined) return;
  const silence = capturedAt - last;
  if (silence > MISSED_EVALUATIONS * group.interval * 1000 + 60_000) {
    yield problem(
      where,
      `last evaluated ${iso(last)}, expected every ${group.interval} s: its alerts cannot fire; look at the log of Prometheus`,
    );
  }
}

/**
 * The inventory of alerting rules. A rule has no id of its own in Prometheus: file, group, name and labels are what stays
 * when its expression is changed. A rule that cannot be evaluated is a problem, because it can never fire.
 */
export function* readRules(groups: readonly unknown[], capturedAt: Instant): Generator<Fact | Problem> {
  const seen = new Map<string, number>();
  for (const [index, one] of groups.entries()) {
    const group = Group.safeParse(one);
    if (!group.success) {
      yield problem(`data.groups[${index}]`, `not a group of rules: ${z.prettifyError(group.error)}`);
      continue;
    }
    const place = `${group.data.file};${group.data.name}`;
    yield* checkEvaluation(group.data, place, capturedAt);
    for (const [position, entry] of group.data.rules.entries()) {
      const rule = Rule.safeParse(entry);
      if (!rule.success) {
        yield problem(`${place} rules[${position}]`, `not a rule: ${z.prettifyError(rule.error)}`);
        continue;
      }
      if (rule.data.type !== "alerting") continue;
      const { name, query, labels = {}, health, lastError } = rule.data;
      const told = Object.entries(labels)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
      const base = `${place};${name}{${told.join(",")}}`;
      const count = (seen.get(base) ?? 0) + 1;
      seen.set(base, count);
      const id = count === 1 ? base : `${base}#${count}`;
      yield { kind: "alert-rule", id, name, severity: labels.severity ?? null, expression: query };
      if (health === "err") {
        yield problem(
          id,
          `Prometheus cannot evaluate this rule, so it never fires: ${(lastError ?? "it gives no reason").slice(0, 300)}`,
        );
      }
    }
  }
}

/** Alerts that nobody is sent are a problem, however well they fire. */
export function* readAlertmanagers(active: unknown): Generator<Problem> {
  if (Array.isArray(active) && active.length > 0) return;
  yield problem(
    "activeAlertmanagers",
    "Prometheus sends its alerts to no Alertmanager, so nobody is notified; see `alerting:` in its configuration",
  );
}

const RuntimeInfo = z.looseObject({
  reloadConfigSuccess: z.boolean().optional().catch(undefined),
  corruptionCount: z.number().optional().catch(undefined),
});

export function* readRuntimeInfo(data: unknown): Generator<Problem> {
  const info = RuntimeInfo.safeParse(data).data ?? {};
  if (info.reloadConfigSuccess === false) {
    yield problem(
      "reloadConfigSuccess",
      "the last change of configuration was refused, so older rules are in force; run `promtool check config`",
    );
  }
  if (info.corruptionCount) {
    yield problem(
      "corruptionCount",
      `Prometheus found its storage damaged ${info.corruptionCount} times: samples may be missing; see its log`,
    );
  }
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Milliseconds of a retention as Prometheus spells it: `15d`, `1d12h`, `15d or 10GiB`; undefined where it names no time. */
export function retentionTime(text: string): number | undefined {
  const [time = ""] = text.trim().split(" or ");
  if (!/^(\d{1,12}(ms|s|m|h|d|w|y))+$/.test(time)) return undefined;
  const parts = [...time.matchAll(/(\d+)(ms|s|m|h|d|w|y)/g)];
  const sum = parts.reduce((ms, [, count, unit]) => ms + Number(count) * (UNITS[unit ?? ""] ?? 0), 0);
  return sum > 0 && Number.isSafeInteger(sum) ? sum : undefined;
}

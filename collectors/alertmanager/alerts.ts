import { z } from "zod";
import type { Fact, Problem } from "../../src/evidence/fact.ts";
import { type Instant, iso, parseSourceTime } from "../../src/lib/time.ts";
import { KeepableText, Labels } from "../json-answer.ts";

/*
 * Required is only what every version sends; later ones add required fields that 0.25 does not have
 * (api/v2/openapi.yaml of both).
 */

const Time = z.string().transform((text, context): Instant => {
  const at = parseSourceTime(text);
  if (at !== undefined) return at;
  context.issues.push({ code: "custom", message: "expected a time with its zone", input: text });
  return z.NEVER;
});

const Alert = z.looseObject({
  fingerprint: KeepableText.min(1),
  labels: Labels,
  startsAt: Time,
});

const LiveAlert = Alert.extend({
  status: z.looseObject({
    state: z.string(),
    silencedBy: z.array(z.unknown()).nullish(),
    inhibitedBy: z.array(z.unknown()).nullish(),
  }),
});

const SentAlert = Alert.extend({ status: z.enum(["firing", "resolved"]), endsAt: Time });

const Silence = z.looseObject({
  id: KeepableText.min(1),
  matchers: z.array(
    z.looseObject({
      name: KeepableText,
      value: KeepableText,
      isRegex: z.boolean(),
      /** Absent before 0.22, where every matcher was positive. */
      isEqual: z.boolean().default(true),
    }),
  ),
  startsAt: Time,
  endsAt: Time,
  createdBy: KeepableText.nullish(),
  comment: KeepableText.nullish(),
});

const Webhook = z.looseObject({
  version: z.string(),
  alerts: z.array(z.unknown()),
  truncatedAlerts: z.number().optional().catch(undefined),
});

const problem = (where: string, message: string): Problem => ({ kind: "problem", where, message });

/** Before 1970: Go's year 1, which Alertmanager writes for "no time". */
const orNull = (at: Instant): Instant | null => (at < 0 ? null : at);

/** The fingerprint is that of the labels and the same whenever the alert fires; the start makes it one firing. */
const identity = (alert: z.infer<typeof Alert>) => ({
  kind: "alert" as const,
  id: `${alert.fingerprint}:${iso(alert.startsAt)}`,
  name: alert.labels.alertname ?? "(an alert without a name)",
  severity: alert.labels.severity ?? null,
  startsAt: alert.startsAt,
  labels: alert.labels,
});

/** An alert that is live at the time of the snapshot. Its `endsAt` is a guess at the future and never the end. */
function readLiveAlert(value: unknown, where: string): Fact | Problem {
  const alert = LiveAlert.safeParse(value);
  if (!alert.success) return problem(where, `not an alert: ${z.prettifyError(alert.error)}`);
  const { state, silencedBy, inhibitedBy } = alert.data.status;
  const isMuted = state === "suppressed" || Boolean(silencedBy?.length) || Boolean(inhibitedBy?.length);
  return { ...identity(alert.data), endsAt: null, state: isMuted ? "suppressed" : "firing" };
}

function readSilence(value: unknown, where: string): Fact | Problem {
  const silence = Silence.safeParse(value);
  if (!silence.success) return problem(where, `not a silence: ${z.prettifyError(silence.error)}`);
  const { id, matchers, startsAt, endsAt, createdBy, comment } = silence.data;
  const matches = matchers.map(({ name, value, isRegex, isEqual }) => {
    const operator = isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=";
    return `${name}${operator}${JSON.stringify(value)}`;
  });
  return {
    kind: "silence",
    id,
    by: createdBy || null,
    comment: comment || null,
    matches: matches.join(", "),
    startsAt,
    endsAt,
  };
}

const isSilence = (value: unknown): boolean => typeof value === "object" && value !== null && "matchers" in value;

/** The list of live alerts, or of silences. */
export function* readList(values: readonly unknown[]): Generator<Fact | Problem> {
  for (const [index, value] of values.entries()) {
    yield isSilence(value) ? readSilence(value, `[${index}]`) : readLiveAlert(value, `[${index}]`);
  }
}

/** A message of Alertmanager's webhook, version 4. An alert that it says is resolved has its true end. */
export function* readWebhook(value: unknown): Generator<Fact | Problem> {
  const webhook = Webhook.safeParse(value);
  if (!webhook.success) {
    yield problem("webhook", `not a message of Alertmanager: ${z.prettifyError(webhook.error)}`);
    return;
  }
  const { version, alerts, truncatedAlerts } = webhook.data;
  if (version !== "4") {
    yield problem("version", `expected "4", found ${JSON.stringify(version.slice(0, 20))}; read as well as that goes`);
  }
  if (truncatedAlerts !== undefined && truncatedAlerts > 0) {
    yield problem(
      "truncatedAlerts",
      `Alertmanager left ${truncatedAlerts} alerts out of this message; take \`max_alerts\` out of its webhook settings`,
    );
  }
  for (const [index, one] of alerts.entries()) {
    const alert = SentAlert.safeParse(one);
    if (!alert.success) {
      yield problem(`alerts[${index}]`, `not an alert: ${z.prettifyError(alert.error)}`);
      continue;
    }
    const { status, endsAt } = alert.data;
    yield { ...identity(alert.data), endsAt: status === "resolved" ? orNull(endsAt) : null, state: status };
  }
}

import { z } from "zod";
import { type Answer, type Capture, defineCollector, type Message, type Run, secret } from "../src/collector/define.ts";
import { readJsonCapture } from "../src/collector/json.ts";
import type { Fact, Problem } from "../src/evidence/fact.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { readList, readWebhook } from "./alertmanager/alerts.ts";
import { receiverLines } from "./alertmanager/receiver.ts";
import { httpAccess, httpSource, oneCredential } from "./http-access.ts";
import { parseJson } from "./json-answer.ts";

const config = z
  .strictObject({
    ...httpAccess,
    token: secret()
      .optional()
      .describe("what Alertmanager's webhook sends as bearer token; without it no hook is opened"),
  })
  .refine(...oneCredential);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Asks and keeps. Throws what `get` throws, and SOURCE_ANSWER for JSON of another shape. */
async function* ask(
  run: Pick<Run<unknown>, "get">,
  path: string,
  expected: "a list" | "an object",
  query: Readonly<Record<string, string>> = {},
): AsyncGenerator<Answer, void> {
  const answer = await run.get(path, query, ["application/json"]);
  yield answer;
  const value = parseJson(answer.bytes);
  if (expected === "a list" ? Array.isArray(value) : isObject(value)) return;
  const found = value === undefined ? `${answer.bytes.length} bytes that are not JSON` : "JSON of another shape";
  throw new CustodyError("SOURCE_ANSWER", `${answer.origin}: expected ${expected} from Alertmanager, found ${found}`, {
    remedy: "Check that `url:` is the address of Alertmanager 0.16 or later itself, and not of a page in front of it.",
  });
}

function* read(capture: Capture): Generator<Fact | Problem> {
  const answer = readJsonCapture(capture, z.unknown());
  if (!("value" in answer)) {
    yield answer;
    return;
  }
  const { value } = answer;
  if (Array.isArray(value)) yield* readList(value);
  else if (isObject(value) && "alerts" in value) yield* readWebhook(value);
  else if (!isObject(value) || !("versionInfo" in value)) {
    const message = "expected alerts, silences, the status or a webhook message of Alertmanager, found something else";
    yield { kind: "problem", where: capture.origin, message };
  }
}

/**
 * Alertmanager retries a message only after 5xx and drops it for good after any 4xx, so whatever can be its message is
 * taken as it is, also in a version not known yet; reading it says what is wrong with it.
 */
function receive(message: Message): Answer {
  const value = parseJson(message.bytes);
  if (!isObject(value) || !Array.isArray(value.alerts)) {
    throw new CustodyError("INPUT_INVALID", "expected a webhook message of Alertmanager: JSON with a list `alerts`", {
      remedy: "Point a `webhook_configs:` receiver of Alertmanager here; other senders need a collector of their own.",
    });
  }
  return { bytes: message.bytes, mediaType: "application/json", origin: "webhook of Alertmanager" };
}

/**
 * Alertmanager knows only what is live: a snapshot shows that, and who silenced what and why. What happened in between,
 * above all when an alert was over, comes by its webhook.
 */
export const alertmanager = defineCollector({
  name: "alert-history/alertmanager",
  title: "Alertmanager alerts and silences",
  family: "alert-history",
  mode: "snapshot",
  facts: ["alert", "silence"],
  cadence: "daily",
  grace: "1d",
  config,
  reader: 1,
  blindSpots: [
    "Alertmanager keeps no history: an alert that began and ended between two snapshots is seen only if the webhook told of it, and only the webhook tells when an alert ended.",
    "A webhook message that came while Custody could not be reached is repeated for a while and then lost for good.",
    "An alert that is silenced when it ends is not told of: it stays as it was last seen.",
    "Alertmanager knows no acknowledgement: who saw an alert, and when, is not in it.",
    "Who created a silence is what that person typed; Alertmanager does not check it.",
    "Silences are gone 120 hours after their end (unless `--data.retention` says otherwise).",
  ],
  permissions: ["Read access to GET /api/v2/status, /api/v2/alerts and /api/v2/silences; nothing is written."],
  source: httpSource,
  inboxToken: ({ token }) => token,
  inboxLines: (_, inbox) => receiverLines(inbox),

  async *collect(run) {
    yield* ask(run, "/api/v2/status", "an object");
    yield* ask(run, "/api/v2/alerts", "a list", {
      active: "true",
      silenced: "true",
      inhibited: "true",
      unprocessed: "true",
    });
    yield* ask(run, "/api/v2/silences", "a list");
    return { seen: "instant", at: run.now };
  },

  read,
  receive,
});

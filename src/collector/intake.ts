import type { Actor, Draft } from "../evidence/entry.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import type { InstanceConfig, Message } from "./define.ts";
import { checkAnswer, keepAnswer, keepManifest } from "./keep.ts";
import { createMask } from "./mask.ts";
import type { AppendedEntry, RunLedger } from "./run.ts";

/** Bytes of one message to an inbox. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

export interface IntakeRequest {
  readonly instance: InstanceConfig;
  /** Already authenticated. */
  readonly message: Message;
  readonly ledger: RunLedger;
  /** All secrets of this installation. */
  readonly secrets: readonly string[];
  readonly actor?: Actor;
}

export interface IntakeResult {
  readonly appended: AppendedEntry;
  /** Of the stored bytes, after masking. */
  readonly digest: string;
}

/** True for a collector whose source reports by itself, be it besides being asked. */
export function hasInbox({ collector }: InstanceConfig): boolean {
  return collector.receive !== undefined;
}

/**
 * Takes a message into the ledger; durable when it resolves, so the sender may be told so. The same bytes again are
 * recorded once: senders repeat what they are not sure has arrived.
 * Throws INPUT_TOO_LARGE above 1 MiB, INPUT_INVALID for what the collector refuses, NOT_FOUND for an instance without an
 * inbox, and whatever the ledger throws: then the sender must try again.
 */
export async function acceptMessage(request: IntakeRequest): Promise<IntakeResult> {
  const { instance, message, ledger } = request;
  const { collector } = instance;
  if (!hasInbox(instance) || !collector.receive) {
    throw new CustodyError("NOT_FOUND", `${instance.id} (${collector.name}) takes no messages`);
  }
  if (message.bytes.length > MAX_MESSAGE_BYTES) {
    throw new CustodyError(
      "INPUT_TOO_LARGE",
      `a message of ${message.bytes.length} bytes; at most ${MAX_MESSAGE_BYTES} (1 MiB) are taken`,
      { remedy: "Send less with one message, or add the file with `custody upload`." },
    );
  }
  const answer = checkAnswer(collector.receive(message, instance.config as never), collector.name);
  const capturedAt = message.receivedAt;
  const window = { from: capturedAt, to: capturedAt + 1 };
  const mask = createMask(request.secrets, instance.masking);
  const { ref, record } = await keepAnswer(answer, { capturedAt, window, mask, put: ledger.put });
  const manifest = await keepManifest(
    { instance: instance.id, collector, window, captures: [record], problems: [] },
    ledger.put,
  );
  const draft: Draft = {
    kind: "intake",
    actor: request.actor ?? { type: "source", id: instance.id },
    once: `hook:${instance.id}:${ref.digest}`,
    instance: instance.id,
    use: collector.name,
    received: iso(capturedAt),
    evidence: [ref],
    manifest,
  };
  const [appended] = await ledger.append([draft]);
  if (!appended) throw new Error("the ledger took an entry and did not say where");
  return { appended, digest: ref.digest };
}

import type { BlobRef } from "../evidence/blob.ts";
import type { Draft } from "../evidence/entry.ts";
import type { Clock } from "../lib/clock.ts";
import { base64 } from "../lib/digest.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import { type Instant, iso } from "../lib/time.ts";
import { withinLimits } from "../lib/within.ts";
import { type Head, parseCheckpoint } from "../tlog/checkpoint.ts";
import { type HeadConfig, NOTE_TYPE, type Receipt, type SentHead, type Tools } from "./define.ts";
import type { Why } from "./due.ts";

/** What sending needs of the ledger. */
export interface HeadLedger {
  readonly origin: string;
  publish(): Promise<Head>;
  put(bytes: Uint8Array, mediaType: string): Promise<BlobRef>;
  append(drafts: readonly Draft[]): Promise<unknown>;
}

export interface SendParts {
  readonly clock: Clock;
  readonly ledger: HeadLedger;
  /** Bytes of the checkpoint in the store. */
  checkpoint(): Promise<Uint8Array | undefined>;
  tools(target: HeadConfig, signal: AbortSignal): Tools<unknown>;
  readonly signal: AbortSignal;
  /** Longest time for one target, in milliseconds. */
  readonly timeout?: number;
}

/** One target to be served. */
export interface Errand {
  readonly target: HeadConfig;
  readonly why: Why;
  /** `renew`: when what it gave last ends; what ends no later is not worth a record. */
  readonly ends?: Instant;
}

/** What became of it. */
export type Outcome =
  | {
      readonly id: string;
      readonly result: "sent";
      readonly size: number;
      readonly root: string;
      readonly said: string;
    }
  /** It answered, and gave nothing that stands longer than what there is. */
  | { readonly id: string; readonly result: "no-gain"; readonly code: string; readonly message: string }
  | {
      readonly id: string;
      readonly result: "failed";
      readonly code: string;
      readonly message: string;
      readonly remedy?: string;
    };

const SEND_WITHIN = 60_000;
/** Targets served at once. */
const AT_ONCE = 4;

/**
 * Brings the newest head to these targets: signs all that was appended, sends, keeps what came back, and says so in one
 * append. A target that fails fails alone, and leaves no record. Throws what the ledger throws; what was sent before that
 * is sent again another time, which does no harm.
 */
export async function sendHeads(errands: readonly Errand[], parts: SendParts): Promise<Outcome[]> {
  if (errands.length === 0) return [];
  const head = await newestHead(parts);
  const waiting = [...errands];
  const outcomes: Outcome[] = [];
  const drafts: Draft[] = [];
  let checkpoint: Promise<BlobRef> | undefined;
  const worker = async (): Promise<void> => {
    for (let errand = waiting.shift(); errand !== undefined; errand = waiting.shift()) {
      const sent = parts.clock.now();
      const { outcome, receipt } = await serve(errand, head, parts);
      outcomes.push(outcome);
      if (receipt === undefined) continue;
      checkpoint ??= parts.ledger.put(head.bytes, NOTE_TYPE);
      drafts.push({
        kind: "head",
        actor: { type: "system", id: "custody" },
        size: head.size,
        root: base64(head.root),
        use: errand.target.target.use,
        target: errand.target.id,
        sent: iso(sent),
        received: iso(Math.max(sent, parts.clock.now())),
        checkpoint: await checkpoint,
        ...(receipt.blob ? { receipt: await parts.ledger.put(receipt.blob.bytes, receipt.blob.mediaType) } : {}),
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, errands.length) }, worker));
  if (drafts.length > 0) {
    await parts.ledger.append(drafts);
    await parts.ledger.publish();
  }
  return outcomes;
}

async function newestHead({ ledger, checkpoint }: SendParts): Promise<SentHead> {
  const published = await ledger.publish();
  const bytes = await checkpoint();
  const parsed = bytes && parseCheckpoint(bytes);
  if (!bytes || parsed?.origin !== ledger.origin || parsed.size < published.size) {
    throw new CustodyError(
      "STORE_UNREACHABLE",
      "the checkpoint that was just signed cannot be read back from the store",
      {
        remedy: "Nothing is lost; it is tried again.",
      },
    );
  }
  return { origin: parsed.origin, size: parsed.size, root: parsed.root, checkpoint: parsed, bytes };
}

async function serve(
  { target, why, ends }: Errand,
  head: SentHead,
  parts: SendParts,
): Promise<{ outcome: Outcome; receipt?: Receipt }> {
  const { id } = target;
  const within = parts.timeout ?? SEND_WITHIN;
  const late = () => new CustodyError("SOURCE_UNREACHABLE", `no answer within ${within / 1000} s`);
  try {
    const receipt = await withinLimits({ within, late, signal: parts.signal }, (signal) =>
      target.target.send(head, parts.tools(target, signal) as never),
    );
    if (why === "renew" && ends !== undefined && receipt.ends !== undefined && receipt.ends <= ends) {
      const message = `what it gives now ends no later than what it gave before (${iso(ends)}); it is asked again`;
      return { outcome: { id, result: "no-gain", code: "SOURCE_ANSWER", message } };
    }
    const { size, root } = head;
    return { outcome: { id, result: "sent", size, root: base64(root), said: receipt.said }, receipt };
  } catch (error) {
    const known = isCustodyError(error);
    const code = known ? error.code : "BUG";
    const remedy = known && error.remedy ? { remedy: error.remedy } : {};
    return { outcome: { id, result: "failed", code, message: messageOf(error), ...remedy } };
  }
}

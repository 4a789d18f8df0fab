import { CustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import type { Checkpoint } from "../tlog/checkpoint.ts";
import { type Cosigner, readCosignatures } from "../tlog/cosignature.ts";
import type { Hash } from "../tlog/merkle.ts";
import { parseNote } from "../tlog/note.ts";
import { encodeAddCheckpoint } from "./request.ts";

/** An answer over HTTP, within limits that the caller keeps. */
export interface PostAnswer {
  readonly status: number;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface CosignatureRequest {
  /** For messages. */
  readonly place: string;
  readonly cosigner: Cosigner;
  readonly checkpoint: Checkpoint;
  /** The signed note, byte for byte. */
  readonly bytes: Uint8Array;
  /** Size that the witness cosigned last, as far as is known; 0 where nothing is. */
  readonly old: number;
  /** Proof that the log of `second` records begins with the first ones. */
  proof(first: number, second: number): Promise<readonly Hash[]>;
  /** Sends a body to `add-checkpoint`. */
  post(body: Uint8Array): Promise<PostAnswer>;
}

export interface Cosigned {
  /** The checkpoint as it was sent, with the witness's line behind the others. */
  readonly note: Uint8Array;
  readonly time: Instant;
}

/**
 * Has a checkpoint cosigned (C2SP tlog-witness). A witness that knows another size than was thought is asked once more with
 * the proof from there. Throws VERIFICATION_FAILED when it has seen another history or a longer one of this log, else
 * SOURCE_REFUSED or SOURCE_ANSWER; nothing is believed that is not signed by the witness's own key.
 */
export async function requestCosignature(request: CosignatureRequest): Promise<Cosigned> {
  const { checkpoint } = request;
  let old = Math.min(request.old, checkpoint.size);
  let answer = await send(request, old);
  if (answer.status === 409) {
    const known = sizeIn(answer);
    if (known === undefined) throw wrong(request, "the size that it knows", "something else (status 409)");
    if (known > checkpoint.size) throw ahead(request, known);
    if (known === old) throw split(request, known);
    old = known;
    answer = await send(request, old);
    // Between two questions somebody may have shown it more; but the size that was just proven is not another history.
    if (answer.status === 409) {
      const now = sizeIn(answer);
      throw now === old
        ? split(request, old)
        : wrong(request, `to go on from ${old}`, `that it knows ${now ?? "?"} now`);
    }
  }
  if (answer.status === 422) throw split(request, old);
  return cosigned(request, answered(request, answer));
}

/** The bytes of an answer that grants what was asked for. */
function answered(request: CosignatureRequest, answer: PostAnswer): Uint8Array {
  if (answer.status === 404 || answer.status === 403) {
    const found = answer.status === 404 ? "does not know this log" : "does not know the key that signed";
    throw new CustodyError("SOURCE_REFUSED", `${request.place} ${found} (status ${answer.status})`, {
      remedy:
        "Whoever runs the witness has to add this log, `custody witness add DIR --log KEY` with the key in ledger.vkey, and to restart the witness: it reads its keys only when it starts.",
    });
  }
  if (answer.status !== 200) throw wrong(request, "a cosignature", `status ${answer.status}`);
  return answer.bytes;
}

/**
 * What a witness knows of this log, without letting it sign anything new: it is asked to go on from the very size that is
 * shown to it, which it does only where it knows that head, and answers with its own size otherwise. Throws SOURCE_REFUSED or
 * SOURCE_ANSWER.
 */
export async function askWitness(
  request: Omit<CosignatureRequest, "old" | "proof">,
): Promise<{ readonly knows: "this" } | { readonly knows: "other"; readonly size: number }> {
  const { size } = request.checkpoint;
  const whole = { ...request, old: size, proof: async () => [] };
  const answer = await request.post(encodeAddCheckpoint(size, [], request.bytes));
  if (answer.status === 409) {
    const known = sizeIn(answer);
    if (known === undefined) throw wrong(whole, "the size that it knows", "something else (status 409)");
    return { knows: "other", size: known };
  }
  cosigned(whole, answered(whole, answer));
  return { knows: "this" };
}

async function send(request: CosignatureRequest, old: number): Promise<PostAnswer> {
  const proof = old === 0 ? [] : await request.proof(old, request.checkpoint.size);
  return request.post(encodeAddCheckpoint(old, proof, request.bytes));
}

function sizeIn({ mediaType, bytes }: PostAnswer): number | undefined {
  if (!/^text\/x\.tlog\.size\s*(;|$)/i.test(mediaType)) return undefined;
  const size = /^(0|[1-9]\d{0,15})\n$/.exec(Buffer.from(bytes).toString("latin1"))?.[1];
  return size !== undefined && Number.isSafeInteger(Number(size)) ? Number(size) : undefined;
}

/** Keeps of the answer the lines by the witness's key, as a note that can be checked for ever. */
function cosigned(request: CosignatureRequest, answer: Uint8Array): Cosigned {
  const { cosigner, checkpoint, bytes } = request;
  const text = Buffer.from(answer).toString("utf8");
  const own = text.split("\n").filter((line) => line.startsWith(`— ${cosigner.name} `));
  for (const line of own) {
    const signed = parseNote(Buffer.from(`${checkpoint.note.text}\n${line}\n`));
    const { cosignatures: [first] = [], bad } = signed ? readCosignatures(signed, [cosigner]) : { bad: [] };
    if (bad.length > 0) throw wrong(request, `a cosignature by ${cosigner.vkey}`, "one that is not by this key");
    if (first) return { note: Buffer.concat([bytes, Buffer.from(`${line}\n`)]), time: first.time };
  }
  throw wrong(request, `a cosignature by ${cosigner.vkey}`, "none by this key");
}

function split({ place }: CosignatureRequest, size: number): CustodyError {
  return new CustodyError(
    "VERIFICATION_FAILED",
    `${place} has signed another history of this log up to record ${size}`,
    {
      remedy:
        "Run `custody verify` and do not touch the store: either the log was rewritten after the witness saw it, or a copy of this workspace goes on writing elsewhere.",
    },
  );
}

function ahead({ place, checkpoint }: CosignatureRequest, known: number): CustodyError {
  return new CustodyError(
    "VERIFICATION_FAILED",
    `${place} has seen ${known} records of this log, and this store has ${checkpoint.size}`,
    {
      remedy:
        "Run `custody verify` and do not touch the store: either it was set back to an older state, or a copy of this workspace goes on writing elsewhere.",
    },
  );
}

function wrong({ place }: CosignatureRequest, expected: string, found: string): CustodyError {
  return new CustodyError("SOURCE_ANSWER", `${place}: expected ${expected}, found ${found}`, {
    remedy: "Check the address and the key of the witness under `heads:`; another service may answer there.",
  });
}

import type { Clock } from "../lib/clock.ts";
import { sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type CosigningKey, cosign } from "../tlog/cosignature.ts";
import { verifyConsistency } from "../tlog/merkle.ts";
import { checkNote, type Verifier } from "../tlog/note.ts";
import type { Memory } from "./memory.ts";
import { parseAddCheckpoint } from "./request.ts";

/** Answer to `add-checkpoint`, as HTTP has it. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly mediaType: string;
  readonly body: string;
}

export interface WitnessParts {
  readonly key: CosigningKey;
  /** Keys of the logs that are witnessed; several with one name while a log changes its key. */
  readonly logs: readonly Verifier[];
  readonly memory: Memory;
  readonly clock: Clock;
}

const PLAIN = "text/plain; charset=utf-8";
const SIZE = "text/x.tlog.size";
/** Somebody else's step between look and step is tried again; this many in a row are no accident. */
const ATTEMPTS = 50;

/**
 * C2SP tlog-witness: signs that a checkpoint was seen, if it continues every one that was signed before. Only the log's
 * signature lets anything be remembered. Throws LEDGER_ALTERED where its own memory is lost, and what the disk throws.
 */
export async function addCheckpoint(bytes: Uint8Array, parts: WitnessParts): Promise<WitnessAnswer> {
  const request = parseAddCheckpoint(bytes);
  if (request === undefined) return refuse(400, "expected: old SIZE, lines of the proof, an empty line, a checkpoint");
  const { checkpoint, old, proof } = request;
  const { origin, size, root, note } = checkpoint;
  const keys = parts.logs.filter(({ name }) => name === origin);
  if (keys.length === 0) return refuse(404, "this log is not witnessed here");
  const { signedBy, bad } = checkNote(note, keys);
  if (signedBy.length === 0 || bad.length > 0) return refuse(403, "not signed by a key of this log that is known here");
  if (old > size) return refuse(400, `old ${old} is larger than the checkpoint, which has ${size}`);
  if (old === 0 && proof.length > 0) return refuse(400, "expected no proof with old 0");

  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const seen = await parts.memory.newest(origin);
    // Also where a log shows another root for the size that is known: the specification wants 409 there too.
    if (old !== seen.size || (size === seen.size && !sameBytes(root, seen.root))) {
      return { status: 409, mediaType: SIZE, body: `${seen.size}\n` };
    }
    if (!verifyConsistency(seen, checkpoint, proof)) {
      return refuse(422, `not shown: that the ${size} records begin with the ${seen.size} that are known here`);
    }
    if (size > seen.size && !(await parts.memory.advance(origin, seen, checkpoint))) continue;
    const seconds = Math.floor(parts.clock.now() / 1000);
    return { status: 200, mediaType: PLAIN, body: await cosign(note.text, parts.key, seconds) };
  }
  throw new CustodyError("STORE_UNREACHABLE", `${origin}: others kept changing what this witness remembers`);
}

function refuse(status: 400 | 403 | 404 | 422, why: string): WitnessAnswer {
  return { status, mediaType: PLAIN, body: `${why}\n` };
}

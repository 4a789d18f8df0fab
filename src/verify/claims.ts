import type { BlobRef } from "../evidence/blob.ts";
import { isCustodyError } from "../lib/errors.ts";
import { parseCosignerKey } from "../tlog/cosignature.ts";

/** A witness's key as a configuration in the log has it: the operator's word, until the witness itself has been asked. */
export interface ClaimedWitness {
  readonly vkey: string;
  /** The newest `config` record that names it. */
  readonly index: number;
}

/** More are none of ours. */
const MAX_CLAIMED = 20;

/**
 * Keys of witnesses that configurations in the log name, the newest first; those already `trusted` are left out. `blob`
 * gives bytes that were hashed against their name.
 */
export async function claimedWitnesses(
  configs: readonly { readonly index: number; readonly ref: BlobRef }[],
  blob: (digest: string) => Promise<Uint8Array | undefined>,
  trusted: readonly string[] = [],
): Promise<ClaimedWitness[]> {
  const found = new Map<string, ClaimedWitness>();
  for (const { index, ref } of configs) {
    const bytes = await blob(ref.digest);
    for (const vkey of bytes === undefined ? [] : witnessKeysIn(bytes))
      if (!found.has(vkey) && !trusted.includes(vkey) && found.size < MAX_CLAIMED) found.set(vkey, { vkey, index });
  }
  return [...found.values()];
}

/** Keys of witnesses in a configuration as it is logged; none in anything else. */
function witnessKeysIn(bytes: Uint8Array): string[] {
  let config: unknown;
  try {
    config = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return [];
  }
  const { heads } = (typeof config === "object" && config !== null ? config : {}) as { heads?: unknown };
  if (!Array.isArray(heads)) return [];
  return heads.slice(0, 100).flatMap((item: unknown) => {
    const { use, key } = (typeof item === "object" && item !== null ? item : {}) as { use?: unknown; key?: unknown };
    return use === "witness" && typeof key === "string" && key.length <= 400 ? spelled(key) : [];
  });
}

function spelled(key: string): string[] {
  try {
    return [parseCosignerKey(key).vkey];
  } catch (thrown) {
    if (!isCustodyError(thrown)) throw thrown;
    return [];
  }
}

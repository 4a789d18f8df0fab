import type { EntryOf } from "../evidence/entry.ts";
import { canonical } from "../lib/canonical.ts";
import { base64, fromBase64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Signer } from "../tlog/signer.ts";
import { parseVkey, type Verifier } from "../tlog/verifier.ts";

/** What a `key` entry states; these members are signed, whatever else stands beside them is not. */
export type Statement = Pick<
  EntryOf<"key">,
  "action" | "key" | "after" | "compromisedSince" | "reason" | "incident" | "records" | "body"
>;

export type StatementSignature = NonNullable<EntryOf<"key">["signatures"]>[number];

const SIGNED = ["action", "key", "after", "compromisedSince", "reason", "incident", "records", "body"] as const;
/** Keeps a signature on a statement from ever being one on a checkpoint or anything else. */
const DOMAIN = "custody/key-statement/v1";

/** The bytes that are signed (docs/FORMAT.md §10.1): the domain, the log's origin, and the canonical JSON of what is stated. */
export function statementBytes(origin: string, statement: Statement): Uint8Array {
  const stated: Record<string, unknown> = {};
  for (const name of SIGNED) if (statement[name] !== undefined) stated[name] = statement[name];
  return new TextEncoder().encode(`${DOMAIN}\n${origin}\n${canonical(stated)}`);
}

/** Signs a statement with each of these keys, all of them keys of this log. */
export async function signStatement(
  origin: string,
  statement: Statement,
  signers: readonly Signer[],
): Promise<StatementSignature[]> {
  const stranger = signers.find(({ verifier }) => verifier.name !== origin);
  if (stranger) throw new CustodyError("BUG", `${stranger.verifier.vkey} is no key of ${origin}`);
  const bytes = statementBytes(origin, statement);
  return Promise.all(
    signers.map(async (signer) => ({ key: signer.verifier.vkey, signature: base64(await signer.sign(bytes)) })),
  );
}

/** A vkey in its one spelling; undefined for anything else. */
export function readVkey(text: string): Verifier | undefined {
  try {
    const verifier = parseVkey(text);
    return verifier.vkey === text ? verifier : undefined;
  } catch {
    return undefined;
  }
}

/** True if this is the key's signature over the statement, in its one spelling. */
export function isSignedBy(key: Verifier, statement: Statement, { signature }: StatementSignature): boolean {
  const bytes = fromBase64(signature);
  return bytes?.length === 64 && key.verify(statementBytes(key.name, statement), bytes);
}

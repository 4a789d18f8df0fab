import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import { parseVkey, type Verifier } from "../tlog/note.ts";

const MAX_KEY_FILE_BYTES = 64 * 1024;

/** The key of a log that a flag names: a file with it, such as `ledger.vkey`, or the key itself. Throws USAGE, KEY_UNUSABLE. */
export async function givenKey(flag: string, given: string): Promise<Verifier> {
  const shown = `${flag} ${given.slice(0, 200)}`;
  const remedy = `Give ${flag} the file ledger.vkey of the log's workspace, or the line in it: <name>+<8 hex digits>+<base64>.`;
  const path = resolve(given);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined && !given.includes("+"))
    throw new CustodyError("USAGE", `${shown}: expected a key or a file with one; there is no file ${path}`, {
      remedy,
    });
  if (found !== undefined && (!found.isFile() || found.size > MAX_KEY_FILE_BYTES)) {
    const what = found.isFile() ? `a file of ${found.size} bytes` : "no file";
    throw new CustodyError("USAGE", `${shown}: expected a file with a key, one line; this is ${what}`, { remedy });
  }
  const text = found === undefined ? given : await readFile(path, "utf8");
  // Whoever mixes the two up must not be told to hand it on.
  if (text.includes("PRIVATE KEY"))
    throw new CustodyError("USAGE", `${shown}: expected a key that others may have, found a private one`, { remedy });
  try {
    return parseVkey(text);
  } catch (cause) {
    if (!isCustodyError(cause)) throw cause;
    throw new CustodyError("KEY_UNUSABLE", `${shown}: ${cause.message}`, { cause, remedy });
  }
}

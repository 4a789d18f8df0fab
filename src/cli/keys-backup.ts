import { resolve } from "node:path";
import type { Custody } from "../custody.ts";
import { backupsMade, noteBackup, readPassphrase, restoreBackup, writeBackup } from "../ledger/backup.ts";
import { keyIds } from "../ledger/keys.ts";
import { hex } from "../lib/digest.ts";
import { type GlobalFlags, withCustody } from "./context.ts";

interface Flags extends GlobalFlags {
  readonly passphraseFile?: string;
}

/** `custody keys backup FILE`: all signing keys of this workspace in one file; one that is there is never overwritten. */
export function backup(flags: Flags, file: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { folders } = custody.config;
    const passphrase = await readPassphrase(flags.passphraseFile);
    const { name } = await custody.pinnedKey();
    const keys = await writeBackup(folders.keys, name, resolve(file), passphrase);
    await noteBackup(folders.state, keys, custody.clock.now());
    output.line(
      `${file} holds ${keys.length === 1 ? "the signing key" : `${keys.length} signing keys`} of ${name}: ${keys.map(({ id }) => hex(id)).join(", ")}.`,
    );
    output.line(
      passphrase === undefined
        ? "It is NOT encrypted: whoever reads it can sign in your name. Put it on a medium that you lock away."
        : "It is encrypted; keep the passphrase somewhere else than the file.",
    );
    output.line("Keep it apart from this machine and from the store. `custody keys restore FILE` puts the keys back.");
    output.object({ ok: true, file, encrypted: passphrase !== undefined, keys: keys.map(({ vkey }) => vkey) });
    return 0;
  });
}

/** `custody keys restore FILE`: puts keys back that are missing; those that are there stay. */
export function restore(flags: Flags, file: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { folders } = custody.config;
    const { name } = await custody.pinnedKey();
    const keys = await restoreBackup(folders.keys, name, file, await readPassphrase(flags.passphraseFile));
    await noteBackup(
      folders.state,
      keys.map(({ verifier }) => verifier),
      custody.clock.now(),
    );
    for (const { verifier, restored } of keys)
      output.line(`${hex(verifier.id)}  ${restored ? "is back" : "was there already and stays as it is"}`);
    output.line("`custody keys list` says which one signs.");
    output.object({ ok: true, keys: keys.map(({ verifier, restored }) => ({ vkey: verifier.vkey, restored })) });
    return 0;
  });
}

/** A sentence when the key that signs is on this machine and was never backed up from here. */
export async function backupMissing(custody: Custody): Promise<string | undefined> {
  const { folders } = custody.config;
  const id = (await custody.view()).vkey.split("+")[1] ?? "";
  if (!(await keyIds(folders.keys)).includes(id) || (await backupsMade(folders.state))[id] !== undefined)
    return undefined;
  return `NO BACKUP of the signing key ${id} was ever made from here. If this disk fails, nothing can be added to the log any more.\n  Run \`custody keys backup FILE\` with a file on another medium.`;
}

import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Config } from "../config/config.ts";
import { noteBackup, readPassphrase, restoreBackup, writeBackup } from "../ledger/backup.ts";
import { hex } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type GlobalFlags, withCustody } from "./context.ts";

interface Flags extends GlobalFlags {
  readonly passphraseFile?: string;
}

/** `custody keys backup FILE`: all signing keys of this workspace in one file; one that is there is never overwritten. */
export function backup(flags: Flags, file: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { folders } = custody.config;
    await refuseShared(custody.config, file);
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

/** Others read these folders, and what takes them takes the backup along. Throws USAGE for a file in one of them. */
async function refuseShared(config: Config, file: string): Promise<void> {
  const pathOf = (place: Config["mirror"]) => (place?.kind === "folder" ? [place.path] : []);
  const shared: (readonly [string, string])[] = [
    ...pathOf(config.store).map((path) => ["the store", path] as const),
    ...pathOf(config.mirror).map((path) => ["the mirror", path] as const),
    ...(config.index.kind === "private" ? [["the index", config.index.folder] as const] : []),
    ...config.heads.flatMap(({ id, target, config: own }) => {
      const { path } = own as { path?: unknown };
      if (!["file", "git"].includes(target.use) || typeof path !== "string") return [];
      return [[`the folder that heads are put into (${id})`, resolve(config.root, path)] as const];
    }),
  ];
  // A link that is named itself is never followed: the file is new.
  const path = join(await real(dirname(resolve(file))), basename(resolve(file)));
  for (const [what, folder] of shared) {
    const within = relative(await real(folder), path);
    if (within === ".." || within.startsWith(`..${sep}`) || isAbsolute(within)) continue;
    throw new CustodyError("USAGE", `${file} would lie in ${what}, ${folder}: no place for a signing key`, {
      remedy: "Name a file on another medium that you lock away, such as a stick. Nothing was written.",
    });
  }
}

/** Where a path leads; one that is not there leads to itself. */
function real(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
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

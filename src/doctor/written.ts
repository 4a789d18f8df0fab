import { constants, type Stats } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Whether what is to be written can be, and what to do where it cannot. */

/** Something that is wrong with a file or folder. */
export interface Wrong {
  readonly found: string;
  /** A command. */
  readonly run: string;
}

/** A store has many folders; where one of the first ones can be written the others can. */
const MAX_FOLDERS = 200;

/** Why this user cannot write there. Undefined where it can, and where there is nothing. */
export async function unwritable(path: string): Promise<Wrong | undefined> {
  const found = await stat(path).catch(() => undefined);
  try {
    // Nothing can be put into a folder that cannot be entered.
    await access(path, constants.R_OK | constants.W_OK | (found?.isDirectory() ? constants.X_OK : 0));
    return undefined;
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    return { found: `${path} cannot be written by this user (${code})`, run: commandFor(code, found, path) };
  }
}

function commandFor(code: string, found: Stats | undefined, path: string): string {
  if (code === "EROFS") return `mount -o remount,rw $(findmnt -n -o TARGET --target ${path})`;
  const me = process.getuid?.();
  // Who owns it needs no other owner, only the right.
  if (found !== undefined && (found.uid === me || me === 0)) return `chmod -R u+rwX ${path}`;
  return `chown -R ${me ?? "USER"} ${path}`;
}

/** The same of a folder and the folders in it: the first that cannot be written. */
export async function unwritableWithin(folder: string): Promise<Wrong | undefined> {
  const waiting = [folder];
  for (let looked = 0; looked < MAX_FOLDERS; looked += 1) {
    const next = waiting.shift();
    if (next === undefined) return undefined;
    const wrong = await unwritable(next);
    if (wrong !== undefined) return wrong;
    const inside = await readdir(next, { withFileTypes: true }).catch(() => []);
    waiting.push(...inside.filter((one) => one.isDirectory()).map(({ name }) => join(next, name)));
  }
  return undefined;
}

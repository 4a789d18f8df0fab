import { open, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * One process of a workspace at a time brings notices: a second one would bring the same again, as its record comes only after the
 * sending. Whoever was killed leaves the file behind; after a while it counts for nothing.
 */
const FILE = "notices.lock";
/** Longer than all that one sending can take. */
const ABANDONED = 15 * 60_000;

/** How to let go of it; undefined while another process has it. */
export async function lockNotices(stateFolder: string, again = true): Promise<(() => Promise<void>) | undefined> {
  const path = join(stateFolder, FILE);
  try {
    const file = await open(path, "wx", 0o600);
    const { mtimeMs, ino } = await file.stat();
    await file.close();
    return async () => {
      const found = await stat(path).catch(() => undefined);
      // Who slept for long may have been taken for dead.
      if (found?.ino === ino && found.mtimeMs === mtimeMs) await rm(path, { force: true });
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (!again || !(await isAbandoned(path))) return undefined;
    await rm(path, { force: true });
    return lockNotices(stateFolder, false);
  }
}

/** By the file system's own times: the clock of the program may have jumped. */
async function isAbandoned(path: string): Promise<boolean> {
  const probe = `${path}.${process.pid}`;
  try {
    const found = await stat(path);
    const own = await open(probe, "w", 0o600);
    try {
      // One from far ahead is from before the clock was set right.
      return Math.abs((await own.stat()).mtimeMs - found.mtimeMs) > ABANDONED;
    } finally {
      await own.close();
      await rm(probe, { force: true });
    }
  } catch {
    return false;
  }
}

import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Instant } from "../lib/time.ts";

/** A report that was made and can be downloaded. */
export interface ReportFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly madeAt: Instant;
}

/** Nothing that could name another folder or a hidden file. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}\.(pdf|json)$/;
const MAX_LISTED = 100;

/** The reports in the folder, newest first; what is no plain file with such a name is not one. */
export async function listReports(folder: string): Promise<ReportFile[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => NAME.test(name));
  const found = await Promise.all(
    names.map(async (name): Promise<ReportFile[]> => {
      const about = await lstat(join(folder, name)).catch(() => undefined);
      return about?.isFile() ? [{ name, size: about.size, madeAt: Math.trunc(about.mtimeMs) }] : [];
    }),
  );
  return found
    .flat()
    .sort((a, b) => b.madeAt - a.madeAt || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_LISTED);
}

/** Opens a report for reading; undefined for what `listReports` would not list. The caller closes it. */
export async function openReport(
  folder: string,
  name: string,
): Promise<{ file: FileHandle; size: number; type: string } | undefined> {
  if (!NAME.test(name)) return undefined;
  // Not through a link: it could lead anywhere.
  const file = await open(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  const about = await file?.stat();
  if (file === undefined || !about?.isFile()) {
    await file?.close();
    return undefined;
  }
  return { file, size: about.size, type: name.endsWith(".pdf") ? "application/pdf" : "application/json" };
}

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the package: the nearest one above this file that holds a package.json, built or not. */
export const PACKAGE_ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Name and version, as written into every entry and onto every report. */
export const SOFTWARE = `custody/${(JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")) as { version: string }).version}`;

function findRoot(from: string): string {
  try {
    readFileSync(join(from, "package.json"));
    return from;
  } catch (error) {
    if (dirname(from) === from) throw error;
    return findRoot(dirname(from));
  }
}

import { createHash, randomUUID } from "node:crypto";
import { cp, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileModules } from "../../build/modules.mjs";
import { buildProgram } from "../../build/program.mjs";
import { buildStandalone } from "../../build/standalone.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "node_modules", ".cache");

/** What the program consists of, and what is shipped beside its code. */
const SOURCES = ["src", "collectors", "reports"];
const SHIPPED = ["assets", "controls", "reports"];
/** Commands for the tests' own process. */
const INSIDE = "test/support/inside.ts";
const STALE = 2 * 60 * 60 * 1000;

/**
 * The program as it is shipped, compiled once for all test files that run on these very sources: many test files need it at
 * once. Returns the folder that stands for the root of the project.
 */
export async function compiledProgram(): Promise<string> {
  const folder = join(cache, `custody-program-${await stateOf(SOURCES)}`);
  if (await stat(folder).catch(() => undefined)) return folder;
  await removeStale();
  const made = await programWith(`program-${randomUUID()}`, []);
  // Whoever was first has made the same.
  await rename(made, folder).catch(() => rm(made, { recursive: true, force: true }));
  return folder;
}

/** The same in a folder of its own, with further source files. `name` keeps test files apart that run at once. */
export async function programWith(name: string, more: readonly string[]): Promise<string> {
  const folder = await compiled(name, more);
  await cp(join(root, "package.json"), join(folder, "package.json"));
  for (const data of SHIPPED)
    await cp(join(root, data), join(folder, data), { recursive: true, filter: (path) => !path.endsWith(".ts") });
  await cp(join(root, "docs/VERIFY.md"), join(folder, "docs/VERIFY.md"));
  await buildStandalone(join(folder, "dist/standalone"));
  await buildProgram(join(folder, "program"));
  await buildProgram(join(folder, "inside"), INSIDE);
  return folder;
}

/** Changes with every file that is added, removed or written. */
async function stateOf(folders: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of [...folders, "assets", "build", "controls"]) {
    const files = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    for (const path of paths.sort()) hash.update(await traceOf(path));
  }
  hash.update(await traceOf(join(root, INSIDE)));
  return hash.digest("hex").slice(0, 16);
}

async function traceOf(path: string): Promise<string> {
  const { mtimeMs, size } = await stat(path);
  return `${path} ${mtimeMs} ${size}\n`;
}

/** What earlier runs left; one that goes on at this moment may still use it for a while. */
async function removeStale(): Promise<void> {
  for (const name of await readdir(cache).catch(() => [])) {
    if (!name.startsWith("custody-program-") && !name.startsWith("custody-test-program-")) continue;
    const found = await stat(join(cache, name)).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > STALE) await rm(join(cache, name), { recursive: true, force: true });
  }
}

/**
 * Compiles source files, and what they import, for tests that need processes of their own: Node 20 does not run
 * TypeScript. Returns the folder that stands for the root of the project. `name` keeps test files apart that run at once.
 */
export async function compiled(name: string, files: readonly string[]): Promise<string> {
  // Below node_modules, so that packages are found from there.
  const folder = join(cache, `custody-test-${name}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  if (files.length > 0) await compileModules(folder, files);
  return folder;
}

import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Compiles source files, and what they import, for tests that need processes of their own: Node 20 does not run
 * TypeScript. Returns the folder that stands for the root of the project. `name` keeps test files apart that run at once.
 */
export async function compiled(name: string, files: readonly string[]): Promise<string> {
  // Below node_modules, so that packages are found from there.
  const folder = join(root, "node_modules", ".cache", `custody-test-${name}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      noCheck: true,
      rootDir: root,
      outDir: folder,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    },
    files: files.map((file) => join(root, file)),
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await promisify(execFile)(process.execPath, [
    join(root, "node_modules/typescript/bin/tsc"),
    "-p",
    join(folder, "tsconfig.json"),
  ]);
  return folder;
}

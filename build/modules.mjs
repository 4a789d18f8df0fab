import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Source files of this project, and all that they import of it, as JavaScript in a folder: each module a file of its own, at
 * the place that it has here. For programs that need single modules and not the program; packages are imported as they are.
 */
export async function compileModules(folder, files) {
  const build = await rolldown({
    cwd: ROOT,
    input: files.map((file) => join(ROOT, file)),
    platform: "node",
    external: (id) => !id.startsWith(".") && !isAbsolute(id),
    // A module does here what it does in the source, used or not.
    treeshake: false,
    logLevel: "silent",
    onLog: (_level, log) => {
      throw new Error(`${files.join(", ")}: ${log.message}`);
    },
  });
  await build.write({
    dir: folder,
    format: "es",
    preserveModules: true,
    preserveModulesRoot: ROOT,
    entryFileNames: "[name].js",
  });
  await build.close();
}

import { writeFile } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { licencesOf } from "./standalone.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Packages that go into the program's own files: every command needs them, and of their hundreds of modules little is used.
 * All others are loaded from where npm put them.
 */
const TAKEN_IN = /^(zod|yaml|commander|csv-parse|temporal-polyfill)(\/|$)/;

/**
 * Joins the compiled modules of a folder (`src/cli/main.js` and all it imports) to a few files in `program/` beside them,
 * each command's apart: a command that loads 400 small files spends more time on that than on its work.
 */
export async function joinProgram(folder) {
  const build = await rolldown({
    cwd: folder,
    input: { main: join(folder, "src/cli/main.js") },
    platform: "node",
    external: (id) => !id.startsWith(".") && !isAbsolute(id) && !TAKEN_IN.test(id),
    logLevel: "silent",
    onLog: (_level, log) => {
      throw new Error(`${folder}: ${log.message}`);
    },
  });
  const out = join(folder, "program");
  const { output } = await build.write({
    dir: out,
    format: "es",
    cleanDir: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  });
  await build.close();
  const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? Object.keys(chunk.modules) : []));
  await writeFile(join(out, "LICENCES.txt"), await licencesOf(modules.filter((id) => !id.startsWith(folder))));
  return output.length;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const folder = join(ROOT, "dist");
  process.stdout.write(`${relative(process.cwd(), join(folder, "program"))}: ${await joinProgram(folder)} files\n`);
}

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
 * Compiles the command line (`src/cli/main.ts`, or what is named instead, and all it imports) to a few files in a folder,
 * each command's apart: a command that loads 400 small files spends more time on that than on its work. Types are left out
 * unread; `npm run types` checks them.
 */
export async function buildProgram(folder, entry = "src/cli/main.ts") {
  const build = await rolldown({
    cwd: ROOT,
    input: join(ROOT, entry),
    platform: "node",
    external: (id) => !id.startsWith(".") && !isAbsolute(id) && !TAKEN_IN.test(id),
    logLevel: "silent",
    onLog: (_level, log) => {
      throw new Error(`${entry}: ${log.message}`);
    },
  });
  const { output } = await build.write({
    dir: folder,
    format: "es",
    cleanDir: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  });
  await build.close();
  const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? Object.keys(chunk.modules) : []));
  await writeFile(join(folder, "LICENCES.txt"), await licencesOf(modules.filter((id) => !id.endsWith(".ts"))));
  return output.length;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const folder = join(ROOT, "dist/program");
  process.stdout.write(`${relative(process.cwd(), folder)}: ${await buildProgram(folder)} files\n`);
}

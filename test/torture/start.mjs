// `npm run torture`: compiles the project with the scenarios, puts beside it what is shipped beside it, and runs them.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileModules } from "../../build/modules.mjs";
import { buildProgram } from "../../build/program.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Below node_modules, so that packages are found from there; of this process alone, so that two can run at once.
const folder = join(root, "node_modules", ".cache", `custody-torture-${process.pid}`);
mkdirSync(folder, { recursive: true });
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
await compileModules(folder, [
  "test/torture/main.ts",
  "test/support/torture-worker.ts",
  "test/support/ledger-worker.ts",
]);
await buildProgram(join(folder, "program"));
for (const shipped of ["package.json", "assets", "controls", "reports", "test/support/ceph-rgw.sh"]) {
  cpSync(join(root, shipped), join(folder, shipped), { recursive: true, filter: (path) => !path.endsWith(".ts") });
}

const main = join(folder, "test/torture/main.js");
const child = spawn(process.execPath, ["--no-warnings", main, root, folder, ...process.argv.slice(2)], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));

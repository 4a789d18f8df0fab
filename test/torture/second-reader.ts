import { execFile } from "node:child_process";
import { join } from "node:path";
import { findProgram } from "../support/tools.ts";

/** Whether the verifier written in Python from docs/FORMAT.md finds a store intact. False where there is no Python. Throws when it does not. */
export async function isIntact(root: string, folder: string, vkey: string, heads: readonly string[]): Promise<boolean> {
  const python = findProgram("python3");
  if (python === undefined) return false;
  const distinct = [...new Set(heads)].slice(-200);
  const said = await new Promise<string>((resolve) => {
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
    const program = join(root, "test/readers/python/verify.py");
    execFile(python, [program, folder, vkey, ...distinct], { env, timeout: 120_000 }, (_, stdout, stderr) =>
      resolve(stdout || stderr),
    );
  });
  if (!/^\{"ok": ?true/.test(said)) throw new Error(`the second reader does not find it intact: ${said.slice(0, 500)}`);
  return true;
}

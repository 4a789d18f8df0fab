import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

const document = await readFile(new URL("../../docs/VERIFY.md", import.meta.url), "utf8");
const [, ...steps] = [...document.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");

/** What the steps of docs/VERIFY.md say, as a person pastes them in the folder of a pack, with nothing of Custody in reach. */
export function followed(folder: string, settings: Readonly<Record<string, string>>): Promise<string[]> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH ?? "", PACK: ".", ...settings };
    execFile("sh", ["-c", steps.join("\n")], { env, cwd: folder, timeout: 60_000 }, (_error, stdout, stderr) =>
      resolve((stdout + stderr).split("\n").filter((line) => line !== "")),
    );
  });
}

import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { CustodyError } from "../lib/errors.ts";
import { defineTarget, jsonReceipt, type Tools } from "./define.ts";
import { putHead, readHeads } from "./files.ts";

const MAX_OUTPUT = 1024 * 1024;

/** Nothing in the working copy may run a program of its own, sign with a person's key, or wait for a person. */
const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.pager=cat",
  "core.editor=true",
  "commit.gpgSign=false",
  "push.gpgSign=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "protocol.ext.allow=never",
  "user.name=Custody",
  "user.email=custody@localhost.invalid",
].flatMap((setting) => ["-c", setting]);

/** A working copy of a git repository, with `push` a repository elsewhere that keeps its history. */
export const git = defineTarget({
  use: "git",
  title: "a git repository",
  proves: "Everybody with a copy of the repository can show that nothing before a head in it was changed.",
  config: z.strictObject({
    path: z
      .string()
      .min(1)
      .max(4_000)
      .meta({
        description: "Working copy of a repository; its branch gets a commit per head.",
        examples: ["../heads"],
      }),
    push: z
      .boolean()
      .default(false)
      .meta({ description: "Push after each commit, to where the branch pushes by itself.", examples: [true] }),
  }),
  async send(head, tools) {
    const { config, clock } = tools;
    const root = resolve(tools.folder, config.path);
    if ((await stat(join(root, ".git")).catch(() => undefined)) === undefined) {
      throw new CustodyError("SOURCE_MISCONFIGURED", `${root} is not the working copy of a git repository`, {
        remedy: "Clone the repository there, or make one with `git init`.",
      });
    }
    const files = await putHead(root, head, clock.now());
    await run(root, tools, ["add", "--force", "--", ...files]);
    const staged = await run(root, tools, ["diff", "--cached", "--name-only", "-z", "--", ...files]);
    if (staged !== "") {
      const about = `${head.origin}: ${head.size} records`;
      await run(root, tools, ["commit", "--quiet", "--no-verify", "--message", about, "--only", "--", ...files]);
    }
    if (config.push) await run(root, tools, ["push", "--quiet", "--no-verify"]);
    const commit = (await run(root, tools, ["rev-parse", "--verify", "HEAD"])).trim();
    if (!/^[0-9a-f]{40,64}$/.test(commit)) {
      throw new CustodyError("SOURCE_ANSWER", `git in ${root}: expected the name of a commit, found something else`);
    }
    return {
      blob: jsonReceipt({ commit, pushed: config.push }),
      said: `commit ${commit.slice(0, 12)} in ${root}${config.push ? ", pushed" : ""}`,
    };
  },
  readBack: (tools) => readHeads(resolve(tools.folder, tools.config.path), tools),
});

/** Runs git, without a shell, hooks or prompts, and gives what it prints. */
function run(root: string, tools: Tools<unknown>, args: readonly string[]): Promise<string> {
  const env = {
    ...tools.environment,
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "true",
    SSH_ASKPASS: "true",
    GIT_SSH_COMMAND: "ssh -oBatchMode=yes -oConnectTimeout=10",
  };
  const options = { cwd: root, env, signal: tools.signal, maxBuffer: MAX_OUTPUT, encoding: "utf8" } as const;
  return new Promise((done, fail) => {
    // A group of its own has no terminal to ask at.
    const detached = { detached: process.platform !== "win32" };
    const child = execFile("git", [...SETTINGS, ...args], { ...options, ...detached }, (error, stdout, stderr) => {
      if (error === null) return done(stdout);
      if (tools.signal.aborted) return fail(tools.signal.reason);
      if (error.code === "ENOENT") {
        return fail(
          new CustodyError("SOURCE_MISCONFIGURED", "the program git is not installed", { remedy: "Install git." }),
        );
      }
      const why = tools.mask(firstLine(stderr) || `ended with ${error.code ?? error.signal}`);
      return fail(
        new CustodyError("SOURCE_UNREACHABLE", `git ${args[0]} in ${root}: ${why}`, {
          remedy: `Run the same there by hand: \`git -C ${root} ${args[0]}\`. It must work without asking for anything.`,
        }),
      );
    });
    child.stdin?.end();
  });
}

/** What git complains of, without the user and password that an address may hold. */
function firstLine(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const line = lines.find((one) => /^(fatal|error)/.test(one)) ?? lines[0] ?? "";
  return line
    .replaceAll(/:\/\/[^/@\s]*@/g, "://")
    .replaceAll(/[\u0000-\u001f\u007f]/g, " ")
    .slice(0, 300);
}

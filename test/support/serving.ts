import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** A daemon as a process of its own, with its log line by line. */
export interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  /** All lines on stderr so far, as text. */
  readonly stderr: readonly string[];
  /** The first line of the log, from `after` lines on, that fits; waits for it. Throws when the daemon ends without one. */
  logged(fits: (line: LogLine) => boolean, after?: number): Promise<LogLine>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Starts `custody serve` of a compiled program in a workspace; resolves when it listens. */
export async function serving(
  program: string,
  folder: string,
  options: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Served> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, [join(program, "program/main.js"), "serve", ...(options.args ?? [])], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH, HOME, TZ: "UTC", ...options.env },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const stderr: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stderr }).on("line", (text) => {
    stderr.push(text);
    for (const wake of waiting) wake();
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  const url = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (text) => {
      const found = /http:\S+/.exec(text)?.[0];
      if (found !== undefined) resolve(found);
    });
  });
  const gone = ended.then(() => {
    throw new Error(`the daemon ended:\n${stderr.join("\n")}`);
  });
  gone.catch(() => {});
  const logged = async (fits: (line: LogLine) => boolean, after = 0): Promise<LogLine> => {
    const found = () =>
      stderr
        .slice(after)
        .filter((text) => text.startsWith("{"))
        .map((text) => JSON.parse(text) as LogLine)
        .find(fits);
    for (;;) {
      const line = found();
      if (line !== undefined) return line;
      let wake = () => {};
      const more = new Promise<void>((resolve) => {
        wake = resolve;
      });
      waiting.add(wake);
      await Promise.race([more, gone]).finally(() => waiting.delete(wake));
    }
  };
  return { child, url: await Promise.race([url, gone]), stderr, logged, ended };
}

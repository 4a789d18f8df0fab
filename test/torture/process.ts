import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface Ended {
  readonly code: number | null;
  readonly killed: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under way. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  kill(): void;
  /** Closes its standard input. */
  hint(): void;
  /** The first line of standard output that contains this, or undefined when it ended without. */
  line(part: string): Promise<string | undefined>;
}

/** Starts a program of Node; `told` gets each line that it prints. Its environment is bare. */
export function start(
  args: readonly string[],
  {
    cwd,
    env = {},
    told = () => {},
    shell,
  }: { cwd?: string; env?: Record<string, string>; told?: (line: string) => void; shell?: string } = {},
): Running {
  const { PATH = "", HOME = "" } = process.env;
  // What a shell sets up before (limits, ignored signals) is inherited by the program that takes its place.
  const [program, all] = shell
    ? ["/bin/sh", ["-c", `${shell}; exec "$0" "$@"`, process.execPath, ...args]]
    : [process.execPath, [...args]];
  const child = spawn(program, all, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH, HOME, USER: "tester", LANG: "C.UTF-8", TZ: "UTC", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined);
  const lines: string[] = [];
  let stderr = "";
  const wake: (() => void)[] = [];
  const awaken = () => {
    for (const one of wake.splice(0)) one();
  };
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    told(line);
    awaken();
  });
  let over = false;
  const ended = once(child, "close").then((): Ended => {
    over = true;
    awaken();
    return { code: child.exitCode, killed: child.signalCode === "SIGKILL", stdout: lines.join("\n"), stderr };
  });
  return {
    pid: child.pid ?? 0,
    ended,
    kill: () => void child.kill("SIGKILL"),
    hint: () => void child.stdin.end(),
    async line(part) {
      for (;;) {
        const found = lines.find((line) => line.includes(part));
        if (found !== undefined || over) return found;
        await new Promise<void>((resolve) => wake.push(resolve));
      }
    },
  };
}

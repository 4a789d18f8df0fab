import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { compiledProgram, programWith } from "./compiled.ts";
import { Resident } from "./resident.ts";

/** Secrets that the tests hand in through the environment, and that nothing may ever print or store. */
export const SECRETS = {
  accessKey: "AKTEST",
  secretKey: "SK/Test-41d8cd98f00b204e",
  password: "pässwört-6b1946ac92492d23",
};

export interface Done {
  /** Exit code; 128 + signal number is not made up here: a killed process has none. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, for messages. */
  readonly all: string;
  /** The one object of `--json`. Throws when stdout is anything else. */
  json<T = Record<string, unknown>>(): T;
  /** Largest resident set while it ran, in MiB. */
  readonly peak: number;
}

type Answer = Pick<Done, "code" | "stdout" | "stderr">;

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds after which it is killed with SIGKILL; a test that hangs says so by its exit code. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  readonly input?: string;
  /** In a process of its own, also where the others share one: for what runs beside another command. */
  readonly apart?: true;
}

/**
 * Writes the peak of its memory where the parent reads it; loaded before the program. What `resourceUsage` says of a child
 * counts what the test runner held when it started it, so Linux is asked for the program's own peak.
 */
const PEAK = `import { readFileSync, writeFileSync } from "node:fs";
process.on("exit", () => {
  const path = process.env.CUSTODY_TEST_PEAK;
  if (!path) return;
  let own;
  try { own = /^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]; } catch {}
  writeFileSync(path, String(own ?? process.resourceUsage().maxRSS));
});
`;

/** The command line as it is shipped, compiled once per test file, run as processes of their own. */
export class Cli {
  readonly folder: string;
  readonly #temporary: string;
  readonly #resident: Resident | undefined;
  #runs = 0;

  private constructor(folder: string, temporary: string, resident?: Resident) {
    this.folder = folder;
    this.#temporary = temporary;
    this.#resident = resident;
  }

  /** The program; with `more` source files beside it where processes of the tests' own need some. */
  static async compile(name: string, more: readonly string[] = []): Promise<Cli> {
    const folder = more.length === 0 ? await compiledProgram() : await programWith(name, more);
    const temporary = await mkdtemp(join(tmpdir(), "custody-cli-"));
    await writeFile(join(temporary, "peak.mjs"), PEAK);
    return new Cli(folder, temporary);
  }

  /**
   * The same, but one process runs one command line after the other, as if each had a process of its own: for tests of what
   * commands do, which would else spend most of their time on loading the program.
   */
  static async resident(name: string): Promise<Cli> {
    const cli = await Cli.compile(name);
    return new Cli(cli.folder, cli.#temporary, await Resident.start(cli.folder));
  }

  async close(): Promise<void> {
    this.#resident?.stop();
    await rm(this.#temporary, { recursive: true, force: true });
  }

  /** A folder of its own for one test, gone afterwards. */
  async place(): Promise<string> {
    const folder = await mkdtemp(join(this.#temporary, "place-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  /** Starts a command and leaves it to the caller. */
  start(cwd: string, args: readonly string[], options: RunOptions = {}) {
    return spawn(process.execPath, [...this.#main(), ...args], {
      cwd,
      env: environment(options.env),
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  #main(): string[] {
    return [join(this.folder, "program/main.js")];
  }

  /** Runs a command to its end. Throws when it prints a stack trace or one of the secrets: none ever may. */
  async run(cwd: string, args: readonly string[], options: RunOptions = {}): Promise<Done> {
    const peakFile = join(this.#temporary, `peak-${this.#runs++}`);
    const done = await this.#done(cwd, args, options, peakFile);
    const all = done.stdout + done.stderr;
    const trace = /^\s+at .*[(:/].*:\d+:\d+\)?$/m.exec(all);
    if (trace) throw new Error(`a stack trace was printed by ${args.join(" ")}:\n${all}`);
    for (const secret of Object.values(SECRETS)) {
      if (secret !== SECRETS.accessKey && all.includes(secret))
        throw new Error(`a secret was printed by ${args.join(" ")}`);
    }
    return {
      ...done,
      all,
      peak: await readPeak(peakFile),
      json<T>(): T {
        const lines = done.stdout.split("\n").filter((line) => line !== "");
        if (lines.length !== 1) throw new Error(`expected one object on stdout, found ${lines.length} lines:\n${all}`);
        return JSON.parse(lines[0] ?? "") as T;
      },
    };
  }

  #done(cwd: string, args: readonly string[], options: RunOptions, peakFile: string): Promise<Answer> {
    const { input, signal, limit, apart } = options;
    if (this.#resident && input === undefined && signal === undefined && limit === undefined && apart === undefined)
      return this.#resident.run(cwd, args, environment(options.env));
    return new Promise<Answer>((resolve) => {
      const child = execFile(
        process.execPath,
        ["--import", join(this.#temporary, "peak.mjs"), ...this.#main(), ...args],
        {
          cwd,
          env: { ...environment(options.env), CUSTODY_TEST_PEAK: peakFile },
          timeout: options.limit ?? 60_000,
          killSignal: "SIGKILL",
          maxBuffer: 64 * 1024 * 1024,
          ...(options.signal ? { signal: options.signal } : {}),
        },
        (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
      );
      child.stdin?.end(options.input ?? "");
    });
  }

  /** Commands that need no process of their own. */
  inside(): Promise<typeof import("./inside.ts")> {
    return import(join(this.folder, "inside/inside.js"));
  }

  /** A workspace as `custody init` makes it; the configuration is written beforehand where one is given. */
  async workspace(config?: string): Promise<Workspace> {
    const folder = await this.place();
    if (config !== undefined) await writeFile(join(folder, "custody.yaml"), config);
    await (await this.inside()).begin(folder);
    return new Workspace(this, folder);
  }
}

/** One workspace and the commands in it. */
export class Workspace {
  readonly cli: Cli;
  readonly folder: string;

  constructor(cli: Cli, folder: string) {
    this.cli = cli;
    this.folder = folder;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  run(...args: string[]): Promise<Done> {
    return this.cli.run(this.folder, args);
  }

  /** Writes a file below the workspace, with the folders it needs. */
  async write(name: string, text: string | Uint8Array): Promise<string> {
    const path = this.path(name);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, text);
    return path;
  }

  /** The whole configuration anew. */
  configure(collectors: string, more = ""): Promise<string> {
    return this.write("custody.yaml", configuration(collectors, more));
  }

  /** Every entry of the log, as `custody log` has them. */
  async entries(): Promise<Record<string, unknown>[]> {
    return [...(await (await this.cli.inside()).entries(this.folder))];
  }

  /** Asserts that what is stored is intact; gives the answer. */
  async verified(): Promise<{ ok: boolean; size: number; root: string; findings: { code: string; where: string }[] }> {
    const { code, answer, notes } = await (await this.cli.inside()).verified(this.folder);
    if (code !== 0) throw new Error(`verify failed:\n${JSON.stringify(answer)}\n${notes.join("\n")}`);
    return answer as Awaited<ReturnType<Workspace["verified"]>>;
  }

  /** All files of the store, by key. */
  async keys(): Promise<string[]> {
    const files = await readdir(this.path("data/store"), { recursive: true, withFileTypes: true });
    return files
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(this.path("data/store/").length));
  }
}

/** A configuration with these collectors (YAML flow or block items), in a folder store. */
export function configuration(collectors: string, more = ""): string {
  return `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
${more}collectors:
${collectors
  .trim()
  .split("\n")
  .map((line) => `  ${line}`)
  .join("\n")}
`;
}

function environment(extra: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  const { PATH = "", HOME = "" } = process.env;
  const given = { PATH, HOME, USER: "tester", LANG: "C.UTF-8", TZ: "UTC", ...extra };
  return Object.fromEntries(Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

async function readPeak(path: string): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(path, "utf8").catch(() => "");
  return Number(text) / 1024;
}

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What a command line left behind. */
interface Left {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs command lines in its own process, one at a time: folder, environment and both outputs are those of the command. */
const PROGRAM = `import { commandLine } from "./inside.js";
process.removeAllListeners("warning");
process.setMaxListeners(0);
const said = { stdout: [], stderr: [] };
for (const name of ["stdout", "stderr"])
  process[name].write = (chunk, encoding, done) => {
    said[name].push(Buffer.from(chunk));
    const called = typeof encoding === "function" ? encoding : done;
    if (called) process.nextTick(called);
    return true;
  };
process.on("message", async ({ cwd, args, env }) => {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  const code = await commandLine(args);
  const [stdout, stderr] = ["stdout", "stderr"].map((name) => Buffer.concat(said[name].splice(0)).toString());
  process.send({ code, stdout, stderr });
});
process.send("ready");
`;

/** A process that runs one command line after the other. */
export class Resident {
  readonly #child: ChildProcess;
  /** Settles with the command before; commands never run at once. */
  #before: Promise<unknown> = Promise.resolve();

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** `folder` holds the compiled program. */
  static async start(folder: string): Promise<Resident> {
    const path = join(folder, "inside", "resident.mjs");
    await writeFile(path, PROGRAM);
    const child = fork(path, { env: { PATH: process.env.PATH }, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    await once(child, "message");
    return new Resident(child);
  }

  run(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Left> {
    const ran = this.#before.then(() => this.#run(cwd, args, env));
    this.#before = ran.catch(() => undefined);
    return ran;
  }

  #run(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Left> {
    return new Promise((resolve, reject) => {
      const gone = (code: number | null) => reject(new Error(`the process ended with ${code} in ${args.join(" ")}`));
      this.#child.once("exit", gone);
      this.#child.once("message", (left) => {
        this.#child.off("exit", gone);
        resolve(left as Left);
      });
      this.#child.send({ cwd, args, env });
    });
  }

  stop(): void {
    this.#child.kill();
  }
}

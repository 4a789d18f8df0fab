import { join } from "node:path";
import { collectors } from "../../collectors/index.ts";
import { initTo } from "../../src/cli/init.ts";
import type { Output } from "../../src/cli/output.ts";
import { verifyTo } from "../../src/cli/verify.ts";
import { loadConfig } from "../../src/config/config.ts";
import { Custody } from "../../src/custody.ts";
import type { Entry } from "../../src/evidence/entry.ts";
import { systemClock } from "../../src/lib/clock.ts";

export { commandLine } from "../../src/cli/commands.ts";

/**
 * What tests need around the commands that they are about, without a process for each: the same code, compiled with the
 * program and loaded once by a test file. Nothing here may depend on the environment of the process.
 */

/** Takes down what a command says. */
class Heard implements Output {
  readonly json = true;
  readonly notes: string[] = [];
  answer: unknown;

  line(): void {}
  progress(): void {}
  note(text: string): void {
    this.notes.push(text);
  }
  object(value: unknown): void {
    this.answer = value;
  }
}

/** `custody init` in this folder; a configuration that is there is used. Throws for anything but a new workspace. */
export async function begin(folder: string): Promise<void> {
  const heard = new Heard();
  const code = await initTo(heard, { json: true, name: "Example GmbH", zone: "Europe/Berlin" }, folder);
  if (code !== 0) throw new Error(`init failed with ${code}:\n${heard.notes.join("\n")}`);
}

/** What `custody verify --json` answers in this folder, whatever it finds. */
export async function verified(folder: string): Promise<{ code: number; answer: unknown; notes: readonly string[] }> {
  const heard = new Heard();
  const code = await verifyTo(heard, { json: true, config: join(folder, "custody.yaml") });
  return { code, answer: heard.answer, notes: heard.notes };
}

/** Every record of the log, as `custody log` has them. */
export async function entries(folder: string): Promise<Entry[]> {
  const custody = new Custody(await loadConfig(join(folder, "custody.yaml"), collectors), systemClock);
  try {
    const found: Entry[] = [];
    for await (const { entry } of (await custody.view()).read(0)) found.push(entry);
    return found;
  } finally {
    await custody.close();
  }
}

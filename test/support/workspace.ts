import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { beginWorkspace } from "../../src/cli/init.ts";
import type { Custody } from "../../src/custody.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { DaemonLog } from "../../src/schedule/daemon.ts";
import { temporaryFolder } from "./ledger.ts";

/** Where nobody listens: an index that is never there. */
export const NO_INDEX = "postgres://127.0.0.1:9/none";

/** A configuration in a folder of its own; `listen` on any free port. */
export async function writeWorkspace(rest: string, over: { index?: string; zone?: string } = {}): Promise<string> {
  const folder = await temporaryFolder();
  const text = `organisation: { name: "Example <b>GmbH</b>", zone: ${over.zone ?? "UTC"} }
store: file:./data/store
index: "${over.index ?? NO_INDEX}"
portal: { listen: "127.0.0.1:0" }
${rest}
`;
  await writeFile(join(folder, "custody.yaml"), text);
  return folder;
}

/** A workspace as `custody init` makes it, with a real ledger in a folder; closed when the test ends. */
export async function newWorkspace(
  rest: string,
  clock: Clock,
  over: { index?: string; zone?: string; simulatedUntil?: number } = {},
): Promise<Custody> {
  const folder = await writeWorkspace(rest, over);
  const { simulatedUntil } = over;
  const begin = simulatedUntil === undefined ? {} : { simulatedUntil };
  const custody = await beginWorkspace(join(folder, "custody.yaml"), clock, begin);
  onTestFinished(() => custody.close());
  return custody;
}

export interface Line {
  readonly level: "info" | "warn" | "error";
  readonly details: Record<string, unknown>;
  readonly message: string;
}

export interface KeptLog extends DaemonLog {
  readonly lines: readonly Line[];
  /** Resolves when such a line is there, or comes. */
  until(matches: (line: Line) => boolean): Promise<Line>;
}

/** A log that is kept, to be looked at and waited for. */
export function keptLog(): KeptLog {
  const lines: Line[] = [];
  const waiting: { matches: (line: Line) => boolean; found: (line: Line) => void }[] = [];
  const logOf = (details: Record<string, unknown>): DaemonLog => {
    const write = (level: Line["level"]) => (more: object, message: string) => {
      const line = { level, details: { ...details, ...more }, message };
      lines.push(line);
      for (const one of waiting) if (one.matches(line)) one.found(line);
    };
    const child = (more: object) => logOf({ ...details, ...more });
    return { info: write("info"), warn: write("warn"), error: write("error"), child };
  };
  return {
    ...logOf({}),
    lines,
    until: (matches) => {
      const known = lines.find(matches);
      return known ? Promise.resolve(known) : new Promise((found) => waiting.push({ matches, found }));
    },
  };
}

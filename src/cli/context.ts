import { collectors } from "../../collectors/index.ts";
import { configPath, loadConfig } from "../config/config.ts";
import { Custody } from "../custody.ts";
import { systemClock } from "../lib/clock.ts";
import { CustodyError } from "../lib/errors.ts";
import { parseHead } from "./head.ts";
import { newOutput, type Output } from "./output.ts";

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly acceptHead?: string;
}

/** Runs a command over an open workspace and closes it, whatever happens. */
export async function withCustody<T>(
  flags: GlobalFlags,
  work: (custody: Custody, output: Output) => Promise<T>,
): Promise<T> {
  const output = newOutput(flags.json ?? false);
  const custody = new Custody(await loadConfig(configPath(flags.config), collectors), systemClock);
  try {
    if (flags.acceptHead !== undefined) await acceptHead(custody, flags.acceptHead);
    return await work(custody, output);
  } finally {
    await custody.close();
  }
}

/** Begins a guard anew from a head that a person vouches for. Only where there is none: one that is there is never replaced. */
async function acceptHead(custody: Custody, text: string): Promise<void> {
  const guard = await custody.guard();
  if ((await guard.newest()) !== undefined) {
    throw new CustodyError("USAGE", `${guard.place} is there, so no head needs to be accepted`, {
      remedy: "Leave out --accept-head.",
    });
  }
  const { size, root } = parseHead(text);
  await guard.add({ size, root });
}

/** A signal that fires on SIGINT and SIGTERM, once; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error("stopped"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  return controller.signal;
}

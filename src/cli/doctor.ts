import { collectors } from "../../collectors/index.ts";
import { configPath, loadConfig } from "../config/config.ts";
import { Custody } from "../custody.ts";
import { type Check, type Examined, failed } from "../doctor/define.ts";
import { checksOf, examine } from "../doctor/examine.ts";
import { systemClock } from "../lib/clock.ts";
import { CustodyError, EXIT_CODES, isCustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { type GlobalFlags, stopSignal } from "./context.ts";
import { newOutput, type Output } from "./output.ts";
import { whileWaiting } from "./waiting.ts";
import { wrapped } from "./wrap.ts";

interface Flags extends GlobalFlags {
  readonly only?: readonly string[];
}

const MARKS = { good: "ok", warn: "LOOK", bad: "BAD", skipped: "-" } as const;

/** `custody doctor`: exit 2 when a person must mend something, 3 when only something outside does not answer, else 0. */
export async function doctor(flags: Flags): Promise<number> {
  const output = newOutput(flags.json ?? false);
  const signal = stopSignal();
  let custody: Custody;
  try {
    custody = new Custody(await loadConfig(configPath(flags.config), collectors), systemClock);
  } catch (error) {
    if (!isCustodyError(error)) throw error;
    const { found, remedy = "" } = failed(error);
    output.note("Nothing else can be looked at before the configuration can be read.");
    return tell([{ name: "config", title: "Configuration", state: "bad", found, remedy }], output);
  }
  try {
    const checks = chosen(checksOf(custody), flags.only);
    let done = 0;
    output.progress(`looking at ${checks.length} things …`);
    const waiting = new Set(checks.map(({ name }) => name));
    const asking = () => `asking ${[...waiting].join(", ")}`;
    const look = () =>
      examine(checks, custody, signal, ({ name }) => {
        waiting.delete(name);
        done += 1;
        output.progress(`looked at ${done} of ${checks.length} …`);
      });
    const all = await whileWaiting(output, asking, look);
    return tell(all, output, signal.aborted);
  } finally {
    await custody.close();
  }
}

/** The checks of these names, or all; `source` stands for every `source:…`. Throws USAGE. */
function chosen(checks: readonly Check[], only: readonly string[] | undefined): readonly Check[] {
  if (only === undefined) return checks;
  const fits = (name: string, asked: string) => name === asked || name.startsWith(`${asked}:`);
  const unknown = only.find((asked) => !checks.some(({ name }) => fits(name, asked)));
  if (unknown === undefined) return checks.filter(({ name }) => only.some((asked) => fits(name, asked)));
  const names = checks.map(({ name }) => name);
  throw new CustodyError("USAGE", `there is no check "${unknown}"${didYouMean(unknown, names)}`, {
    remedy: `There are: ${names.join(", ")}.`,
  });
}

/** `stopped`: by a person, before everything had an answer. */
function tell(all: readonly Examined[], output: Output, stopped = false): number {
  for (const { name, title, state, found, remedy } of all) {
    const mark = MARKS[state].padEnd(4);
    const indent = " ".repeat(7);
    output.line(`${mark}   ${title} [${name}]`);
    for (const line of wrapped(found, indent)) output.line(line);
    if (remedy !== undefined && (state === "bad" || state === "warn"))
      for (const line of wrapped(`-> ${remedy}`, indent)) output.line(line);
  }
  const count = (state: Examined["state"]) => all.filter((one) => one.state === state).length;
  const [wrong, look] = [count("bad"), count("warn")];
  output.line();
  output.line(stopped ? "Stopped: not everything was looked at." : summary(wrong, look));
  output.object({ ok: wrong === 0 && !stopped, bad: wrong, warn: look, checks: all });
  if (wrong === 0) return stopped ? EXIT_CODES.temporary : 0;
  return all.some((one) => one.state === "bad" && !one.later) ? EXIT_CODES.input : EXIT_CODES.temporary;
}

function summary(wrong: number, look: number): string {
  const things = (n: number) => `${n} ${n === 1 ? "thing" : "things"}`;
  if (wrong === 0 && look === 0) return "All is well.";
  if (wrong === 0) return `Nothing is broken; ${things(look)} to look at (LOOK).`;
  return `${things(wrong)} to mend (BAD)${look === 0 ? "" : `, and ${look} to look at (LOOK)`}.`;
}

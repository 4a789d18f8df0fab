import type { Custody } from "../custody.ts";
import { type Moment, momentOrProblem } from "../incidents/moment.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Acts } from "./acting.ts";

/** What people say of reviews and of what was held, looked through before anything is recorded. */

/** Characters of a reason or a text; more belongs into a file. */
export const MAX_REASON = 20_000;

/** What is wrong with a decision about controls and with the words beside it. */
export function decisionProblems({ controls, reason, incomplete }: Decision): string[] {
  const problems: string[] = [];
  if (controls !== undefined && controls !== "yes" && controls !== "no")
    problems.push(`--controls ${controls.slice(0, 20)}: expected yes or no: are controls to be changed?`);
  if (controls !== undefined && !reason?.trim())
    problems.push("--reason is missing: why are controls changed, or not?");
  for (const [flag, text] of [
    ["--reason", reason],
    ["--incomplete", incomplete],
  ] as const)
    if ((text?.length ?? 0) > MAX_REASON) problems.push(`${flag}: ${text?.length} characters; at most ${MAX_REASON}`);
  return problems;
}

interface Decision {
  readonly controls?: string | undefined;
  readonly reason?: string | undefined;
  readonly incomplete?: string | undefined;
}

/** The time that was given under a flag, now where none was; what is wrong with it is added to `problems`. */
export function timeOf(
  custody: Custody,
  acts: Acts,
  text: string | undefined,
  flag: string,
  problems: string[],
): Moment {
  const { zone } = custody.config.organisation;
  const now = Math.max(custody.clock.now(), acts.asOf);
  const read = momentOrProblem(text ?? "now", zone, now);
  if (typeof read !== "string") return read;
  problems.push(`${flag}: ${read}`);
  return { at: now, precision: 1 };
}

export function pushSome(problems: string[], flag: string, problem: string | undefined): void {
  if (problem !== undefined) problems.push(`${flag}: ${problem}`);
}

/** Everything that is wrong, at once. */
export const usage = (problems: readonly string[]) =>
  new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was recorded." });

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe } from "vitest";

/** Path of a program on this machine, or undefined. */
export function findProgram(...names: string[]): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/sbin", "/usr/local/bin"];
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (existsSync(path)) return path;
    }
  }
  return undefined;
}

/**
 * True in CI, where the longest tests take all the time they can use. Elsewhere they go fewer rounds, so that somebody who
 * waits for `npm test` is not kept; a test that has no short form is left out there with a line that says so.
 */
export const THOROUGH = Boolean(process.env.CI);

/** How often a test repeats what differs by chance alone: so often in CI, so seldom elsewhere. */
export const rounds = (inCi: number, elsewhere: number): number => (THOROUGH ? inCi : elsewhere);

/**
 * Tests that need programs npm cannot bring. Without them they are skipped with a line that says so; where `CI` is set
 * nothing is skipped: the tests run and fail.
 */
export function describeWith(programs: readonly string[], name: string, tests: () => void): void {
  const missing = programs.filter((program) => findProgram(program) === undefined);
  if (missing.length === 0 || process.env.CI) describe(name, tests);
  else describe.skip(`${name} (skipped: ${missing.join(", ")} not installed)`, tests);
}

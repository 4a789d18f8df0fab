import type { z } from "zod";
import { type Mistake, mistakesOf } from "../lib/mistakes.ts";
import { PolicyFile } from "./policy.ts";

/**
 * What is right in a policy that has mistakes, so that all of its mistakes can be told at once: the smallest broken parts are left out,
 * and what must be there is stood in for.
 */

type Path = readonly PropertyKey[];

export interface Unbroken {
  readonly file: z.infer<typeof PolicyFile>;
  /** Where in the text something of it stands: lists are shorter where a part of them was left out. */
  placeOf(path: Path): Path;
}

/** Each time round at least one more part is left out or stood in for; what nests deeper than this is not gone after. */
const ROUNDS = 12;

/** Without what is broken; undefined where that makes no whole. Pure. */
export function withoutBroken(value: Record<string, unknown>, mistakes: readonly Mistake[]): Unbroken | undefined {
  const left = new Set<string>();
  const stoodIn = new Set<string>();
  const first = mistakes.map(({ path }) => path);
  let wrong: readonly Path[] = first;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const path of wrong) putAside(value, path, left, stoodIn);
    const { kept, placeOf } = copyOf(value, left, stoodIn);
    const parsed = PolicyFile.safeParse({ ...STAND_IN, ...kept }, { reportInput: true });
    if (parsed.success) return { file: parsed.data, placeOf };
    wrong = mistakesOf(parsed.error, PolicyFile, [], "shown").map(({ path }) => placeOf(path));
  }
  return undefined;
}

const keyOf = (path: Path) => JSON.stringify(path.map(String));

/** What is there and wrong is left out; for what is missing something stands in; where neither helped, all around it is left out. */
function putAside(value: unknown, path: Path, left: Set<string>, stoodIn: Set<string>): void {
  if (path.length === 0) return;
  const key = keyOf(path);
  if (isThere(value, path) && !left.has(key)) {
    left.add(key);
    return;
  }
  if (STANDING_IN[String(path.at(-1))] !== undefined && !stoodIn.has(key)) {
    stoodIn.add(key);
    return;
  }
  stoodIn.delete(key);
  putAside(value, path.slice(0, -1), left, stoodIn);
}

function isThere(value: unknown, path: Path): boolean {
  let inner = value;
  for (const step of path) {
    if (typeof inner !== "object" || inner === null || !Object.hasOwn(inner, step)) return false;
    inner = (inner as Record<PropertyKey, unknown>)[step];
  }
  return true;
}

function copyOf(value: Record<string, unknown>, left: ReadonlySet<string>, stoodIn: ReadonlySet<string>) {
  /** Of each list that became shorter, where its parts were. */
  const moved = new Map<string, readonly number[]>();
  const copy = (part: unknown, path: Path, now: Path): unknown => {
    if (Array.isArray(part)) {
      const places = part.map((_, i) => i).filter((i) => !left.has(keyOf([...path, i])));
      moved.set(keyOf(now), places);
      return places.map((i, at) => copy(part[i], [...path, i], [...now, at]));
    }
    if (typeof part !== "object" || part === null) return part;
    const found: Record<string, unknown> = {};
    for (const [name, inner] of Object.entries(part)) {
      if (!left.has(keyOf([...path, name]))) found[name] = copy(inner, [...path, name], [...now, name]);
    }
    for (const [name, instead] of Object.entries(STANDING_IN)) {
      if (stoodIn.has(keyOf([...path, name]))) found[name] = instead;
    }
    return found;
  };
  const kept = copy(value, [], []) as Record<string, unknown>;
  const placeOf = (path: Path): Path =>
    path.map((step, i) => (typeof step === "number" ? (moved.get(keyOf(path.slice(0, i)))?.[step] ?? step) : step));
  return { kept, placeOf };
}

/** What is needed in many places, and what nothing is compared with. */
const STANDING_IN: Readonly<Record<string, unknown>> = { says: "unnamed", title: "unnamed", means: "unnamed" };

const STAND_IN = {
  policy: "unnamed",
  version: "0",
  title: "unnamed",
  document: {},
  severities: [{ label: "unnamed", rank: "critical", means: "unnamed", says: "unnamed" }],
};

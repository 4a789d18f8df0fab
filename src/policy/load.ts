import { CustodyError } from "../lib/errors.ts";
import { readLinedYaml } from "../lib/lined-yaml.ts";
import { type Mistake, mistakesOf } from "../lib/mistakes.ts";
import { isZone } from "../lib/zone.ts";
import { meaningMistakes } from "./meaning.ts";
import { namesIn } from "./names.ts";
import { type Policy, PolicyFile } from "./policy.ts";
import { remarksOn } from "./remarks.ts";
import { withoutBroken } from "./unbroken.ts";

/** From the text of a policy to rules that can be used, with everything that is wrong said at once. */

/** Largest policy that is read. */
export const MAX_POLICY_BYTES = 1024 * 1024;
/** More than a person mends in one go is only counted. */
const MAX_SHOWN = 200;

/** Something about a place of the file. */
export interface Placed {
  readonly line: number | undefined;
  /** From the top of the file; empty for all of it. */
  readonly path: string;
  readonly text: string;
}

export interface Reading {
  /** The rules; only where there is no mistake. */
  readonly policy: Policy | undefined;
  /** Why it cannot be used. */
  readonly mistakes: readonly Placed[];
  /** What an auditor would ask about. */
  readonly remarks: readonly Placed[];
}

export interface ReadOptions {
  /** Time zone of the organisation, for a policy that names none. */
  readonly zone?: string;
  /** The day on which it is looked at, for what has an end; nothing is said to have ended without it. */
  readonly asOf?: number;
}

/** Reads a policy and says everything that is wrong with it. Pure. Never throws for what stands in the text. */
export function readPolicy(text: string, options: ReadOptions = {}): Reading {
  const refused = (mistakes: readonly Placed[]): Reading => ({ policy: undefined, mistakes, remarks: [] });
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_POLICY_BYTES)
    return refused([{ line: undefined, path: "", text: `${bytes} bytes; a policy has at most 1 MiB` }]);
  const read = readLinedYaml(text);
  const said = "problems" in read ? read.problems.map(placedProblem) : [];
  const rules = "problems" in read ? read.rest : read;
  if (rules === undefined) return refused(said);
  const { lineOf } = rules;
  const value = withZones(rules.value, options.zone ?? "UTC");
  const placed = ({ path, text: words }: Mistake): Placed => ({
    line: lineOf(path),
    path: path.join("."),
    text: words,
  });
  if (!isKeyed(value))
    return refused([
      placed({ path: [], text: "expected keys with values, as in a policy; `custody policy new` writes one" }),
    ]);
  const parsed = PolicyFile.safeParse(value, { reportInput: true });
  const shape = parsed.success ? [] : mistakesOf(parsed.error, PolicyFile, [], "shown");
  // What is right is looked at all the same: a person mends everything at once.
  const names = namesIn(value);
  const rest = parsed.success
    ? { file: parsed.data, placeOf: (path: Mistake["path"]) => path }
    : withoutBroken(value, shape);
  const meaning =
    rest === undefined
      ? []
      : meaningMistakes(rest.file, names).map((one) => ({ ...one, path: rest.placeOf(one.path) }));
  const mistakes = [...said, ...[...shape, ...meaning].map(placed)].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  if (!parsed.success || mistakes.length > 0) return refused(mistakes);
  const policy = withZone(parsed.data, options.zone ?? "UTC");
  const remarks = remarksOn(policy, { given: parsed.data.zone, asOf: options.asOf }).map(placed);
  return { policy, mistakes: [], remarks: remarks.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
}

/**
 * The rules in a text. Throws INPUT_TOO_LARGE above 1 MiB and INPUT_INVALID with every mistake, one
 * `line N: where: what` each.
 */
export function loadPolicy(text: string, options: ReadOptions = {}): Policy {
  const { policy, mistakes } = readPolicy(text, options);
  if (policy !== undefined) return policy;
  const code = mistakes.some(({ line, path }) => line === undefined && path === "") ? tooLarge(text) : "INPUT_INVALID";
  throw new CustodyError(code, `this policy cannot be used:\n${mistakesInWords(mistakes).join("\n")}`, {
    remedy: "Mend these lines; `custody policy check FILE` looks again.",
  });
}

const tooLarge = (text: string) =>
  new TextEncoder().encode(text).length > MAX_POLICY_BYTES ? "INPUT_TOO_LARGE" : "INPUT_INVALID";

/**
 * Rules that stand in the log already: only their structure counts, so that what was accepted once stays readable. Undefined
 * where this version cannot read them.
 */
export function readLogged(text: string, zone: string): Policy | undefined {
  const read = text.length > MAX_POLICY_BYTES ? undefined : readLinedYaml(text);
  if (read === undefined || "problems" in read) return undefined;
  const parsed = PolicyFile.safeParse(withZones(read.value, zone));
  return parsed.success ? withZone(parsed.data, zone) : undefined;
}

/** A line of text for each, `line 12: targets.respond: …`; those beyond 200 are counted. */
export function mistakesInWords(mistakes: readonly Placed[]): string[] {
  const shown = mistakes.slice(0, MAX_SHOWN).map(({ line, path, text }) => {
    const place = line === undefined ? "" : `line ${line}: `;
    return `${place}${path === "" ? "the file" : path}: ${text}`;
  });
  const more = mistakes.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

function placedProblem(problem: string): Placed {
  const [, line, text = problem] = /^line (\d+): (.*)$/s.exec(problem) ?? [];
  return { line: line === undefined ? undefined : Number(line), path: "", text };
}

/** Calendars that name no zone are in the zone of the policy. Leaves alone whatever is no calendar. */
function withZones(value: unknown, organisation: string): unknown {
  if (!isKeyed(value) || !isKeyed(value.calendars)) return value;
  const zone = typeof value.zone === "string" && isZone(value.zone) ? value.zone : organisation;
  const calendars = Object.entries(value.calendars).map(([name, one]) => [
    name,
    isKeyed(one) && !Object.hasOwn(one, "zone") ? { ...one, zone } : one,
  ]);
  return { ...value, calendars: Object.fromEntries(calendars) };
}

const isKeyed = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function withZone(file: ReturnType<typeof PolicyFile.parse>, zone: string): Policy {
  return { ...file, zone: file.zone ?? zone };
}

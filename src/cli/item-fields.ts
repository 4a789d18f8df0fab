import type { Custody } from "../custody.ts";
import { Id, Label } from "../evidence/terms.ts";
import { FIELD_NAMES, type Field, type FieldValue, fieldNamed, METHODS } from "../handling/fields.ts";
import type { Stamp } from "../handling/order.ts";
import { momentOrProblem } from "../incidents/moment.ts";
import { isDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { iso } from "../lib/time.ts";
import { isZone } from "../lib/zone.ts";
import { nameProblem, personId } from "../people.ts";

/** What people write about a thing, read and checked: all problems at once, and nothing is recorded before there are none. */

/** Characters of one text. */
export const MAX_WORDS = 4_000;

/** Fields as they were written, checked; people are resolved later, when everything else is right. */
export interface ReadFields {
  readonly values: Record<string, FieldValue>;
  readonly words: Record<string, string>;
  /** Field by field, the names of people. */
  readonly people: Record<string, string>;
}

/** `name=value` each; adds to `problems` what is wrong. */
export function readFields(custody: Custody, written: readonly string[], problems: string[]): ReadFields {
  const fields: ReadFields = { values: {}, words: {}, people: {} };
  const seen = new Set<string>();
  for (const one of written) {
    const cut = one.indexOf("=");
    const name = cut < 0 ? one : one.slice(0, cut);
    const known = cut < 0 ? undefined : fieldNamed(name.trim());
    if (known === undefined) {
      problems.push(
        cut < 0
          ? `"${shown(one)}": expected FIELD=VALUE, such as location="safe, room 2"`
          : `there is no field "${shown(name)}"${didYouMean(name, FIELD_NAMES)}; there are ${FIELD_NAMES.join(", ")}`,
      );
      continue;
    }
    if (seen.has(known.name)) problems.push(`${known.name}: given twice`);
    seen.add(known.name);
    readField(custody, known, one.slice(cut + 1), fields, problems);
  }
  return fields;
}

const shown = (text: string) => text.slice(0, 60).replace(/[^\x20-\x7e]/g, "?");

/** One field, into where it belongs. */
export function readField(custody: Custody, field: Field, text: string, into: ReadFields, problems: string[]): void {
  const { name, kind } = field;
  if (kind === "words") {
    if (text.length > MAX_WORDS) problems.push(`${name}: ${text.length} characters; at most ${MAX_WORDS}`);
    else into.words[name] = text;
    return;
  }
  const given = text.trim();
  if (given === "") {
    problems.push(`${name}: it is empty; give the right value instead`);
    return;
  }
  const value = readValue(custody, field, given, problems);
  if (value === undefined) return;
  if (kind === "person") into.people[name] = String(value);
  else into.values[name] = value;
}

function readValue(custody: Custody, { name, kind }: Field, given: string, problems: string[]): FieldValue | undefined {
  const wrong = (expected: string) => {
    problems.push(`${name}: expected ${expected}, found "${shown(given)}"`);
    return undefined;
  };
  switch (kind) {
    case "person": {
      const problem = nameProblem(custody, given);
      if (problem === undefined) return given;
      problems.push(`${name}: ${problem}`);
      return undefined;
    }
    case "time": {
      const moment = momentOrProblem(given, custody.config.organisation.zone, custody.clock.now());
      if (typeof moment !== "string") return iso(moment.at);
      problems.push(`${name}: ${moment}`);
      return undefined;
    }
    case "count": {
      const signed = name === "clockOffset" ? /^[+-]?\d{1,15}$/ : /^\d{1,15}$/;
      return signed.test(given) ? Number(given) : wrong("a whole number");
    }
    case "yes-no":
      return given === "yes" || given === "no" ? given : wrong("yes or no");
    case "zone":
      return isZone(given) ? given : wrong("a time zone such as Europe/Berlin");
    case "digest":
      return isDigest(given) ? given : wrong("a SHA-256 of 64 lower-case hex digits");
    case "label":
      if (name === "method")
        return (METHODS as readonly string[]).includes(given) ? given : wrong(`one of ${METHODS.join(", ")}`);
      return Label.safeParse(given).success ? given : wrong("a short word: letters, digits, spaces and . _ : @ / + -");
    case "words":
      return given;
  }
}

/** The IDs of the people named; those who have none yet get one. Only once nothing is wrong any more. */
export async function resolvePeople(custody: Custody, people: Readonly<Record<string, string>>) {
  const ids: Record<string, string> = {};
  for (const [field, name] of Object.entries(people)) ids[field] = await personId(custody, name);
  return ids;
}

/** Adds to `problems` what is wrong with a name under a flag. */
export function checkName(custody: Custody, flag: string, name: string | undefined, problems: string[]): void {
  const problem = name === undefined ? undefined : nameProblem(custody, name);
  if (problem !== undefined) problems.push(`${flag}: ${problem}`);
}

export function checkWords(flag: string, text: string | undefined, problems: string[]): void {
  if ((text?.length ?? 0) > MAX_WORDS) problems.push(`${flag}: ${text?.length} characters; at most ${MAX_WORDS}`);
}

export function checkId(flag: string, id: string | undefined, problems: string[]): void {
  if (id !== undefined && !Id.safeParse(id).success)
    problems.push(`${flag} "${shown(id)}": expected letters, digits and . _ : @ / + -, at most 200, no spaces`);
}

/** When something happened, by whoever records it; undefined where nobody says. */
export function readWhen(
  custody: Custody,
  flag: string,
  text: string | undefined,
  problems: string[],
): Stamp | undefined {
  if (text === undefined) return undefined;
  const moment = momentOrProblem(text, custody.config.organisation.zone, custody.clock.now());
  if (typeof moment !== "string") return moment;
  problems.push(`${flag}: ${moment}`);
  return undefined;
}

export function checkNumber(flag: string, text: string | undefined, problems: string[]): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  problems.push(`${flag}: expected the number of a record, found "${shown(text)}"`);
  return undefined;
}

/** Throws USAGE with everything that is wrong. */
export function refuseAny(problems: readonly string[], remedy = "Nothing was recorded."): void {
  if (problems.length > 0) throw new CustodyError("USAGE", problems.slice(0, 40).join("\n"), { remedy });
}

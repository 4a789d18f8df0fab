import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { unwrap } from "../../src/lib/mistakes.ts";
import { PolicyFile } from "../../src/policy/policy.ts";
import { SHIPPED_POLICIES } from "../../src/policy/shipped.ts";

/** The reference of a policy file, made from the schema that checks it, with examples out of the policies that ship. */

const SHIPPED = SHIPPED_POLICIES.map((name) =>
  parse(readFileSync(new URL(`../../controls/policies/${name}.yaml`, import.meta.url), "utf8")),
);

/** Of keys that no shipped policy has. */
const EXAMPLE = parse(readFileSync(new URL("../../docs/example-rules.yaml", import.meta.url), "utf8"));

/** What a file has at a key as the reference writes it. */
export const valuesOf = (file: unknown, key: string): unknown[] => valuesAt(file, stepsOf(key));

/** Every key of the reference. */
export const policyKeys = (): string[] => rows(PolicyFile, "").flatMap((row) => /^\| `([^`]+)`/.exec(row)?.[1] ?? []);

function valuesAt(value: unknown, steps: readonly string[]): unknown[] {
  const [step, ...rest] = steps;
  if (step === undefined) return value === undefined ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  if (step === "[]") return Array.isArray(value) ? value.flatMap((one) => valuesAt(one, rest)) : [];
  if (step === "NAME") return Object.values(value).flatMap((one) => valuesAt(one, rest));
  return Object.hasOwn(value, step) ? valuesAt((value as Record<string, unknown>)[step], rest) : [];
}

const stepsOf = (key: string) =>
  key
    .replaceAll("[]", ".[]")
    .split(".")
    .filter((step) => step !== "");

const spelled = (value: unknown) =>
  stringify(value, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trim();

const withoutRefs = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner) => (key === "refs" ? undefined : inner)));

function exampleOf(key: string): string {
  const shortest = shortestOf(SHIPPED, key) ?? shortestOf([EXAMPLE], key);
  return shortest === undefined || shortest.length > 160 ? "" : `\`${shortest}\``;
}

/** The shortest value of a key that says something. */
function shortestOf(files: readonly unknown[], key: string): string | undefined {
  const found = files.flatMap((one) => valuesAt(one, stepsOf(key)));
  const texts = found.map((value) => spelled(withoutRefs(value))).filter((text) => text !== "[]" && text !== "{}");
  return texts.sort((a, b) => a.length - b.length)[0];
}

function meaningOf(schema: unknown): string {
  for (let layer = schema; layer instanceof z.ZodType; layer = inside(layer)) {
    const said = layer.meta()?.description;
    if (said !== undefined) return said;
  }
  return "";
}

const inside = (layer: unknown): unknown =>
  layer instanceof z.ZodOptional || layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault
    ? layer.unwrap()
    : undefined;

function rows(schema: unknown, path: string): string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((one) => rows(one, path));
  if (inner instanceof z.ZodArray) return rows(inner.element, `${path}[]`);
  if (inner instanceof z.ZodRecord) return rows(inner.valueType, `${path}.NAME`);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape).flatMap(([name, child]) => {
    // Every rule has both; said once above the table.
    if (name === "$schema" || name === "refs" || name === "says") return [];
    const key = path === "" ? name : `${path}.${name}`;
    const bare = unwrap(child);
    const list = bare instanceof z.ZodArray ? unwrap(bare.element) : bare;
    const words = list instanceof z.ZodEnum ? `One of ${list.options.map((one) => `\`${one}\``).join(", ")}.` : "";
    const needed = !z.safeParse(child as z.ZodType, undefined).success ? "yes" : "";
    const cells = [`\`${key}\``, [meaningOf(child), words].filter(Boolean).join(" "), needed, exampleOf(key)];
    return [`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`, ...rows(child, key)];
  });
}

/** The whole page. */
export function policyReference(): string {
  return `# Every key of a policy

<!-- Made from the schema by test/docs.policy-keys.test.ts; UPDATE_DOCS=1 writes it anew. Change the schema instead. -->

[policies.md](policies.md) says how to begin. \`[]\` stands for each part of a list, \`NAME\` for a name of your own (lower-case words with
dashes, no digits) or, under \`terms\` and \`decide\`, for a severity. Every rule has \`says\`, a sentence: what your procedure says, printed
beside each result. \`refs\` is in what ships only: ids of the list by which it is checked; rules of your own need none.
[example-rules.yaml](example-rules.yaml) is a whole file of an invented company in which every key is used.

## Holidays

Each with its day and a name, for every year in use. They are not computed or looked up; in a year of which none is listed, what a holiday
could change stays undecided. A calendar for a year, as it stands under \`calendars\`:

\`\`\`yaml
${YEAR}\`\`\`

\`holidays: none\` says that work goes on on all of them.

## Keys

| Key | Meaning | Needed | Example |
|---|---|---|---|
${rows(PolicyFile, "").join("\n")}
`;
}

/** As it stands in the page; a test reads it. */
export const YEAR = `calendars:
  office:
    hours: { mon: [["09:00", "17:00"]], tue: [["09:00", "17:00"]], wed: [["09:00", "17:00"]], thu: [["09:00", "17:00"]], fri: [["09:00", "15:00"]] }
    holidays:
      - { date: 2027-01-01, name: New Year }
      - { date: 2027-03-26, name: Good Friday }
      - { date: 2027-03-29, name: Easter Monday }
      - { date: 2027-05-01, name: Labour Day }
      - { date: 2027-05-06, name: Ascension Day }
      - { date: 2027-05-17, name: Whit Monday }
      - { date: 2027-10-03, name: Day of German Unity }
      - { date: 2027-12-25, name: Christmas Day }
      - { date: 2027-12-26, name: Second Day of Christmas }
`;

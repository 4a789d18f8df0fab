import { z } from "zod";
import { CustodyError } from "../lib/errors.ts";
import { readLinedYaml } from "../lib/lined-yaml.ts";
import { type Mistake, mistakesOf } from "../lib/mistakes.ts";
import { didYouMean } from "../lib/nearest.ts";

/** Which requirements of other frameworks touch the same ground as a control: numbers only, indicative, as data. */

/** Largest file that is read. */
export const MAX_CROSSWALK_BYTES = 256 * 1024;
/** More problems than a person would mend in one go are only counted. */
const MAX_PROBLEMS = 20;

const Printable = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .regex(/^[\x20-\x7e\u00a0-\u024f]+$/, "expected plain letters in one line");
const Framework = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "expected lower-case letters, digits and dashes");

export const CrosswalkShape = z
  .strictObject({
    $schema: z.string().optional(),
    crosswalk: Framework.describe("Its name."),
    version: z.int().min(1),
    frameworks: z.record(Framework, Printable).describe("Short name to the title that is printed."),
    rows: z
      .array(
        z.strictObject({
          control: Printable.describe("Id of a control of the catalogue."),
          to: Framework.describe("One of the frameworks."),
          ids: z.array(Printable).min(1).max(60),
        }),
      )
      .max(2_000),
  })
  .meta({ title: "Which requirements of other frameworks touch the same ground" });
export type Crosswalk = z.infer<typeof CrosswalkShape>;

/**
 * Reads a crosswalk. Pure. Throws INPUT_TOO_LARGE above 256 KiB, and INPUT_INVALID with everything that is wrong, one
 * `line N: where: what` each.
 */
export function loadCrosswalk(text: string): Crosswalk {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_CROSSWALK_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `the crosswalk has ${bytes} bytes; at most 256 KiB are read`);
  const read = readLinedYaml(text);
  if ("problems" in read) return refuse(read.problems);
  const say = ({ path, text: said }: Mistake) =>
    `line ${read.lineOf(path)}: ${path.map(String).join(".") || "the file"}: ${said}`;
  const checked = CrosswalkShape.safeParse(read.value, { reportInput: true });
  if (!checked.success) return refuse(mistakesOf(checked.error, CrosswalkShape, [], "shown").map(say));
  const { rows, frameworks } = checked.data;
  const known = Object.keys(frameworks);
  const mistakes = rows.flatMap(({ control, to }, i): Mistake[] => {
    const twice = rows.slice(0, i).some((one) => one.control === control && one.to === to);
    return [
      ...(known.includes(to)
        ? []
        : [{ path: ["rows", i, "to"], text: `"${to}" is not under frameworks${didYouMean(to, known)}` }]),
      ...(twice ? [{ path: ["rows", i, "control"], text: `${control} to ${to} is there twice` }] : []),
    ];
  });
  if (mistakes.length > 0) return refuse(mistakes.map(say));
  return checked.data;
}

function refuse(problems: readonly string[]): never {
  const more = problems.length > MAX_PROBLEMS ? [`and ${problems.length - MAX_PROBLEMS} more`] : [];
  const lines = [...problems.slice(0, MAX_PROBLEMS), ...more];
  throw new CustodyError("INPUT_INVALID", `this crosswalk cannot be used:\n${lines.join("\n")}`, {
    remedy: "Mend these lines; controls/crosswalk.schema.json lets an editor show them while you type.",
  });
}

/** What a control maps to, in the order of the files: title of the framework, and numbers in it. */
export function mappedTo(
  crosswalks: readonly Crosswalk[],
  control: string,
): { readonly framework: string; readonly title: string; readonly ids: readonly string[]; readonly from: string }[] {
  return crosswalks.flatMap(({ crosswalk, frameworks, rows }) =>
    rows
      .filter((row) => row.control === control)
      .map(({ to, ids }) => ({ framework: to, title: frameworks[to] ?? to, ids, from: crosswalk })),
  );
}

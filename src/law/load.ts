import { CustodyError } from "../lib/errors.ts";
import { readLinedYaml } from "../lib/lined-yaml.ts";
import { type Mistake, mistakesOf } from "../lib/mistakes.ts";
import { didYouMean } from "../lib/nearest.ts";
import { type Law, LawShape } from "./shape.ts";

/** Largest law that is read. */
export const MAX_LAW_BYTES = 256 * 1024;
/** More problems than a person would mend in one go are only counted. */
const MAX_PROBLEMS = 20;

function refuse(problems: readonly string[]): never {
  const shown = problems.slice(0, MAX_PROBLEMS);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  throw new CustodyError("INPUT_INVALID", `this law cannot be used:\n${[...shown, ...more].join("\n")}`, {
    remedy: "Mend these lines; controls/law.schema.json lets an editor show them while you type.",
  });
}

/**
 * Reads a law. Pure. Throws INPUT_TOO_LARGE above 256 KiB, and INPUT_INVALID that lists everything that is wrong, one
 * `line N: where: what` each.
 */
export function loadLaw(text: string): Law {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_LAW_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `the law has ${bytes} bytes; at most 256 KiB are read`, {
      remedy: "Check that this is the right file.",
    });
  const read = readLinedYaml(text);
  if ("problems" in read) return refuse(read.problems);
  const say = ({ path, text: said }: Mistake) =>
    `line ${read.lineOf(path)}: ${path.map(String).join(".") || "the file"}: ${said}`;
  const checked = LawShape.safeParse(read.value, { reportInput: true });
  if (!checked.success) return refuse(mistakesOf(checked.error, LawShape, [], "shown").map(say));
  const mistakes = [...meaningMistakes(checked.data)];
  if (mistakes.length > 0) refuse(mistakes.map(say));
  return checked.data;
}

/** What a structure cannot say: moments that exist, versions of a step that do not overlap, steps that can be done. */
function* meaningMistakes({ law, about, steps, moments, marks }: Law): Generator<Mistake> {
  const known = [...new Set([...steps, ...moments].map(({ id }) => `${law}.${id}`))];
  const unknown = (moment: string | undefined) =>
    moment?.includes(".") && !known.includes(moment)
      ? `"${moment}" is no step or moment of this law${didYouMean(moment, known)}`
      : undefined;
  for (const [s, step] of steps.entries()) {
    const path = ["steps", s];
    const { validFrom, validTo, needs, clocks, ongoingAt, done } = step;
    if (validTo !== undefined && validTo < validFrom)
      yield { path: [...path, "validTo"], text: `${validTo} is before ${validFrom}, where it begins` };
    for (const other of steps.slice(0, s))
      if (other.id === step.id && overlap(other, step))
        yield {
          path: [...path, "validFrom"],
          text: `"${step.id}" is there twice for ${validFrom}; end the earlier one`,
        };
    if ((needs === undefined) === (clocks.length === 0))
      yield { path, text: "expected either clocks or texts that it needs" };
    if (about === "breach" && needs === undefined && done === undefined)
      yield { path: [...path, "done"], text: "is missing; what in the record of a breach ends it?" };
    if (about === "incident" && (done ?? needs ?? step.roles ?? step.risks) !== undefined)
      yield { path, text: "done, needs, roles and risks are of breaches; this law is about incidents" };
    if (about === "incident" && (step.marks ?? marks).length === 0)
      yield { path: [...path, "marks"], text: "nothing says which incidents it is about" };
    const named: [where: (string | number)[], moment: string | undefined][] = [
      [["onlyIf"], step.onlyIf],
      [["ongoingAt", "from"], ongoingAt?.from],
      ...clocks.flatMap(({ from, orFrom, notWhereLater }, c): [(string | number)[], string | undefined][] => [
        [["clocks", c, "from"], from],
        [["clocks", c, "orFrom"], orFrom],
        [["clocks", c, "notWhereLater"], notWhereLater],
      ]),
    ];
    for (const [where, moment] of named) {
      const text = unknown(moment);
      if (text !== undefined) yield { path: [...path, ...where], text };
    }
    for (const [c, clock] of clocks.entries()) {
      if (clock.ongoing !== undefined && ongoingAt === undefined)
        yield { path: [...path, "clocks", c, "ongoing"], text: "needs `ongoingAt` in the step" };
      if (clock.from === `${law}.${step.id}`)
        yield { path: [...path, "clocks", c, "from"], text: "starts with its own end" };
    }
  }
}

type Dated = { readonly validFrom: string; readonly validTo?: string | undefined };
const FOREVER = "9999-12-31";
const overlap = (a: Dated, b: Dated) => a.validFrom <= (b.validTo ?? FOREVER) && b.validFrom <= (a.validTo ?? FOREVER);

import { z } from "zod";
import { CustodyError } from "../lib/errors.ts";
import { readLinedYaml } from "../lib/lined-yaml.ts";
import { type Mistake, mistakesOf } from "../lib/mistakes.ts";
import { unknownBlanks } from "./compose.ts";
import { HEAD_LINES, type ReviewForm, type SectionRule, sectionRule } from "./form.ts";

/**
 * A template of reviews: Markdown with blanks between braces. Between two lines of `---` at its beginning may stand what a
 * review must have, in the organisation's own words; without that its headings say it. That part is not copied into reviews.
 */

/** Larger is no template. */
export const MAX_TEMPLATE_BYTES = 256 * 1024;

const Word = z.string().trim().min(1).max(100);
const Words = z.union([Word.transform((word): string[] => [word]), z.array(Word).min(1).max(20)]);

/** What may be called by words of the organisation's own. */
export const OWN_WORDS = [...HEAD_LINES, "item", "owner", "due"] as const;

const Front = z.strictObject({
  template: z.literal("review"),
  sections: z
    .array(
      z.union([
        Word.transform((heading) => ({ heading })),
        z.strictObject({
          heading: Word,
          also: z.array(Word).max(20).optional(),
          part: z.enum(["cause", "actions"]).optional(),
        }),
      ]),
    )
    .min(1)
    .max(60)
    .optional(),
  head: z.array(z.enum(HEAD_LINES)).optional(),
  actionsNeeded: z.boolean().optional(),
  words: z.strictObject(Object.fromEntries(OWN_WORDS.map((word) => [word, Words.optional()]))).optional(),
});

export interface Template {
  readonly form: ReviewForm;
  /** What reviews are made of. */
  readonly text: string;
}

/** Reads a template. Throws INPUT_INVALID and INPUT_TOO_LARGE with everything that is wrong with it, by line. */
export function readTemplate(text: string, from: string): Template {
  if (new TextEncoder().encode(text).length > MAX_TEMPLATE_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `${from}: a template has at most ${MAX_TEMPLATE_BYTES / 1024} KiB`);
  const lines = text.replace(/^\ufeff/, "").split(/\r\n?|\n/);
  const end = lines[0]?.trimEnd() === "---" ? lines.findIndex((line, i) => i > 0 && line.trimEnd() === "---") : -1;
  const front = end < 0 ? undefined : lines.slice(1, end).join("\n");
  const own = front !== undefined && /^template\s*:/m.test(front) ? front : undefined;
  const body = own === undefined ? lines : lines.slice(end + 1);
  const headings = body.flatMap((line) => /^ {0,3}#{2,6}[ \t]+(.*?)[ \t]*#*$/.exec(line)?.[1] ?? []);
  const problems = unknownBlanks(body.join("\n")).map((name) => `there is nothing called {{${name}}} to fill in`);
  const parsed = own === undefined ? {} : readFront(own, problems);
  const sections: readonly SectionRule[] = (
    parsed.sections ?? headings.filter((heading) => !/\{\{/.test(heading)).map((heading) => ({ heading }))
  ).map(
    ({ heading, ...rest }: { heading: string; also?: string[] | undefined; part?: SectionRule["part"] | undefined }) =>
      sectionRule(heading, {
        ...(rest.also === undefined ? {} : { also: rest.also }),
        ...(rest.part === undefined ? {} : { part: rest.part }),
      }),
  );
  if (sections.length === 0) problems.push("it has no heading below its title, so nothing is asked of a review");
  if (problems.length > 0)
    throw new CustodyError("INPUT_INVALID", problems.map((problem) => `${from}: ${problem}`).join("\n"), {
      remedy: "docs/reviews.md says what a template holds.",
    });
  const words = Object.fromEntries(Object.entries(parsed.words ?? {}).map(([name, list]) => [name, list ?? []]));
  return {
    form: {
      from,
      sections,
      head: parsed.head ?? ["title", "date", "author"],
      needsActions: parsed.actionsNeeded ?? sections.some(({ part }) => part === "actions"),
      words,
    },
    text: body.join("\n").replace(/^\n+/, ""),
  };
}

function readFront(text: string, problems: string[]): Partial<z.infer<typeof Front>> {
  const read = readLinedYaml(text);
  if ("problems" in read) {
    problems.push(...read.problems);
    return {};
  }
  const parsed = Front.safeParse(read.value, { reportInput: true });
  if (parsed.success) return parsed.data;
  // The fence is line 1 of the file.
  const told = ({ path, text: said }: Mistake) => `line ${read.lineOf(path) + 1}: ${path.join(".")}: ${said}`;
  problems.push(...mistakesOf(parsed.error, Front, [], "shown").map(told));
  return {};
}

/** A template of a form, where rules name headings and nobody wrote a template. */
export function templateOf(form: ReviewForm, hints: Readonly<Record<string, string | undefined>> = {}): string {
  const head: Record<string, string> = {
    incident: "Incident: {{incident}}",
    date: "Date: {{date}}",
    severity: "Severity: {{severity}}",
    duration: "Duration: {{duration}}",
    author: "Author: {{author}}",
  };
  const lines = ["# Post-incident review: {{title}}", ""];
  for (const name of ["incident", "date", "severity", "duration", "author"]) lines.push(head[name] ?? "");
  let told = false;
  for (const { heading, part } of form.sections) {
    lines.push("", `## ${heading}`, "");
    const hint = hints[heading] ?? "what is to be said here";
    if (part === "actions") lines.push("| Item | Owner | Due |", "|---|---|---|", "{{actions}}");
    else if (part === "cause") lines.push("{{cause}}");
    else if (!told && /timeline|what happened|chronolog/i.test(heading)) {
      lines.push("{{timeline}}");
      told = true;
    } else lines.push(`<${hint.replace(/[<>{}\n]/g, " ")}>`);
  }
  if (form.needsActions && !form.sections.some(({ part }) => part === "actions"))
    lines.push("", "## Action items", "", "| Item | Owner | Due |", "|---|---|---|", "{{actions}}");
  return `${lines.join("\n")}\n`;
}

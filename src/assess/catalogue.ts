import { z } from "zod";
import { CustodyError } from "../lib/errors.ts";
import { readLinedYaml } from "../lib/lined-yaml.ts";
import { readOnce } from "../lib/read-once.ts";
import { CONDUCT_RULES } from "./conduct-rules.ts";
import { meaningTroubles, type Trouble } from "./meaning.ts";
import { BASES, FACT_KINDS, FRESHNESS } from "./vocabulary.ts";

/**
 * The catalogue: controls and what each one needs as evidence, as data in YAML. The structure is the zod schema below,
 * from which `controls/catalogue.schema.json` is made for editors; what a structure cannot say (ids that are unique,
 * facts and fields that exist) is checked after it.
 */

/** Largest catalogue accepted. */
export const MAX_CATALOGUE_BYTES = 1024 * 1024;
/** More problems than a person would mend in one go are only counted. */
const MAX_PROBLEMS = 20;

const Line = z.string().trim().min(1).max(600);
const Short = z.string().trim().min(1).max(120);
const Family = z.string().regex(/^[a-z][a-z-]{1,39}$/, "expected a family such as incident-log");
const Kind = z.enum(FACT_KINDS);
const Field = z.string().regex(/^[a-zA-Z]{1,40}$/, "expected the name of a field");

const Where = z
  .record(Field, z.union([z.enum(["present", "absent"]), z.array(z.string().min(1)).min(1)]))
  .describe(
    "Which records are meant: field to 'present', 'absent' or a list of accepted values (upper and lower case alike).",
  );
const over = Kind.describe("The kind of fact that is the population.");

const Check = z.discriminatedUnion("kind", [
  z
    .strictObject({ kind: z.literal("slots") })
    .describe("Every expected piece of evidence of the instances that feed this was collected in time."),
  z
    .strictObject({ kind: z.literal("exists"), over, where: Where.optional(), atLeast: z.int().min(1) })
    .describe("At least so many records exist."),
  z
    .strictObject({
      kind: z.literal("present"),
      over,
      where: Where.optional(),
      each: Field.optional().describe("A list inside the record whose items are judged one by one."),
      fields: z.array(Field).min(1),
    })
    .describe("All these fields have something in them."),
  z
    .strictObject({
      kind: z.literal("ordered"),
      over,
      where: Where.optional(),
      pairs: z.array(z.tuple([Field, Field])).min(1),
    })
    .describe("The first time of each pair is not after the second; times that are missing are not compared."),
  z
    .strictObject({
      kind: z.literal("linked"),
      over,
      where: Where.optional(),
      to: Kind,
      theirs: Field.describe("The field of the other record that names this one."),
      ours: Field.optional().describe("The field of this record that may name the other one instead."),
      wait: z
        .strictObject({ field: Field, days: z.int().min(1).max(366) })
        .optional()
        .describe("How long after this time a missing link is only pending."),
    })
    .describe("Each record is named by, or names, a record of another kind."),
  z
    .strictObject({
      kind: z.literal("outcome"),
      over,
      field: Field,
      bad: z.array(z.string().min(1)).min(1),
      running: z.array(z.string().min(1)).default([]),
    })
    .describe("No record ended in one of the bad ways."),
  z
    .strictObject({ kind: z.literal("nil"), over })
    .describe("Where there is no record at all: proven complete, and confirmed by a person."),
  z
    .strictObject({ kind: z.literal("human"), subject: z.string().regex(/^[a-z][a-z-]{1,59}$/) })
    .describe("A person signed this off, once per freshness period."),
  z
    .strictObject({
      kind: z.literal("target"),
      target: z
        .string()
        .regex(/^[a-z]+(?:-[a-z]+)*$/, "expected a name without digits, as your rules have it: acknowledge")
        .describe("Which of the rules under `targets` it is about; the numbers stand there."),
    })
    .describe("Each incident was dealt with in the time that the rules in force then allow its severity."),
  z
    .strictObject({ kind: z.literal("updates") })
    .describe("Updates were sent as often as the rules under `updates` ask."),
  z
    .strictObject({ kind: z.literal("review-deadline") })
    .describe("Each incident that needs a review by the rules has one in time."),
  z
    .strictObject({ kind: z.literal("public-review") })
    .describe("Each incident that needs a review for the public by the rules has one in time."),
  z
    .strictObject({ kind: z.literal("actions-deadline") })
    .describe("Actions were done, or planned anew, by the date on which they were due."),
  z
    .strictObject({ kind: z.literal("decision-time") })
    .describe("Reports were decided on in the time that the rules under `intake` allow."),
  z
    .strictObject({ kind: z.literal("gap-response") })
    .describe("Each gap in the evidence was answered in the time that the rules ask for something that grave."),
  z
    .strictObject({
      kind: z.literal("law"),
      step: z
        .string()
        .regex(/^[a-z0-9]{2,12}\.[a-z]+(?:-[a-z]+)*$/, "expected a law and a step of it, such as gdpr.authority"),
    })
    .describe("A step of a law (controls/laws) was done in time for every incident that it concerns."),
  z
    .strictObject({ kind: z.literal("contract") })
    .describe("Customers were told of breaches in the time that `contracts` in the organisation's rules set."),
  z
    .strictObject({
      kind: z.literal("conduct"),
      rule: z.enum(CONDUCT_RULES),
      within: z
        .string()
        .regex(/^[1-9]\d{0,4}(?:s|m|h|d)$/, "expected a duration such as 24h")
        .optional()
        .describe("For a rule that compares with a length of time which your rules do not set: how long."),
    })
    .describe("What your own rules ask people to do, time limits aside; by the rules in force then."),
  z
    .strictObject({ kind: z.literal("policy"), needs: Line })
    .describe("Cannot be judged without the organisation's own rules, or a contract's terms: says which."),
  z
    .strictObject({ kind: z.literal("holds"), judge: Line })
    .describe(
      "Names the holds on deletion that were in force, and what a person has to judge by them: never met or not.",
    ),
  z
    .strictObject({ kind: z.literal("unobservable"), why: Line })
    .describe("No source that can be connected knows it: says why."),
]);

const Requirement = z.strictObject({
  id: z
    .string()
    .regex(
      /^[a-z0-9]+(\.[a-z][a-z_]{0,39}){1,4}$/,
      "expected the control, then words without digits: a526.owner.present",
    )
    .describe("Begins with the control's id in lower case without punctuation; after it there are no numbers."),
  text: Line.describe("What is required, in own words; printed in the report."),
  basis: z.enum(BASES).describe("Only policy, law and contract can be not_met."),
  note: Line.describe("Which rule, article or practice it rests on."),
  from: z
    .strictObject({
      families: z.array(Family).min(1).optional(),
      facts: z.array(Kind).min(1).optional(),
    })
    .describe("What feeds it: families of evidence, kinds of facts, or kinds of facts from these families."),
  freshness: z.enum(FRESHNESS),
  minimum: z
    .int()
    .min(0)
    .describe(
      "Fewest evidence files for a period before the result can be anything but no_data (a failure always shows).",
    ),
  check: Check,
});

const Control = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/),
  title: Short.describe("The short official name, or your own."),
  plain: Short.describe("The same in plain words."),
  purpose: Line.describe("What it is for, in own words; no text of a standard."),
  requirements: z.array(Requirement).min(1).max(100),
});

/** The structure of a catalogue file. */
export const CatalogueSchema = z
  .strictObject({
    $schema: z.string().optional(),
    catalogue: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,59}$/),
    version: z.int().min(1),
    framework: Short,
    families: z.record(
      Family,
      z.strictObject({
        title: Short,
        keeps: z
          .boolean()
          .describe("True where a later look still shows what an earlier one would have shown, as a register does."),
      }),
    ),
    controls: z.array(Control).min(1).max(200),
  })
  .meta({ title: "Catalogue of controls and the evidence they need" });

export type Catalogue = z.infer<typeof CatalogueSchema>;
export type Control = z.infer<typeof Control>;
export type Requirement = z.infer<typeof Requirement>;
export type Check = z.infer<typeof Check>;
export type CheckKind = Check["kind"];
export type CheckOf<K extends CheckKind> = Extract<Check, { kind: K }>;
export type Where = z.infer<typeof Where>;

function refuse(problems: readonly string[]): never {
  const shown = problems.slice(0, MAX_PROBLEMS);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  throw new CustodyError(
    "INPUT_INVALID",
    `the catalogue of controls cannot be used:\n${[...shown, ...more].join("\n")}`,
    {
      remedy: "Mend these lines; controls/catalogue.schema.json lets an editor show them while you type.",
    },
  );
}

/**
 * Reads a catalogue. Pure: the same text gives the same catalogue. Throws INPUT_TOO_LARGE above 1 MiB, and INPUT_INVALID
 * that lists what is wrong, one `line N: where: what` each.
 */
export function loadCatalogue(text: string): Catalogue {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_CATALOGUE_BYTES) {
    throw new CustodyError("INPUT_TOO_LARGE", `the catalogue of controls has ${bytes} bytes; at most 1 MiB is read`);
  }
  const read = readLinedYaml(text);
  if ("problems" in read) return refuse(read.problems);
  const { value, lineOf } = read;
  const say = ({ path, message }: Trouble) => `line ${lineOf(path)}: ${path.join(".") || "the file"}: ${message}`;

  const checked = CatalogueSchema.safeParse(value);
  if (!checked.success) {
    return refuse(
      checked.error.issues.map((issue) =>
        say({
          path: issue.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path,
          message: issue.message,
        }),
      ),
    );
  }
  const troubles = [...meaningTroubles(checked.data)];
  if (troubles.length > 0) refuse(troubles.map(say));
  return checked.data;
}

/** The same, each of the last few texts read once in a process: what it gives is shared and cannot be changed. */
export const catalogueOf = readOnce(loadCatalogue);

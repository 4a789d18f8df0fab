import { resolve } from "node:path";
import { z } from "zod";
import { type Answer, defineCollector, type PartialReason } from "../src/collector/define.ts";
import type { Problem } from "../src/evidence/fact.ts";
import { canonicalBytes, parseCanonical } from "../src/lib/canonical.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { holdsNoRecord, idOf, readFile } from "./markdown/file.ts";
import { codeOf, type Left, type LeftOut, MAX_TOTAL_BYTES, readFound, walkFolder } from "./markdown/folder.ts";
import { mistypedKeys } from "./markdown/mistyped.ts";
import { keepRules, keptRules, Words, Zone } from "./markdown/rules.ts";
import { readFolder } from "./markdown/vocabulary.ts";

const MARKDOWN_TYPE = "text/markdown; charset=utf-8";
const LISTING_TYPE = "application/vnd.custody.folder+json";

const Config = z.strictObject({
  path: z.string().min(1).describe("folder with the records, one Markdown file each; subfolders included"),
  zone: Zone.optional().describe("zone of times that are written without one"),
  fields: Words.default({}).describe("your own words for what a record says, for instance { detectedAt: entdeckt }"),
});

/**
 * What the folder held when it was read: makes a record that disappeared visible between two runs. The digests of the
 * files stand beside it in the manifest, taken after masking; one taken here would be a digest of what was hidden.
 */
const Listing = z.looseObject({
  files: z.array(z.looseObject({ name: z.string(), size: z.number(), left: z.string().optional() })),
  left: z.array(z.looseObject({ name: z.string(), why: z.string(), detail: z.string() })),
});

const REASONS: Record<Left, PartialReason> = {
  "too-large": "too-large",
  unreadable: "unreadable",
  link: "unreadable",
  "too-many": "truncated",
};

/** Incident records and post-incident reviews, one Markdown file each, with front matter or with headings only. */
export const markdownIncidents = defineCollector({
  name: "incident-log/markdown",
  title: "Incident records in a folder of Markdown files",
  family: "incident-log",
  mode: "window",
  whole: true,
  facts: ["incident", "review"],
  cadence: "monthly",
  grace: "3d",
  config: Config,
  reader: 4,
  blindSpots: [
    "A folder shows the register as it stood when it was read, not its history: a record written, changed and removed between two runs was never seen. A record that disappears between two runs shows in the list of files kept with every run.",
    "When a record was really written is not known: times of files are not evidence, and the times in a record are what its author wrote, no more exactly than written: a date alone is a day, 08:12 a minute.",
    "Names that begin with a dot, files not named *.md, and README, index and template files that hold no record are not read as records.",
  ],
  permissions: ["Read the folder and the files in it."],
  reads: ({ path }) => [path],

  async *collect({ config, folder, signal }) {
    const { files, left } = await walk(resolve(folder, config.path));
    const parameters = keepRules({ zone: config.zone, words: config.fields });
    const listed: { name: string; size: number; left?: string }[] = [];
    const rules = keptRules(parameters);
    let bytes = 0;
    // Of records: a file that is none would be one that was counted and never read. One that was left out may be a record.
    let total = 0;
    for (const file of files) {
      if (signal.aborted) throw new CustodyError("ABORTED", `stopped before ${file.name}`);
      const read = await readFound(file, MAX_TOTAL_BYTES - bytes);
      if (!("bytes" in read) || !holdsNoRecord(read.bytes, file.name, rules)) total += 1;
      if ("bytes" in read) {
        yield { bytes: read.bytes, mediaType: MARKDOWN_TYPE, origin: file.name, parameters } satisfies Answer;
        listed.push({ name: file.name, size: read.bytes.length });
        bytes += read.bytes.length;
      } else {
        left.push({ name: read.name, why: read.why, detail: read.detail });
        listed.push({ name: file.name, size: read.size ?? 0, left: read.why });
      }
    }
    const named = left.map((item) => ({ name: item.name, why: item.why, detail: item.detail }));
    yield {
      bytes: canonicalBytes({ v: 1, files: listed, left: named }),
      mediaType: LISTING_TYPE,
      origin: "(list of files)",
    };

    const [first] = left;
    if (!first) return { seen: "full", total };
    const more = left.length > 1 ? ` (and ${left.length - 1} more)` : "";
    const detail = `${describe(first)}${more}`;
    return { seen: "partial", intervals: [], reason: REASONS[first.why], detail, total };
  },

  *read({ bytes, mediaType, origin, parameters }) {
    if (mediaType === LISTING_TYPE) yield* readListing(bytes, origin);
    else yield* readFile(bytes, origin, keptRules(parameters));
  },

  *doubts({ bytes, mediaType, origin, parameters }) {
    if (mediaType !== LISTING_TYPE) yield* mistypedKeys(bytes, origin, keptRules(parameters));
  },
});

const describe = ({ name, detail }: Omit<LeftOut, "why">) => (name ? `${name}: ${detail}` : detail);

async function walk(path: string) {
  try {
    return await walkFolder(path);
  } catch (error) {
    const why = { ENOENT: "does not exist", ENOTDIR: "is not a folder", EACCES: "may not be read" }[codeOf(error)];
    throw new CustodyError(
      "SOURCE_MISCONFIGURED",
      `the folder of incident records, ${path}, ${why ?? `cannot be read (${codeOf(error)})`}`,
      {
        remedy: "Correct `path` of this collector, or let the user that runs Custody read the folder.",
        cause: error,
      },
    );
  }
}

function* readListing(bytes: Uint8Array, origin: string): Iterable<Problem> {
  const problem = (message: string, where = origin): Problem => ({ kind: "problem", where, message });
  let listing: z.output<typeof Listing>;
  try {
    listing = Listing.parse(parseCanonical(bytes));
  } catch {
    yield problem("expected the list of the files of a folder in canonical JSON");
    return;
  }
  for (const left of listing.left.slice(0, 100)) yield problem(`not collected: ${describe(left)}`, left.name || origin);
  const names = new Map<string, string>();
  for (const { name } of listing.files) {
    const key = `${readFolder(name) ?? ""} ${idOf(name)}`;
    const other = names.get(key);
    if (other === undefined) names.set(key, name);
    else
      yield problem(
        `${other} and ${name} have the same name; without an \`id:\` in each they count as one record`,
        name,
      );
  }
}

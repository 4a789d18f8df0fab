import type { FactInput, Problem } from "../../src/evidence/fact.ts";
import { LISTS } from "../incident-log/items.ts";
import { cleanText } from "../incident-log/text.ts";
import { doubtedBy } from "./doubted.ts";
import { type Field, type FrontMatter, field, plainKey, readFrontMatter } from "./front-matter.ts";
import { type Page, PageReader } from "./page.ts";
import { readIncident, readReview } from "./record.ts";
import type { ReadingRules } from "./rules.ts";
import { hasText, type Section, sectionName, splitSections } from "./sections.ts";
import { type Declared, isReviewHeading, readFolder, readType, titleOf, vocabulary } from "./vocabulary.ts";

/** Text beyond this is no record that a person wrote. The file is kept whole; facts come from its beginning. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_LINE = 10_000;
const MAX_HEADER_LINES = 100;
const MAX_PROBLEMS = 100;

/** Reads one Markdown file. `path` is relative to the folder; it names the record where the record does not name itself. */
export function* readFile(bytes: Uint8Array, path: string, rules: ReadingRules): Iterable<FactInput | Problem> {
  const problem = (line: number, message: string): Problem => ({ kind: "problem", where: `${path}:${line}`, message });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    yield problem(1, "expected text in UTF-8; save the file in that encoding");
    return;
  }
  if (text.length > MAX_CHARACTERS) {
    yield problem(1, `${text.length} characters; only the first ${MAX_CHARACTERS} were searched for a record`);
    text = text.slice(0, MAX_CHARACTERS);
  }
  const lines = text.split(/\r\n?|\n/).map((line) => line.slice(0, MAX_LINE));
  const front = readFrontMatter(lines);
  for (const { line, message } of front.problems) yield problem(line, message);
  // A file that cannot say what it is would come back under another id once it is mended.
  if (front.state === "broken") return;

  const words = vocabulary(rules.words);
  const sections = splitSections(lines, front.bodyStart);
  const typeField = typeFieldOf(front, words);
  const declared = typeField && readType(typeField.value);
  if (declared?.is === "other" && typeField) {
    const found = cleanText(typeField.value).slice(0, 60);
    yield problem(
      typeField.line,
      `expected type: incident or type: review, found "${found}"; nothing was read from this file`,
    );
    return;
  }
  if (declared === undefined && isAboutTheFolder(path, front, sections)) return;

  if (front.fields.length === 0 && sections.length === 1 && !hasText(sections[0]?.body ?? [])) {
    yield problem(1, "the file is empty; write the record, or remove the file");
    return;
  }

  let left = MAX_PROBLEMS;
  const records = recordsOf(path, front, sections);
  const lists = LISTS.flatMap((term) => words.get(term) ?? []);
  for (const { key, line } of records.length > 1 ? front.nested : []) {
    if (lists.includes(plainKey(key)))
      yield problem(
        line,
        `"${cleanText(key)}" is about one incident, and this file holds several; give it a file of its own`,
      );
  }
  for (const record of records) {
    const page: Page = { ...record, zone: rules.zone, words };
    const reader = new PageReader(page);
    const facts = [...factsOf(page, reader, record.id, declared ?? fromFolder(path))];
    yield* facts;
    for (const { line, message, terms } of reader.problems) {
      if (left-- <= 0) continue;
      const about = terms && doubtedBy(terms, facts);
      yield { ...problem(line, message), ...(about === undefined ? {} : { about }) };
    }
  }
  // What is not said any more may be about anything.
  if (left < 0)
    yield problem(1, `${-left} more places could not be read; mend those that are named, and read it again`);
}

/**
 * True for a README, an index or a template that holds no record: what `readFile` finds nothing in without a word about it. What
 * cannot be read is taken for a record.
 */
export function holdsNoRecord(bytes: Uint8Array, path: string, rules: ReadingRules): boolean {
  if (!mayBeAboutTheFolder(path) || bytes.length > MAX_CHARACTERS) return false;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return false;
  }
  const lines = text.split(/\r\n?|\n/).map((line) => line.slice(0, MAX_LINE));
  const front = readFrontMatter(lines);
  if (front.state === "broken" || front.problems.length > 0) return false;
  const isDeclared = typeFieldOf(front, vocabulary(rules.words)) !== undefined;
  return !isDeclared && isAboutTheFolder(path, front, splitSections(lines, front.bodyStart));
}

function typeFieldOf(front: FrontMatter, words: ReturnType<typeof vocabulary>): Field | undefined {
  const typeKeys = words.get("type") ?? [];
  return front.fields.find(({ key, value }) => value !== "" && typeKeys.includes(plainKey(key)));
}

type Record = Pick<Page, "fields" | "nested" | "bodyStart" | "sections" | "heading" | "line"> & { readonly id: string };

/** Usually one. A register in one file has a heading `Incident: <title>` per record. */
function recordsOf(path: string, front: FrontMatter, sections: readonly Section[]): Record[] {
  const id = idOf(path);
  const line = front.bodyStart > 0 ? 1 : (sections.find((section) => section.level > 0)?.line ?? 1);
  const incidents = sections.filter((section) => titleOf(section.heading)?.about === "incident");
  const level = incidents[0]?.level;
  const starts = incidents.filter((section) => section.level === level);
  if (starts.length > 1) {
    return starts.map((start, i) => {
      const own = sections.slice(sections.indexOf(start), starts[i + 1] && sections.indexOf(starts[i + 1]!));
      const title = titleOf(start.heading)?.title ?? start.heading;
      const heading = cleanText(title);
      return {
        id: `${id}#${slug(title)}`,
        heading,
        line: start.line,
        fields: headerFields([start]),
        sections: own.slice(1),
      };
    });
  }
  const named = sections.find((section) => titleOf(section.heading)) ?? sections.find((section) => section.level === 1);
  const titled =
    named ?? (sections[1]?.level === 2 && !isReviewHeading(sectionName(sections[1].heading)) ? sections[1] : undefined);
  const heading = titled && (cleanText(titleOf(titled.heading)?.title ?? titled.heading) || undefined);
  // Below the title and above it are the two places for `Date: …` lines.
  const head = sections.filter((section) => section.level === 0 || section === titled);
  const above = new Set([...front.fields, ...front.nested].map(({ key }) => plainKey(key)));
  const fields = [...front.fields, ...headerFields(head).filter(({ key }) => !above.has(plainKey(key)))];
  return [
    {
      id,
      heading,
      line,
      fields,
      nested: front.nested,
      bodyStart: front.bodyStart,
      sections: sections.filter((section) => section.level > 0 && section !== titled),
    },
  ];
}

/** The facts of one record: what it says it is decides; without a word about it, it is an incident, and with the headings of a review also its review. */
function* factsOf(page: Page, reader: PageReader, id: string, declared: Declared | undefined): Iterable<FactInput> {
  const reviewed = page.sections.filter(({ heading }) => isReviewHeading(sectionName(heading))).length >= 2;
  const links = reader.field("incident") !== undefined;
  const isReview = declared?.is === "review" || reviewed;
  // A review that names its incident is about a record of its own elsewhere.
  const isIncident = declared ? declared.is === "incident" : !(reviewed && links);
  let incident: string | null = null;
  if (isIncident) {
    const fact = readIncident(page, reader, id, declared?.nature ?? null);
    incident = fact.id;
    yield fact;
  }
  if (isReview) yield readReview(page, reader, id, incident);
  if (isReview && !isIncident && !links && !reader.field("incidentId")) {
    const message = "this review does not say which incident it is about; add a line such as `incident: INC-3`";
    reader.problems.push({ line: page.line, message });
  }
}

function fromFolder(path: string): Declared | undefined {
  const is = readFolder(path);
  return is && { is, nature: null };
}

/** `Key: value` lines, also as `**Key:** value` and `- Key: value`. Lines that are no such pair are prose. */
export function headerFields(sections: readonly Section[]): Field[] {
  const fields: Field[] = [];
  for (const section of sections.slice(0, 2)) {
    for (const [i, line] of section.body.slice(0, MAX_HEADER_LINES).entries()) {
      const match = /^\s*(?:[-*+]\s+)?\**([\p{L}][\p{L}\p{N} _/-]{0,59}?)\**\s*:\**(?:\s+(.*))?$/u.exec(line);
      if (match) fields.push(field(match[1], match[2], section.bodyLine + i));
    }
  }
  return fields;
}

/** File name without extension; the folder's name for `INC-3/incident.md`, where every file has the same name. */
export function idOf(path: string): string {
  const parts = path.split("/");
  const name = (parts.at(-1) ?? path).replace(/\.md$/i, "");
  const general = /^(_?index|readme|incident|report|record|review|post-?mortem|summary)$/i.test(name);
  return cleanText(general && parts.length > 1 ? parts.at(-2)! : name) || "unnamed";
}

const TEMPLATE = /^_?(incident-|review-|post-?mortem-)?template\.md$/i;
const README = /^(readme|_?index)\.md$/i;

function mayBeAboutTheFolder(path: string): boolean {
  const name = path.split("/").at(-1) ?? path;
  return TEMPLATE.test(name) || README.test(name);
}

/** A README, an index or a template says something about the folder and is no record, unless it says it is one. */
function isAboutTheFolder(path: string, front: FrontMatter, sections: readonly Section[]): boolean {
  const name = path.split("/").at(-1)!;
  if (TEMPLATE.test(name)) return true;
  if (!README.test(name)) return false;
  const says = front.fields.length > 0 || sections.some((section) => titleOf(section.heading));
  return !says || !sections.some((section) => hasText(section.body));
}

function slug(title: string): string {
  const plain = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
  return plain.slice(0, 80) || "untitled";
}

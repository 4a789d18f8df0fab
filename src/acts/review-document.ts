import { headerFields } from "../../collectors/markdown/file.ts";
import { readFrontMatter } from "../../collectors/markdown/front-matter.ts";
import { PageReader } from "../../collectors/markdown/page.ts";
import { hasText, readActions, type Section, splitSections } from "../../collectors/markdown/sections.ts";
import { titleOf, vocabulary } from "../../collectors/markdown/vocabulary.ts";
import { CustodyError } from "../lib/errors.ts";
import type { DocumentAction, DocumentSection, ReviewDocument } from "../reviews/check.ts";
import { isHeadingOf, type ReviewForm, sectionRule } from "../reviews/form.ts";

/** A review in Markdown, read as the collector of such files reads it, with the lines and the organisation's own words. */

/** Longer is no text that a person wrote. */
export const MAX_REVIEW_BYTES = 4 * 1024 * 1024;

/**
 * Reads a review. `where` names it in messages. Throws INPUT_TOO_LARGE and INPUT_INVALID for what is no text; everything else
 * is told by the check.
 */
export function readReviewDocument(bytes: Uint8Array, where: string, zone: string, form: ReviewForm): ReviewDocument {
  if (bytes.length > MAX_REVIEW_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `${where}: ${bytes.length} bytes; a review has at most 4 MiB of text`, {
      remedy: "Keep pictures and logs in files of their own, and name them in the review.",
    });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CustodyError("INPUT_INVALID", `${where}: expected text in UTF-8`, {
      cause,
      remedy: "Save it as Markdown in that encoding; a PDF or a Word file can be attached with --file instead.",
    });
  }
  const lines = text.split(/\r\n?|\n/);
  const front = readFrontMatter(lines);
  const problems = front.problems.map(({ line, message }) => ({ line, message }));
  const all = splitSections(lines, front.bodyStart);
  const title =
    all.find(({ heading }) => titleOf(heading) !== undefined) ??
    all.find(({ level }) => level === 1) ??
    (all[1] !== undefined && all[1].line - front.bodyStart <= 5 && !isAsked(all[1], form) ? all[1] : undefined);
  const head = all.filter((section) => section.level === 0 || section === title);
  const own = Object.fromEntries(
    (["title", "date", "severity", "duration", "author", "incident"] as const).map((name) => [
      name,
      form.words[name] ?? [],
    ]),
  );
  const page = {
    fields: [...front.fields, ...headerFields(head)],
    sections: all.filter((section) => section.level > 0 && section !== title),
    heading: title && plain(titleOf(title.heading)?.title ?? title.heading),
    line: front.bodyStart + 1,
    zone,
    words: vocabulary(own),
  };
  const reader = new PageReader(page);
  const date = reader.field("date") ?? reader.field("reviewedAt");
  if (date !== undefined) reader.day(reader.field("date") === undefined ? "reviewedAt" : "date");
  const sections = page.sections.map((section) => sectionOf(section, page.sections));
  return {
    title: unlessBlank(reader.text("title") ?? page.heading ?? null),
    incident: reader.text("incident") ?? reader.text("incidentId"),
    author: reader.text("author"),
    severity: reader.severity(),
    duration: reader.text("duration"),
    date: reader.text("date") ?? reader.text("reviewedAt"),
    sections,
    actions: actionsIn(sections, form),
    problems: [...problems, ...reader.problems],
    lines,
    line: page.line,
  };
}

const isAsked = ({ heading }: Section, { sections }: ReviewForm) => sections.some((rule) => isHeadingOf(rule, heading));

/** What a person escaped, and what a template did for them. */
const plain = (text: string) => text.replace(/\\([!-/:-@[-`{-~])/g, "$1").trim();

const unlessBlank = (text: string | null) =>
  text === null || plain(text) === "" || /^<[^<>]*>$/.test(plain(text)) ? null : plain(text);

function sectionOf(section: Section, all: readonly Section[]): DocumentSection {
  const at = all.indexOf(section);
  const next = all.findIndex(({ level }, i) => i > at && level <= section.level);
  const parts = all.slice(at, next < 0 ? undefined : next);
  const { heading, level, line, body, bodyLine } = section;
  return { heading: plain(heading), level, line, body, bodyLine, filled: parts.some((part) => hasText(part.body)) };
}

/** Rows and points below the headings that hold actions, deeper headings included. */
function actionsIn(sections: readonly DocumentSection[], form: ReviewForm): DocumentAction[] {
  const rules = form.sections.filter(({ part }) => part === "actions");
  const wanted = rules.length > 0 ? rules : [sectionRule("Action items")];
  const actions: DocumentAction[] = [];
  let inside: number | undefined;
  for (const { heading, level, body, bodyLine } of sections) {
    if (inside !== undefined && level <= inside) inside = undefined;
    if (inside === undefined && wanted.some((rule) => isHeadingOf(rule, heading))) inside = level;
    if (inside === undefined) continue;
    for (const { item, owner, due, row } of readActions(body, form.words))
      actions.push({ item: plain(item), owner, due, line: bodyLine + (row ?? 0) });
  }
  return actions;
}

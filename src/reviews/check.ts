import { isHeadingOf, plainHeading, type ReviewForm, sectionRule } from "./form.ts";

/** Whether a review says all that it must. What is looked for is in the form; nothing is judged but that it is there. */

/** A heading and what stands under it, deeper headings included. */
export interface DocumentSection {
  readonly heading: string;
  readonly level: number;
  /** 1-based. */
  readonly line: number;
  /** Somebody wrote something under it. */
  readonly filled: boolean;
  /** Lines up to the next heading of any level, and the number of the first. */
  readonly body: readonly string[];
  readonly bodyLine: number;
}

export interface DocumentAction {
  readonly item: string;
  readonly owner: string | null;
  readonly due: string | null;
  readonly line: number;
}

/** A review as it was read. */
export interface ReviewDocument {
  readonly title: string | null;
  readonly incident: string | null;
  readonly author: string | null;
  readonly severity: string | null;
  readonly duration: string | null;
  /** As it is written. */
  readonly date: string | null;
  readonly sections: readonly DocumentSection[];
  readonly actions: readonly DocumentAction[];
  /** What reading it found wrong: dates that are none, a front matter that is not YAML. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
  readonly lines: readonly string[];
  /** The line at which the document begins below its front matter, for what is missing altogether. */
  readonly line: number;
}

export type LackCode =
  | "unreadable"
  | "section-missing"
  | "section-empty"
  | "placeholder"
  | "no-cause"
  | "no-actions"
  | "action-without-owner"
  | "action-without-due"
  | "no-title"
  | "no-date"
  | "no-author"
  | "no-severity"
  | "no-duration"
  | "no-incident";

export interface Lack {
  readonly line: number;
  readonly code: LackCode;
  readonly message: string;
}

const HEAD_WORDS: Readonly<Record<ReviewForm["head"][number], string>> = {
  title: "a title",
  date: "the date of the review or of the incident",
  severity: "the severity",
  duration: "from when to when it lasted",
  author: "who wrote it",
  incident: "which incident it is about",
};

/** Everything that is missing, by line. */
export function checkReview(document: ReviewDocument, form: ReviewForm): Lack[] {
  const lacks: Lack[] = [];
  const lack = (line: number, code: LackCode, message: string) => lacks.push({ line, code, message });
  for (const { line, message } of document.problems) lack(line, "unreadable", message);
  for (const what of new Set([...form.head, "date", "author"] as const)) {
    if (document[what] !== null) continue;
    const example = what === "title" ? "a heading `# …`" : `a line \`${capital(what)}: …\``;
    lack(document.line, `no-${what}`, `it does not say ${HEAD_WORDS[what]}; add ${example} at its head`);
  }
  checkSections(document, form, lack);
  checkActions(document, form, lack);
  for (const { line, text } of placeholders(document.lines))
    lack(line, "placeholder", `"${text}" was not filled in; write what it stands for, or take it out`);
  return lacks.sort((a, b) => a.line - b.line);
}

type Tell = (line: number, code: LackCode, message: string) => void;

function checkSections(document: ReviewDocument, form: ReviewForm, lack: Tell): void {
  const rules = form.sections.some(({ part }) => part === "cause")
    ? form.sections
    : [...form.sections, sectionRule("Root cause")];
  const end = document.lines.length;
  for (const rule of rules) {
    const found = document.sections.filter(({ heading }) => isHeadingOf(rule, heading));
    const [first] = found;
    const isCause = rule.part === "cause";
    if (first === undefined) {
      const also = form.sections.includes(rule) ? "" : ", whatever else it has";
      lack(
        end,
        isCause ? "no-cause" : "section-missing",
        `there is no section "${rule.heading}"${isCause ? `: a review says the cause${also}` : ""}; add it`,
      );
    } else if (!found.some(({ filled }) => filled)) {
      lack(
        first.line,
        isCause ? "no-cause" : "section-empty",
        `nothing stands under "${first.heading}"${isCause ? ": the cause is not said" : ""}`,
      );
    } else if (isCause && found.every(saysUnknown)) {
      lack(first.bodyLine, "no-cause", `under "${first.heading}" stands only that it is not known yet`);
    }
  }
}

/** All that stands there says that nobody knows. */
function saysUnknown({ body }: DocumentSection): boolean {
  const words = body.map((line) => line.replace(/^[\s>*+-]+/, "").trim()).filter((line) => line !== "");
  return (
    words.length > 0 &&
    words.every((line) =>
      /^(the )?(root )?(cause )?(is |was )?(still |currently )?(unknown|unclear|not (yet )?(known|clear)|(under|being) investigat(ion|ed)|to be (determined|investigated)|pending|n\/a|none|-|–|—|\?+|unbekannt|unklar|noch (unklar|unbekannt|offen)|offen|wird (noch )?untersucht)( yet| at this (time|point))?[.!]*$/i.test(
        line,
      ),
    )
  );
}

function checkActions({ actions, sections, lines }: ReviewDocument, form: ReviewForm, lack: Tell): void {
  if (actions.length === 0 && form.needsActions) {
    const rule = form.sections.find(({ part }) => part === "actions");
    const section = rule && sections.find(({ heading }) => isHeadingOf(rule, heading));
    // An empty section was named above.
    if (section?.filled || rule === undefined)
      lack(
        section?.bodyLine ?? lines.length,
        "no-actions",
        "no action stands in it; write each as a row of the table, with who and until when",
      );
    return;
  }
  for (const { item, owner, due, line } of actions) {
    const name = item === "" ? "an action" : `"${short(item)}"`;
    if (owner === null) lack(line, "action-without-owner", `${name} names nobody who is to do it`);
    if (due === null) lack(line, "action-without-due", `${name} has no date by which it is to be done`);
  }
}

const short = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Placeholders that are no words of anybody: `[assign owner]`, `[…]`, `<name>`, `{{date}}`, TBD, TODO, YYYY-MM-DD. */
const PLACEHOLDERS = [
  /\[(?:[^\][]{0,80}(?:…|\.\.\.)|…|\.\.\.|(?:assign|insert|add|enter|describe|fill|name|owner|date|time|link|url|your|who|when|what|tbd|todo|eintragen|einfügen|datum|wer|wann|was)\b[^\][]{0,80}|[^\][]{0,80}\b(?:eintragen|einfügen|ausfüllen))\](?![([:])/giu,
  /<(?!\/|!|https?:|mailto:|[^<>\s]+@)(?!(?:br|hr|details|summary|kbd|sub|sup|b|i|em|strong|code|pre|a|img|p|div|span|table|tr|td|th|ul|ol|li|u|s|del|ins|mark|small)\b[^<>]*>)[\p{L}][^<>]{0,120}>/giu,
  /\{\{[^{}]{0,80}\}\}/g,
  /\b(?:TBD|TBC|TBA|TODO|FIXME|XXX)\b/g,
  /\b(?:YYYY-MM-DD|DD\.MM\.YYYY|JJJJ-MM-TT|TT\.MM\.JJJJ|HH:MM)\b/g,
  /\blorem ipsum\b/gi,
];
const MAX_PLACEHOLDERS = 50;

/** Where something was left to be filled in. Code and comments are left alone. */
export function placeholders(lines: readonly string[]): { line: number; text: string }[] {
  const found: { line: number; text: string }[] = [];
  let fence: string | undefined;
  let comment = false;
  for (const [i, whole] of lines.entries()) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(whole)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined;
      continue;
    }
    if (mark !== undefined && !comment) {
      fence = mark;
      continue;
    }
    const { text, open } = withoutComments(whole.slice(0, 10_000), comment);
    comment = open;
    const prose = text.replace(/(`+)[^`]*\1/g, (code) => " ".repeat(code.length));
    const here = new Map<number, string>();
    for (const pattern of PLACEHOLDERS)
      for (const match of prose.matchAll(pattern)) if (!here.has(match.index)) here.set(match.index, match[0]);
    for (const [, one] of [...here].sort(([a], [b]) => a - b)) {
      if (found.length === MAX_PLACEHOLDERS) return found;
      found.push({ line: i + 1, text: short(one) });
    }
  }
  return found;
}

function withoutComments(line: string, inside: boolean): { text: string; open: boolean } {
  let text = "";
  let open = inside;
  for (let at = 0; at < line.length; ) {
    const mark = line.indexOf(open ? "-->" : "<!--", at);
    const end = mark < 0 ? line.length : mark;
    text += open ? " ".repeat(end - at) : line.slice(at, end);
    if (mark < 0) break;
    at = mark + (open ? 3 : 4);
    open = !open;
  }
  return { text, open };
}

/** Names of the sections as facts carry them: with text under them, and without; each once. */
export function sectionNames(sections: readonly DocumentSection[], filled: boolean): string[] {
  return [
    ...new Set(sections.filter((one) => one.filled === filled).map(({ heading }) => plainHeading(heading))),
  ].filter((name) => name !== "");
}

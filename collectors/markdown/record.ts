import type { FactOf } from "../../src/evidence/fact.ts";
import type { Instant } from "../../src/lib/time.ts";
import { cleanText, isUnknown, readYesNo } from "../incident-log/text.ts";
import { readClock, readWrittenTime, settleTime } from "../incident-log/times.ts";
import { type Field, type LineProblem, plainKey } from "./front-matter.ts";
import { hasText, readActions, type Section, sectionName } from "./sections.ts";
import { isActionHeading, type Term } from "./vocabulary.ts";

/** One record of a file: its fields, its sections, and how to read them. */
export interface Page {
  readonly fields: readonly Field[];
  /** The sections below the heading that names the record. */
  readonly sections: readonly Section[];
  readonly heading: string | undefined;
  /** Line that a problem with the whole record names. */
  readonly line: number;
  readonly zone: string | undefined;
  readonly words: ReadonlyMap<Term, readonly string[]>;
}

/** Reads single terms of a page and gathers what is wrong with them. */
export class PageReader {
  readonly problems: LineProblem[] = [];
  readonly #byKey = new Map<string, Field>();
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
    for (const field of page.fields) {
      const key = plainKey(field.key);
      const first = this.#byKey.get(key);
      if (!first) this.#byKey.set(key, field);
      else if (first.value !== field.value) {
        this.#report(
          field,
          `"${cleanText(field.key)}" stands here and in line ${first.line}; the first counts, remove one`,
        );
      }
    }
  }

  /** The field of a term, unless it is absent or empty. */
  field(term: Term): Field | undefined {
    return this.#fields(term)[0];
  }

  /** Text of a term; null where it is absent, or a placeholder nobody filled in. */
  text(term: Term): string | null {
    const field = this.field(term);
    return field && !isUnknown(field.value) ? cleanText(field.value) || null : null;
  }

  severity(): string | null {
    const field = this.field("severity");
    if (field && /^\w+ \/ \w+$/.test(field.value)) {
      this.#report(field, `expected one severity, found "${cleanText(field.value)}"; leave the one that applies`);
      return null;
    }
    return this.text("severity");
  }

  /** Instant of a term; null where it is absent or cannot be placed, which is then a problem. */
  time(term: Term): Instant | null {
    // `resolved: true` says that, not when; the time may stand under another word.
    const field = this.#fields(term).find(({ value }) => !isUnknown(value) && !/^(true|false|yes|no)$/i.test(value));
    return field ? this.#settle(field, field.value) : null;
  }

  /** Day of a review: a date alone is precise enough and counts from its start, in UTC where no zone is declared. */
  day(term: Term): Instant | null {
    const field = this.field(term);
    if (!field || isUnknown(field.value)) return null;
    const written = readWrittenTime(field.value);
    return this.#settle(field, field.value, written.is === "date" ? (this.#page.zone ?? "UTC") : this.#page.zone);
  }

  personalData(): "yes" | "no" | null {
    const field = this.field("personalData");
    if (!field || isUnknown(field.value)) return null;
    const answer = readYesNo(field.value);
    if (!answer) this.#report(field, `expected yes or no, found "${cleanText(field.value)}"`);
    return answer ?? null;
  }

  /** `Duration: <start> to <end>`, where an end without date belongs to the day of the start, and a start without date to `Date:`. */
  duration(): { start: Instant | null; end: Instant | null } {
    const field = this.field("duration");
    const parts = field?.value.split(/\s+(?:to|until|bis)\s+|\s*(?:–|—|->|→)\s*|\s+-\s+/);
    // "45 minutes" is a length: true, and no time.
    if (!field || parts?.length !== 2 || parts.some(isUnknown) || !parts.some((part) => /\d:\d\d/.test(part))) {
      return { start: null, end: null };
    }
    const [from = "", to = ""] = parts;
    const day = (text: string | undefined) => /^\d{4}-\d\d-\d\d/.exec(text ?? "")?.[0];
    const zoneOf = (text: string) => readClock(text.replace(/^\d{4}-\d\d-\d\d[T\s]+/i, ""))?.rest ?? "";
    const date = day(this.field("date")?.value);
    // The zone is written once, after the end or after the start.
    const complete = (text: string, onDay: string | undefined, zone: string) => {
      const dated = readClock(text) && onDay ? `${onDay} ${text}` : text;
      return zoneOf(text) === "" && zone !== "" ? `${dated} ${zone}` : dated;
    };
    const start = this.#settle(field, complete(from, date, zoneOf(to)));
    const end = this.#settle(field, complete(to, day(from) ?? date, zoneOf(from)));
    if (start !== null && end !== null && end < start) {
      this.#report(field, `the end of "${cleanText(field.value)}" is before its start; write the end with its date`);
      return { start, end: null };
    }
    return { start, end };
  }

  #fields(term: Term): Field[] {
    const named = (this.#page.words.get(term) ?? []).map((key) => this.#byKey.get(key));
    return named.filter((field) => field !== undefined && field.value !== "") as Field[];
  }

  #settle(field: Field, text: string, zone = this.#page.zone): Instant | null {
    const settled = settleTime(readWrittenTime(text), cleanText(text), zone);
    if (typeof settled === "number") return settled;
    this.#report(field, `${cleanText(field.key)}: ${settled}`);
    return null;
  }

  #report(field: Field, message: string): void {
    this.problems.push({ line: field.line, message });
  }
}

/** Null times are times that the record does not say; nothing is filled in from elsewhere. */
export function readIncident(
  page: Page,
  reader: PageReader,
  fileId: string,
  nature: string | null,
): FactOf<"incident"> {
  const duration = reader.duration();
  const occurredAt = reader.time("occurredAt") ?? duration.start;
  const said = reader.field("detectedAt") ? reader.time("detectedAt") : undefined;
  // `date:` is all that many records have. Beside a start it would only blur it.
  const detectedAt = said === undefined ? (occurredAt === null ? reader.time("date") : null) : said;
  if (!(["occurredAt", "detectedAt", "date"] as const).some((term) => reader.field(term)) && duration.start === null) {
    const message =
      "this record does not say when the incident was noticed; add a line such as `detected: 2026-11-20T17:40+01:00`";
    reader.problems.push({ line: page.line, message });
  }
  const resolved = reader.field("resolvedAt")?.value;
  const flag = /^(true|yes)$/i.test(resolved ?? "") ? "resolved" : /^(false|no)$/i.test(resolved ?? "") ? "open" : null;
  return {
    kind: "incident",
    id: reader.text("id") ?? reader.text("incidentId") ?? fileId,
    title: reader.text("title") ?? page.heading ?? fileId,
    severity: reader.severity(),
    status: reader.text("status") ?? flag,
    nature: reader.text("nature") ?? nature,
    occurredAt,
    detectedAt,
    acknowledgedAt: reader.time("acknowledgedAt"),
    containedAt: reader.time("containedAt"),
    resolvedAt: reader.time("resolvedAt") ?? duration.end,
    closedAt: reader.time("closedAt"),
    owner: reader.text("owner"),
    commander: reader.text("commander"),
    personalData: reader.personalData(),
    review: reader.text("review"),
  };
}

/** `incident` is the id of the incident that the same record describes, where it describes both. */
export function readReview(page: Page, reader: PageReader, fileId: string, incident: string | null): FactOf<"review"> {
  const sections: string[] = [];
  const empty: string[] = [];
  const named = page.sections.filter((section) => section.level > 0 && sectionName(section.heading) !== "");
  for (const section of named) {
    const name = cleanText(sectionName(section.heading));
    const list = subtree(page.sections, section).some((part) => hasText(part.body)) ? sections : empty;
    if (!list.includes(name)) list.push(name);
  }
  const actions = named
    .filter((section) => isActionHeading(sectionName(section.heading)))
    .flatMap((section) => subtree(page.sections, section).flatMap((part) => readActions(part.body)));
  const link = reader.text("incident") ?? reader.text("incidentId");
  return {
    kind: "review",
    id: incident ?? reader.text("id") ?? fileId,
    title: reader.text("title") ?? page.heading ?? fileId,
    incident: incident ?? (link === null ? null : linkedId(link)),
    severity: reader.severity(),
    author: reader.text("author"),
    // In a record of both, `Date:` stands below the incident's heading and is the incident's.
    date: reader.field("reviewedAt") || incident !== null ? reader.day("reviewedAt") : reader.day("date"),
    approvedBy: reader.text("approvedBy"),
    sections,
    empty,
    actions: actions.map(({ item, owner, due }) => ({
      item: cleanText(item),
      owner: owner === null ? null : cleanText(owner),
      due: due === null ? null : cleanText(due),
    })),
  };
}

/** A section with the deeper ones that follow it. */
function subtree(sections: readonly Section[], top: Section): readonly Section[] {
  const at = sections.indexOf(top);
  const next = sections.findIndex((section, i) => i > at && section.level <= top.level);
  return sections.slice(at, next < 0 ? undefined : next);
}

/** `INC-3`, `[[INC-3]]`, `[INC-3](../incidents/INC-3.md)` and `../incidents/INC-3.md` all name INC-3. */
function linkedId(text: string): string {
  const target = /\]\(([^()\s]+)\)/.exec(text)?.[1] ?? text.replace(/^\[\[(.+)\]\]$/, "$1");
  return /\.md$/i.test(target) ? (target.split("/").at(-1) ?? target).replace(/\.md$/i, "") : target;
}

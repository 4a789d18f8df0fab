import type { FactInput } from "../../src/evidence/fact.ts";
import { Exactness } from "../incident-log/exactness.ts";
import { cleanText, readOften } from "../incident-log/text.ts";
import type { Page, PageReader } from "./page.ts";
import { hasText, readActions, type Section, sectionName } from "./sections.ts";
import { isActionHeading } from "./vocabulary.ts";

/** Null times are times that the record does not say; nothing is filled in from elsewhere. */
export function readIncident(
  page: Page,
  reader: PageReader,
  fileId: string,
  nature: string | null,
): Extract<FactInput, { kind: "incident" }> {
  const duration = reader.duration();
  const exactness = new Exactness();
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
  const lists = reader.lists(exactness);
  const times = exactness.each({
    occurredAt,
    detectedAt,
    createdAt: reader.time("createdAt"),
    acknowledgedAt: reader.time("acknowledgedAt"),
    respondedAt: reader.time("respondedAt"),
    triagedAt: reader.time("triagedAt"),
    commanderAt: reader.time("commanderAt"),
    awareAt: reader.time("awareAt"),
    containedAt: reader.time("containedAt"),
    eradicatedAt: reader.time("eradicatedAt"),
    recoveredAt: reader.time("recoveredAt"),
    verifiedAt: reader.time("verifiedAt"),
    resolvedAt: reader.time("resolvedAt") ?? duration.end,
    publishedAt: reader.time("publishedAt"),
    closedAt: reader.time("closedAt"),
    personalDataAt: reader.time("personalDataAt"),
  });
  return {
    kind: "incident",
    id: reader.text("id") ?? reader.text("incidentId") ?? fileId,
    title: reader.text("title") ?? page.heading ?? fileId,
    severity: reader.severity() ?? (reader.field("severity") ? null : (lists.severities.at(-1)?.severity ?? null)),
    status: reader.text("status") ?? flag,
    nature: reader.text("nature") ?? nature,
    ...times,
    precision: exactness.precision,
    owner: reader.text("owner"),
    commander: reader.text("commander"),
    personalData: reader.personalData(),
    personalDataBy: reader.text("personalDataBy"),
    review: reader.text("review"),
    detectedBy: reader.text("detectedBy"),
    tags: reader.marks("tags"),
    ...lists,
    // A key for each is there; what a record does not say was not done, or not written down.
    tellsOf: ["messages", "breaches"],
    affected: reader.count("affected"),
    supplier: unlessNone(reader.text("supplier")),
    cause: reader.text("cause"),
    causeKey: reader.text("causeKey"),
    closedBy: reader.text("closedBy"),
    closureReason: reader.text("closureReason"),
    reopened: reader.count("reopened", readOften) ?? 0,
  };
}

const unlessNone = (text: string | null) => (text === null || /^(none|no)$/i.test(text) ? null : text);

/** `incident` is the id of the incident that the same record describes, where it describes both. */
export function readReview(
  page: Page,
  reader: PageReader,
  fileId: string,
  incident: string | null,
): Extract<FactInput, { kind: "review" }> {
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
  const exactness = new Exactness();
  // In a record of both, `Date:` stands below the incident's heading and is the incident's.
  const date = reader.field("reviewedAt") || incident !== null ? reader.day("reviewedAt") : reader.day("date");
  return {
    kind: "review",
    id: incident ?? reader.text("id") ?? fileId,
    title: reader.text("title") ?? page.heading ?? fileId,
    incident: incident ?? (link === null ? null : linkedId(link)),
    severity: reader.severity(),
    author: reader.text("author"),
    ...exactness.each({ date, approvedAt: reader.day("approvedAt"), publishedAt: reader.day("publishedAt") }),
    precision: exactness.precision,
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

import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { readReviewDocument } from "../src/acts/review-document.ts";
import { wholeFact } from "../src/evidence/fact.ts";
import { isCustodyError } from "../src/lib/errors.ts";
import { checkReview, placeholders } from "../src/reviews/check.ts";
import { composeReview, type ReviewSubject } from "../src/reviews/compose.ts";
import { formOf, isHeadingOf, sectionRule } from "../src/reviews/form.ts";
import { readTemplate, templateOf } from "../src/reviews/template.ts";
import { t } from "./support/entries.ts";

const shipped = async () => readTemplate(await readFile("reports/templates/review.md", "utf8"), "the shipped template");
const read = (text: string, form = FIVE) =>
  readReviewDocument(new TextEncoder().encode(text), "review.md", "Europe/Berlin", form);
const lacks = (text: string, form = FIVE) =>
  checkReview(read(text, form), form).map(({ line, code }) => `${line} ${code}`);

const section = (heading: string, aliases: string[] = []) => ({ heading, aliases });
/** Five parts, as a procedure lists them. */
const FIVE = formOf("your rules", {
  sections: ["Timeline", "Root cause", "Impact", "Response", "Prevention"].map((one) => section(one)),
  header: [],
  actionFields: [],
}) as NonNullable<ReturnType<typeof formOf>>;
/** Headings and head lines of a template in a procedure. */
const EIGHT = formOf("your rules", {
  sections: [
    "What happened",
    "Root cause",
    "Detection",
    "Impact",
    "Containment and recovery steps taken",
    "What went well",
    "What to improve",
    "Action items",
  ].map((one) => section(one)),
  header: ["title", "date", "severity", "duration", "author"],
  actionFields: ["item", "owner", "due"],
}) as NonNullable<ReturnType<typeof formOf>>;

const HEAD = "# Post-mortem: Login outage\n\nDate: 2026-11-23\nAuthor: Anna Muster\n";
const GOOD = `${HEAD}
## Timeline
17:40 alerts, 18:10 rolled back

## Root cause
A migration locked the table of sessions.

## Impact
Nobody could log in for 30 minutes.

## Response
Rolled back after 30 minutes.

## Prevention
Migrations run with a lock timeout.
`;
const FULL = `## Incident: Login outage
Date: 2026-11-20
Severity: P1
Duration: 2026-11-20 17:40 to 18:10 Europe/Berlin
Author: Anna

### What happened
- 17:40 first alert
### Root cause
A lock.
### Detection
Prometheus, within a minute.
### Impact
All of them.
### Containment and recovery steps taken
Rolled back.
### What went well
The rollback.
### What to improve
Lock timeouts.
### Action items
| Item | Owner | Due |
|---|---|---|
| Lock timeout in CI | Anna | 2026-12-01 |
| Dashboard of locks | Ben | 2026-12-08 |
`;

describe("a review is looked through", () => {
  test("1: five parts under hashes, all there", () => expect(lacks(GOOD)).toEqual([]));

  test("2: the template of a procedure, filled in", () => expect(lacks(FULL, EIGHT)).toEqual([]));

  test("3: headings that are underlined, numbered, and have more words behind them", () => {
    const text = `Outage of the API
=================

Date: 2026-11-23
Author: Ben

Timeline (UTC)
-----------------
Things happened.

Root cause analysis
----------------------
A full disk.

Impact on customers
-----------------------
Some.

IV. Response
------------
Quick.

5 Prevention
------------
Alerts on disks.
`;
    expect(lacks(text)).toEqual([]);
  });

  test("4: front matter instead of lines, bold headings, other words for the same", () => {
    const text = `---
title: API outage
date: 2026-11-23
author: Ben
---
# API outage
## **What happened**
It went down.
## *Causes*
A disk.
## What was affected
The API.
## What we did
Restarted it.
## Preventing recurrence
Alerts.
`;
    expect(lacks(text)).toEqual([]);
  });

  test("5: sections that are missing are named at the end, empty ones where they stand", () => {
    const text = `${HEAD}\n## Timeline\n\n## Root cause\nA lock.\n\n## Impact\n<!-- who? -->\n\n## Response\nTBD\n`;
    expect(lacks(text)).toEqual([
      "6 section-empty",
      "11 section-empty",
      "14 section-empty",
      "15 placeholder",
      "16 section-missing",
    ]);
  });

  test("6: text under deeper headings counts for the section above them", () => {
    const text = GOOD.replace("A migration locked the table of sessions.", "### First\n\n### Second\nA lock.");
    expect(lacks(text)).toEqual([]);
    expect(lacks(GOOD.replace("A migration locked the table of sessions.", "### First\n\n### Second\n"))).toEqual([
      "9 no-cause",
    ]);
  });

  test("7: a cause that nobody knows yet is none, whatever the form asks", () => {
    for (const words of [
      "Unknown.",
      "Under investigation",
      "- still unclear",
      "Noch unklar.",
      "n/a",
      "To be determined",
    ])
      expect(lacks(GOOD.replace("A migration locked the table of sessions.", words)), words).toEqual(["10 no-cause"]);
    const without = formOf("your rules", { sections: [section("Timeline")], header: [], actionFields: [] });
    expect(lacks(`${HEAD}\n## Timeline\nx y\n`, without)).toEqual(["8 no-cause"]);
    expect(
      lacks(GOOD.replace("A migration locked the table of sessions.", "The cause is unknown to nobody: a lock.")),
    ).toEqual([]);
  });

  test("8: placeholders are named with their lines; links, code, HTML and checkboxes are none", () => {
    const text = `${GOOD}
- [assign owner]
- [ ] open and [x] done
- <name of the customer>
- see [the runbook](https://example.org/x) and [name][ref] and <https://example.org> and <a@example.org>
- \`<id>\` and <br> and <details>
- TODO and TBD
- YYYY-MM-DD
- {{date}}
- […]
\`\`\`
<name> TODO
\`\`\`
<!-- TODO: <name> -->
`;
    const found = checkReview(read(text), FIVE);
    expect(found.map(({ line, message }) => `${line} ${message.split(" was not")[0]}`)).toEqual([
      '21 "[assign owner]"',
      '23 "<name of the customer>"',
      '26 "TODO"',
      '26 "TBD"',
      '27 "YYYY-MM-DD"',
      '28 "{{date}}"',
      '29 "[…]"',
    ]);
  });

  test("9: actions without anybody or without a date, in a table and in a list", () => {
    const text = FULL.replace("| Anna | 2026-12-01 |", "| | 2026-12-01 |").replace(
      "| Ben | 2026-12-08 |",
      "| Ben | TBD |",
    );
    expect(lacks(text, EIGHT)).toEqual(["24 action-without-owner", "25 action-without-due", "25 placeholder"]);
    const list = FULL.replace(/\| Item[\s\S]*$/, "- Lock timeout (owner: Anna, due: 2026-12-01)\n- Dashboard\n");
    expect(lacks(list, EIGHT)).toEqual(["23 action-without-owner", "23 action-without-due"]);
  });

  test("10: no action at all, where the rules ask for some", () => {
    expect(lacks(FULL.replace(/\| Lock[\s\S]*$/, ""), EIGHT)).toEqual(["21 section-empty"]);
    expect(lacks(FULL.replace(/\| Item[\s\S]*$/, "We will see.\n"), EIGHT)).toEqual(["22 no-actions"]);
  });

  test("11: what is missing at the head, and a day that there is not", () => {
    expect(lacks(GOOD.replace("Date: 2026-11-23\nAuthor: Anna Muster\n", ""))).toEqual(["1 no-date", "1 no-author"]);
    expect(lacks(GOOD.replace("Author: Anna Muster", "Author: <name>"))).toContain("1 no-author");
    expect(lacks(GOOD.replace("2026-11-23", "2026-02-30"))).toEqual(["3 unreadable"]);
    expect(lacks(FULL.replace("Severity: P1", "Severity: P1 / P2"), EIGHT)).toEqual(["1 no-severity", "3 unreadable"]);
    expect(lacks(FULL.replace("Duration: 2026-11-20 17:40 to 18:10 Europe/Berlin\n", ""), EIGHT)).toEqual([
      "1 no-duration",
    ]);
    expect(lacks(FULL.replace("## Incident: Login outage", ""), EIGHT)).toEqual(["1 no-title"]);
  });

  const GERMAN = readTemplate(
    `---
template: review
sections:
  - Ablauf
  - { heading: Ursache, part: cause }
  - Auswirkung
  - { heading: Maßnahmen, part: actions }
head: [title, date, author, severity]
words:
  author: Verfasserin
  date: [Datum, Tag]
  severity: Schwere
  item: Maßnahme
  owner: [Verantwortlich, Zuständig]
  due: Fällig
---
# Nachbetrachtung: {{title}}

Datum: {{date}}
Schwere: {{severity}}
Verfasserin: {{author}}

## Ablauf

{{timeline}}

## Ursache

{{cause}}

## Auswirkung

<was war betroffen>

## Maßnahmen

| Maßnahme | Verantwortlich | Fällig |
|---|---|---|
{{actions}}
`,
    "deutsch.md",
  );
  const DEUTSCH = `# Nachbetrachtung: Ausfall der Anmeldung

Datum: 2026-11-23
Schwere: P1
Verfasserin: Anna Muster

## 1. Ablauf
Um 17:40 kamen Alarme.

## 2. Ursache
Eine Sperre in der Datenbank.

## 3. Auswirkung
Niemand konnte sich anmelden.

## 4. Maßnahmen
| Maßnahme | Verantwortlich | Fällig |
|---|---|---|
| Zeitgrenze für Sperren | Anna | 2026-12-01 |
`;

  test("12: German headings and words, by the template's own", () => {
    expect(lacks(DEUTSCH, GERMAN.form)).toEqual([]);
    const bad = DEUTSCH.replace("Eine Sperre in der Datenbank.", "Noch unbekannt.")
      .replace("| Anna |", "| |")
      .replace("Niemand konnte sich anmelden.", "[bitte eintragen]");
    expect(lacks(bad, GERMAN.form)).toEqual(["11 no-cause", "14 placeholder", "19 action-without-owner"]);
    const list = DEUTSCH.replace(
      /\| Maßnahme [\s\S]*$/,
      "- Zeitgrenze (Zuständig: Anna, Fällig: 2026-12-01)\n- Ohne alles\n",
    );
    expect(lacks(list, GERMAN.form)).toEqual(["18 action-without-owner", "18 action-without-due"]);
    // Without them they are no headings that anybody asked for.
    expect(lacks(DEUTSCH)).toContain("20 section-missing");
  });

  test("13: CRLF, a byte order mark and odd spacing change nothing", () => {
    expect(lacks(`\ufeff${GOOD.replaceAll("\n", "\r\n")}`)).toEqual([]);
  });

  test("14: what is no text, and what is too long, is refused", () => {
    const refused = (bytes: Uint8Array) => {
      try {
        readReviewDocument(bytes, "x.md", "UTC", FIVE);
      } catch (error) {
        return isCustodyError(error) ? error.code : error;
      }
      return "read";
    };
    expect(refused(Uint8Array.of(0xff, 0xfe, 0x41))).toBe("INPUT_INVALID");
    expect(refused(new Uint8Array(4 * 1024 * 1024 + 1).fill(97))).toBe("INPUT_TOO_LARGE");
    expect(lacks("")).toEqual([
      "1 no-date",
      "1 no-author",
      "1 section-missing",
      "1 no-cause",
      "1 section-missing",
      "1 section-missing",
      "1 section-missing",
    ]);
  });

  test("15: a hostile text is read in no time", () => {
    const began = performance.now();
    for (const text of [
      "[".repeat(100_000),
      "<a".repeat(100_000),
      "`".repeat(100_001),
      "{{".repeat(100_000),
      "| ".repeat(100_000),
      "# \n".repeat(50_000),
    ])
      checkReview(read(HEAD + text), FIVE);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

test("headings are compared without their numbers and marks, and by their own words only", () => {
  const cause = sectionRule("root_cause".replace("_", " "));
  for (const heading of ["Root cause", "3. Root Cause:", "**Root cause**", "Root-cause analysis", "A) Causes"])
    expect(isHeadingOf(cause, heading), heading).toBe(true);
  for (const heading of ["Because", "Roots", "Impact"]) expect(isHeadingOf(cause, heading), heading).toBe(false);
});

test("placeholders inside long lines are found up to a number", () => {
  expect(placeholders(Array.from({ length: 100 }, () => "TBD"))).toHaveLength(50);
});

describe("templates", () => {
  const SUBJECT: ReviewSubject = {
    id: "INC-2026-001",
    incident: wholeFact<"incident">({
      kind: "incident",
      id: "INC-2026-001",
      title: "Login {{timeline}} | outage <b> \u202e",
      severity: "Sev1",
      status: "resolved",
      nature: null,
      occurredAt: null,
      detectedAt: t("2026-10-25T00:30Z"),
      acknowledgedAt: null,
      containedAt: null,
      resolvedAt: t("2026-10-24T22:00Z"),
      closedAt: null,
      precision: { detectedAt: 60_000, resolvedAt: 90_000_000 },
      owner: "anna",
      commander: null,
      personalData: null,
      review: null,
    }),
    timeline: [
      { at: t("2026-10-25T01:30Z"), precision: 60_000, text: "note: later", entry: 9 },
      { at: t("2026-10-25T00:30Z"), precision: 60_000, text: "# open\nLogin", entry: 7 },
    ],
    actions: [{ title: "a | b", owner: null, due: t("2026-12-01T22:59:59.999Z") }],
    author: undefined,
    today: t("2026-11-20T12:00Z"),
    zone: "Europe/Berlin",
  };

  test("the shipped one is filled with what is known, in both times, and invents nothing", async () => {
    const { text, form } = await shipped();
    const made = composeReview(text, SUBJECT);
    expect(made).toContain("# Post-incident review: Login \\{\\{timeline\\}\\} \\| outage \\<b\\>");
    expect(made).toContain("Date: 2026-10-25\nSeverity: Sev1\n");
    expect(made).toContain("Author: <author>");
    expect(made).toContain("to 2026-10-25 (time of day not recorded)");
    // Both at half past two by the clock on the wall.
    expect(made).toContain(
      "- 2026-10-25 00:30 UTC (25 Oct 2026, 02:30 Europe/Berlin): \\# open Login (record 7)\n- 2026-10-25 01:30 UTC (25 Oct 2026, 02:30 Europe/Berlin): note: later (record 9)",
    );
    expect(made).toContain("| a \\| b | <who> | 2026-12-01 |");
    const missing = checkReview(read(made, form), form);
    expect(missing.filter(({ code }) => code !== "placeholder").map(({ code }) => code)).toEqual([
      "no-author",
      "no-cause",
      "section-empty",
      "section-empty",
      "section-empty",
      "section-empty",
      "action-without-owner",
    ]);
  });

  test("rules without a template give one, and what it makes asks for what the rules ask", () => {
    const made = composeReview(templateOf(EIGHT), SUBJECT);
    for (const heading of ["What happened", "Root cause", "Action items"]) expect(made).toContain(`## ${heading}\n`);
    expect(checkReview(read(made, EIGHT), EIGHT).map(({ code }) => code)).not.toContain("section-missing");
  });

  test("one without a word about itself asks for its headings", () => {
    const { form, text } = readTemplate("---\ntype: review\n---\n# {{title}}\n## Cause\n## What next\n", "own.md");
    expect(form.sections.map(({ heading, part }) => [heading, part])).toEqual([
      ["Cause", "cause"],
      ["What next", undefined],
    ]);
    expect(text).toContain("type: review");
  });

  test("everything that is wrong with one is said at once, with its line", () => {
    const wrong = () =>
      readTemplate(
        "---\ntemplate: review\nhead: [title, autor]\nwords: { wer: Wer }\nsectoins: []\n---\n# {{titel}}\n",
        "own.md",
      );
    expect(wrong).toThrow(/own\.md: there is nothing called \{\{titel\}\} to fill in/);
    expect(wrong).toThrow(/own\.md: line 3: head\.1: expected title, date, .*did you mean "author"\?/);
    expect(wrong).toThrow(
      /own\.md: line 4: words\.wer: unknown key; did you mean "owner"|own\.md: line 4: words\.wer: unknown key/,
    );
    expect(wrong).toThrow(/own\.md: line 5: sectoins: unknown key; did you mean "sections"\?/);
    expect(wrong).toThrow(/no heading below its title/);
    expect(() => readTemplate("---\ntemplate: review\nhead: [\n---\n# x\n", "own.md")).toThrow(/not YAML/);
    expect(() => readTemplate("a".repeat(300_000), "own.md")).toThrow(/at most 256 KiB/);
  });
});

import { isDeepStrictEqual } from "node:util";
import { type Block, cell, line } from "./blocks.ts";
import { muted, tableOf } from "./rows.ts";
import type { CalendarRow, ChoiceRow, DeadlineRow, RulesChanges, RulesText, RulesVersion } from "./rules-shape.ts";
import { plural, type Wording } from "./words.ts";

/** What one version of the rules says. Rows that an earlier version of them has word for word stand there, and are counted here. */

/** Which rows to print, and a line about those that stand in an earlier version already, or stand only there. */
export function newRows<T>(
  rows: readonly T[],
  earlier: RulesVersion | undefined,
  of: (text: RulesText) => readonly T[],
  nameOf: (row: T) => string,
): { readonly rows: readonly T[]; readonly line: readonly Block[] } {
  if (earlier?.text === undefined || earlier.text === null) return { rows, line: [] };
  const old = of(earlier.text);
  const fresh = rows.filter((row) => !old.some((one) => isDeepStrictEqual(one, row)));
  const names = rows.map(nameOf);
  const gone = old.map(nameOf).filter((name) => !names.includes(name));
  const same = rows.length - fresh.length;
  const text = [
    `${same} of ${rows.length} word for word as in version ${earlier.version} (record ${earlier.entry})`,
    ...(fresh.length === 0 ? [] : [`${fresh.length} different or new, below`]),
    ...(gone.length === 0 ? [] : [`no longer there: ${gone.join(", ")}`]),
  ].join("; ");
  return { rows: fresh, line: rows.length + old.length === 0 ? [] : [{ kind: "paragraph", text: `${text}.` }] };
}

/** One subject of the rules: its heading, what is as before, and what is not, or what it means that nothing is said. */
interface Subject<T> {
  readonly title: string;
  readonly of: (text: RulesText) => readonly T[];
  readonly nameOf: (row: T) => string;
  /** Said where the rules have nothing of it. */
  readonly none?: string;
  readonly intro?: string;
  readonly draw: (rows: readonly T[]) => readonly Block[];
}

export function subjectBlocks<T>(
  text: RulesText,
  earlier: RulesVersion | undefined,
  { title, of, nameOf, none, intro, draw }: Subject<T>,
): readonly Block[] {
  const all = of(text);
  const { rows, line: said } = newRows(all, earlier, of, nameOf);
  if (all.length === 0 && said.length === 0 && none === undefined) return [];
  return [
    { kind: "heading", level: 3, text: title },
    ...(all.length === 0 && none !== undefined ? [{ kind: "paragraph", text: none } as const] : []),
    ...(all.length > 0 && intro !== undefined ? [{ kind: "paragraph", text: intro, style: "muted" } as const] : []),
    ...said,
    ...(rows.length === 0 ? [] : draw(rows)),
  ];
}

export const severityBlocks = (text: RulesText, earlier: RulesVersion | undefined, wording: Wording) =>
  subjectBlocks(text, earlier, {
    title: "Severities, worst first",
    of: ({ severities }) => severities,
    nameOf: ({ label }) => label,
    draw: (rows) =>
      tableOf(
        [
          { title: "Severity", share: 16 },
          { title: "Means", share: 42 },
          { title: "Examples", share: 34 },
        ],
        rows,
        ({ label, rank, title, means, examples, aliases, says }) => [
          [
            line(label, "bold"),
            ...(title === null ? [] : [line(title)]),
            ...muted(`rank: ${rank}`, aliases.length === 0 ? null : `also written ${aliases.join(", ")}`),
          ],
          [line(means), line(`“${says}”`, "muted")],
          examples.length === 0 ? cell(null) : examples.map((example) => line(example)),
        ],
        wording,
      ),
  });

export const deadlineBlocks = (text: RulesText, earlier: RulesVersion | undefined, wording: Wording) =>
  subjectBlocks(text, earlier, {
    title: "Deadlines",
    of: ({ deadlines }) => deadlines,
    nameOf: ({ id }) => id,
    none: "0 deadlines: these rules set none.",
    draw: (rows) =>
      tableOf(
        [
          { title: "What, and where in the rules", share: 26 },
          { title: "In which time", share: 28 },
          { title: "Counted by", share: 16 },
          { title: "As the procedure says it", share: 34 },
        ],
        rows,
        deadlineRow,
        wording,
        { most: rows.length },
      ),
  });

function deadlineRow({ id, about, from, to, terms, when, calendar, says }: DeadlineRow) {
  const runs = [...(from === null ? [] : [`from when ${from}`]), ...(to === null ? [] : [`until ${to}`])];
  return [
    [
      line(about, "bold"),
      ...(runs.length === 0 ? [] : [line(runs.join(" "))]),
      ...(when === null ? [] : [line(`only: ${when}`)]),
      line(id, "muted"),
    ],
    terms.map(({ severity, words }) => line(severity === null ? words : `${severity}: ${words}`)),
    cell(calendar === null ? "the clock" : `calendar ${calendar}`),
    says === "" ? cell(null) : [line(`“${says}”`)],
  ];
}

/** Whatever else stands in the rules, so that nothing by which something is judged is to be looked up elsewhere. */
export const clauseBlocks = (text: RulesText, earlier: RulesVersion | undefined, wording: Wording) =>
  subjectBlocks(text, earlier, {
    title: "Every clause, by its place in the rules",
    of: ({ clauses }) => clauses,
    nameOf: ({ path }) => path,
    intro: wording.rules.clauses,
    draw: (rows) =>
      tableOf(
        [
          { title: "Where", share: 26 },
          { title: "What stands there", share: 78 },
        ],
        rows,
        ({ path, text: said }) => [[line(path, "bold")], [line(said)]],
        wording,
        { most: rows.length },
      ),
  });

/** `changed: upkeep.backups; new: …`; null where nothing but name and number differs. */
export function changesInWords({ added, changed, removed }: RulesChanges): string {
  const parts = [
    ...(changed.length === 0 ? [] : [`changed: ${changed.join(", ")}`]),
    ...(added.length === 0 ? [] : [`new: ${added.join(", ")}`]),
    ...(removed.length === 0 ? [] : [`no longer there: ${removed.join(", ")}`]),
  ];
  return parts.length === 0 ? "nothing but its version" : parts.join("; ");
}

export const calendarBlocks = (text: RulesText, earlier: RulesVersion | undefined, wording: Wording) =>
  subjectBlocks(text, earlier, {
    title: "Calendars",
    of: ({ calendars }) => calendars,
    nameOf: ({ name }) => name,
    none: "0 calendars: these rules count no business time.",
    draw: (rows) => [{ kind: "pairs", rows: rows.map((row) => calendarPair(row, wording)) }],
  });

function calendarPair(row: CalendarRow, wording: Wording) {
  const { name, digest, zone, hours, holidays, days, validFrom, validTo, dayEnds, afterHours, says } = row;
  const listed = holidays.rows.map((day) => `${day.date} ${day.name}`).join(", ");
  return {
    label: name,
    cell: [
      line(`${hours.join("; ")}, ${zone}`),
      line(
        holidays.state === "none"
          ? "No holidays: work goes on on all of them."
          : holidays.state === "unknown"
            ? wording.rules.holidaysUnknown
            : `Holidays listed (${plural(holidays.rows.length, "day")}, years ${holidays.years.join(", ")}): ${listed}.${holidays.incomplete ? " The list says itself that it is not complete." : ""}`,
      ),
      ...(days.length === 0
        ? []
        : [line(`Days with other hours: ${days.map((day) => `${day.date} ${day.hours} (${day.name})`).join(", ")}.`)]),
      line(
        `A business day ends ${dayEnds === "midnight" ? "with the end of the day" : "when work ends"}; what comes in after work counts ${afterHours === "roll" ? "from when work begins again" : "from when it came in"}.`,
      ),
      line(
        `Holds ${validFrom === null ? "without a first day" : `from ${validFrom}`}, ${validTo === null ? "without a last day" : `until ${validTo}`}.`,
      ),
      ...(says === null ? [] : [line(`“${says}”`, "muted")]),
      line(`SHA-256 ${digest}`, "mono"),
    ],
  };
}

export const choiceBlocks = (text: RulesText, earlier: RulesVersion | undefined, wording: Wording) =>
  subjectBlocks(text, earlier, {
    title: "Where it can be read in more than one way",
    of: ({ choices }) => choices,
    nameOf: ({ id }) => id,
    none: wording.rules.noChoices,
    intro: wording.rules.choices,
    draw: (rows) =>
      tableOf(
        [
          { title: "Question, and what the procedure says", share: 42 },
          { title: "Read here as", share: 34 },
          { title: "Could also be read as", share: 26 },
        ],
        rows,
        choiceRow,
        wording,
        { most: rows.length },
      ),
  });

function choiceRow({ id, question, taken, alternatives, says, mend }: ChoiceRow) {
  return [
    [line(question, "bold"), line(`“${says}”`, "muted"), line(id, "muted")],
    [line(taken), ...(mend ? [line("The rules mark this as a place to mend in the procedure itself.", "muted")] : [])],
    alternatives.map((one) => line(one)),
  ];
}

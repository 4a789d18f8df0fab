import { FIELDS } from "../handling/fields.ts";
import type { EvidenceItem } from "../handling/item.ts";
import { eventAct, missingInWords, remarksOn, type Speaking, stateInWords } from "../handling/words.ts";
import type { Instant } from "../lib/time.ts";
import { clean } from "../report/clean.ts";

/** The custody record of one thing on paper: Markdown, everything from people escaped, every line with its record number. */

export interface SheetOf {
  readonly item: EvidenceItem;
  readonly speaking: Speaking;
  readonly organisation: string;
  /** The log: its name, how many records of it were looked at, and its fingerprint then. */
  readonly log: { readonly origin: string; readonly size: number; readonly root: string };
  /** Time of the last record that was looked at. */
  readonly asOf: Instant;
  readonly software: string;
  /** Where the bytes lie, and what keeps them there. */
  readonly storage: string;
  /** What is wrong, worst first, in words. */
  readonly faults: readonly string[];
  readonly holds: readonly string[];
  /** A value of a field in words. */
  readonly value: (value: unknown) => string;
}

/** Text of people in a Markdown table or list: nothing in it formats, links, breaks out of its cell or hides. */
export function escapeMarkdown(text: string, limit = 1_000): string {
  return (
    clean(text, limit)
      .replace(/[\\`*_{}[\]#|~!]/g, "\\$&")
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      // What looks like an address must not become a link.
      .replace(/:\/\//g, "&#58;//")
      .replace(/\bwww\./gi, (found) => `${found.slice(0, 3)}&#46;`)
      .replace(/@/g, "&#64;")
      .replace(/^([-+]|\d+[.)])(?=\s)/, "\\$1")
  );
}

/** The sheet. The same log at the same size gives the same bytes. */
export function custodySheet({
  item,
  speaking,
  organisation,
  log,
  asOf,
  software,
  faults,
  holds,
  storage,
  value,
}: SheetOf): string {
  const md = escapeMarkdown;
  const said: Speaking = { ...speaking, person: (id) => speaking.person(id) };
  const lines = [
    `# Custody record ${md(item.id)}`,
    "",
    `**${md(item.title === "" ? "(no title)" : item.title)}**`,
    "",
    "| | |",
    "|---|---|",
    row("organisation", md(organisation)),
    row("incident", md(item.incident ?? "none named")),
    row("kind", item.physical ? "physical thing" : "files"),
    row("now", md(stateInWords(item, said))),
    row("as of", md(speaking.moment(asOf))),
    "",
    "## To look at first",
    "",
    ...(faults.length === 0
      ? ["By its records it was in somebody's hands from its collection on, and nothing else is wrong."]
      : faults.map((fault) => `- **${md(fault)}**`)),
    ...(item.missing.length === 0 ? [] : [`- Not said: ${md(missingInWords(item.missing).join("; "))}.`]),
    "",
    "## What it is",
    "",
    "| field | what the record says | record |",
    "|---|---|---|",
    ...FIELDS.flatMap(({ name, label }) => {
      const found = item.fields.get(name);
      return found === undefined ? [] : [`| ${label} | ${md(value(found.value))} | ${found.entry} |`];
    }),
    "",
    "## Holds",
    "",
    ...holds.map((hold) => `- ${md(hold)}`),
    "",
    ...(item.files.length === 0 ? [] : [...filesOf(item, said), md(storage), ""]),
    "## What happened to it",
    "",
    "| record | when | what | recorded by | from | to | why | remarks |",
    "|---|---|---|---|---|---|---|---|",
    ...item.events.map((event) => {
      const who = (id: string | undefined) => (id === undefined ? "" : md(said.person(id)));
      const why = [event.reason ?? event.purpose ?? "", event.note ?? ""].filter((text) => text !== "").join("; ");
      const remarks = [...(event.result === "matches" ? ["found as recorded"] : []), ...remarksOn(event, said)].join(
        "; ",
      );
      const by = `${who(event.by)}${event.auth === "unauthenticated" ? " (nobody checked who that was)" : ""}`;
      return `| ${event.entry} | ${md(speaking.moment(event.stamp.at, event.stamp.precision))} | ${eventAct(event)} | ${by} | ${who(event.from)} | ${who(event.to)} | ${md(why)} | ${md(remarks)} |`;
    }),
    "",
    ...(item.handlers.length === 0
      ? ["Nobody is named as authorised to handle it: acts are judged by role.", ""]
      : [
          "## Who may handle it",
          "",
          ...item.handlers.map(
            ({ person, from, to, entry }) =>
              `- ${md(said.person(person))}, from ${md(speaking.moment(from))}${to === undefined ? "" : ` to ${md(speaking.moment(to))}`} (record ${entry})`,
          ),
          "",
        ]),
    "## How to check this sheet",
    "",
    `It was drawn from the first ${log.size} records of the log \`${clean(log.origin).replaceAll("`", "")}\`, fingerprint \`${log.root}\`.`,
    "Each number above is a record there: `custody show NUMBER` prints it, `custody prove NUMBER` gives a receipt for it.",
    "`sha256sum FILE` prints the digits of a file. The sheet itself is signed by nobody: the records are.",
    "It says what was recorded, when and by whom. That somebody did what they recorded it cannot say.",
    "",
    `Made by ${md(software)}.`,
  ];
  return `${lines.join("\n")}\n`;
}

const row = (name: string, text: string) => `| ${name} | ${text} |`;

function filesOf({ files }: EvidenceItem, { person, moment }: Speaking): string[] {
  const md = escapeMarkdown;
  return [
    "## Files",
    "",
    ...files.flatMap(({ digest, size, mediaType, name, entry, hashedAt, hashedBy, derived, disposed, verified }) => [
      `- SHA-256 \`${digest}\``,
      `  - ${name ? `${md(name, 200)}, ` : ""}${size} bytes, ${md(mediaType)}; record ${entry}`,
      `  - hash computed ${md(moment(hashedAt))} by ${md(person(hashedBy))}`,
      ...(derived === undefined ? [] : [`  - made by ${md(derived.change)} of \`${derived.from.join("`, `")}\``]),
      ...(disposed === undefined
        ? []
        : [
            `  - **disposed of** on ${md(moment(Date.parse(disposed.at)))} by ${md(person(disposed.by))}, by the authority ${md(disposed.authority)} (${md(disposed.reason)}); record ${disposed.index}`,
          ]),
      ...(disposed !== undefined || verified !== undefined ? [] : ["  - not hashed again since"]),
      ...(verified === undefined || disposed !== undefined
        ? []
        : [
            `  - hashed again ${md(moment(verified.at))}: ${verified.result === "matches" ? "the same" : "**NOT the same**"}; record ${verified.entry}`,
          ]),
    ]),
    "",
  ];
}

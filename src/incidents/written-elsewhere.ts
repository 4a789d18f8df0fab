import type { IncidentAct } from "./acts.ts";

/** What an incident that is kept in files or a table says instead of a command of our own register: which key, with what. */

/** The record that shall say it. */
export interface Place {
  /** The collector that reads it. */
  readonly instance: string;
  /** The file, or the rows of a table, that it is from. */
  readonly origin?: string | undefined;
}

const FLAG = /--([a-z-]+)(?: ("[^"]*"|[^\s-]\S*))?/g;

/** Flags of our command that have another name, or none, in an entry of a list. */
const NAMES: Readonly<Record<string, string>> = {
  severity: "level",
  "subjects-told": "people_told",
};

const ENTRIES: Readonly<Partial<Record<string, { readonly list: string; readonly first?: string; at: boolean }>>> = {
  breach: { list: "breaches", at: false },
  communicate: { list: "messages", at: true },
  escalate: { list: "escalations", at: true },
  measure: { list: "measures", first: "name", at: true },
  "law-step": { list: "law_steps", first: "step", at: true },
};

const PLAIN: Readonly<Partial<Record<IncidentAct, string>>> = {
  resolve: "resolved: TIME",
  close: 'closed: TIME, closed_by: PERSON, closure_reason: "…"',
  reopen: "reopened: 1",
  cause: 'root_cause: "…", cause_key: WORD',
  supplier: 'supplier: "…"',
  tag: "tags: [TAG]",
  untag: "tags: [TAG]",
  impact: "impact: { confidentiality: LEVEL, integrity: LEVEL, availability: LEVEL }",
  "personal-data": "personal_data: yes|no, personal_data_by: PERSON, personal_data_decided_at: TIME",
};

/** The key that says what a command such as `incident stamp INC-1 contained` records; undefined where a record has none. */
export function keyFor(command: string): string | undefined {
  const [, act = "", rest = ""] = /^(?:custody )?incident ([a-z-]+)(?: \S+)?(.*)$/.exec(command) ?? [];
  const words = rest.replace(FLAG, "").trim().split(/\s+/).filter(Boolean);
  const flags = [...rest.matchAll(FLAG)].map(([, name = "", value = "…"]) => [
    NAMES[name] ?? name.replaceAll("-", "_"),
    value,
  ]);
  const [word = "TIME"] = words;
  if (act === "stamp") return `${word === "published" ? "review_published" : word}: TIME`;
  if (act === "assign")
    return word === "commander" ? "commander: PERSON, commander_named: TIME" : `${word}: ${words[1] ?? "PERSON"}`;
  if (act === "correct") {
    const how = flags.find(([name]) => name === "detected_by");
    return how && `detected_by: ${how[1]}`;
  }
  if (act === "classify")
    return flags.some(([name]) => name === "nature")
      ? "nature: WORD"
      : 'severities: - { level: LABEL, at: TIME, by: PERSON, reason: "…" }';
  const entry = ENTRIES[act];
  if (entry === undefined) return PLAIN[act as IncidentAct];
  const own = entry.first === undefined ? [] : [[entry.first, words[0] ?? "NAME"]];
  const said = [...own, ...(entry.at ? [["at", "TIME"]] : []), ...flags];
  const all =
    said.length > 0
      ? said
      : [
          ["role", "controller|processor"],
          ["aware", "TIME"],
        ];
  return `${entry.list}: - { ${all.map(([name, value]) => `${name}: ${value}`).join(", ")} }`;
}

/** What to do instead, in words, without the collecting that makes it known. */
export function writeThere(command: string, { origin, instance }: Place): string {
  const isFile = origin !== undefined && /\.md$/i.test(origin);
  const where = isFile ? origin : `its record in the register that ${instance} collects`;
  const key = keyFor(command);
  if (key === undefined) return `write it into ${where}`;
  return isFile ? `add \`${key}\` to ${where}` : `write it into ${where} (in a file: \`${key}\`)`;
}

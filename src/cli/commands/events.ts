import type { Tree } from "./tree.ts";

/** Commands for events and what was decided about them. */

const CHOICE: [string, string][] = [
  ["--source <id>", "of this collector"],
  ["--name <name>", "of this name, or Disk* for what begins so"],
  ["--severity <word>", "of this severity, in the source's word"],
  ["--label <pair...>", "with this label, NAME=VALUE"],
  ["--from <day>", "begun from this day or time on"],
  ["--until <day>", "begun before this day or time"],
];

export function addEvents({ branch, command, group }: Tree): void {
  group("Handle incidents:");
  const event = branch("event", "events and what was decided about them: `event list`, `event add`, `event decide`, …");
  command(
    "list",
    "what sources and people told of, what was decided about it, and what still waits",
    [
      ["--undecided", "only what nobody and no rule has decided about"],
      ["--again", "only what somebody has to look at again"],
      ["--period <period>", "2026, 2026-Q3, 2026-09, or 2026-07-01..2026-09-30"],
      ...CHOICE,
      ["-n, --number <count>", "how many are shown (default: 50)"],
    ],
    async () => (await import("../event-list.ts")).list,
    event,
  );
  command(
    "show <event>",
    "everything that is known of one",
    [],
    async () => (await import("../event-list.ts")).show,
    event,
  );
  command(
    "add <subject>",
    "somebody reported something that may be an incident",
    [
      ["--channel <word>", "how it came in: mail, phone, chat, form, person, disclosure, …"],
      ["--received <time>", "when it came in (default: now)"],
      ["--acknowledged <time>", "when whoever reported it was answered"],
      ["--reporter <text>", "who reported it"],
      ["--text <text>", "what was reported"],
      ["--file <file...>", "what came with it"],
      ["--id <id>", "a number of your own (default: the next one, EVT-2026-001)"],
    ],
    async () => (await import("../event-add.ts")).add,
    event,
  );
  command(
    "ack <event>",
    "whoever reported it was answered",
    [
      ["--at <time>", "when (default: now)"],
      ["--text <text>", "what they were told"],
    ],
    async () => (await import("../event-add.ts")).acknowledge,
    event,
  );
  command(
    "decide [args...]",
    "EVENT… and what it is: incident, event-only, false-positive or duplicate; or a filter and --decision",
    [
      ["--incident <id>", "with incident: which one it became, or belongs to"],
      ["--of <event>", "with duplicate: of which event"],
      ["--reason <text>", "why"],
      ["--at <time>", "when it was decided (default: now)"],
      ["--decision <word>", "with a filter: incident, event-only, false-positive or duplicate"],
      ...CHOICE,
      ["--each", "you looked at each of them by itself"],
      ["--yes", "do not ask"],
    ],
    async () => (await import("../event-decide.ts")).decide,
    event,
  );
  command(
    "rules",
    "the rules by which events are decided without a person: which hold, which end soon, which never matched",
    [["--period <period>", "also whether decisions came late in this period"]],
    async () => (await import("../event-rules.ts")).rules,
    event,
  );
}

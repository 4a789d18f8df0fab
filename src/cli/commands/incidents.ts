import { AT, allFlags, CORRECTED_BY_FLAG, INCIDENT_COMMANDS } from "../incident-commands.ts";
import type { Tree } from "./tree.ts";

/** Commands of the register of incidents. */

export function addIncidents({ branch, command, group }: Tree): void {
  group("Handle incidents:");
  const incident = branch(
    "incident",
    "the register of incidents: `incident open`, `incident list`, `incident show`, …",
  );
  command(
    "list",
    "incidents that go on, with what is due, and the newest of the others",
    [
      ["--open", "only those that are not closed"],
      ["-n, --number <count>", "how many of those that are over (default: 20)"],
      [
        "--due",
        "instead: everything that is due, past due first: deadlines, actions, reviews, findings, what is accepted",
      ],
      ["--within <duration>", "with --due: of what is to come, only what is due in this time, such as 36h or 14d"],
    ],
    async () => (await import("../incident-show.ts")).list,
    incident,
  );
  command(
    "show <id>",
    "how one stands, and everything that was recorded about it",
    [],
    async () => (await import("../incident-show.ts")).show,
    incident,
  );
  for (const { act, spec, help, flags } of INCIDENT_COMMANDS) {
    const own: [string, string][] = flags.map(({ flag, help: text }) => [flag, text]);
    if (act === "open") own.push(["--id <id>", "an id of your own (default: the next number of the year)"]);
    if (act === "close") own.push(["--waive <text>", "why it is closed although something does not hold; for owners"]);
    command(spec, help, [...own, AT], async () => (await import("../incident.ts")).recording(act), incident);
  }
  command(
    "correct <id> <record>",
    "put something right: the earlier record stays readable, and counts no more",
    [
      ["--because <text>", "why the earlier record is wrong"],
      ["--void", "strike it out: it never was"],
      ...CORRECTED_BY_FLAG,
      ...allFlags().map(({ flag }): [string, string] => [flag, "as in the record that is corrected"]),
      AT,
    ],
    async () => (await import("../incident.ts")).correct,
    incident,
  );
  command(
    "set <id> <pairs...>",
    "KEY=VALUE: the same as classify, assign, personal-data, cause, supplier, tag and impact, in short",
    [AT],
    async () => (await import("../incident.ts")).set,
    incident,
  );
}

import { afterAll, beforeAll, expect, test } from "vitest";
import { ERROR_CODES } from "../src/lib/errors.ts";
import { newToken, tokenLine } from "../src/people.ts";
import { Cli, type Done } from "./support/cli.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-bad-input");
}, 120_000);
afterAll(() => cli.close());

const TOKENS = { anna: newToken(), ben: newToken(), carla: newToken() };
const CONFIG = `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
policy: sev1-4
people:
  anna: { role: owner, token: "${tokenLine(TOKENS.anna)}" }
  ben: { role: operator, token: "${tokenLine(TOKENS.ben)}" }
  carla: { role: auditor, token: "${tokenLine(TOKENS.carla)}" }
collectors: []
`;
/** What every piece of evidence says. */
const TAKEN = ["--source", "a desk", "--method", "upload", "--authorised-by", "anna"];

const HELD = ["--text", "All of it"];

type Person = keyof typeof TOKENS | undefined;

/** A workspace with one of each thing in its log. */
async function stocked() {
  const workspace = await cli.workspace(CONFIG);
  const as = (person: Person, ...args: string[]) =>
    cli.run(workspace.folder, args, { env: { CUSTODY_TOKEN: person && TOKENS[person] } });
  const done = async (...args: string[]) => {
    const one = await as("anna", ...args);
    expect(one.code, one.all).toBe(0);
  };
  await workspace.write("paper.txt", "a paper");
  await done("incident", "open", "--title", "Login down", "--id", "INC-1", "--severity", "Sev2");
  await done("action", "open", "Patch it", "--id", "ACT-1", "--owner", "ben", "--due", "+14d");
  await done("event", "add", "Strange mail", "--id", "EVT-1", "--channel", "mail");
  await done("evidence", "add", ...TAKEN, "paper.txt", "--incident", "INC-1", "--title", "Paper", "--id", "EVD-1");
  await done(
    "activity",
    "record",
    "training",
    ...HELD,
    "--title",
    "First aid",
    "--id",
    "ACV-1",
    "--date",
    "2026-01-10",
    "--participants",
    "ben",
  );
  await done(
    "finding",
    "open",
    "--origin",
    "external-audit",
    "--reference",
    "7",
    "--rule",
    "Owners are named",
    "--gap",
    "Two had none",
    "--owner",
    "anna",
    "--due",
    "2027-02-28",
    "--id",
    "FND-1",
  );
  return { workspace, as };
}

/** What is wrong with how a command line was refused; none where it was refused as everything is. */
function faultsOf(done: Done, args: readonly string[], naming: readonly string[] = []): string[] {
  const name = args
    .map((arg) => (arg.length > 60 ? `${arg.slice(0, 9)}…${arg.length}` : JSON.stringify(arg)))
    .join(" ");
  const faults: string[] = [];
  if (done.code !== 2) faults.push(`exit ${done.code}`);
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(done.all)) faults.push("a control character is printed");
  if (done.all.length > 12_000) faults.push(`${done.all.length} characters are printed`);
  for (const one of naming) if (!done.stderr.includes(one)) faults.push(`does not name ${one}`);
  try {
    const { ok, error } = done.json<{ ok: boolean; error?: { code: string; message: string; remedy?: string } }>();
    if (ok !== false || error === undefined) faults.push("no error in the JSON");
    else {
      if (!Object.hasOwn(ERROR_CODES, error.code) || error.code === "BUG") faults.push(`the code is ${error.code}`);
      if (error.remedy === undefined) faults.push("no remedy");
    }
  } catch {
    faults.push("stdout is not one JSON object");
  }
  return faults.map((fault) => `${name}: ${fault}: ${done.stderr.slice(0, 300)}`);
}

const MEGABYTE = "x".repeat(1024 * 1024);
const ESCAPES = "\u001b[31mred\u001b[0m\u0007";

/** Ids that nothing has, in every place that takes one. */
const UNKNOWN: readonly (readonly string[])[] = [
  ["incident", "show", "INC-9"],
  ["incident", "note", "INC-9", "x"],
  ["incident", "correct", "INC-9", "4", "--because", "x"],
  ["incident", "correct", "INC-1", "9999", "--because", "x"],
  ["incident", "correct", "INC-1", "four", "--because", "x"],
  ["incident", "set", "INC-1", "colour=red"],
  ["incident", "set", "INC-1", "severity"],
  ["incident", "stamp", "INC-1", "lunch"],
  ["incident", "law-step", "INC-1", "nis2.lunch"],
  ["incident", "list", "-n", "many"],
  ["incident", "list", "--within", "2d"],
  ["incident", "list", "--due", "--within", "soon"],
  ["incident", "fly", "INC-1"],
  ["action", "show", "ACT-9"],
  ["action", "done", "ACT-9"],
  ["action", "open", "x", "--incident", "INC-9", "--owner", "ben", "--due", "+1d"],
  ["action", "open", "x", "--finding", "FND-9", "--owner", "ben", "--due", "+1d"],
  ["link", "INC-1", "INC-9", "--relation", "same", "--reason", "x"],
  ["link", "INC-1", "EVT-1", "--relation", "friend", "--reason", "x"],
  ["link", "INC-1"],
  ["review", "new", "INC-9"],
  ["review", "show", "REV-9"],
  ["review", "approve", "REV-9"],
  ["review", "record", "INC-9", "paper.txt"],
  ["review", "record", "INC-1", "no-such-file.md"],
  ["review", "check", "no-such-file.md"],
  ["activity", "show", "ACV-9"],
  ["activity", "approve", "ACV-9"],
  ["activity", "record", "party", "--title", "x"],
  ["trends", "--period", "lately"],
  ["event", "show", "EVT-9"],
  ["event", "ack", "EVT-9"],
  ["event", "decide", "EVT-9", "event-only", "--reason", "x"],
  ["event", "decide", "EVT-1", "maybe", "--reason", "x"],
  ["event", "decide", "EVT-1", "duplicate", "--of", "EVT-9", "--reason", "x"],
  ["event", "decide", "EVT-1", "incident", "--incident", "INC-9", "--reason", "x"],
  ["evidence", "show", "EVD-9"],
  ["evidence", "transfer", "EVD-9", "--to", "ben", "--reason", "x"],
  ["evidence", "verify", "EVD-9"],
  ["evidence", "add", ...TAKEN, "no-such-file", "--incident", "INC-1", "--title", "x"],
  ["evidence", "describe", "EVD-1", "colour"],
  ["finding", "show", "FND-9"],
  ["finding", "note", "FND-9", "--text", "x"],
  ["finding", "open", "--requirement", "a526.owner.presnt", "--period", "2026-10"],
  ["finding", "open", "--requirement", "a526.owner.present", "--period", "lately"],
  ["waive", "a526.owner.presnt", "--until", "2026-12-31", "--owner", "anna", "--reason", "x"],
  ["waive", "--revoke", "WVR-9", "--reason", "x"],
  ["sample", "show", "SMP-9"],
  ["sample", "draw", "SMP-9", "--size", "3", "--words", "x"],
  ["sample", "freeze", "--of", "birds", "--period", "2026-10"],
  ["sample", "freeze", "--of", "incidents", "--period", "lately"],
  ["sample", "replay", "no-such-file.zip"],
  ["policy", "show", "sev9"],
  ["policy", "check", "no-such-file.yaml"],
  ["policy", "new", "our-rules", "--from", "sev9"],
  ["controls", "A.9.99"],
  ["controls", "a526.owner.presnt", "--period", "2026-10"],
  ["controls", "--period", "lately"],
  ["controls", "--period", "2026-10", "--result", "bad"],
  ["controls", "--with", "no-such-file.yaml"],
];

/** A day that there is not, and a time that is still to come, in every place that takes one. */
const TIMES: readonly (readonly string[])[] = [
  "2026-02-30",
  "2026-02-30T10:00",
  "2099-01-01T10:00",
  "yesterday-ish",
  "25:61",
].flatMap((time) => [
  ["incident", "note", "INC-1", "x", "--at", time],
  ["incident", "stamp", "INC-1", "responded", "--at", time],
  ["incident", "open", "--title", "x", "--detected", time],
  ["incident", "breach", "INC-1", "--role", "controller", "--aware", time],
  ["incident", "exposure", "INC-1", "--from", time],
  ["action", "done", "ACT-1", "--at", time],
  ["event", "add", "x", "--channel", "mail", "--received", time],
  ["event", "decide", "EVT-1", "event-only", "--reason", "x", "--at", time],
  ["evidence", "transfer", "EVD-1", "--to", "ben", "--reason", "x", "--at", time],
  ["evidence", "add", ...TAKEN, "paper.txt", "--incident", "INC-1", "--title", "x", "--collected-at", time],
  ["activity", "record", "training", ...HELD, "--title", "x", "--participants", "ben", "--date", time],
  [
    "finding",
    "open",
    "--origin",
    "customer",
    "--reference",
    "8",
    "--rule",
    "x",
    "--gap",
    "x",
    "--owner",
    "anna",
    "--due",
    "2027-02-28",
    "--at",
    time,
  ],
  ["link", "INC-1", "EVT-1", "--relation", "about", "--reason", "x", "--at", time],
]);

const PERIODS: readonly (readonly string[])[] = [
  "2026-02-30..2026-03-02",
  "2026-03-02..2026-03-01",
  "2026-13",
  "2026-Q5",
].flatMap((period) => [
  ["trends", "--period", period],
  ["controls", "--period", period],
  ["sample", "freeze", "--of", "incidents", "--period", period],
  ["finding", "open", "--requirement", "a526.owner.present", "--period", period],
]);

/** Text that is none, that is too much, or that steers a terminal where a word is expected. */
const TEXTS: readonly (readonly string[])[] = [
  ...["", "  ", MEGABYTE].flatMap((text) => [
    ["incident", "open", "--title", text],
    ["incident", "note", "INC-1", text],
    ["incident", "cause", "INC-1", "--text", text],
    ["action", "open", text, "--owner", "ben", "--due", "+1d"],
    ["event", "add", text, "--channel", "mail"],
    ["event", "decide", "EVT-1", "event-only", "--reason", text],
    ["evidence", "add", ...TAKEN, "paper.txt", "--incident", "INC-1", "--title", text],
    ["evidence", "transfer", "EVD-1", "--to", "ben", "--reason", text],
    ["activity", "record", "training", ...HELD, "--title", text, "--participants", "ben", "--date", "2026-01-10"],
    ["finding", "note", "FND-1", "--text", text],
    ["link", "INC-1", "EVT-1", "--relation", "about", "--reason", text],
    ["waive", "a526.owner.present", "--until", "2026-12-31", "--owner", "anna", "--reason", text],
  ]),
  ...[ESCAPES, MEGABYTE].flatMap((text) => [
    ["incident", "show", text],
    ["incident", "open", "--title", "x", "--id", text],
    ["incident", "assign", "INC-1", "owner", text],
    ["incident", "classify", "INC-1", "--severity", text, "--reason", "x"],
    ["incident", "tag", "INC-1", text],
    ["incident", "stamp", "INC-1", text],
    ["incident", "communicate", "INC-1", "--channel", text],
    ["action", "show", text],
    ["action", "assign", "ACT-1", "--owner", text],
    ["review", "new", text],
    ["review", "check", text],
    ["activity", "record", text, "--title", "x"],
    ["event", "show", text],
    ["event", "add", "x", "--channel", text],
    ["evidence", "show", text],
    ["evidence", "transfer", "EVD-1", "--to", text, "--reason", "x"],
    ["finding", "show", text],
    ["finding", "open", "--requirement", text, "--period", "2026-10"],
    ["waive", text, "--until", "2026-12-31", "--owner", "anna", "--reason", "x"],
    ["sample", "show", text],
    ["sample", "freeze", "--of", text, "--period", "2026-10"],
    ["policy", "show", text],
    ["policy", "check", text],
    ["controls", text],
    ["controls", "--period", text],
    ["trends", "--period", text],
    ["link", text, "INC-1", "--relation", "about"],
  ]),
];

/** Two things wrong at once, and what each is named by. */
const DOUBLE: readonly (readonly [args: readonly string[], naming: readonly string[]])[] = [
  [
    ["incident", "open", "--title", " ", "--severity", "P9", "--detected", "2026-02-30"],
    ["title", "P9", "2026-02-30"],
  ],
  [
    ["incident", "stamp", "INC-9", "responded", "--at", "2026-02-30"],
    ["INC-9", "2026-02-30"],
  ],
  [
    ["incident", "stamp", "INC-1", "lunch", "--at", "2026-02-30"],
    ["lunch", "2026-02-30"],
  ],
  [["incident", "exposure", "INC-1", "--from", "2026-03-02", "--to", "2026-02-30"], ["2026-02-30"]],
  [["incident", "impact", "INC-1", "--affected", "many", "--type", "weather"], ["many"]],
  [
    ["incident", "list", "--due", "--open", "--within", "soon"],
    ["--open", "soon"],
  ],
  [
    ["action", "open", " ", "--owner", "ben", "--due", "2026-02-30"],
    ["TITLE", "2026-02-30"],
  ],
  [
    ["action", "open", "x", "--incident", "INC-9", "--type", "magic", "--due", "2026-02-30"],
    ["INC-9", "magic", "2026-02-30"],
  ],
  [["event", "add", " ", "--channel", "mail", "--received", "2026-02-30"], ["2026-02-30"]],
  [["event", "decide", "EVT-9", "maybe", "--reason", " "], ["maybe"]],
  [
    ["evidence", "transfer", "EVD-1", "--to", " ", "--reason", " "],
    ["--to", "--reason"],
  ],
  [
    ["waive", "a526.nothing", "--until", "2026-02-30", "--owner", "anna"],
    ["2026-02-30", "--reason"],
  ],
  [
    ["sample", "freeze", "--of", "birds", "--period", "2026-13"],
    ["birds", "2026-13"],
  ],
  [
    ["controls", "--period", "2026-13", "--result", "bad"],
    ["2026-13", "bad"],
  ],
];

/** What a role must not do; and what nobody does without a token. */
const ROLES: readonly (readonly [person: Person, args: readonly string[]])[] = [
  ["carla", ["incident", "open", "--title", "x"]],
  ["carla", ["incident", "note", "INC-1", "x"]],
  ["carla", ["action", "open", "x", "--owner", "ben", "--due", "+1d"]],
  ["carla", ["event", "add", "x", "--channel", "mail"]],
  ["carla", ["event", "decide", "EVT-1", "event-only", "--reason", "x"]],
  ["carla", ["finding", "note", "FND-1", "--text", "x"]],
  ["carla", ["link", "INC-1", "EVT-1", "--relation", "about", "--reason", "x"]],
  [
    "carla",
    ["activity", "record", "training", ...HELD, "--title", "x", "--participants", "ben", "--date", "2026-01-10"],
  ],
  ["ben", ["waive", "a526.owner.present", "--until", "2026-12-31", "--owner", "anna", "--reason", "x"]],
  ["ben", ["activity", "approve", "ACV-1"]],
  ["ben", ["incident", "withdraw", "INC-1", "--reason", "x"]],
  [undefined, ["waive", "a526.owner.present", "--until", "2026-12-31", "--owner", "anna", "--reason", "x"]],
  [undefined, ["activity", "approve", "ACV-1"]],
  [undefined, ["incident", "withdraw", "INC-1", "--reason", "x"]],
  [undefined, ["review", "approve", "REV-1"]],
];

test("whatever is wrong is refused by a code of the list, with a remedy, in JSON as in words, and leaves no record", {
  timeout: 240_000,
}, async () => {
  const { workspace, as } = await stocked();
  const { length: before } = await workspace.entries();
  const faults: string[] = [];
  const lines = [...UNKNOWN, ...TIMES, ...PERIODS, ...TEXTS].map((args) => ["anna", args, []] as const);
  const double = DOUBLE.map(([args, naming]) => ["anna", args, naming] as const);
  const roles = ROLES.map(([person, args]) => [person, args, []] as const);
  for (const [person, args, naming] of [...lines, ...double, ...roles]) {
    const done = await as(person, ...args, "--json");
    faults.push(...faultsOf(done, args, naming));
  }
  expect(faults).toEqual([]);
  expect((await workspace.entries()).length).toBe(before);
  await workspace.verified();
});

import type { Tree } from "./tree.ts";

/** Commands for what is kept as evidence of incidents. */

const HAPPENED: readonly (readonly [string, string])[] = [
  ["--at <time>", "when it happened, such as 2026-11-20 or 2026-11-20T14:00 (default: now)"],
  ["--note <text>", "more words on it"],
  ["--corrects <number>", "the earlier record about it, by its number, that this one takes the place of"],
];

export function addEvidence({ branch, command, group }: Tree): void {
  group("Keep and delete lawfully:");
  const evidence = branch(
    "evidence",
    "things kept as evidence of incidents, and whose hands they pass through: `evidence add`, `evidence show`, `evidence transfer`, …; docs/chain-of-custody.md",
  );
  command(
    "add [files...]",
    "begin the custody record of one thing: files, files the log has already, or something physical",
    [
      ["--incident <id>", "incident that it is evidence of, such as INC-2026-001"],
      ["--title <text>", "what it is, in a few words"],
      ["--source <text>", "which system, place or person it comes from"],
      ["--method <how>", "how it was taken: api, export, image, copy, screenshot, photograph, upload, seizure, …"],
      ["--authorised-by <name>", "on whose authority it was taken"],
      ["--collected-by <name>", "who took it (default: you)"],
      ["--collected-at <time>", "when it was taken (default: now)"],
      ["--physical <description>", "it is no file: a laptop, a disk, paper; what it looks like"],
      ["--from-capture <digest...>", "a file that the log has already, by its SHA-256"],
      ["--handler <name...>", "may handle it; without any, roles decide"],
      ["--field <name=value...>", "one more field of the custody record, such as query=… or personalData=yes"],
      ["--id <id>", "a name of your own (default: the next number, EVD-2026-001)"],
    ],
    async () => (await import("../item-add.ts")).add,
    evidence,
  );
  command(
    "list",
    "everything kept as evidence of incidents",
    [["--incident <id>", "of this incident only"]],
    async () => (await import("../item.ts")).list,
    evidence,
  );
  command(
    "show <id>",
    "the custody record of one thing, holes first",
    [],
    async () => (await import("../item.ts")).show,
    evidence,
  );
  command(
    "sheet <id>",
    "the same as Markdown, to print and to hand over",
    [["-o, --out <file>", "file to write, .md (default: ID.md); one that is there is never overwritten"]],
    async () => (await import("../item.ts")).sheet,
    evidence,
  );
  command(
    "transfer <id>",
    "record that it was handed over",
    [
      ["--to <name>", "who has it now"],
      ["--from <name>", "who handed it over (default: whoever holds it)"],
      ["--reason <text>", "why"],
      ["--location <text>", "where it lies now"],
      ...HAPPENED,
    ],
    async () => (await import("../item-acts.ts")).transfer,
    evidence,
  );
  command(
    "receive <id>",
    "confirm that you have it, after somebody handed it over; or that it came back",
    [
      ["--from <name>", "who handed it over"],
      ["--to <name>", "who has it now (default: you)"],
      ["--reason <text>", "why"],
      ...HAPPENED,
    ],
    async () => (await import("../item-acts.ts")).receive,
    evidence,
  );
  command(
    "store <id>",
    "record where it was put",
    [["--location <text>", "where it lies now"], ["--reason <text>", "why"], ...HAPPENED],
    async () => (await import("../item-acts.ts")).store,
    evidence,
  );
  command(
    "access <id>",
    "record that somebody looks at it; with --out hand out the bytes, recorded before they leave",
    [
      ["--reason <text>", "why"],
      ["-o, --out <file>", "write the file there, or several into this folder"],
      ["--file <digest...>", "this file of it only, by its SHA-256"],
      ["--for <name>", "it is given out to this person, outside"],
      ["--at <time>", "without --out: when it happened (default: now)"],
      ["--note <text>", "more words on it"],
    ],
    async () => (await import("../item-access.ts")).access,
    evidence,
  );
  command(
    "verify [ids...]",
    "hash the stored bytes again, of all or those named, and record whether they are the same",
    [
      ["--incident <id>", "of this incident only"],
      ["--found <state>", "for one physical thing: intact or altered, as you found it"],
      ["--reason <text>", "why"],
      ...HAPPENED,
    ],
    async () => (await import("../item-verify.ts")).verify,
    evidence,
  );
  command(
    "derive <id> <file>",
    "add a file that was made of it; what it was made of stays",
    [
      ["--what <how>", "copy, redaction, decompression, re-encoding, conversion, excerpt, translation or decryption"],
      ["--of <digest...>", "the file it was made of (default: all originals)"],
      ["--reason <text>", "what was changed, and why"],
      ...HAPPENED,
    ],
    async () => (await import("../item-acts.ts")).derive,
    evidence,
  );
  command(
    "return <id>",
    "record that it was given back to whom it belongs",
    [
      ["--to <name>", "to whom"],
      ["--from <name>", "by whom (default: whoever holds it)"],
      ["--reason <text>", "why"],
      ...HAPPENED,
    ],
    async () => (await import("../item-end.ts")).giveBack,
    evidence,
  );
  command(
    "release <id>",
    "record that it is not needed as evidence any more",
    [["--reason <text>", "why"], ...HAPPENED],
    async () => (await import("../item-end.ts")).release,
    evidence,
  );
  command(
    "dispose <id>",
    "record that a physical thing was destroyed; files go by `custody dispose`",
    [
      ["--authority <who>", "by whose decision: a role or a reference"],
      ["--method <text>", "how, such as shredded"],
      ["--reason <text>", "why"],
      ...HAPPENED,
    ],
    async () => (await import("../item-end.ts")).dispose,
    evidence,
  );
  command(
    "authorise <id>",
    "say who may handle it; from then on nobody else may",
    [["--person <name...>", "who"], ["--withdraw", "these may not any more"], ["--reason <text>", "why"], ...HAPPENED],
    async () => (await import("../item-acts.ts")).authorise,
    evidence,
  );
  command(
    "describe <id> [fields...]",
    "fill in or correct fields of its record: FIELD=VALUE; or say that an earlier record was a mistake",
    [["--reason <text>", "why"], ...HAPPENED],
    async () => (await import("../item-describe.ts")).describe,
    evidence,
  );
}

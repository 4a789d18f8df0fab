import type { Tree } from "./tree.ts";

/** Commands for findings. */

const FINDING_SAYS: readonly (readonly [string, string])[] = [
  ["--text <text>", "in words"],
  ["--at <time>", "when it was, if not now"],
  ["--evidence <file...>", "a file that shows it"],
  ["--corrects <number>", "the record of the same sort that this one takes the place of"],
];

export function addFindings({ branch, command, group }: Tree): void {
  group("Find and sample:");
  const finding = branch(
    "finding",
    "what was not met, and what became of it: `finding open`, `finding list`; docs/findings.md",
  );
  const findingStep = (
    name: "note" | "cause" | "correct" | "plan" | "assign" | "replan" | "done" | "verify" | "close" | "reopen",
    description: string,
    more: readonly (readonly [string, string])[] = [],
  ) =>
    command(
      `${name} <id>`,
      description,
      [...FINDING_SAYS, ...more],
      async () => (await import("../finding.ts"))[name],
      finding,
    );
  command(
    "open",
    "begin one: from a check that is not met, or by hand from somebody else's report",
    [
      ["--requirement <id>", "the check, such as a526.owner.present"],
      ["--period <period>", "the time that is looked at, such as 2026-10"],
      ["--origin <who>", "own, internal-audit, external-audit, customer or authority (default: own)"],
      ["--reference <number>", "the number under which somebody else reported it"],
      ["--rule <text>", "the rule that was not met, in words"],
      ["--control <id>", "the control it belongs to, such as A.5.26"],
      ["--gap <text>", "what is missing; from the check unless given"],
      ["--extent <n/of>", "how many of how many, such as 2/14; from the check unless given"],
      ["--entry <number...>", "a record that shows it"],
      ["--evidence <file...>", "a file that shows it"],
      ["--owner <name>", "who answers for it"],
      ["--due <date>", "until when it is to be mended: 2026-12-01, meant to its end, or +30d, +2w, +1mo from today"],
      ["--text <text>", "more words on it"],
      ["--at <time>", "when it was found, if not now"],
      ["--id <id>", "an id of your own"],
    ],
    async () => (await import("../finding.ts")).open,
    finding,
  );
  command(
    "list",
    "all of them and how they stand; to an owner also how an auditor might call them",
    [["--open", "only those that are not closed"]],
    async () => (await import("../finding.ts")).list,
    finding,
  );
  command("show <id>", "everything about one", [], async () => (await import("../finding.ts")).show, finding);
  findingStep("note", "add a remark");
  findingStep("cause", "why it happened");
  findingStep("correct", "what was put right at once");
  findingStep("plan", "what shall keep it from happening again", [
    ["--action <id...>", "an action that belongs to it, such as ACT-2026-003"],
    ["--owner <name>", "who answers for it"],
    ["--due <date>", "until when, such as 2026-12-01 or +30d"],
  ]);
  findingStep("assign", "who answers for it from now on", [["--owner <name>", "a short name, or a full name"]]);
  findingStep("replan", "another date, and why", [["--due <date>", "until when, such as 2026-12-01 or +30d"]]);
  findingStep("done", "what was to be done is done");
  findingStep("verify", "somebody looked whether it helped", [["--result <word>", "effective or not-effective"]]);
  findingStep("close", "close it: once it was found to help, or by an owner with a token who says why not");
  findingStep("reopen", "open it again, and why");
}

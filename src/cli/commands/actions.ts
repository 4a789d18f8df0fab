import { CORRECTS, WHEN, WHY } from "./flags.ts";
import type { Tree } from "./tree.ts";

/** Commands for steps that are to be done, and for what belongs together. */

const PROOF: readonly [string, string] = ["--file <file...>", "file that shows it"];
const TRACKER: readonly [string, string] = [
  "--tracker <name>",
  "where to see it: github:owner/name#12, a commit, a ticket",
];

export function addActions({ branch, command }: Tree): void {
  const action = branch(
    "action",
    "steps after an incident, a finding or an exercise: `action open`, `action done`, `action list`, …",
  );
  command(
    "open [title...]",
    "something is to be done",
    [
      ["--incident <id>", "incident that it is for"],
      ["--finding <id>", "finding that it is for"],
      ["--activity <id>", "exercise or review that it comes from"],
      ["--type <type>", "containment, eradication, recovery, corrective, preventive or improvement"],
      ["--owner <name>", "who is to do it"],
      ["--due <date>", "by when: 2026-12-01, 2026-12-01T17:00, or +14d, +2w, +1mo from today"],
      ["--text <text>", "more words on it"],
      TRACKER,
      ["--id <id>", "a number of your own (default: the next one)"],
      WHEN,
      CORRECTS,
    ],
    async () => (await import("../action.ts")).open,
    action,
  );
  command(
    "assign [id]",
    "who is to do it",
    [["--owner <name>", "who"], WHY, WHEN, CORRECTS],
    async () => (await import("../action.ts")).assign,
    action,
  );
  command(
    "replan [id]",
    "a new date; the earlier ones stay visible, and so does that one was missed",
    [["--due <date>", "by when now"], WHY, WHEN, CORRECTS],
    async () => (await import("../action.ts")).replan,
    action,
  );
  command(
    "done [id]",
    "it was done, with what shows it",
    [PROOF, TRACKER, ["--text <text>", "what was done"], WHEN, CORRECTS],
    async () => (await import("../action.ts")).done,
    action,
  );
  command(
    "verify [id]",
    "somebody looked whether it helped; what did not is to be done again",
    [
      ["--result <result>", "effective, not-effective or not-applicable"],
      ["--text <text>", "what was looked at"],
      PROOF,
      WHEN,
      CORRECTS,
    ],
    async () => (await import("../action.ts")).verify,
    action,
  );
  command(
    "cancel [id]",
    "it will not be done, and why",
    [WHY, WHEN, CORRECTS],
    async () => (await import("../action.ts")).cancel,
    action,
  );
  command(
    "reopen [id]",
    "it is to be done again",
    [WHY, ["--due <date>", "by when"], ["--owner <name>", "who is to do it"], WHEN, CORRECTS],
    async () => (await import("../action.ts")).reopen,
    action,
  );
  command(
    "follow [id]",
    "where it is followed elsewhere",
    [TRACKER, WHEN, CORRECTS],
    async () => (await import("../action.ts")).follow,
    action,
  );
  command(
    "list",
    "what is to be done, what is overdue first, and what was done and not looked at yet",
    [
      ["--all", "also what is over"],
      ["--incident <id>", "of this incident only"],
      ["--owner <name>", "of this person only"],
    ],
    async () => (await import("../action.ts")).list,
    action,
  );
  command("show <id>", "one, with every record", [], async () => (await import("../action.ts")).show, action);
  command(
    "link [from] [to]",
    "say that two things belong together: records by their number, facts of sources as COLLECTOR/ID, files by SHA-256, external:NAME",
    [
      ["--relation <relation>", "same, alert, evidence, review, cause, duplicate, risk, follows or about"],
      WHY,
      ["--remove", "they do not belong together after all"],
      ["--list", "what is linked, with FROM only what is linked with it"],
      ["--propose", "which records of different sources look like one incident; links nothing"],
      WHEN,
    ],
    async () => (await import("../link.ts")).link,
  );
}

import type { Tree } from "./tree.ts";

/** Commands that keep evidence, and delete it lawfully. */

export function addKeeping({ branch, command }: Tree): void {
  command(
    "preserve <incident>",
    "collect everything about the time of an incident now, and forbid to dispose of it",
    [
      ["--from <day>", "from this day or time on (default: a day before it was noticed)"],
      ["--to <day>", "up to the beginning of this day, or this time (default: a day after it was over, or now)"],
      ["--authority <who>", "by whose order: a role or a reference (default: incident)"],
      ["--as-evidence", "also begin a custody record of what each source gave (docs/chain-of-custody.md)"],
    ],
    async () => (await import("../preserve.ts")).preserve,
  );
  command(
    "retention",
    "what is past the time for which it is to be kept; deletes nothing",
    [],
    async () => (await import("../retention.ts")).retention,
  );
  command(
    "dispose [digests...]",
    "delete evidence files for good, with a record of who decided it and why; everything still verifies",
    [
      ["--authority <who>", "by whose decision: a role or a reference, such as dpo or ticket/4711"],
      ["--reason <why>", "retention, erasure-request, contract-end, order, mistake or other"],
      ["--note <text>", "more words on it"],
      ["--due", "everything that `custody retention` lists, but what is under a hold"],
      ["--unfinished", "delete what was recorded as disposed of and is still there"],
      ["--mistake", "take back an upload of the last 72 hours; needs no authority"],
      ["--with-contents", "for a list (manifest): also what it names"],
      ["--with-lists", "also the lists that name nothing else any more: they hold names and addresses of the files"],
    ],
    async () => (await import("../dispose.ts")).dispose,
  );
  const hold = branch("hold", "what must not be disposed of: `hold place`, `hold release`, `hold list`");
  command(
    "place <id>",
    "forbid to dispose of evidence: everything that matches all that is given",
    [
      ["--authority <who>", "by whose order: a role or a reference"],
      ["--digest <sha256...>", "this file"],
      ["--collector <id...>", "what this collector took in"],
      ["--from <day>", "from this time on"],
      ["--to <day>", "before this time"],
      ["--incident <id>", "what tells of this incident"],
      ["--note <text>", "more words on it"],
    ],
    async () => (await import("../hold.ts")).place,
    hold,
  );
  command(
    "release <id>",
    "end a hold",
    [
      ["--authority <who>", "by whose order: a role or a reference"],
      ["--note <text>", "more words on it"],
    ],
    async () => (await import("../hold.ts")).release,
    hold,
  );
  command("list", "the holds in force, and those that were", [], async () => (await import("../hold.ts")).list, hold);
}

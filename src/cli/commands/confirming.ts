import type { Tree } from "./tree.ts";

/** Commands by which people confirm, accept, and are known. */

export function addConfirming({ branch, command, group }: Tree): void {
  group("Confirm what a person must confirm:");
  command(
    "sign [what]",
    "what a person can confirm, and has; with nil-return: that nothing happened; or a check by its name, such as monthly-review",
    [
      ["--month <month>", "for this month, such as 2026-10"],
      ["--period <period>", "for 2026, 2026-Q3, 2026-09, or 2026-07-01..2026-09-30"],
      ["--requirement <id...>", "with nil-return: about this requirement only"],
      ["--note <text>", "more words on it"],
      ["--yes", "do not ask"],
    ],
    async () => (await import("../sign.ts")).sign,
  );
  command(
    "waive [requirement]",
    "accept that a check is not met, until when and why; only an owner with a token can. Without one: what is accepted",
    [
      ["--incident <id...>", "only for this record"],
      ["--until <date>", "until when, such as 2026-12-31, to its end; at most 366 days"],
      ["--owner <name>", "who answers for it: a short name under `people:`, or a full name"],
      ["--reason <text>", "why"],
      ["--earlier", "also for what had failed before now; reports say that it was accepted later"],
      ["--revoke <id>", "instead: take this one back, from now on"],
    ],
    async () => (await import("../waive.ts")).waive,
  );
  const people = branch(
    "people",
    "who acts here, in which role: `people list`, `people token`",
    async () => (await import("../people.ts")).people,
  );
  command(
    "list",
    "everybody named in the configuration",
    [],
    async () => (await import("../people.ts")).people,
    people,
  );
  command(
    "token <name>",
    "make a personal token, to be known by; the one before counts no more",
    [["--write", "put its hash into the configuration"]],
    async () => (await import("../people.ts")).token,
    people,
  );
  command("whoami", "as whom you act", [], async () => (await import("../people.ts")).whoami);
}

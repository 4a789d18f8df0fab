import type { Tree } from "./tree.ts";

/** Commands about the installation, the configuration and the rules. */

export function addOperating({ branch, command, group }: Tree): void {
  group("Operate:");
  command(
    "doctor",
    "look at everything that Custody needs, and say of each thing that is wrong what to do; writes no record",
    [["--only <check...>", "these checks only, by the name in the first column"]],
    async () => (await import("../doctor.ts")).doctor,
  );
  const config = branch("config", "about the configuration: `config check`");
  command(
    "check [file]",
    "everything that is wrong with a configuration at once, or what it would collect and when; needs no key and no store",
    [],
    async () => (await import("../config-check.ts")).check,
    config,
  );
  const policy = branch(
    "policy",
    "about your own rules for incidents: `policy list`, `policy show`, `policy new`, `policy check`, `policy history`; docs/policies.md",
  );
  command(
    "list",
    "the policies that ship, and the one configured here",
    [],
    async () => (await import("../policy.ts")).list,
    policy,
  );
  command(
    "show [policy]",
    "what is in a policy, in plain words: a shipped one, a file, or the one configured here",
    [["--zone <zone>", "time zone for a policy that names none (default: the organisation's)"]],
    async () => (await import("../policy.ts")).show,
    policy,
  );
  command(
    "check <file>",
    "everything that is wrong with a policy, with its lines, and what an auditor would ask; needs no workspace",
    [["--zone <zone>", "time zone for a policy that names none (default: the organisation's)"]],
    async () => (await import("../policy.ts")).check,
    policy,
  );
  command(
    "new <name>",
    "begin rules of your own from the nearest shipped policy; asks on a terminal",
    [
      ["--from <policy>", "which shipped one (default: sev1-4)"],
      ["-o, --out <file>", "file to write (default: NAME.yaml); one that is there is never overwritten"],
      ["--title <text>", "title of your procedure"],
      ["--severities <words>", "your words for the severities, worst first, with commas"],
      ["--deadlines <terms>", 'deadlines in the same order, such as "within 15m, within 2h, within 1bd, no number"'],
      ["--hours <hours>", `your business hours, for \`within 8bh\` and the like (default: "mon-fri 09:00-17:00")`],
      ["--owner <role>", "who owns the procedure"],
      ["--approved-by <role>", "who approved it"],
      ["--effective <day>", "from which day it holds"],
      ["--zone <zone>", "your time zone (default: the organisation's)"],
    ],
    async () => (await import("../policy-new.ts")).begin,
    policy,
  );
  command(
    "history",
    "which rules are in the log, and from when to when each was in force",
    [],
    async () => (await import("../policy.ts")).history,
    policy,
  );
}

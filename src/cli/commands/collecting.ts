import type { Tree } from "./tree.ts";

/** Commands that collect, show what is there and what is missing, and say what is expected. */

export function addCollecting({ command, group }: Tree): void {
  group("Collect:");
  command(
    "serve",
    "keep collecting on schedule, take hooks, show the page; SIGHUP reads the configuration again",
    [["--log-level <level>", "what to log: info, warn or error (default: `log: level` of the configuration)"]],
    async () => (await import("../serve.ts")).serve,
  );
  command(
    "collect [ids...]",
    "collect now, from all collectors or those named: what is due, and how things stand in the period that still runs; then send the fingerprints that are due",
    [
      ["--from <day>", "with --backfill: from this day, such as 2026-11-01, or time with its zone"],
      ["--to <day>", "with --backfill: up to the beginning of this day (default: now)"],
      ["--backfill", "ask again for every period from --from to --to; what it brings stays marked as late"],
      ["--incident <id>", "with --backfill: the incident for which it is asked for"],
      ["--dry-run", "only say what would be asked"],
    ],
    async () => (await import("../collect.ts")).collect,
  );
  command(
    "import <path>",
    "take in records from before Custody watched; reports show them apart",
    [["--as <id>", "the collector whose records these are, by its id in custody.yaml"]],
    async () => (await import("../import.ts")).importRecords,
  );
  command(
    "upload <files...>",
    "add evidence files by hand, one record for all files named",
    [
      ["--control <id...>", "control that they are evidence for, such as A.5.27"],
      ["--reason <text>", "why they are evidence"],
      ["--captured-at <time>", "when they were made, such as 2026-11-20 or 2026-11-20T14:00:00+01:00"],
      ["--source <text>", "where they come from"],
      ["--incident <id>", "incident that they belong to"],
    ],
    async () => (await import("../upload.ts")).upload,
  );
  group("See what is there and what is missing:");
  command("status", "what ran, what is due, what is missing", [], async () => (await import("../status.ts")).status);
  command(
    "gaps",
    "every hole in the evidence",
    [["--fail-on-gaps", "end with exit code 1 when one is open, for a scheduler"]],
    async () => (await import("../gaps.ts")).gaps,
  );
  command(
    "hooks",
    "addresses to paste at sources that report by themselves",
    [],
    async () => (await import("../hooks.ts")).hooks,
  );
  command(
    "controls [id]",
    "the controls, what each needs as evidence and why; one, or all; with --period, or of one requirement by its name: how they stand",
    [
      [
        "--period <period>",
        "the results of this period (2026-10, 2026-Q3, FROM..TO) and which records fail; this year for one requirement",
      ],
      ["--result <word...>", "with --period: only such results, as not_met or no_data"],
      ["--recommended", "with --period: also what is only recommended"],
      ["--crosswalk", "with the requirements of other frameworks that touch the same ground, as far as checked"],
      ["--with <file...>", "a crosswalk of your own"],
    ],
    async () => (await import("../controls.ts")).controls,
  );
  group("Say what is expected:");
  command(
    "pause <id>",
    "expect nothing of a collector for a while",
    [
      ["--until <date>", "until when; without it until `custody resume`"],
      ["--reason <text>", "why"],
    ],
    async () => (await import("../plan.ts")).pause,
  );
  command(
    "resume <id>",
    "expect evidence of a paused collector again",
    [["--reason <text>", "why"]],
    async () => (await import("../plan.ts")).resume,
  );
  command(
    "retire <id>",
    "expect nothing of a collector any more",
    [["--reason <text>", "why"]],
    async () => (await import("../plan.ts")).retire,
  );
}

export function addGaps({ branch, command, group }: Tree): void {
  group("Say what is expected:");
  const gap = branch("gap", "about one gap: `gap ack`, `gap accept`");
  command(
    "ack <id>",
    "say that somebody has seen it",
    [["--reason <text>", "remark, if you like"]],
    async () => (await import("../gaps.ts")).acknowledge,
    gap,
  );
  command(
    "accept <id>",
    "say that what is missing by now may stay, until when and why",
    [
      ["--until <date>", "until when, such as 2026-12-31, to its end"],
      ["--reason <text>", "why"],
    ],
    async () => (await import("../gaps.ts")).accept,
    gap,
  );
}

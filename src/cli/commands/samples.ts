import type { Tree } from "./tree.ts";

/** Commands for samples. */

export function addSamples({ branch, command }: Tree): void {
  const sample = branch(
    "sample",
    "populations and samples for an auditor: `sample freeze`, `sample draw`; docs/samples.md",
  );
  command(
    "freeze",
    "keep a population as it is now, so that anybody can choose from the same rows later",
    [
      ["--of <what>", "incidents, alerts, reviews, job-runs, actions, events, decisions, activities, evidence …"],
      ["--period <period>", "2026, 2026-Q3, 2026-09, or 2026-07-01..2026-09-30"],
      ["--source <id...>", "only of this source"],
      ["--id <id>", "an id of your own"],
    ],
    async () => (await import("../sample.ts")).freeze,
    sample,
  );
  command(
    "pick <id> [rows...]",
    "choose rows by hand",
    [["--reason <text>", "why these"]],
    async () => (await import("../sample.ts")).pick,
    sample,
  );
  command(
    "draw <id>",
    "draw rows by the fingerprint of the log and the auditor's own words; anybody draws the same again",
    [
      ["--size <n>", "how many, at most 256"],
      ["--words <text>", "the auditor's own words, that nobody here could know when the population was frozen"],
    ],
    async () => (await import("../sample.ts")).draw,
    sample,
  );
  command(
    "mark <id> [words...]",
    "what came of looking at a row: `sample mark SMP-2026-001 1 accepted`, by its id or its place; accepted, flagged or not-applicable",
    [["--note <text>", "in words"]],
    async () => (await import("../sample.ts")).mark,
    sample,
  );
  command("list", "all of them", [], async () => (await import("../sample.ts")).list, sample);
  command(
    "show <id>",
    "one of them, with its rows",
    [["--all", "every row of the population"]],
    async () => (await import("../sample.ts")).show,
    sample,
  );
  command(
    "replay <pack> [ids...]",
    "draw the samples of a pack again, from the pack alone; needs no workspace",
    [["--key <vkey>", "key of the log, or a file with it (default: the workspace's, else the one in the pack)"]],
    async () => (await import("../sample.ts")).replay,
    sample,
  );
}

import { CORRECTS, WHEN, WHY } from "./flags.ts";
import type { Tree } from "./tree.ts";

/** Commands for reviews, exercises and trainings, and for what comes back. */

const TEMPLATE: readonly [string, string] = [
  "--template <file>",
  "template in Markdown (default: the headings of your rules, else one that is shipped)",
];
const CONTROLS: readonly [string, string] = [
  "--controls <answer>",
  "yes or no: are controls to be changed? with --reason",
];

export function addReviews({ branch, command }: Tree): void {
  const review = branch(
    "review",
    "what was learned from an incident: `review new`, `review check`, `review record`, `review approve`, …",
  );
  command(
    "new <incident>",
    "write a review to be filled in, with what the register knows",
    [
      TEMPLATE,
      [
        "--out <file>",
        "file to write, - for here (default: review-INCIDENT.md); one that is there is never overwritten",
      ],
      ["--author <name>", "who writes it"],
    ],
    async () => (await import("../review.ts")).begin,
    review,
  );
  command(
    "check <file>",
    "what is missing in a review, by line; exit code 1 where something is",
    [TEMPLATE],
    async () => (await import("../review.ts")).check,
    review,
  );
  command(
    "record <incidents-and-file...>",
    "keep a review: the numbers of its incidents, then the file",
    [
      TEMPLATE,
      ["--author <name>", "who wrote it (default: as the file says)"],
      CONTROLS,
      WHY,
      ["--incomplete <text>", "keep it although something is missing, and why"],
      ["--as <id>", "a new version of this review"],
      ["--corrects <record>", "takes the place of this record: the file, or what it was about, was the wrong one"],
      ["--because <text>", "with --corrects: what was wrong"],
      ["--id <id>", "a number of your own (default: the next one)"],
      ["--file <file...>", "file that belongs to it: a picture, a log"],
      ["--at <time>", "when it was written (default: now)"],
    ],
    async () => (await import("../review.ts")).record,
    review,
  );
  command(
    "approve <id>",
    "sign the newest version, byte for byte; for owners",
    [CONTROLS, WHY, ["--digest <sha256>", "only if the file is this one"], ["--yes", "do not ask"]],
    async () => (await import("../review.ts")).approve,
    review,
  );
  command("withdraw <id>", "take a review back", [WHY], async () => (await import("../review.ts")).withdraw, review);
  command(
    "publish <id>",
    "record that it was published: where, when, and the page as it stood there",
    [["--url <address>", "where"], ["--file <file...>", "the page, as PDF or HTML"], WHEN],
    async () => (await import("../review.ts")).published,
    review,
  );
  command("list", "all reviews", [], async () => (await import("../review-show.ts")).list, review);
  command("show <id>", "one, with every version", [], async () => (await import("../review-show.ts")).show, review);
  const activity = branch(
    "activity",
    "exercises, trainings and other things that were held: `activity record`, `activity list`, …",
  );
  command(
    "record <type>",
    "exercise, training, procedure-review, contact-check, log-review, recurrence-review, trend-review, restore-test or test-report",
    [
      ["--date <time>", "when it was held: 2026-11-20, or with the time of day"],
      ["--participants <names>", "who took part, with commas between them"],
      ["--title <text>", "what it was, in one line"],
      ["--text <text>", "what was done and found"],
      ["--incident <id...>", "incident that it is about"],
      ["--value <pair...>", "more about it: scenario=ransomware"],
      ["--file <file...>", "file that shows it: minutes, a list of who was there"],
      ["--id <id>", "a number of your own (default: the next one)"],
      CORRECTS,
    ],
    async () => (await import("../activity.ts")).record,
    activity,
  );
  command(
    "approve <id>",
    "sign it; for owners",
    [WHY, ["--yes", "do not ask"]],
    async () => (await import("../activity.ts")).approve,
    activity,
  );
  command("withdraw <id>", "take it back", [WHY], async () => (await import("../activity.ts")).withdraw, activity);
  command("list", "everything that was held", [], async () => (await import("../activity.ts")).list, activity);
  command("show <id>", "one, with every version", [], async () => (await import("../activity.ts")).show, activity);
  command(
    "trends",
    "how many incidents of which kind, how long they took, and which causes came back",
    [["--period <period>", "2026, 2026-Q3, 2026-09, or 2026-07-01..2026-09-30 (default: all)"]],
    async () => (await import("../activity.ts")).trends,
  );
}

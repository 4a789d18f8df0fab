import { z } from "zod";
import { type Capture, defineCollector } from "../src/collector/define.ts";
import { collectMapped, readMapped } from "../src/collector/mapped-file.ts";
import { mappedFile, quote, TextField, TimeField, textAt, timeAt } from "../src/collector/mapping.ts";
import type { FileRecord } from "../src/collector/records.ts";
import type { Fact, Problem } from "../src/evidence/fact.ts";
import { iso } from "../src/lib/time.ts";

const Word = z.union([z.string(), z.number(), z.boolean()]).transform((word) => String(word).trim().toLowerCase());

const Mapping = {
  format: mappedFile.format,
  delimiter: mappedFile.delimiter,
  records: mappedFile.records,
  zone: mappedFile.zone,
  job: z.string().min(1).optional().describe("name of the job, where the file is about one only"),
  fields: z
    .strictObject({
      id: TextField.optional().describe("the run's own number; made from job and time where there is none"),
      job: TextField.optional().describe("name of the job, where the file is about several"),
      startedAt: TimeField.optional().describe("when it began; this or `endedAt` is needed"),
      endedAt: TimeField.optional().describe("when it was over: a field, or `{ field, format }`"),
      outcome: TextField.describe("how it went, in the words of `outcomes`"),
      detail: TextField.optional().describe("what else to keep of it"),
    })
    .refine((fields) => fields.startedAt ?? fields.endedAt, "expected startedAt, endedAt or both")
    .describe("which field of a record says what"),
  outcomes: z
    .strictObject({
      success: z.array(Word).default(["success", "succeeded", "ok", "done", "completed", "passed", "true", "0"]),
      failure: z.array(Word).default(["failure", "failed", "fail", "error", "timeout", "aborted", "false", "1"]),
      started: z.array(Word).default(["started", "start", "running"]),
      missed: z.array(Word).default(["missed"]),
    })
    .prefault({})
    .describe("the words of the file for each outcome"),
};
const oneJob = (mapping: { job?: string | undefined; fields: { job?: string | undefined } }) =>
  (mapping.job === undefined) !== (mapping.fields.job === undefined);
const ONE_JOB = { error: "expected either `job`, the name, or `fields.job`, the field that holds it", path: ["job"] };

const Config = z.strictObject({ path: mappedFile.path, covers: mappedFile.covers, ...Mapping }).refine(oneJob, ONE_JOB);
/** As kept beside the bytes. */
const Parameters = z.object(Mapping).refine(oneJob, ONE_JOB);
type Parameters = z.output<typeof Parameters>;

/** Runs of jobs out of a log or an export of any scheduler: JSON, NDJSON or CSV. */
export const jobFile = defineCollector({
  name: "cron-health/file",
  title: "Job runs in a file",
  family: "cron-health",
  mode: "window",
  facts: ["job-run"],
  cadence: "daily",
  grace: "6h",
  config: Config,
  reader: 1,
  blindSpots: [
    "A file shows what its writer put there; a run that was never logged cannot be told from one that never took place.",
    "A log without new lines may mean that nothing ran or that the log is no longer written; which jobs were expected is not known here.",
    "Lines that were changed or removed before the file was collected are not seen, nor is a missing file among several that match a pattern.",
    "`covers: complete` is the word of whoever configured it.",
  ],
  permissions: ["Read the file, and list its folder where `path` is a pattern."],
  reads: ({ path }) => [path],

  collect: (run) => collectMapped(run, read),
  read,
});

function read(capture: Capture): Generator<Fact | Problem> {
  return readMapped(capture, Parameters, jobRun);
}

/** The fact of a record, or what is wrong with it. */
function jobRun(record: FileRecord, { fields, zone, job: only, outcomes }: Parameters): Fact | string {
  const job = only ?? textAt(record, fields.job);
  if (job === null) return `expected the name of the job in "${fields.job}", found nothing`;
  const startedAt = timeAt(record, fields.startedAt, zone);
  const endedAt = timeAt(record, fields.endedAt, zone);
  if (typeof startedAt === "object" && startedAt !== null) return startedAt.wrong;
  if (typeof endedAt === "object" && endedAt !== null) return endedAt.wrong;
  const time = startedAt ?? endedAt;
  if (time === null) return "expected a time at which it started or ended, found neither";
  const word = textAt(record, fields.outcome)?.toLowerCase() ?? "";
  const outcome = (["success", "failure", "started", "missed"] as const).find((one) => outcomes[one].includes(word));
  if (!outcome) return `expected one of the words under \`outcomes\` in "${fields.outcome}", found ${quote(word)}`;
  const id = textAt(record, fields.id) ?? `${job}@${iso(time)}`;
  return { kind: "job-run", id, job, startedAt, endedAt, outcome, detail: textAt(record, fields.detail) };
}

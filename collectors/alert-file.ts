import { z } from "zod";
import { type Capture, defineCollector } from "../src/collector/define.ts";
import { collectMapped, readMapped } from "../src/collector/mapped-file.ts";
import { mappedFile, quote, TextField, TimeField, textAt, timeAt } from "../src/collector/mapping.ts";
import type { FileRecord } from "../src/collector/records.ts";
import type { Fact, Problem } from "../src/evidence/fact.ts";
import { iso } from "../src/lib/time.ts";

const Word = z.string().transform((word) => word.trim().toLowerCase());

const Mapping = {
  format: mappedFile.format,
  delimiter: mappedFile.delimiter,
  records: mappedFile.records,
  zone: mappedFile.zone,
  fields: z
    .strictObject({
      id: TextField.optional().describe("the alert's own number; made from name and start where there is none"),
      name: TextField.describe("what the alert is called"),
      severity: TextField.optional().describe("how bad it is"),
      startsAt: TimeField.describe("when it began: a field, or `{ field, format }`"),
      endsAt: TimeField.optional().describe("when it was over"),
      state: TextField.optional().describe("whether it is firing; told from `endsAt` where there is none"),
      labels: z.array(TextField).max(50).default([]).describe("further fields to keep with the alert"),
    })
    .describe("which field of a record says what"),
  states: z
    .strictObject({
      firing: z.array(Word).default(["firing", "open", "active", "triggered", "alerting", "down", "acknowledged"]),
      resolved: z.array(Word).default(["resolved", "closed", "ok", "inactive", "recovered", "up"]),
      suppressed: z.array(Word).default(["suppressed", "silenced", "muted", "ignored"]),
      pending: z.array(Word).default(["pending"]),
    })
    .prefault({})
    .describe("the words of the file for each state"),
};

const Config = z.strictObject({ path: mappedFile.path, covers: mappedFile.covers, ...Mapping });
/** As kept beside the bytes. */
const Parameters = z.object(Mapping);
type Parameters = z.output<typeof Parameters>;

/** Alerts out of an export or a log of any system: JSON, NDJSON or CSV. */
export const alertFile = defineCollector({
  name: "alert-history/file",
  title: "Alerts in a file",
  family: "alert-history",
  mode: "window",
  facts: ["alert"],
  cadence: "daily",
  grace: "6h",
  config: Config,
  reader: 1,
  blindSpots: [
    "A file shows what its writer put there; an alert that was never exported cannot be told from one that never fired.",
    "An export that is no longer written looks like a time without alerts.",
    "Lines that were changed or removed before the file was collected are not seen, nor is a missing file among several that match a pattern.",
    "`covers: complete` is the word of whoever configured it.",
  ],
  permissions: ["Read the file, and list its folder where `path` is a pattern."],
  reads: ({ path }) => [path],

  collect: (run) => collectMapped(run, read),
  read,
});

function read(capture: Capture): Generator<Fact | Problem> {
  return readMapped(capture, Parameters, alert);
}

/** The fact of a record, or what is wrong with it. */
function alert(record: FileRecord, { fields, zone, states }: Parameters): Fact | string {
  const name = textAt(record, fields.name);
  if (name === null) return `expected the name of the alert in "${fields.name}", found nothing`;
  const startsAt = timeAt(record, fields.startsAt, zone);
  if (startsAt === null) return `expected the time at which it began in "${fields.startsAt.field}", found nothing`;
  if (typeof startsAt === "object") return startsAt.wrong;
  const endsAt = timeAt(record, fields.endsAt, zone);
  if (typeof endsAt === "object" && endsAt !== null) return endsAt.wrong;
  const word = textAt(record, fields.state)?.toLowerCase();
  const known = (["firing", "resolved", "suppressed", "pending"] as const).find((one) =>
    states[one].includes(word ?? ""),
  );
  if (word !== undefined && !known) {
    return `expected one of the words under \`states\` in "${fields.state}", found ${quote(word)}`;
  }
  const labels = fields.labels.flatMap((label) => {
    const value = textAt(record, label);
    return value === null ? [] : [[label, value] as const];
  });
  return {
    kind: "alert",
    id: textAt(record, fields.id) ?? `${name}@${iso(startsAt)}`,
    name,
    severity: textAt(record, fields.severity),
    startsAt,
    endsAt,
    state: known ?? (endsAt === null ? "firing" : "resolved"),
    labels: Object.fromEntries(labels),
  };
}

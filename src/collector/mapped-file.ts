import type { z } from "zod";
import type { Fact, Problem } from "../evidence/fact.ts";
import type { Json } from "../lib/canonical.ts";
import type { Answer, Capture, Coverage, Run } from "./define.ts";
import { collectFiles, lookInto } from "./file.ts";
import { type FileRecord, type RecordFormat, readRecords } from "./records.ts";

const MEDIA_TYPES = { json: "application/json", ndjson: "application/x-ndjson", csv: "text/csv" } as const;

/** Collects the files of a mapped-file configuration; the mapping goes along as parameters, so that `read` needs nothing else. */
export function collectMapped(
  run: Run<{
    readonly path: string;
    readonly covers: "append-only" | "complete";
    readonly format: RecordFormat["format"];
  }>,
  read: (capture: Capture) => Iterable<Fact | Problem>,
): AsyncGenerator<Answer, Coverage> {
  const { path, covers, ...mapping } = run.config;
  // Leaves out what is undefined, which canonical JSON has no spelling for.
  const parameters = JSON.parse(JSON.stringify(mapping)) as Json;
  return collectFiles(run, {
    path,
    covers,
    mediaType: MEDIA_TYPES[mapping.format],
    parameters,
    look: lookInto(read, run),
  });
}

/** Reads the records of a mapped file. `factOf` gives the fact of a record, or says what is wrong with it. */
export function* readMapped<M extends RecordFormat>(
  { bytes, origin, parameters }: Capture,
  schema: z.ZodType<M>,
  factOf: (record: FileRecord, mapping: M) => Fact | string,
): Generator<Fact | Problem> {
  const mapping = schema.safeParse(parameters);
  if (!mapping.success) {
    yield { kind: "problem", where: origin, message: "the mapping of its fields is missing beside the file" };
    return;
  }
  for (const record of readRecords(bytes, mapping.data)) {
    const fact = "message" in record ? record.message : factOf(record, mapping.data);
    if (typeof fact !== "string") yield fact;
    else yield { kind: "problem", where: `${origin} ${record.place}`.trim(), message: fact };
  }
}

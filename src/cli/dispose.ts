import { isDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import type { Output } from "./output.ts";

interface Flags extends GlobalFlags {
  readonly authority?: string;
  readonly reason?: string;
  readonly note?: string;
  readonly due?: boolean;
  readonly unfinished?: boolean;
  readonly mistake?: boolean;
  readonly withContents?: boolean;
  readonly withLists?: boolean;
}

const REASONS = ["retention", "erasure-request", "contract-end", "order", "mistake", "other"] as const;
/** As the record takes it: a role or a reference, never a name and never free text. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/;
const MAX_NOTE = 4_000;

/** `custody dispose DIGEST…`: exit 3 when something could not be deleted yet. */
export function dispose(flags: Flags, ...digests: string[]): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const reason = check(flags, digests);
    const { dispose: disposeOf } = await import("../acts/disposing.ts");
    const request = {
      digests,
      due: flags.due ?? false,
      unfinished: flags.unfinished ?? false,
      contents: flags.withContents ?? false,
      lists: flags.withLists ?? false,
      mistake: flags.mistake ?? false,
      reason,
      authority: flags.authority,
      note: flags.note,
    };
    const result = await disposeOf(custody, request, (text) => output.progress(text));
    const { records, files, reports, remarks } = result;
    for (const { digest, size, deleted, left } of files) {
      const state = left.length > 0 ? "NOT DELETED" : deleted > 0 ? "deleted" : "deleted before";
      output.line(`${digest}  ${state.padEnd(14)} ${size} bytes`);
      for (const why of left) output.line(`  ${why}`);
    }
    summary(records, files.length, output);
    for (const remark of remarks) output.line(remark);
    if (reports.length > 0) {
      output.line("Made while it was there, and may quote it; Custody leaves these to you:");
      for (const path of reports) output.line(`  ${path}`);
    }
    const done = files.every(({ left }) => left.length === 0);
    output.object({
      ok: done,
      ...result,
      files: files.map(({ lockedUntil, ...file }) => ({
        ...file,
        ...(lockedUntil === undefined ? {} : { lockedUntil: iso(lockedUntil) }),
      })),
    });
    return done ? 0 : 3;
  });
}

/** The reason, checked with everything else. Throws USAGE. */
function check(flags: Flags, digests: readonly string[]): (typeof REASONS)[number] | undefined {
  const problems: string[] = [];
  const ways = [digests.length > 0, flags.due ?? false, flags.unfinished ?? false].filter(Boolean).length;
  if (ways !== 1) problems.push("expected digests of evidence files, or --due, or --unfinished");
  for (const digest of digests)
    if (!isDigest(digest)) problems.push(`"${digest}" is not a SHA-256 of 64 lower-case hex digits`);
  if (flags.authority !== undefined && !ID.test(flags.authority))
    problems.push(
      "--authority: expected a role or a reference such as dpo or ticket/4711: letters, digits and . _ : @ / + -; no names, they could never be removed",
    );
  const reason = REASONS.find((one) => one === flags.reason);
  if (flags.reason !== undefined && reason === undefined)
    problems.push(`--reason: expected one of ${REASONS.join(", ")}`);
  if (flags.mistake && digests.length === 0)
    problems.push("--mistake is about uploads that are named by their digests");
  if (flags.mistake && reason !== undefined && reason !== "mistake")
    problems.push("--mistake and --reason say different things");
  if ((flags.note?.length ?? 0) > MAX_NOTE) problems.push(`--note: at most ${MAX_NOTE} characters`);
  if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was disposed of." });
  return reason;
}

function summary(records: readonly number[], files: number, output: Output): void {
  if (files === 0) output.line("There is nothing to dispose of.");
  else if (records.length === 0) output.line("The disposal was recorded before; its deletion was finished now.");
  else
    output.line(
      `Recorded as ${records.join(", ")}, signed: who decided it and why. Digest, size, times and numbers stay in the log and show that something was there.`,
    );
}

import { z } from "zod";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import type { Actor } from "../evidence/entry.ts";
import { canonicalBytes } from "../lib/canonical.ts";
import type { Digest } from "../lib/digest.ts";
import { isCustodyError } from "../lib/errors.ts";
import { type Interval, iso } from "../lib/time.ts";
import { actor } from "../people.ts";

/** Reports that left their mark in the log: who was shown one that pleased cannot be told that it was the only one. */

/** Media type of what a record of a report says about its file. */
export const REPORT_TYPE = "application/vnd.custody.report+json";

/** What a report's file is, beside the members of its record. docs/FORMAT.md, the row `report`. */
const About = z.object({
  v: z.literal(1),
  form: z.enum(["pdf", "json"]),
  digest: z.string(),
  bytes: z.int(),
  /** Only these controls; all of them where it is not there. */
  controls: z.array(z.string()).optional(),
  /** With what is recommended and not required. */
  recommended: z.boolean().optional(),
  software: z.string(),
});

/** A report that was made. */
export interface MadeReport extends Omit<z.infer<typeof About>, "v"> {
  readonly digest: Digest;
  readonly period: Interval;
  /** Size of the log that it stands on. */
  readonly size: number;
}

/** The program itself: what it makes by its own clock. */
export const BY_ITSELF = async (): Promise<Actor> => ({ type: "system", id: "custody" });

/** Whoever sits at the shell; the program where they may make a report and write nothing. */
export const byWhoever = (custody: Custody) => (): Promise<Actor> =>
  actor(custody).catch((error: unknown) => {
    if (isCustodyError(error, "NOT_ALLOWED")) return BY_ITSELF();
    throw error;
  });

/** Why it may be that a report is made and its record is not: nothing of this makes the report another one. */
const LEFT_OUT = ["KEY_UNUSABLE", "STORE_UNFIT", "CLOCK_WRONG"] as const;

/**
 * Logs that a report was made: the digest of its file, its form, the time it is about and the size of the log that it stands
 * on. The same bytes are logged once, however often they are made. False where the signing key is not here, the store takes
 * nothing, or our clock is known to be wrong.
 */
export async function noteReport(custody: Custody, made: MadeReport, by: () => Promise<Actor>): Promise<boolean> {
  try {
    const { period, size, ...file } = made;
    const ledger = await custody.ledger();
    const about = canonicalBytes(JSON.parse(JSON.stringify({ v: 1, ...file })));
    const report = await ledger.put(about, REPORT_TYPE);
    const window = { from: iso(period.from), to: iso(period.to) };
    const files = [{ form: file.form, sha256: file.digest }];
    await ledger.append([
      { kind: "report", actor: await by(), once: `report:${file.digest}`, period: window, size, report, files },
    ]);
    await publish(custody);
    return true;
  } catch (error) {
    if (LEFT_OUT.some((code) => isCustodyError(error, code))) return false;
    throw error;
  }
}

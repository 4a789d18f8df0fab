import { unlink } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { isDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Interval } from "../lib/time.ts";
import { actor, personFor } from "../people.ts";
import { type Exported, exportPack, noteExport } from "../views/exporting.ts";
import { declareNow, noteGaps } from "../work.ts";
import { type GlobalFlags, stopSignal, withCustody } from "./context.ts";
import { parsePeriod } from "./moment.ts";
import type { Output } from "./output.ts";
import { parseIndex } from "./prove.ts";

interface Flags extends GlobalFlags {
  readonly period?: string;
  readonly at?: string;
  readonly out?: string;
  readonly withhold?: string[];
  readonly reason?: string;
  readonly recommended?: boolean;
}

const MAX_REASON = 500;

/** `custody export --period … --out PACK.zip`: exit 1 when the log is not intact; the pack is written all the same and its report says so. */
export function exportCommand(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { zone } = custody.config.organisation;
    if (flags.period === undefined)
      throw new CustodyError("USAGE", "--period is missing", {
        remedy: "Name it as 2026, 2026-Q3, 2026-09 or 2026-07-01..2026-09-30.",
      });
    const period = parsePeriod(flags.period, zone);
    const withhold = withheld(flags);
    const at = flags.at === undefined ? undefined : parseIndex(flags.at);
    const out = resolve(flags.out ?? `${period.label}.zip`);
    if (!out.endsWith(".zip")) throw new CustodyError("USAGE", `--out ${flags.out}: expected a name that ends in .zip`);
    requireBegun(period, custody.clock.now());
    // Before anything is made that could leave.
    personFor(custody.config, "hand-out");
    if (at === undefined) {
      await declareNow(custody);
      await noteGaps(custody);
    }
    const signal = stopSignal();
    const exported = await exportPack(custody, {
      period,
      at,
      out,
      withhold,
      recommended: flags.recommended,
      signal,
      progress: (text) => output.progress(text),
    }).catch((error: unknown) => {
      throw signal.aborted ? new CustodyError("ABORTED", "stopped; no pack was written", { cause: error }) : error;
    });
    const record = await noteExport(custody, exported, () => actor(custody, "hand-out")).catch(
      async (error: unknown) => {
        // What is not in the log has not left.
        await unlink(out).catch(() => undefined);
        throw error;
      },
    );
    say(output, out, exported, record);
    return exported.model.verification?.ok ? 0 : 1;
  });
}

/** A pack of a time that has not begun could only be empty. */
function requireBegun(period: Interval & { label: string }, now: number): void {
  if (period.from >= now)
    throw new CustodyError("USAGE", `the period ${period.label} has not begun`, { remedy: "Name an earlier one." });
}

function withheld(flags: Flags): ReadonlyMap<string, string> {
  const digests = flags.withhold ?? [];
  const wrong = digests.find((digest) => !isDigest(digest));
  if (wrong !== undefined)
    throw new CustodyError("USAGE", `--withhold ${wrong}: expected the SHA-256 of an evidence file, 64 hex digits`);
  if (digests.length > 0 && !flags.reason)
    throw new CustodyError("USAGE", "--withhold needs --reason: why are these files held back?", {
      remedy: "The reason stands in the pack, for its reader.",
    });
  if (digests.length === 0 && flags.reason !== undefined)
    throw new CustodyError("USAGE", "--reason says why files are held back; name them with --withhold");
  if ((flags.reason?.length ?? 0) > MAX_REASON)
    throw new CustodyError("USAGE", `--reason: ${flags.reason?.length} characters; at most ${MAX_REASON}`);
  return new Map(digests.map((digest) => [digest, flags.reason ?? ""]));
}

function say(output: Output, out: string, exported: Exported, record: number | undefined): void {
  const { pack, digest } = exported;
  const logged = record !== undefined;
  const left = (reason: string) => pack.omitted.filter((item) => item.reason === reason).length;
  const counts = {
    evidence: exported.evidence,
    outsidePeriod: left("outside-period"),
    withheld: left("withheld"),
    disposed: exported.disposed + left("disposed"),
  };
  output.line(
    `${relative(process.cwd(), out)}: ${exported.bytes} bytes; ${pack.size} records, ${counts.evidence} evidence files, ${exported.receipts} receipts, the report and the means to check them.`,
  );
  output.line(
    `Not in it: ${counts.outsidePeriod} evidence files of records outside the period, ${counts.withheld} withheld, ${counts.disposed} lawfully deleted.`,
  );
  output.line(`SHA-256 ${digest}`);
  output.line(`Head ${pack.size}:${pack.root}`);
  output.line(
    "Send that line, and the key below, to the auditor by another way than the pack: with them it can be checked without trusting whoever handed it over.",
  );
  output.line(exported.vkey);
  const receipt = out.replace(/\.zip$/, ".receipt");
  if (record !== undefined) {
    output.line(
      `The report in it is named by record ${record}, with the SHA-256 of its files. That record came after the pack, so whoever checks the pack alone reads that the report is not proven. Send its receipt beside the pack, which proves it:`,
    );
    output.line(`    custody prove ${record} --out ${relative(process.cwd(), receipt)}`);
  }
  if (!logged)
    output.note(
      "custody: that this pack was made is not in the log, because the signing key is not here or the store takes nothing.",
    );
  if (!logged && exported.held.length > 0)
    output.note(
      `custody: ${exported.held.length} of its files are kept as evidence of incidents, and their custody records do not tell that they left. Record it where the key is: custody evidence access ID --reason "…"`,
    );
  if (exported.unprintable > 0)
    output.note(
      `${exported.unprintable} characters of the report are in none of the fonts and are printed as their code.`,
    );
  const ok = exported.model.verification?.ok ?? false;
  if (!ok)
    output.note(
      "custody: the log differs from what was signed. The report in the pack says so; `custody verify` names the places.",
    );
  output.object({
    ok,
    out,
    bytes: exported.bytes,
    digest,
    files: exported.files,
    size: pack.size,
    root: pack.root,
    key: exported.vkey,
    ...counts,
    receipts: exported.receipts,
    held: exported.held.length,
    logged,
    ...(record === undefined ? {} : { reportRecord: record }),
  });
}

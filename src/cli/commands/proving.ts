import type { Tree } from "./tree.ts";

/** Commands that read the log and prove what is in it. */

export function addProving({ command, group }: Tree): void {
  group("Read and prove:");
  command(
    "log",
    "the newest records",
    [["-n, --number <count>", "how many (default: 20)"]],
    async () => (await import("../log.ts")).log,
  );
  command("show <number>", "one record", [], async () => (await import("../log.ts")).show);
  command(
    "get <digest>",
    "one evidence file, by its SHA-256",
    [
      ["-o, --out <file>", "write it there instead of to stdout"],
      ["--reason <text>", "why; needed for evidence of an incident, where it is recorded with your name"],
    ],
    async () => (await import("../log.ts")).get,
  );
  command(
    "verify [store]",
    "recompute everything from the stored bytes and say what differs; or check a pack, or a receipt",
    [
      ["--key <vkey>", "key to check with, or a file with it (default: the workspace's ledger.vkey)"],
      [
        "--since <head...>",
        "a state of the log that you know from elsewhere: SIZE:ROOT, or a file with a checkpoint or a list",
      ],
      ["--tsa-roots <file...>", "root certificates of time stamping services that you trust, PEM"],
      ["--witness <vkey...>", "key of a witness that you trust, or a file with it"],
      ["--mirror", "look at the mirror too: that it is whole, and holds what the store holds"],
      ["--versions", "look at what the bucket remembers: that nothing was overwritten or deleted, and what is locked"],
      ["--index", "look at the index too: that pages show what the records say"],
      ["--quick", "do not hash the evidence files"],
      ["--file <evidence>", "with a receipt: is this the evidence file that it is for?"],
      ["--require <verdicts>", "exit code 1 unless these hold too: time, independence, completeness, freshness"],
    ],
    async () => (await import("../verify.ts")).verify,
  );
  command(
    "prove <what>",
    "a receipt for a record (by number) or an evidence file (by SHA-256)",
    [["-o, --out <file>", "write it there instead of to stdout"]],
    async () => (await import("../prove.ts")).prove,
  );
  command(
    "report",
    "the report for the auditor",
    [
      ["--period <period>", "2026, 2026-Q3, 2026-09, or 2026-07-01..2026-09-30"],
      ["--at <size>", "as the log stood when it had this many records"],
      ["--control <id...>", "this control only"],
      ["--out <file>", "file to write, .pdf or .json (default: reports/PERIOD.pdf)"],
      ["--recommended", "print recommended checks too"],
    ],
    async () => (await import("../report.ts")).report,
  );
  command(
    "export",
    "the pack for the auditor: evidence of a period, all records, proofs, the report, and what checks them, in one zip file",
    [
      ["--period <period>", "2026, 2026-Q3, 2026-09, or 2026-07-01..2026-09-30"],
      ["--at <size>", "as the log stood when it had this many records"],
      ["--out <file>", "file to write, .zip (default: ./PERIOD.zip); one that is there is never overwritten"],
      ["--withhold <digest...>", "hold back this evidence file, by its SHA-256; the pack lists it"],
      ["--reason <text>", "with --withhold: why"],
      ["--recommended", "print recommended checks in the report too"],
    ],
    async () => (await import("../export.ts")).exportCommand,
  );
}

import { Command, CommanderError } from "commander";
import { SOFTWARE } from "../software.ts";
import type { GlobalFlags } from "./context.ts";
import { newOutput, reportError } from "./output.ts";

/**
 * Reads the command line and hands over to one command. Each command is a module of its own, loaded when it is asked for,
 * so that `custody verify` does not wait for a PDF library.
 */
type Action = (flags: GlobalFlags & Record<string, unknown>, ...args: string[]) => Promise<number | undefined>;

const program = new Command("custody")
  .description("Collects the evidence that incidents are handled as your rules say, and proves that nobody changed it.")
  .version(SOFTWARE)
  .option("-c, --config <file>", "configuration (default: $CUSTODY_CONFIG or ./custody.yaml)")
  .option("--json", "print one JSON object")
  .option("--accept-head <head>", "where the guard file is lost: the state of the log that you know to be right, SIZE:ROOT")
  .exitOverride()
  .showHelpAfterError("(custody --help lists all commands)")
  .configureOutput({ outputError: (text, write) => write(`custody: ${text.replace(/^error: /, "")}`) });

/** A command whose arguments come in order and whose flags come joined with the global ones. */
function command(spec: string, description: string, options: readonly (readonly [string, string])[], load: () => Promise<Action>, parent = program): void {
  const made = parent.command(spec).description(description);
  for (const [flags, text] of options) made.option(flags, text);
  made.action(async (...all: unknown[]) => {
    const args = all.slice(0, -2).flat().map((a) => a as string);
    const action = await load();
    process.exitCode = (await action(made.optsWithGlobals(), ...args)) ?? 0;
  });
}

command("init [dir]", "begin a workspace: configuration, key, store", [
  ["--name <name>", "the organisation's name"],
  ["--zone <zone>", "its time zone, such as Europe/Berlin"],
  ["--origin <name>", "name of the log; made from the organisation's name unless given"],
  ["--store <where>", "file:PATH or s3://BUCKET/PREFIX"],
  ["--endpoint <url>", "S3 server that is not AWS"],
  ["--region <name>", "S3 region"],
  ["--create-bucket", "make the bucket"],
], async () => (await import("./init.ts")).init);
command("demo [dir]", "a workspace with a made-up year in it", [
  ["--serve", "go on as the daemon afterwards"],
  ["--once", "end after the report, also with --serve"],
], async () => (await import("./demo.ts")).demo);
command("serve", "run the schedule, the inbox and the page", [], async () => (await import("./serve.ts")).serve);
command("collect [ids...]", "run what is due, else take an interim look", [
  ["--from <time>", "backfill from this day or time"],
  ["--to <time>", "backfill up to this day or time (default: now)"],
  ["--backfill", "ask again for every period between --from and --to"],
  ["--dry-run", "say what would run"],
], async () => (await import("./collect.ts")).collect);
command("import <path>", "bring in records from before, shown apart as imported", [
  ["--as <id>", "the collector whose records these are"],
], async () => (await import("./import.ts")).importRecords);
command("upload <files...>", "add evidence files by hand", [
  ["--control <id...>", "control that they are evidence for"],
  ["--reason <text>", "why they are evidence"],
  ["--captured-at <time>", "when they were made"],
  ["--source <text>", "where they come from"],
  ["--incident <id>", "incident that they belong to"],
], async () => (await import("./upload.ts")).upload);
command("status", "what ran, what is due, what is missing", [], async () => (await import("./status.ts")).status);
command("gaps", "every hole in the evidence", [
  ["--fail-on-gaps", "exit with 1 when one is open"],
], async () => (await import("./gaps.ts")).gaps);
command("sources", "what can be connected", [], async () => (await import("./sources.ts")).sources);
command("hooks", "addresses and lines for sources that report by themselves", [], async () => (await import("./hooks.ts")).hooks);
command("pause <id>", "expect nothing of a collector for a while", [
  ["--until <time>", "until when"],
  ["--reason <text>", "why"],
], async () => (await import("./plan.ts")).pause);
command("resume <id>", "expect it again", [["--reason <text>", "why"]], async () => (await import("./plan.ts")).resume);
command("retire <id>", "expect nothing of it any more", [["--reason <text>", "why"]], async () => (await import("./plan.ts")).retire);
command("log", "the newest records", [["-n, --number <count>", "how many (default: 20)"]], async () => (await import("./log.ts")).log);
command("show <index>", "one record", [], async () => (await import("./log.ts")).show);
command("get <digest>", "one evidence file, by its SHA-256", [["-o, --out <file>", "write it there instead of to stdout"]], async () => (await import("./log.ts")).get);
command("verify [store]", "recompute everything and say what differs", [
  ["--key <vkey>", "verifier key, or a file with it"],
  ["--since <head...>", "a head known from elsewhere, SIZE:ROOT"],
  ["--quick", "do not hash the evidence files"],
  ["--require <words>", "fail unless these hold too: time, independence, completeness, freshness"],
], async () => (await import("./verify.ts")).verify);
command("prove <what>", "a receipt for a record (by number) or an evidence file (by SHA-256)", [
  ["-o, --out <file>", "write it there instead of to stdout"],
], async () => (await import("./prove.ts")).prove);
command("report", "the auditor's report", [
  ["--period <period>", "2026, 2026-Q3, 2026-09, or FROM..TO"],
  ["--at <size>", "as of this size of the log"],
  ["--control <id...>", "these controls only"],
  ["--out <file>", "file to write: .pdf or .json"],
  ["--recommended", "print recommended checks too"],
], async () => (await import("./report.ts")).report);

const gap = program.command("gap").description("acts about one gap");
command("ack <id>", "it was seen", [["--reason <text>", "remark"]], async () => (await import("./gaps.ts")).acknowledge, gap);
command("accept <id>", "it stays", [
  ["--until <time>", "until when"],
  ["--reason <text>", "why"],
], async () => (await import("./gaps.ts")).accept, gap);
const store = program.command("store").description("the store itself");
command("probe", "does it keep what a ledger needs?", [], async () => (await import("./store.ts")).probe, store);
const index = program.command("index").description("the index beside the ledger");
command("rebuild", "make it again from the ledger", [], async () => (await import("./index-rebuild.ts")).rebuild, index);

/** Ends with the exit code of design: 0 done, 1 the answer is bad, 2 a person must act, 3 try again, 4 the ledger contradicts itself. */
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = reportError(error, newOutput(process.argv.includes("--json")));
}

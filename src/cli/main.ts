import { Command, CommanderError, Option } from "commander";
import { EXIT_CODES } from "../lib/errors.ts";
import { SOFTWARE } from "../software.ts";
import type { GlobalFlags } from "./context.ts";
import { newOutput, reportError } from "./output.ts";

/**
 * Reads the command line and hands over to one command. Each command is a module of its own, loaded when it is asked for,
 * so that `custody verify` does not wait for a PDF library.
 */
type Action = (flags: GlobalFlags & Record<string, unknown>, ...args: string[]) => Promise<number | undefined>;

/** Whatever still runs this long after a command is done is let go of. */
const LEFT_RUNNING = 500;

const EXAMPLES = `
Examples:
  custody init                                        begin a workspace in this folder
  custody collect                                     collect everything that is due
  custody gaps                                        what is missing
  custody report --period 2026-Q3                     the report for the auditor, as PDF
  custody verify                                      is everything as it was signed?

Exit codes: 0 done · 1 the answer is bad (something was altered, or a required verdict is not given) · 2 you must mend
something · 3 try again later · 4 the log contradicts itself and nothing was written.`;

const program = new Command("custody")
  .description(
    "Collects the evidence that security incidents are handled as your rules say, keeps it so that nobody can change it unnoticed, and says what is missing.",
  )
  .usage("COMMAND [options]")
  .version(SOFTWARE)
  .option("-c, --config <file>", "configuration (default: $CUSTODY_CONFIG, else ./custody.yaml)")
  .option("--json", "print one JSON object instead of text")
  .option(
    "--accept-head <head>",
    "after data/state was lost: the state of the log that you know to be right, SIZE:ROOT",
  )
  .option("--token-file <file>", "your personal token, to be known by (default: $CUSTODY_TOKEN)")
  .addHelpText("after", EXAMPLES)
  .configureHelp({ showGlobalOptions: true, subcommandTerm: (made) => `${made.name()} ${argumentsOf(made)}`.trim() })
  .exitOverride()
  .showHelpAfterError("`custody --help` lists all commands, `custody COMMAND --help` explains one.")
  .configureOutput({ outputError: (text, write) => write(`custody: ${text.replace(/^error: /, "")}`) });

function argumentsOf(made: Command): string {
  return made.registeredArguments
    .map((one) => `${one.name().toUpperCase()}${one.variadic ? "…" : ""}`)
    .map((name, i) => (made.registeredArguments[i]?.required ? name : `[${name}]`))
    .join(" ");
}

/**
 * A command whose arguments come in order and whose flags come joined with the global ones. A flag written as `<x...>` may
 * be given several times; it takes one value each time, so that it never swallows the file names behind it.
 */
function command(
  spec: string,
  description: string,
  options: readonly (readonly [string, string])[],
  load: () => Promise<Action>,
  parent = program,
): void {
  const made = parent.command(spec).description(description);
  for (const [flags, text] of options) {
    const several = flags.endsWith("...>");
    const option = new Option(flags.replace("...>", ">"), several ? `${text}; may be repeated` : text);
    if (several) option.argParser((value: string, before: string[] = []) => [...before, value]);
    made.addOption(option);
  }
  made.action(async (...all: unknown[]) => {
    const args = all
      .slice(0, -2)
      .flat()
      .map((a) => a as string);
    const action = await load();
    process.exitCode = (await action(made.optsWithGlobals(), ...args)) ?? 0;
    letGo();
  });
}

/** What a collector of somebody's own left running, deaf to being told to stop, keeps no command from its end. */
function letGo(): void {
  process.stdout.write("", () => setTimeout(() => process.exit(), LEFT_RUNNING).unref());
}

program.commandsGroup("Begin:");
command(
  "init [dir]",
  "begin a workspace: configuration, key and store",
  [
    ["--name <name>", "name of the organisation, printed on every report"],
    ["--zone <zone>", "its time zone, such as Europe/Berlin"],
    ["--origin <name>", "name of the log; made from the organisation's name unless given"],
    ["--store <where>", "file:PATH or s3://BUCKET/PREFIX (default: file:./data/store)"],
    ["--endpoint <url>", "address of an S3 server that is not AWS"],
    ["--region <name>", "S3 region"],
    ["--create-bucket", "make the bucket as well"],
    ["--successor-of <where>", "go on from another log: the folder of its workspace, or of its store"],
    ["--old-key <vkey>", "with --successor-of a store: the key of that log, or a file with it"],
    ["--reason <why>", "with --successor-of: lost-key, halted, restored-backup or yearly"],
    ["--join <where>", "a further machine for a log that exists: file:PATH or s3://BUCKET/PREFIX of its store"],
    ["--key <vkey>", "with --join: the key of that log, or a file with it (ledger.vkey on the first machine)"],
  ],
  async () => (await import("./init.ts")).init,
);
command(
  "demo [dir]",
  "a workspace with a made-up year in it",
  [
    ["--serve", "go on as the daemon afterwards"],
    ["--once", "end after the report, also with --serve"],
    ["--attack <name>", "instead: a small log tampered with in this way, to catch; `all` carries out every attack"],
  ],
  async () => (await import("./demo.ts")).demo,
);
command("sources", "what can be connected, and what it needs", [], async () => (await import("./sources.ts")).sources);
program.commandsGroup("Collect:");
command(
  "serve",
  "keep collecting on schedule, take hooks, show the page; SIGHUP reads the configuration again",
  [["--log-level <level>", "what to log: info, warn or error (default: `log: level` of the configuration)"]],
  async () => (await import("./serve.ts")).serve,
);
command(
  "collect [ids...]",
  "collect now, from all collectors or those named: what is due, and how things stand in the period that still runs; then send the fingerprints that are due",
  [
    ["--from <day>", "with --backfill: from this day, such as 2026-11-01, or time with its zone"],
    ["--to <day>", "with --backfill: up to the beginning of this day (default: now)"],
    ["--backfill", "ask again for every period from --from to --to; what it brings stays marked as late"],
    ["--incident <id>", "with --backfill: the incident for which it is asked for"],
    ["--dry-run", "only say what would be asked"],
  ],
  async () => (await import("./collect.ts")).collect,
);
command(
  "import <path>",
  "take in records from before Custody watched; reports show them apart",
  [["--as <id>", "the collector whose records these are, by its id in custody.yaml"]],
  async () => (await import("./import.ts")).importRecords,
);
command(
  "upload <files...>",
  "add evidence files by hand, one record for all files named",
  [
    ["--control <id...>", "control that they are evidence for, such as A.5.27"],
    ["--reason <text>", "why they are evidence"],
    ["--captured-at <time>", "when they were made, such as 2026-11-20 or 2026-11-20T14:00:00+01:00"],
    ["--source <text>", "where they come from"],
    ["--incident <id>", "incident that they belong to"],
  ],
  async () => (await import("./upload.ts")).upload,
);
program.commandsGroup("See what is there and what is missing:");
command("status", "what ran, what is due, what is missing", [], async () => (await import("./status.ts")).status);
command(
  "gaps",
  "every hole in the evidence",
  [["--fail-on-gaps", "end with exit code 1 when one is open, for a scheduler"]],
  async () => (await import("./gaps.ts")).gaps,
);
command(
  "hooks",
  "addresses to paste at sources that report by themselves",
  [],
  async () => (await import("./hooks.ts")).hooks,
);
program.commandsGroup("Say what is expected:");
command(
  "pause <id>",
  "expect nothing of a collector for a while",
  [
    ["--until <date>", "until when; without it until `custody resume`"],
    ["--reason <text>", "why"],
  ],
  async () => (await import("./plan.ts")).pause,
);
command(
  "resume <id>",
  "expect evidence of a paused collector again",
  [["--reason <text>", "why"]],
  async () => (await import("./plan.ts")).resume,
);
command(
  "retire <id>",
  "expect nothing of a collector any more",
  [["--reason <text>", "why"]],
  async () => (await import("./plan.ts")).retire,
);
program.commandsGroup("Read and prove:");
command(
  "log",
  "the newest records",
  [["-n, --number <count>", "how many (default: 20)"]],
  async () => (await import("./log.ts")).log,
);
command("show <number>", "one record", [], async () => (await import("./log.ts")).show);
command(
  "get <digest>",
  "one evidence file, by its SHA-256",
  [["-o, --out <file>", "write it there instead of to stdout"]],
  async () => (await import("./log.ts")).get,
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
  async () => (await import("./verify.ts")).verify,
);
command(
  "prove <what>",
  "a receipt for a record (by number) or an evidence file (by SHA-256)",
  [["-o, --out <file>", "write it there instead of to stdout"]],
  async () => (await import("./prove.ts")).prove,
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
  async () => (await import("./report.ts")).report,
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
  async () => (await import("./export.ts")).exportCommand,
);

program.commandsGroup("Say what is expected:");
const gap = program.command("gap").description("about one gap: `gap ack`, `gap accept`");
command(
  "ack <id>",
  "say that somebody has seen it",
  [["--reason <text>", "remark, if you like"]],
  async () => (await import("./gaps.ts")).acknowledge,
  gap,
);
command(
  "accept <id>",
  "say that what is missing by now may stay, until when and why",
  [
    ["--until <date>", "until when, such as 2026-12-31"],
    ["--reason <text>", "why"],
  ],
  async () => (await import("./gaps.ts")).accept,
  gap,
);
program.commandsGroup("Confirm what a person must confirm:");
command(
  "sign [what]",
  "what a person can confirm, and has; with nil-return: that nothing happened; or a check by its name, such as monthly-review",
  [
    ["--month <month>", "for this month, such as 2026-10"],
    ["--period <period>", "for 2026, 2026-Q3, 2026-09, or 2026-07-01..2026-09-30"],
    ["--requirement <id...>", "with nil-return: about this requirement only"],
    ["--note <text>", "more words on it"],
    ["--yes", "do not ask"],
  ],
  async () => (await import("./sign.ts")).sign,
);
const people = program.command("people").description("who acts here, in which role: `people list`, `people token`");
command("list", "everybody named in the configuration", [], async () => (await import("./people.ts")).people, people);
command(
  "token <name>",
  "make a personal token, to be known by; the one before counts no more",
  [["--write", "put its hash into the configuration"]],
  async () => (await import("./people.ts")).token,
  people,
);
people.action(async () => {
  process.exitCode = await (await import("./people.ts")).people(people.optsWithGlobals());
});
command("whoami", "as whom you act", [], async () => (await import("./people.ts")).whoami);
program.commandsGroup("Keep and delete lawfully:");
command(
  "preserve <incident>",
  "collect everything about the time of an incident now, and forbid to dispose of it",
  [
    ["--from <day>", "from this day or time on (default: a day before it was noticed)"],
    ["--to <day>", "up to the beginning of this day, or this time (default: a day after it was over, or now)"],
    ["--authority <who>", "by whose order: a role or a reference (default: incident)"],
  ],
  async () => (await import("./preserve.ts")).preserve,
);
command(
  "retention",
  "what is past the time for which it is to be kept; deletes nothing",
  [],
  async () => (await import("./retention.ts")).retention,
);
command(
  "dispose [digests...]",
  "delete evidence files for good, with a record of who decided it and why; everything still verifies",
  [
    ["--authority <who>", "by whose decision: a role or a reference, such as dpo or ticket/4711"],
    ["--reason <why>", "retention, erasure-request, contract-end, order, mistake or other"],
    ["--note <text>", "more words on it"],
    ["--due", "everything that `custody retention` lists, but what is under a hold"],
    ["--unfinished", "delete what was recorded as disposed of and is still there"],
    ["--mistake", "take back an upload of the last 72 hours; needs no authority"],
    ["--with-contents", "for a list (manifest): also what it names"],
    ["--with-lists", "also the lists that name nothing else any more: they hold names and addresses of the files"],
  ],
  async () => (await import("./dispose.ts")).dispose,
);
const hold = program
  .command("hold")
  .description("what must not be disposed of: `hold place`, `hold release`, `hold list`");
command(
  "place <id>",
  "forbid to dispose of evidence: everything that matches all that is given",
  [
    ["--authority <who>", "by whose order: a role or a reference"],
    ["--digest <sha256...>", "this file"],
    ["--collector <id...>", "what this collector took in"],
    ["--from <day>", "from this time on"],
    ["--to <day>", "before this time"],
    ["--incident <id>", "what tells of this incident"],
    ["--note <text>", "more words on it"],
  ],
  async () => (await import("./hold.ts")).place,
  hold,
);
command(
  "release <id>",
  "end a hold",
  [
    ["--authority <who>", "by whose order: a role or a reference"],
    ["--note <text>", "more words on it"],
  ],
  async () => (await import("./hold.ts")).release,
  hold,
);
command("list", "the holds in force, and those that were", [], async () => (await import("./hold.ts")).list, hold);
program.commandsGroup("Operate:");
command(
  "doctor",
  "look at everything that Custody needs, and say of each thing that is wrong what to do; writes no record",
  [["--only <check...>", "these checks only, by the name in the first column"]],
  async () => (await import("./doctor.ts")).doctor,
);
const config = program.command("config").description("about the configuration: `config check`");
command(
  "check [file]",
  "everything that is wrong with a configuration at once, or what it would collect and when; needs no key and no store",
  [],
  async () => (await import("./config-check.ts")).check,
  config,
);
const notify = program.command("notify").description("about notices to people: `notify test`");
command(
  "test [channels...]",
  "send a test notice through all channels, or those named, and say of each whether it arrived",
  [],
  async () => (await import("./notify.ts")).test,
  notify,
);
const store = program.command("store").description("about the store: `store probe`, `store mirror`, `store copy`");
command(
  "probe",
  "try out whether store and mirror keep what a log needs",
  [],
  async () => (await import("./store.ts")).probe,
  store,
);
command(
  "mirror",
  "bring the mirror up to the store now, however long it takes",
  [["--anew", "fill it from its beginning, also where it was filled before and is empty now"]],
  async () => (await import("./store-mirror.ts")).mirror,
  store,
);
command(
  "copy <target>",
  "move house: copy everything to another place, file:PATH or s3://BUCKET/PREFIX, and verify it there",
  [
    ["--endpoint <url>", "address of an S3 server that is not AWS"],
    ["--region <name>", "S3 region"],
    ["--lock <mode:days>", "lock what is copied: governance:DAYS or compliance:DAYS"],
    ["--checksum <kind>", "sha256, md5 or none, as in custody.yaml"],
    ["--access-key <reference>", "access key (default: ${env:CUSTODY_S3_ACCESS_KEY})"],
    ["--secret-key <reference>", "secret key (default: ${env:CUSTODY_S3_SECRET_KEY})"],
  ],
  async () => (await import("./store-copy.ts")).copy,
  store,
);
const head = program
  .command("head")
  .description("about outside proofs: `head publish`, `head list`; docs/outside-proofs.md");
command(
  "publish",
  "send the fingerprint of the log to every place under `heads:` now",
  [["--target <id...>", "this place only"]],
  async () => (await import("./heads.ts")).publish,
  head,
);
command(
  "list",
  "which fingerprints left when, to where, what came back, and what is next",
  [],
  async () => (await import("./heads.ts")).list,
  head,
);
const witness = program
  .command("witness")
  .description("be a witness for somebody's log; needs no workspace: `witness init`, `witness serve`, `witness add`");
command(
  "init [dir]",
  "begin a witness with a new key",
  [
    ["--log <vkey>", "key of the log to be witnessed, or a file with it"],
    ["--name <name>", "name of the witness, like a host's (default: the name of this machine)"],
  ],
  async () => (await import("./witness.ts")).init,
  witness,
);
command(
  "serve [dir]",
  "sign what continues all that was signed before, and nothing else",
  [["--listen <host:port>", "where (default: 127.0.0.1:8485)"]],
  async () => (await import("./witness.ts")).serve,
  witness,
);
command(
  "add [dir]",
  "witness one log more, or the new key of a log",
  [["--log <vkey>", "key of the log, or a file with it"]],
  async () => (await import("./witness.ts")).add,
  witness,
);
const keys = program
  .command("keys")
  .description("about the keys that sign: `keys list`, `keys rotate`, `keys retire`, `keys revoke`, `keys backup`");
const PASSPHRASE: readonly [string, string] = [
  "--passphrase-file <file>",
  "file whose first line encrypts the backup, 16 characters or more",
];
command("list", "which key signs, since when, and what to do", [], async () => (await import("./keys.ts")).list, keys);
command(
  "rotate",
  "let a new key sign; the old one signs beside it for 30 days",
  [],
  async () => (await import("./keys.ts")).rotate,
  keys,
);
command("retire <id>", "take an older key out of use", [], async () => (await import("./keys.ts")).retire, keys);
command(
  "revoke <id>",
  "a key that others may have, or that is lost, counts no more; a new one takes its place",
  [
    ["--reason <why>", "compromised, lost, rotated or superseded"],
    ["--since <time>", "with compromised: the earliest moment from which somebody else may have had it"],
    ["--incident <id>", "incident that it belongs to"],
  ],
  async () => (await import("./keys.ts")).revoke,
  keys,
);
command(
  "attest",
  "say that you have looked through records that somebody else might have written with a revoked key",
  [
    ["--key <id>", "the revoked key"],
    ["--from <number>", "the first of these records"],
    ["--to <number>", "the first record after them"],
  ],
  async () => (await import("./keys.ts")).attest,
  keys,
);
command(
  "backup <file>",
  "write all signing keys to a file that only you can read",
  [PASSPHRASE],
  async () => (await import("./keys-backup.ts")).backup,
  keys,
);
command(
  "restore <file>",
  "put keys back from a backup",
  [PASSPHRASE],
  async () => (await import("./keys-backup.ts")).restore,
  keys,
);
const index = program.command("index").description("about the index beside the log: `index rebuild`");
command(
  "rebuild",
  "make the index again from the log",
  [],
  async () => (await import("./index-rebuild.ts")).rebuild,
  index,
);

program.addHelpCommand(
  new Command("help").argument("[command]").description("explain a command").helpGroup("Operate:"),
);

// Warnings of libraries speak to developers; what a person must know, a command says itself.
process.removeAllListeners("warning");
const output = newOutput(process.argv.includes("--json"));

/** Whatever nobody caught is told like everything else; a stack trace is never the message. */
function end(error: unknown): never {
  process.exit(reportError(error, output));
}
process.on("uncaughtException", end);
process.on("unhandledRejection", end);
for (const stream of [process.stdout, process.stderr]) {
  // Who reads has seen enough, as `head` has.
  stream.on("error", (error: NodeJS.ErrnoException) => (error.code === "EPIPE" ? process.exit() : end(error)));
}

/** Ends with the exit code of the error's kind: 0 done, 1 the answer is bad, 2 a person must act, 3 try again, 4 the ledger contradicts itself. */
try {
  await program.parseAsync();
} catch (error) {
  letGo();
  if (!(error instanceof CommanderError)) process.exitCode = reportError(error, output);
  else if (error.exitCode !== 0) {
    // Its message is on stderr already.
    const message = error.message.replace(/^error: /, "").replace(/\n.*$/s, "");
    output.object({ ok: false, error: { code: "USAGE", message } });
    process.exitCode = EXIT_CODES.input;
  }
}

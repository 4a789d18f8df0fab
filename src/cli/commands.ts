import { Command, CommanderError } from "commander";
import { EXIT_CODES } from "../lib/errors.ts";
import { SOFTWARE } from "../software.ts";
import { addActions } from "./commands/actions.ts";
import { addBeginning } from "./commands/beginning.ts";
import { addCollecting, addGaps } from "./commands/collecting.ts";
import { addConfirming } from "./commands/confirming.ts";
import { addEvents } from "./commands/events.ts";
import { addEvidence } from "./commands/evidence.ts";
import { addFindings } from "./commands/findings.ts";
import { addIncidents } from "./commands/incidents.ts";
import { addKeeping } from "./commands/keeping.ts";
import { addKeys } from "./commands/keys.ts";
import { addOperating } from "./commands/operating.ts";
import { addOutside } from "./commands/outside.ts";
import { addProving } from "./commands/proving.ts";
import { addReviews } from "./commands/reviews.ts";
import { addSamples } from "./commands/samples.ts";
import { treeOn } from "./commands/tree.ts";
import { newOutput, plainLines, reportError } from "./output.ts";

/** Reads the command line and hands over to one command. */

const EXAMPLES = `
Examples:
  custody init                                        begin a workspace in this folder
  custody collect                                     collect everything that is due
  custody gaps                                        what is missing
  custody report --period 2026-Q3                     the report for the auditor, as PDF
  custody verify                                      is everything as it was signed?

Exit codes: 0 done · 1 the answer is bad (something was altered, or a required verdict is not given) · 2 you must mend
something · 3 try again later · 4 the log contradicts itself and nothing was written.`;

/** Exit code of the command that ran last. */
let answer = 0;

const HELP_REMEDY = "`custody --help` lists all commands, `custody COMMAND --help` explains one.";

/** Every command with its flags, as `--help` shows them. */
export const program = new Command("custody")
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
  .showHelpAfterError(HELP_REMEDY)
  .configureOutput({ outputError: (text, write) => write(`custody: ${plainLines(text.replace(/^error: /, ""))}`) });

function argumentsOf(made: Command): string {
  return made.registeredArguments
    .map((one) => `${one.name().toUpperCase()}${one.variadic ? "…" : ""}`)
    .map((name, i) => (made.registeredArguments[i]?.required ? name : `[${name}]`))
    .join(" ");
}

const tree = treeOn(program, (code) => {
  answer = code;
});

/** In the order in which `--help` shows them. */
const SUBJECTS = [
  addBeginning,
  addCollecting,
  addProving,
  addGaps,
  addIncidents,
  addActions,
  addReviews,
  addEvents,
  addConfirming,
  addFindings,
  addSamples,
  addEvidence,
  addKeeping,
  addOperating,
  addOutside,
  addKeys,
];
for (const add of SUBJECTS) add(tree);

program.addHelpCommand(
  new Command("help").argument("[command]").description("explain a command").helpGroup("Operate:"),
);

/**
 * Runs one command line, without the name of the program. Never throws: what went wrong is said, and the answer is the exit
 * code of its kind: 0 done, 1 the answer is bad, 2 a person must act, 3 try again, 4 the ledger contradicts itself.
 */
export async function commandLine(args: readonly string[]): Promise<number> {
  const output = newOutput(args.includes("--json"));
  answer = 0;
  try {
    await program.parseAsync(args, { from: "user" });
    return answer;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(error, output);
    if (error.exitCode === 0) return 0;
    // Its message is on stderr already.
    const message = error.message.replace(/^error: /, "").replace(/\n.*$/s, "");
    output.object({ ok: false, error: { code: "USAGE", message, remedy: HELP_REMEDY } });
    return EXIT_CODES.input;
  }
}

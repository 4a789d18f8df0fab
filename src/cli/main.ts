import { commandLine } from "./commands.ts";
import { newOutput, reportError } from "./output.ts";

/** The process around one command: what nobody caught, who stopped reading, and its end. */

/** Whatever still runs this long after a command is done is let go of. */
const LEFT_RUNNING = 500;

// Warnings of libraries speak to developers; what a person must know, a command says itself.
process.removeAllListeners("warning");

/** Whatever nobody caught is told like everything else; a stack trace is never the message. */
function end(error: unknown): never {
  process.exit(reportError(error, newOutput(process.argv.includes("--json"))));
}
process.on("uncaughtException", end);
process.on("unhandledRejection", end);
for (const stream of [process.stdout, process.stderr]) {
  // Who reads has seen enough, as `head` has.
  stream.on("error", (error: NodeJS.ErrnoException) => (error.code === "EPIPE" ? process.exit() : end(error)));
}

process.exitCode = await commandLine(process.argv.slice(2));
// What a collector of somebody's own left running, deaf to being told to stop, keeps no command from its end.
process.stdout.write("", () => setTimeout(() => process.exit(), LEFT_RUNNING).unref());

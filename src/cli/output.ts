import { CustodyError, EXIT_CODES, messageOf } from "../lib/errors.ts";

/** Where a command speaks: answers on stdout, everything else on stderr; with `--json` exactly one object on stdout. */
export interface Output {
  readonly json: boolean;
  /** A line of the answer; not printed with `--json`. */
  line(text?: string): void;
  /** Progress and remarks. */
  note(text: string): void;
  /** A line that the next one replaces, on a terminal; elsewhere nothing. */
  progress(text: string): void;
  /** The whole answer with `--json`. */
  object(value: unknown): void;
}

export function newOutput(json: boolean): Output {
  let drawn = false;
  const clear = () => {
    if (drawn) process.stderr.write("\r\u001b[K");
    drawn = false;
  };
  return {
    json,
    line: (text = "") => {
      clear();
      if (!json) process.stdout.write(`${text}\n`);
    },
    note: (text) => {
      clear();
      process.stderr.write(`${text}\n`);
    },
    progress: (text) => {
      if (!process.stderr.isTTY) return;
      clear();
      process.stderr.write(text.slice(0, (process.stderr.columns ?? 80) - 1));
      drawn = true;
    },
    object: (value) => {
      clear();
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
  };
}

/** Says what went wrong and gives the exit code. A stack trace is never the message; `CUSTODY_DEBUG` is not a switch for one. */
export function reportError(error: unknown, output: Output): number {
  if (error instanceof CustodyError) {
    output.object({ ok: false, error: { code: error.code, message: error.message, ...(error.remedy ? { remedy: error.remedy } : {}) } });
    output.note(`custody: ${error.message}${error.remedy ? `\n  ${error.remedy}` : ""}`);
    return EXIT_CODES[error.kind];
  }
  output.object({ ok: false, error: { code: "BUG", message: messageOf(error) } });
  const place = error instanceof Error ? (/\n\s+at .*?([\w.-]+\.[jt]s:\d+)/.exec(error.stack ?? "")?.[1] ?? "") : "";
  output.note(`custody: ${messageOf(error)}${place ? ` (${place})` : ""}\n  This is a mistake in Custody. Please report this line; nothing that was collected is lost.`);
  return EXIT_CODES.fatal;
}

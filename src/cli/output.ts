import { CustodyError, type ErrorCode, EXIT_CODES, messageOf } from "../lib/errors.ts";
import { visibleCode } from "../report/clean.ts";

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

/** What steers a terminal, reorders or hides the text around it: in no line that a command prints, whoever chose the text. */
const STEERING =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Text of several lines, safe on a terminal. */
export const plainLines = (text: string): string =>
  text.replaceAll("\r\n", "\n").replace(STEERING, (found) => visibleCode(found.codePointAt(0) ?? 0));

/** JSON on one line that is safe on a terminal too: the same value, more of it escaped. */
const plainJson = (value: unknown): string =>
  (JSON.stringify(value) ?? "null").replace(STEERING, (found) =>
    Array.from({ length: found.length }, (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
  );

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
      if (!json) process.stdout.write(`${plainLines(text)}\n`);
    },
    note: (text) => {
      clear();
      process.stderr.write(`${plainLines(text)}\n`);
    },
    progress: (text) => {
      if (!process.stderr.isTTY) return;
      clear();
      process.stderr.write(plainLines(text).slice(0, (process.stderr.columns ?? 80) - 1));
      drawn = true;
    },
    object: (value) => {
      clear();
      if (json) process.stdout.write(`${plainJson(value)}\n`);
    },
  };
}

/** Longer is no line of a message: somebody typed or named more than anybody reads. */
const MAX_LINE = 2_000;

const clipped = (text: string): string =>
  text
    .split("\n")
    .map((line) => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}… (${line.length} characters)` : line))
    .join("\n");

/** Says what went wrong and gives the exit code. A stack trace is never the message; `CUSTODY_DEBUG` is not a switch for one. */
export function reportError(thrown: unknown, output: Output): number {
  const error = fromSystem(thrown) ?? thrown;
  if (error instanceof CustodyError) {
    const message = clipped(error.message);
    output.object({
      ok: false,
      error: { code: error.code, message, ...(error.remedy ? { remedy: error.remedy } : {}) },
    });
    output.note(`custody: ${message}${error.remedy ? `\n  ${error.remedy}` : ""}`);
    return EXIT_CODES[error.kind];
  }
  output.object({ ok: false, error: { code: "BUG", message: messageOf(error) } });
  const place = error instanceof Error ? (/\n\s+at .*?([\w.-]+\.[jt]s:\d+)/.exec(error.stack ?? "")?.[1] ?? "") : "";
  output.note(
    `custody: ${messageOf(error)}${place ? ` (${place})` : ""}\n  This is a mistake in Custody. Please report this line; nothing that was collected is lost.`,
  );
  return EXIT_CODES.fatal;
}

const SYSTEM: Readonly<Record<string, readonly [ErrorCode, string, string]>> = {
  ENOENT: ["USAGE", "there is no such file or folder", "Check the path."],
  ENOTDIR: ["USAGE", "a part of this path is a file, not a folder", "Check the path."],
  EISDIR: ["USAGE", "this is a folder, not a file", "Name a file."],
  EEXIST: ["USAGE", "this is there already and is not overwritten", "Name another file, or move this one away."],
  ENAMETOOLONG: ["USAGE", "this name is too long", "Choose a shorter one."],
  EACCES: ["USAGE", "this user may not", "Run Custody as the user that owns it, or give this user the right to."],
  EPERM: ["USAGE", "this user may not", "Run Custody as the user that owns it, or give this user the right to."],
  EROFS: ["USAGE", "the disk is mounted read-only", "Mount it for writing, or choose another place."],
  ENOSPC: ["STORE_FULL", "there is no room left on the disk", "Make room, then run the same command again."],
  EDQUOT: ["STORE_FULL", "this user's quota is used up", "Make room, then run the same command again."],
  EFBIG: [
    "STORE_FULL",
    "there is no room left under this user's limit on the size of files",
    "Raise it with `ulimit -f`, then run the same command again.",
  ],
  EMFILE: ["ABORTED", "too many files are open", "Raise the limit with `ulimit -n`, then run the same command again."],
};

/** A failed call to the operating system that no part knew more about: the file's name, what is wrong, what to do. */
function fromSystem(thrown: unknown): CustodyError | undefined {
  if (thrown instanceof CustodyError || !(thrown instanceof Error) || !("syscall" in thrown)) return undefined;
  const { code, path, syscall } = thrown as NodeJS.ErrnoException;
  const known = SYSTEM[code ?? ""];
  if (known === undefined) return undefined;
  const [as, text, remedy] = known;
  return new CustodyError(as, `${path ?? syscall ?? "a file"}: ${text}`, { cause: thrown, remedy });
}

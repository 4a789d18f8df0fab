/**
 * The one error class, and the closed list of its codes.
 *
 * Four kinds decide what happens next:
 * - `answer`: the question was answered and the answer is bad (exit 1);
 * - `input`: a person must fix something (exit 2);
 * - `temporary`: try again later (exit 3);
 * - `fatal`: the ledger contradicts itself, the writer stops (exit 4).
 */
export type ErrorKind = "answer" | "input" | "temporary" | "fatal";

export const ERROR_CODES = {
  // a person must fix something
  USAGE: "input",
  CONFIG_NOT_FOUND: "input",
  CONFIG_INVALID: "input",
  SECRET_UNAVAILABLE: "input",
  INPUT_INVALID: "input",
  INPUT_TOO_LARGE: "input",
  NOT_FOUND: "input",
  NOT_ALLOWED: "input",
  NOT_A_STORE: "input",
  STORE_EXISTS: "input",
  STORE_UNFIT: "input",
  STORE_FULL: "input",
  KEY_UNUSABLE: "input",
  KEY_NOT_PINNED: "input",
  NO_GUARD: "input",
  CLOCK_WRONG: "input",
  SOURCE_MISCONFIGURED: "input",
  SOURCE_REFUSED: "input",
  SOURCE_TOO_LARGE: "input",
  INDEX_UNUSABLE: "input",
  REPORT_IMPOSSIBLE: "input",
  DISPOSAL_REFUSED: "input",
  // try again later
  STORE_UNREACHABLE: "temporary",
  SOURCE_UNREACHABLE: "temporary",
  SOURCE_ANSWER: "temporary",
  SOURCE_TRUNCATED: "temporary",
  INDEX_UNREACHABLE: "temporary",
  ABORTED: "temporary",
  // the question was answered: bad
  VERIFICATION_FAILED: "answer",
  GAPS_FOUND: "answer",
  // the ledger contradicts itself
  LEDGER_FORKED: "fatal",
  LEDGER_ROLLED_BACK: "fatal",
  LEDGER_ALTERED: "fatal",
  // ours
  BUG: "fatal",
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_CODES;

export const EXIT_CODES: Record<ErrorKind, number> = { answer: 1, input: 2, temporary: 3, fatal: 4 };

/**
 * An error a person can act on. The message says where, what was expected, what was found; `remedy` says what to do.
 * Neither ever holds a secret: whoever throws with text from a source masks it first.
 */
export class CustodyError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CustodyError";
    this.code = code;
    this.remedy = options.remedy;
  }

  get kind(): ErrorKind {
    return ERROR_CODES[this.code];
  }
}

/** Message of anything that was thrown, also of a string or of nothing. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  return typeof thrown === "string" ? thrown : `unexpected ${typeof thrown} thrown`;
}

/** True for a CustodyError, of this code where one is given. */
export function isCustodyError(thrown: unknown, code?: ErrorCode): thrown is CustodyError {
  return thrown instanceof CustodyError && (code === undefined || thrown.code === code);
}

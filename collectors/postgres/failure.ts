import { CustodyError, isCustodyError } from "../../src/lib/errors.ts";
import { cleanText } from "../incident-log/text.ts";

/** What was being done when the database failed: decides who has to mend it, and where the query begins in what was sent. */
export interface Attempt {
  readonly doing: "connect" | "query";
  /** The user's own SQL, and what was put in front of it. */
  readonly sql?: string;
  readonly prefix?: string;
}

interface DatabaseError {
  readonly code?: string;
  readonly message?: string;
  readonly position?: string;
}

/** Passwords in a connection string, in each spelling a message could repeat. */
export function passwordsIn(connection: string): string[] {
  const written = [
    /^[a-z]+:\/\/[^/?#]*?:([^/?#]*)@/i.exec(connection)?.[1],
    /[?&]password=([^&#]*)/i.exec(connection)?.[1],
  ];
  return written.flatMap((text) => {
    if (!text) return [];
    try {
      return [text, decodeURIComponent(text)];
    } catch {
      return [text];
    }
  });
}

/**
 * The error of `pg` as one of ours. Neither connection string nor password gets into it, so the original is not kept as
 * cause: some of its properties hold both.
 */
export function failureOf(thrown: unknown, attempt: Attempt, connection: string): CustodyError {
  if (isCustodyError(thrown)) return thrown;
  const error = (thrown ?? {}) as DatabaseError;
  const code = String(error.code ?? "");
  let said = cleanText(String(error.message ?? "no reason given"));
  for (const hidden of [connection, ...passwordsIn(connection)]) said = said.replaceAll(hidden, "(hidden)");

  if (/^28/.test(code) || /SASL|client password|SCRAM/.test(said)) {
    return new CustodyError("SOURCE_REFUSED", `the database refused the sign-in: ${said}`, {
      remedy: "Correct user and password in the secret that `connection` refers to.",
    });
  }
  if (code === "42501") {
    return new CustodyError("SOURCE_REFUSED", `the database refused the query: ${said}`, {
      remedy: "GRANT SELECT on the tables of the query to the role of this collector, and nothing more.",
    });
  }
  if (
    code === "3D000" ||
    /certificate|does not support SSL|wrong version number/i.test(said) ||
    /^(DEPTH_|UNABLE_TO_|ERR_TLS|CERT_|ENOENT$|ERR_INVALID_URL)/.test(code)
  ) {
    if (attempt.doing === "connect" && !/\.s\.PGSQL\./.test(said)) {
      return new CustodyError(
        "SOURCE_MISCONFIGURED",
        `the connection to the database cannot be made as configured: ${said}`,
        {
          remedy: "Correct host, database and sslmode in the address that `connection` refers to.",
        },
      );
    }
  }
  if (code === "25006") {
    return new CustodyError("SOURCE_MISCONFIGURED", `the query wants to write, and only reading is allowed: ${said}`, {
      remedy: "Make `query` one SELECT that changes nothing.",
    });
  }
  if (code === "57014" || /query read timeout/i.test(said)) {
    return new CustodyError("SOURCE_ANSWER", `the query was stopped: ${said}`, {
      remedy: "Narrow the query with $1 and $2 (the window), add an index, or raise `timeout`.",
    });
  }
  if (attempt.doing === "query" && /^(42|22|0A|21|26|34|24|08P01)/.test(code)) {
    return new CustodyError("SOURCE_MISCONFIGURED", `the query failed${placeOf(error.position, attempt)}: ${said}`, {
      remedy:
        "Correct `query`: one SELECT, or WITH … SELECT, that may use $1 and $2 for the start and the end of the window.",
    });
  }
  if (attempt.doing === "connect" || /^(57P|08|53|E[A-Z]+$)/.test(code) || /terminated|timeout|closed/i.test(said)) {
    return new CustodyError("SOURCE_UNREACHABLE", `the database cannot be reached or broke off: ${said}`, {
      remedy: "Check that the database runs and can be reached from here. It is asked again with the next run.",
    });
  }
  return new CustodyError("SOURCE_ANSWER", `the database could not answer (${code || "no code"}): ${said}`);
}

/** ` at line 2, column 8`, counted in the user's own query. */
function placeOf(position: string | undefined, { sql = "", prefix = "" }: Attempt): string {
  // The server counts characters, not UTF-16 units.
  const at = Number(position) - 1 - [...prefix].length;
  const characters = [...sql];
  if (!Number.isInteger(at) || at < 0 || at > characters.length) return "";
  const before = characters.slice(0, at).join("").split("\n");
  return ` at line ${before.length}, column ${[...(before.at(-1) ?? "")].length + 1}`;
}

import { CustodyError, type ErrorCode } from "../lib/errors.ts";

/** What a failed call of the SDK says, reduced to what cannot hold a secret: answers quote access keys and signatures. */
interface S3Failure {
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** The server's error code, or the network's: `NoSuchKey`, `ECONNREFUSED`. */
  readonly code: string;
}

export function failureOf(thrown: unknown): S3Failure {
  const error = (thrown ?? {}) as {
    name?: unknown;
    code?: unknown;
    Code?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  const status = error.$metadata?.httpStatusCode;
  const names = typeof status === "number" ? [error.Code, error.name] : [error.code, error.name];
  const code = names.find((name): name is string => typeof name === "string" && /^[A-Za-z0-9_.]{1,64}$/.test(name));
  return { status: typeof status === "number" ? status : undefined, code: code ?? "no error code" };
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  NoSuchBucket: "NOT_A_STORE",
  InvalidAccessKeyId: "SECRET_UNAVAILABLE",
  SignatureDoesNotMatch: "SECRET_UNAVAILABLE",
  ExpiredToken: "SECRET_UNAVAILABLE",
  InvalidToken: "SECRET_UNAVAILABLE",
  TokenRefreshRequired: "SECRET_UNAVAILABLE",
  CredentialsProviderError: "SECRET_UNAVAILABLE",
  RequestTimeTooSkewed: "CLOCK_WRONG",
  QuotaExceeded: "STORE_FULL",
  InsufficientStorage: "STORE_FULL",
  XMinioStorageFull: "STORE_FULL",
  EntityTooLarge: "INPUT_TOO_LARGE",
  // Damaged or cut on the way; nothing was stored, and the next try may do.
  BadDigest: "STORE_UNREACHABLE",
  XAmzContentSHA256Mismatch: "STORE_UNREACHABLE",
  XAmzContentChecksumMismatch: "STORE_UNREACHABLE",
  IncompleteBody: "STORE_UNREACHABLE",
  RequestTimeout: "STORE_UNREACHABLE",
  SlowDown: "STORE_UNREACHABLE",
};

const REGION = [
  "PermanentRedirect",
  "TemporaryRedirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
];

/** What the SDK calls an error for which the server named no code: the answer of something that is not S3. */
const NAMELESS = /^(UnknownError|Unknown|Error|NotFound|SyntaxError|\d+|no error code)$/;

/** What a failed call means to the caller of a store; `doing` begins with a verb. */
export function s3Failure(thrown: unknown, doing: string, place: string): CustodyError {
  if (thrown instanceof CustodyError) return thrown;
  const failure = failureOf(thrown);
  const code = codeOf(failure);
  const found = failure.status === undefined ? failure.code : `${failure.status} ${failure.code}`;
  // The SDK's error is no cause: it holds the request with its signature and the answer as the server wrote it.
  return new CustodyError(code, `could not ${doing} in ${place}: ${found}`, { remedy: remedyFor(code, failure) });
}

function codeOf({ status, code }: S3Failure): ErrorCode {
  const known = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (known) return known;
  if (status === 507) return "STORE_FULL";
  if (status === undefined || status === 429 || (status >= 500 && status !== 501)) return "STORE_UNREACHABLE";
  if (status !== 403 && NAMELESS.test(code)) return "STORE_UNREACHABLE";
  return "STORE_UNFIT";
}

function remedyFor(code: ErrorCode, failure: S3Failure): string {
  switch (code) {
    case "NOT_A_STORE":
      return "Check the name of the bucket after `store: s3://`; `custody init --create-bucket` makes a new one.";
    case "SECRET_UNAVAILABLE":
      return "Check the access key ID and the secret access key that the configuration refers to; they may be wrong or expired.";
    case "CLOCK_WRONG":
      return "Set this machine's clock: the server refuses requests that are more than 15 minutes off.";
    case "STORE_FULL":
      return "Raise the quota of the bucket, then run the same command again; nothing acknowledged is lost.";
    case "INPUT_TOO_LARGE":
      return "Split the file and store its parts.";
    case "STORE_UNREACHABLE":
      return failure.status === undefined || failure.status >= 429
        ? "Check the network and the server, then run the same command again."
        : "The answer is not that of an S3 server: check the endpoint, and any proxy on the way, then run the same command again.";
    default:
      break;
  }
  if (REGION.includes(failure.code) || failure.status === 301)
    return "Set the region (and the endpoint) of the bucket.";
  if (failure.status === 403) {
    return "Allow this access key s3:GetObject, s3:PutObject and s3:ListBucket on the bucket and the store's prefix.";
  }
  return "The server does not do what Custody needs; `custody store probe` says what. Try the setting `checksum`, or use another server.";
}

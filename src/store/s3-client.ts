import { S3Client } from "@aws-sdk/client-s3";
import type { Clock } from "../lib/clock.ts";
import { CustodyError } from "../lib/errors.ts";
import { isKey } from "./key.ts";
import type { Lock } from "./store.ts";

/** An access key; whoever has temporary ones hands in a function that is asked again when they expire. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export interface S3StoreOptions {
  readonly bucket: string;
  /** The store's own part of the bucket, without slashes at the ends: `custody`, `audit/custody`. Never empty. */
  readonly prefix: string;
  /** URL of the server; AWS itself when there is none. */
  readonly endpoint?: string;
  readonly region: string;
  /** `http://host/bucket/key` in place of `http://bucket.host/key`; most servers but AWS need it. Default: true with an endpoint. */
  readonly forcePathStyle?: boolean;
  /** Nothing is taken from the environment or from files of the AWS tools: what is not given here is not there. */
  readonly credentials: S3Credentials | (() => Promise<S3Credentials>) | undefined;
  /** What the server is to check each upload against; default `sha256`. The others are for old servers that refuse it. */
  readonly checksum?: "sha256" | "md5" | "none";
  /** Object Lock for what is created once and kept. Needs a bucket that was made with Object Lock. */
  readonly lock?: Lock | undefined;
  /** ms until connected, and ms of silence until given up. */
  readonly timeouts?: { readonly connect?: number; readonly idle?: number };
  /** Tries per call, the first included; default 3. */
  readonly attempts?: number;
  readonly clock: Clock;
}

export const ATTEMPTS = 3;

const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** The place of a store for messages: no secret, as URLs with user info are refused. */
export function placeOf(options: Pick<S3StoreOptions, "bucket" | "prefix" | "endpoint">): string {
  const server = options.endpoint === undefined ? "" : ` at ${endpointOf(options.endpoint).host}`;
  return `s3://${options.bucket}/${options.prefix}${server}`;
}

/** Throws CONFIG_INVALID or SECRET_UNAVAILABLE unless the options can work. */
export function checkOptions(options: S3StoreOptions): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]{1,253}[a-zA-Z0-9]$/.test(options.bucket)) {
    throw new CustodyError(
      "CONFIG_INVALID",
      "the name of the bucket must be 3 or more letters, digits, dots or hyphens",
    );
  }
  if (!isKey(options.prefix) || options.prefix.length > 200) {
    throw new CustodyError(
      "CONFIG_INVALID",
      `s3://${options.bucket}/ needs a prefix of a-z 0-9 . _ - and "/" after the bucket`,
      {
        remedy: `Write for example s3://${options.bucket}/custody: the store wants a part of the bucket to itself.`,
      },
    );
  }
  if (options.endpoint !== undefined) endpointOf(options.endpoint);
  if (options.lock !== undefined && options.checksum === "none") {
    throw new CustodyError("CONFIG_INVALID", `${placeOf(options)}: \`lock\` does not go with \`checksum: none\``, {
      remedy:
        "Servers take an object under a lock only with a checksum: leave out `checksum`, or write `checksum: md5`.",
    });
  }
  if (options.credentials === undefined) {
    throw new CustodyError("SECRET_UNAVAILABLE", `${placeOf(options)}: no access key is configured`, {
      remedy: `Set the access key ID and the secret access key of the store, as references such as \${env:NAME}.`,
    });
  }
}

/**
 * A client that is told everything. What it is not told it would look for in the environment and in `~/.aws`, and two
 * runs of one configuration could then talk to two servers.
 */
export function newClient(options: S3StoreOptions): S3Client {
  const { region, endpoint, credentials } = options;
  return new S3Client({
    region,
    endpoint: endpoint ?? `https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`,
    forcePathStyle: options.forcePathStyle ?? endpoint !== undefined,
    ...(credentials === undefined ? {} : { credentials }),
    // By default every upload would carry a CRC32 in a trailer, which servers other than AWS refuse.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: options.attempts ?? ATTEMPTS,
    retryMode: "standard",
    defaultsMode: "standard",
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    useArnRegion: false,
    userAgentAppId: "custody",
    requestHandler: {
      connectionTimeout: options.timeouts?.connect ?? 5_000,
      socketTimeout: options.timeouts?.idle ?? 30_000,
      // A limit on the whole request would cut off large uploads.
      requestTimeout: 0,
    },
    // The SDK writes its warnings to the console otherwise.
    logger: SILENT,
  });
}

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash) return url;
  // The text is not repeated: it may hold a password.
  throw new CustodyError(
    "CONFIG_INVALID",
    "the endpoint of the store must be an http or https URL without user, password or query",
    {
      remedy: "Write for example https://s3.example.com and give the access key by its own settings.",
    },
  );
}

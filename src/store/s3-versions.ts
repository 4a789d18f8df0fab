import { Readable } from "node:stream";
import {
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { CustodyError } from "../lib/errors.ts";
import { quote } from "./key.ts";
import { placeOf, type S3StoreOptions } from "./s3-client.ts";
import { failureOf, s3Failure } from "./s3-failure.ts";
import { decodeListed } from "./s3-list.ts";
import { retentionOf } from "./s3-lock.ts";
import type { StoredVersion, Versions } from "./store.ts";

/** Pages in a row without a single version, after which the server is not believed to be getting anywhere. */
const MAX_EMPTY_PAGES = 100;

/** The versions of a store's objects; needs s3:ListBucketVersions, s3:GetObjectVersion and, for locks, s3:GetObjectRetention. */
export function bucketVersions(client: S3Client, options: S3StoreOptions): Versions {
  const place = placeOf(options);
  const Bucket = options.bucket;
  const own = `${options.prefix}/`;
  const asked = async <T>(doing: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (thrown) {
      throw versionFailure(thrown, doing, place);
    }
  };
  return {
    async state() {
      const { Status } = await asked("ask whether versions are kept", () =>
        client.send(new GetBucketVersioningCommand({ Bucket })),
      );
      return Status === "Enabled" ? "enabled" : Status === "Suspended" ? "suspended" : "off";
    },
    async *list(prefix) {
      const page = (KeyMarker?: string, VersionIdMarker?: string) =>
        asked(`list the versions of ${prefix || "everything"}`, () =>
          client.send(
            new ListObjectVersionsCommand({
              Bucket,
              Prefix: own + prefix,
              EncodingType: "url",
              ...(KeyMarker === undefined ? {} : { KeyMarker }),
              ...(VersionIdMarker === undefined ? {} : { VersionIdMarker }),
            }),
          ),
        );
      for await (const version of listVersions(page, own + prefix, place))
        yield { ...version, key: version.key.slice(own.length) };
    },
    async read(key, VersionId) {
      const at = { Bucket, Key: own + key, VersionId };
      try {
        const { Body, ETag } = await client.send(new GetObjectCommand(at));
        if (!(Body instanceof Readable) || ETag === undefined)
          throw unfit(place, "gives a version without body or ETag");
        // A connection that breaks before anybody listens must not end the process.
        Body.on("error", () => undefined);
        return pieces(Body, `${key} version ${VersionId}`, place);
      } catch (thrown) {
        if (["NoSuchKey", "NoSuchVersion"].includes(failureOf(thrown).code)) return undefined;
        throw versionFailure(thrown, `read ${key} version ${VersionId}`, place);
      }
    },
    async retention(key, VersionId) {
      const answer = await asked(`ask for the lock of ${key}`, () =>
        client.send(new HeadObjectCommand({ Bucket, Key: own + key, VersionId })),
      );
      // Whoever else answers knows nothing of locks, which must not look like there being none.
      if (answer.ETag === undefined) throw unfit(place, "tells of an object without an ETag");
      return retentionOf(answer);
    },
  };
}

/** Versions and deletions of all pages, by key and the newest of a key first, as the server must list them. */
async function* listVersions(
  page: (key?: string, version?: string) => Promise<ListObjectVersionsCommandOutput>,
  prefix: string,
  place: string,
): AsyncGenerator<StoredVersion> {
  let at: readonly [key?: string, version?: string] = [];
  let last: string | undefined;
  let empty = 0;
  for (;;) {
    const answer = await page(...at);
    // A web page parsed as a list would be an empty one, and an empty list is a claim.
    if (answer.Name === undefined) throw unfit(place, "answers with a list that names no bucket");
    const found = versionsIn(answer);
    empty = found.length === 0 ? empty + 1 : 0;
    for (const version of found) {
      if (!version.key.startsWith(prefix)) throw unfit(place, `lists ${quote(version.key)}, which was not asked for`);
      if (last !== undefined && Buffer.compare(Buffer.from(version.key), Buffer.from(last)) < 0)
        throw unfit(place, `lists ${quote(version.key)} after ${quote(last)}`);
      last = version.key;
      yield version;
    }
    if (!answer.IsTruncated) return;
    const next = [
      answer.NextKeyMarker === undefined ? undefined : decodeListed(answer.NextKeyMarker, answer.EncodingType),
      answer.NextVersionIdMarker,
    ] as const;
    if (next[0] === undefined || next.join("\n") === at.join("\n") || empty > MAX_EMPTY_PAGES)
      throw unfit(place, "lists versions without an end");
    at = next[1] === undefined ? [next[0]] : [next[0], next[1]];
  }
}

/** The SDK gives versions and deletions apart; by key, and within a key the newest first, they are one list again. */
function versionsIn(answer: ListObjectVersionsCommandOutput): StoredVersion[] {
  const both = [
    ...(answer.Versions ?? []).map((version) => ({ ...version, deleted: false, size: version.Size ?? 0 })),
    ...(answer.DeleteMarkers ?? []).map((marker) => ({ ...marker, deleted: true, size: 0 })),
  ];
  const all = both.map((one) => ({
    key: decodeListed(one.Key ?? "", answer.EncodingType),
    id: one.VersionId ?? "null",
    latest: one.IsLatest ?? false,
    deleted: one.deleted,
    size: one.size,
    at: one.LastModified?.getTime() ?? 0,
  }));
  return all.sort(
    (a, b) =>
      Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || Number(b.latest) - Number(a.latest) || b.at - a.at,
  );
}

async function* pieces(body: Readable, what: string, place: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (thrown) {
    throw s3Failure(thrown, `read ${what}`, place);
  }
}

function versionFailure(thrown: unknown, doing: string, place: string): CustodyError {
  const { status, code } = failureOf(thrown);
  if (status !== 403 || code === "SignatureDoesNotMatch") return s3Failure(thrown, doing, place);
  return new CustodyError("STORE_UNFIT", `could not ${doing} in ${place}: ${status} ${code}`, {
    remedy:
      "Allow this access key s3:GetBucketVersioning, s3:ListBucketVersions, s3:GetObjectVersion and s3:GetObjectRetention, or use a reader's key for this.",
  });
}

function unfit(place: string, found: string): CustodyError {
  return new CustodyError("STORE_UNFIT", `${place} ${found}`, {
    remedy: "The answer is not that of S3: check the endpoint and any proxy on the way, or use another server.",
  });
}

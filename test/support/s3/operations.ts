import { createHash } from "node:crypto";
import { type Answer, element, S3Error, textOf, textsOf, xml } from "./answer.ts";
import { Bucket, type Retention, type Version, type Weaknesses } from "./bucket.ts";

export interface S3Request {
  readonly method: string;
  readonly bucket: string;
  /** Decoded; empty for the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** The buckets of a server and what can be done to them: a request in, an answer out, at once. */
export class Buckets {
  readonly #buckets = new Map<string, Bucket>();
  readonly #uploads = new Map<string, { key: string; parts: Map<number, Buffer> }>();
  readonly #weak: Weaknesses;
  readonly #now: () => number;

  constructor(weak: Weaknesses, now: () => number) {
    this.#weak = weak;
    this.#now = now;
  }

  /** Throws NoSuchBucket when there is none. */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (!bucket) throw new S3Error(404, "NoSuchBucket", "The specified bucket does not exist", { BucketName: name });
    return bucket;
  }

  answer(request: S3Request): Answer {
    if (request.bucket === "") return this.#listBuckets();
    if (request.key === "") return this.#bucketAnswer(request);
    const bucket = this.bucket(request.bucket);
    const { method, query } = request;
    if (query.has("retention")) return retention(bucket, request);
    if (query.has("uploads") || query.has("uploadId")) return this.#multipart(bucket, request);
    if (method === "GET" || method === "HEAD") return getObject(bucket, request);
    if (method === "PUT") return putObject(bucket, request);
    if (method === "DELETE") return deleteObject(bucket, request);
    throw new S3Error(405, "MethodNotAllowed");
  }

  #listBuckets(): Answer {
    const all = [...this.#buckets.keys()].map((name) => element("Bucket", [element("Name", name)]));
    return xml(element("ListAllMyBucketsResult", [element("Buckets", all)]));
  }

  #bucketAnswer(request: S3Request): Answer {
    const { method, query } = request;
    if (method === "PUT" && query.size === withoutId(query)) return this.#createBucket(request);
    const bucket = this.bucket(request.bucket);
    if (query.has("versioning")) return versioning(bucket, request);
    if (query.has("object-lock")) return objectLock(bucket, request);
    if (query.has("versions")) return listVersions(bucket, query);
    if (query.has("location")) return xml(element("LocationConstraint", ""));
    if (method === "HEAD") return { status: 200 };
    if (method === "GET" && query.get("list-type") === "2") return listObjects(bucket, query);
    if (method === "DELETE") {
      if (!bucket.isEmpty) throw new S3Error(409, "BucketNotEmpty");
      this.#buckets.delete(bucket.name);
      return { status: 204 };
    }
    throw new S3Error(501, "NotImplemented");
  }

  #createBucket({ bucket, headers, body }: S3Request): Answer {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw new S3Error(400, "InvalidBucketName");
    if (this.#weak.knowsNoRegions && textOf(body.toString(), "LocationConstraint") !== undefined) {
      throw new S3Error(400, "InvalidLocationConstraint");
    }
    if (this.#buckets.has(bucket)) throw new S3Error(409, "BucketAlreadyOwnedByYou");
    const lockable = headers["x-amz-bucket-object-lock-enabled"] === "true";
    this.#buckets.set(bucket, new Bucket(bucket, lockable, this.#weak, this.#now));
    return { status: 200, headers: { location: `/${bucket}` } };
  }

  #multipart(bucket: Bucket, request: S3Request): Answer {
    const { method, key, query, body } = request;
    if (query.has("uploads")) {
      const id = createHash("sha256").update(`${key} ${this.#uploads.size} ${this.#now()}`).digest("hex");
      this.#uploads.set(id, { key, parts: new Map() });
      const names = [element("Bucket", bucket.name), element("Key", key), element("UploadId", id)];
      return xml(element("InitiateMultipartUploadResult", names));
    }
    const id = query.get("uploadId") ?? "";
    const upload = this.#uploads.get(id);
    if (upload?.key !== key) throw new S3Error(404, "NoSuchUpload");
    if (method === "PUT") {
      upload.parts.set(Number(query.get("partNumber")), body);
      return { status: 200, headers: { etag: `"${md5(body)}"` } };
    }
    if (method === "DELETE") {
      this.#uploads.delete(id);
      return { status: 204 };
    }
    const document = body.toString();
    const parts = textsOf(document, "PartNumber").map((n) => upload.parts.get(Number(n)));
    const etags = textsOf(document, "ETag").map((etag) => etag.replaceAll('"', ""));
    if (parts.length === 0 || parts.some((part, n) => !part || md5(part) !== etags[n]))
      throw new S3Error(400, "InvalidPart");
    const whole = Buffer.concat(parts as Buffer[]);
    bucket.checkConditions(key, conditions(request));
    const version = bucket.put(key, whole, { etag: `${md5(whole)}-${parts.length}` });
    this.#uploads.delete(id);
    return xml(element("CompleteMultipartUploadResult", [element("Key", key), element("ETag", `"${version.etag}"`)]));
  }
}

/** The SDK adds `x-id=PutObject` and the like, which means nothing. */
function withoutId(query: URLSearchParams): number {
  return query.has("x-id") ? 1 : 0;
}

function putObject(bucket: Bucket, request: S3Request): Answer {
  const { key, headers, body } = request;
  checkBody(headers, body);
  const mode = headers["x-amz-object-lock-mode"];
  const until = Date.parse(headers["x-amz-object-lock-retain-until-date"] ?? "");
  const locks = mode !== undefined || bucket.defaultRetention !== undefined;
  const checked = headers["content-md5"] ?? Object.keys(headers).find((name) => name.startsWith("x-amz-checksum-"));
  if (locks && checked === undefined) {
    throw new S3Error(
      400,
      "InvalidRequest",
      "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests",
    );
  }
  if (mode !== undefined && (!bucket.lockable || Number.isNaN(until))) throw new S3Error(400, "InvalidRequest");
  bucket.checkConditions(key, conditions(request));
  const checksum = headers["x-amz-checksum-sha256"];
  const version = bucket.put(key, body, {
    ...(mode === undefined ? {} : { retention: { mode, until } }),
    ...(checksum === undefined ? {} : { checksum }),
  });
  return {
    status: 200,
    headers: { etag: `"${version.etag}"`, ...versionHeaders(bucket, version), ...checksumHeader(version) },
  };
}

/** Throws 400 unless the body is what its headers say. */
function checkBody(headers: S3Request["headers"], body: Buffer): void {
  const sha256 = headers["x-amz-checksum-sha256"];
  if (sha256 !== undefined && createHash("sha256").update(body).digest("base64") !== sha256) {
    throw new S3Error(400, "BadDigest", "The SHA256 you specified did not match the calculated checksum.");
  }
  const given = headers["content-md5"];
  if (given !== undefined && createHash("md5").update(body).digest("base64") !== given)
    throw new S3Error(400, "BadDigest");
}

function getObject(bucket: Bucket, { method, key, query, headers }: S3Request): Answer {
  const id = query.get("versionId");
  const version = id === null ? bucket.current(key) : bucket.version(key, id);
  if (!version) throw new S3Error(404, "NoSuchKey", "The specified key does not exist.", { Key: key });
  if (version.marker) throw new S3Error(405, "MethodNotAllowed");
  const all = version.bytes;
  const range = rangeOf(headers.range, all.length);
  const bytes = range ? all.subarray(range.from, range.to + 1) : all;
  return {
    status: range ? 206 : 200,
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(bytes.length),
      etag: `"${version.etag}"`,
      "last-modified": new Date(version.modified).toUTCString(),
      ...(range ? { "content-range": `bytes ${range.from}-${range.to}/${all.length}` } : {}),
      ...versionHeaders(bucket, version),
      ...lockHeaders(version.retention),
      ...(headers["x-amz-checksum-mode"] === "ENABLED" ? checksumHeader(version) : {}),
    },
    ...(method === "HEAD" ? {} : { body: bytes }),
  };
}

function rangeOf(header: string | undefined, size: number): { from: number; to: number } | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const from = first === "" ? Math.max(size - Number(last), 0) : Number(first);
  const to = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (from > to) throw new S3Error(416, "InvalidRange");
  return { from, to };
}

function deleteObject(bucket: Bucket, { key, query, headers }: S3Request): Answer {
  const bypass = headers["x-amz-bypass-governance-retention"] === "true";
  const done = bucket.delete(key, query.get("versionId") ?? undefined, bypass);
  const marker: Record<string, string> = done?.marker ? { "x-amz-delete-marker": "true" } : {};
  return { status: 204, headers: done ? { "x-amz-version-id": done.id, ...marker } : {} };
}

function retention(bucket: Bucket, { method, key, query, headers, body }: S3Request): Answer {
  const id = query.get("versionId");
  const version = id === null ? bucket.current(key) : bucket.version(key, id);
  if (!version) throw new S3Error(404, "NoSuchKey");
  if (method === "PUT") {
    const document = body.toString();
    const until = Date.parse(textOf(document, "RetainUntilDate") ?? "");
    const mode = textOf(document, "Mode");
    if (mode === undefined || Number.isNaN(until)) throw new S3Error(400, "MalformedXML");
    bucket.retain(version, { mode, until }, headers["x-amz-bypass-governance-retention"] === "true");
    return { status: 200 };
  }
  if (!version.retention) throw new S3Error(404, "NoSuchObjectLockConfiguration");
  const until = new Date(version.retention.until).toISOString();
  return xml(element("Retention", [element("Mode", version.retention.mode), element("RetainUntilDate", until)]));
}

function versioning(bucket: Bucket, { method, body }: S3Request): Answer {
  if (method === "PUT") {
    const status = textOf(body.toString(), "Status");
    if (status !== "Enabled" && status !== "Suspended") throw new S3Error(400, "MalformedXML");
    if (bucket.lockable && status === "Suspended") throw new S3Error(409, "InvalidBucketState");
    bucket.versioning = status;
    return { status: 200 };
  }
  return xml(
    element("VersioningConfiguration", bucket.versioning === "" ? [] : [element("Status", bucket.versioning)]),
  );
}

function objectLock(bucket: Bucket, { method, body }: S3Request): Answer {
  if (method === "PUT") {
    if (!bucket.lockable) throw new S3Error(409, "InvalidBucketState");
    const document = body.toString();
    const days = Number(textOf(document, "Days") ?? Number(textOf(document, "Years") ?? 0) * 365);
    const mode = textOf(document, "Mode");
    bucket.defaultRetention = mode === undefined ? undefined : { mode, days };
    return { status: 200 };
  }
  if (!bucket.lockable) throw new S3Error(404, "ObjectLockConfigurationNotFoundError");
  const rule = bucket.defaultRetention;
  const inner = rule ? [element("Mode", rule.mode), element("Days", rule.days)] : [];
  const rules = rule ? [element("Rule", [element("DefaultRetention", inner)])] : [];
  return xml(element("ObjectLockConfiguration", [element("ObjectLockEnabled", "Enabled"), ...rules]));
}

function listObjects(bucket: Bucket, query: URLSearchParams): Answer {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const limit = Math.min(Number(query.get("max-keys") ?? 1_000), 1_000);
  const token = query.get("continuation-token");
  const after = token === null ? (query.get("start-after") ?? "") : Buffer.from(token, "base64").toString();
  const coded = query.get("encoding-type") === "url";
  const name = (key: string) => (coded ? encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+") : key);
  const objects: string[] = [];
  const folders = new Set<string>();
  let last = "";
  let more = false;
  for (const version of bucket.objects(prefix)) {
    const cut = delimiter === "" ? -1 : version.key.indexOf(delimiter, prefix.length);
    const folder = cut < 0 ? undefined : version.key.slice(0, cut + delimiter.length);
    const at = folder ?? version.key;
    if (Buffer.compare(Buffer.from(at), Buffer.from(after)) <= 0 || (folder && folders.has(folder))) continue;
    if (objects.length + folders.size >= limit) {
      more = true;
      break;
    }
    last = at;
    if (folder) folders.add(folder);
    else objects.push(element("Contents", [element("Key", name(version.key)), ...stat(version)]));
  }
  const next = more ? [element("NextContinuationToken", Buffer.from(last).toString("base64"))] : [];
  return xml(
    element("ListBucketResult", [
      element("Name", bucket.name),
      element("Prefix", name(prefix)),
      ...(coded ? [element("EncodingType", "url")] : []),
      element("MaxKeys", limit),
      element("KeyCount", objects.length + folders.size),
      element("IsTruncated", more),
      ...next,
      ...objects,
      ...[...folders].map((folder) => element("CommonPrefixes", [element("Prefix", name(folder))])),
    ]),
  );
}

function listVersions(bucket: Bucket, query: URLSearchParams): Answer {
  const prefix = query.get("prefix") ?? "";
  const limit = Math.min(Number(query.get("max-keys") ?? 1_000), 1_000);
  const coded = query.get("encoding-type") === "url";
  const name = (key: string) => (coded ? encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+") : key);
  const all = afterMarker(bucket.allVersions(prefix), query.get("key-marker"), query.get("version-id-marker"));
  const page = all.slice(0, limit);
  const last = all.length > limit ? page.at(-1) : undefined;
  const entries = page.map((version) => {
    const common = [
      element("Key", name(version.key)),
      element("VersionId", version.id),
      element("IsLatest", version.latest),
    ];
    return version.marker
      ? element("DeleteMarker", [...common, element("LastModified", new Date(version.modified).toISOString())])
      : element("Version", [...common, ...stat(version)]);
  });
  return xml(
    element("ListVersionsResult", [
      element("Name", bucket.name),
      element("Prefix", name(prefix)),
      ...(coded ? [element("EncodingType", "url")] : []),
      element("MaxKeys", limit),
      element("IsTruncated", last !== undefined),
      ...(last ? [element("NextKeyMarker", name(last.key)), element("NextVersionIdMarker", last.id)] : []),
      ...entries,
    ]),
  );
}

/** What comes after a version of a key, or after a key. */
function afterMarker<T extends Version>(all: readonly T[], key: string | null, id: string | null): readonly T[] {
  if (key === null) return all;
  const at = id === null ? -1 : all.findIndex((version) => version.key === key && version.id === id);
  if (at >= 0) return all.slice(at + 1);
  return all.filter((version) => Buffer.compare(Buffer.from(version.key), Buffer.from(key)) > 0);
}

function stat(version: Version): string[] {
  return [
    element("LastModified", new Date(version.modified).toISOString()),
    element("ETag", `"${version.etag}"`),
    element("Size", version.bytes.length),
    element("StorageClass", "STANDARD"),
  ];
}

function conditions({ headers }: S3Request): { ifNoneMatch: string | undefined; ifMatch: string | undefined } {
  return { ifNoneMatch: headers["if-none-match"], ifMatch: headers["if-match"] };
}

function versionHeaders(bucket: Bucket, version: Version): Record<string, string> {
  return bucket.versioning === "" ? {} : { "x-amz-version-id": version.id };
}

function lockHeaders(retention: Retention | undefined): Record<string, string> {
  if (!retention) return {};
  const until = new Date(retention.until).toISOString();
  return { "x-amz-object-lock-mode": retention.mode, "x-amz-object-lock-retain-until-date": until };
}

function checksumHeader({ checksum }: Version): Record<string, string> {
  return checksum === undefined ? {} : { "x-amz-checksum-sha256": checksum };
}

function md5(bytes: Buffer): string {
  return createHash("md5").update(bytes).digest("hex");
}

import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { base64, fromHex, sha256 } from "../lib/digest.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import { checkKey, checkName, checkPrefix } from "./key.ts";
import { ATTEMPTS, checkOptions, newClient, placeOf, type S3StoreOptions } from "./s3-client.ts";
import { failureOf, s3Failure } from "./s3-failure.ts";
import { listObjects } from "./s3-list.ts";
import { isLocked, lockOf, tryLock } from "./s3-lock.ts";
import { bucketVersions } from "./s3-versions.ts";
import { checkedPieces, checkInMemory, checkObjectSize } from "./source.ts";
import type { Lock, LockTrial, Store, StoredObject, StoreSource, Versions } from "./store.ts";

export { createBucket } from "./s3-bucket.ts";
export type { S3StoreOptions } from "./s3-client.ts";

/** Up to this many bytes a source is read into memory: what is small is repeated by the SDK itself. */
const SMALL = 4 * 1024 * 1024;

/** How often a 409 (somebody else is writing this key right now) is answered by the same request. */
const CONFLICTS = 8;

/** A condition, the bytes and how to check them. */
type Put = Pick<
  PutObjectCommandInput,
  | "IfNoneMatch"
  | "Body"
  | "ContentLength"
  | "ChecksumSHA256"
  | "ContentMD5"
  | "ObjectLockMode"
  | "ObjectLockRetainUntilDate"
>;

/**
 * A store under one prefix of a bucket. Created once means: PUT with `If-None-Match: *`, which a server may ignore without
 * a word; `probeStore` finds that out, and nothing should be written before it did.
 *
 * A lost answer is repeated by the SDK under the same condition, so that the caller's own success may come back as
 * `exists`.
 */
export class S3Store implements Store {
  readonly place: string;
  readonly #options: S3StoreOptions;
  readonly #client: S3Client;

  private constructor(options: S3StoreOptions, client: S3Client) {
    this.place = placeOf(options);
    this.#options = options;
    this.#client = client;
  }

  /** Opens a prefix of an existing bucket: asks for one key of it, so that a wrong bucket or access key shows here. */
  static async open(options: S3StoreOptions): Promise<S3Store> {
    checkOptions(options);
    const store = new S3Store(options, newClient(options));
    try {
      await store.#send("open the store", (client, to) => client.send(new ListObjectsV2Command({ ...to, MaxKeys: 1 })));
      return store;
    } catch (thrown) {
      await store.close();
      throw thrown;
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#fetch(key, 0);
      if (!answer) return undefined;
      try {
        checkInMemory(`${this.place}: ${key}`, answer.size);
        const parts: Uint8Array[] = [];
        for await (const piece of answer.body) parts.push(piece);
        return Buffer.concat(parts);
      } catch (thrown) {
        answer.body.destroy();
        if (isCustodyError(thrown) || attempt >= this.#attempts) throw s3Failure(thrown, `read ${key}`, this.place);
        await this.#pause(attempt);
      }
    }
  }

  async read(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const answer = await this.#fetch(key, 0);
    return answer && this.#resumed(key, answer);
  }

  /** The pieces of an object; a broken connection is taken up again where it broke. */
  async *#resumed(key: string, first: Fetched): AsyncGenerator<Uint8Array> {
    let answer = first;
    let offset = 0;
    for (let attempt = 1; ; attempt += 1) {
      try {
        for await (const piece of answer.body) {
          offset += piece.length;
          yield piece;
        }
        return;
      } catch (thrown) {
        if (attempt >= this.#attempts) throw s3Failure(thrown, `read ${key}`, this.place);
      }
      await this.#pause(attempt);
      const next = await this.#fetch(key, offset);
      if (next?.etag !== first.etag || next.size !== first.size - offset) {
        throw new CustodyError("STORE_UNREACHABLE", `${key} in ${this.place} changed while it was read`);
      }
      answer = next;
    }
  }

  async #fetch(key: string, offset: number): Promise<Fetched | undefined> {
    checkKey(key);
    const range = offset > 0 ? { Range: `bytes=${offset}-` } : {};
    try {
      const answer = fetched(await this.#client.send(new GetObjectCommand({ ...this.#key(key), ...range })));
      if (!answer) throw notS3(`read ${key}`, this.place, "an object without length or ETag");
      return answer;
    } catch (thrown) {
      // Only the server's own word that there is no such key counts; a 404 of anything else says nothing about the store.
      if (failureOf(thrown).code === "NoSuchKey") return undefined;
      throw s3Failure(thrown, `read ${key}`, this.place);
    }
  }

  async create(key: string, bytes: Uint8Array): Promise<"created" | "exists"> {
    return this.#put(key, { ...this.#inMemory(key, bytes), ...this.#lockFor(key), IfNoneMatch: "*" });
  }

  async createFrom(key: string, source: StoreSource): Promise<"created" | "exists"> {
    checkKey(key);
    checkObjectSize(`${this.place}: ${key}`, source.size);
    if (source.size <= SMALL) {
      const parts: Uint8Array[] = [];
      for await (const piece of checkedPieces(key, source)) parts.push(piece);
      return this.create(key, Buffer.concat(parts));
    }
    const checks = await this.#checks(key, source);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#stream(key, source, checks);
      } catch (thrown) {
        if (!isCustodyError(thrown, "STORE_UNREACHABLE") || attempt >= this.#attempts) throw thrown;
        await this.#pause(attempt);
      }
    }
  }

  /** One attempt to upload a stream. The SDK knows neither how to repeat a stream nor what to do when one breaks. */
  async #stream(key: string, source: StoreSource, checks: Put): Promise<"created" | "exists"> {
    const body = Readable.from(checkedPieces(key, source), { objectMode: false });
    const abort = new AbortController();
    let broken: { thrown: unknown } | undefined;
    body.on("error", (thrown) => {
      broken = { thrown };
      abort.abort();
    });
    try {
      const put = { ...checks, Body: body, ContentLength: source.size, ...this.#lockFor(key), IfNoneMatch: "*" };
      return await this.#put(key, put, { digest: source.digest, signal: abort.signal });
    } catch (thrown) {
      throw broken ? broken.thrown : thrown;
    } finally {
      body.destroy();
    }
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    await this.#put(key, this.#inMemory(key, bytes));
  }

  /** Sends a PUT until the server has decided about it. */
  async #put(key: string, put: Put, stream?: { digest: string; signal: AbortSignal }): Promise<"created" | "exists"> {
    checkKey(key);
    for (let conflict = 1; ; conflict += 1) {
      const command = new PutObjectCommand({ ...this.#key(key), ...put });
      if (stream) signPayload(command, stream.digest);
      try {
        const answer = await this.#client.send(command, stream ? { abortSignal: stream.signal } : {});
        if (answer.ETag) return "created";
        throw notS3(`write ${key}`, this.place, "a success without an ETag");
      } catch (thrown) {
        const { status } = failureOf(thrown);
        if (status === 412 && put.IfNoneMatch) return "exists";
        if (status !== 409) throw s3Failure(thrown, `write ${key}`, this.place);
        if (stream || conflict >= CONFLICTS) {
          throw new CustodyError(
            "STORE_UNREACHABLE",
            `could not write ${key} in ${this.place}: others kept writing it (409)`,
          );
        }
      }
      await this.#pause(conflict);
    }
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    const own = `${this.#options.prefix}/`;
    const page = (token: string | undefined) =>
      this.#send(`list ${prefix || "everything"}`, (client, to) =>
        client.send(
          new ListObjectsV2Command({
            ...to,
            Prefix: own + prefix,
            // XML cannot hold every character that a foreign key may have.
            EncodingType: "url",
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        ),
      );
    for await (const { key, size } of listObjects(page, own + prefix, this.place))
      yield { key: key.slice(own.length), size };
  }

  /** Under `<prefix>.<name>/` of the same bucket, so that one lifecycle rule can let it expire. */
  sibling(name: string): S3Store {
    checkName(name);
    return new S3Store({ ...this.#options, prefix: `${this.#options.prefix}.${name}` }, this.#client);
  }

  get lock(): Lock | undefined {
    return this.#options.lock;
  }

  get versions(): Versions {
    return bucketVersions(this.#client, this.#options);
  }

  async tryLock(key: string, bytes: Uint8Array): Promise<LockTrial> {
    checkKey(key);
    const { lock, clock } = this.#options;
    if (lock === undefined) throw new CustodyError("BUG", `${this.place}: no lock is configured, so none can be tried`);
    return tryLock(this.#client, this.#key(key), this.#inMemory(key, bytes), { lock, clock, place: this.place });
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  get #attempts(): number {
    return this.#options.attempts ?? ATTEMPTS;
  }

  #key(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#options.bucket, Key: `${this.#options.prefix}/${key}` };
  }

  #lockFor(key: string): Put {
    const { lock, clock } = this.#options;
    return lock !== undefined && isLocked(key) ? lockOf(lock, clock.now()) : {};
  }

  #pause(attempt: number): Promise<void> {
    return this.#options.clock.sleep(Math.min(50 * 2 ** (attempt - 1), 2_000));
  }

  /** A buffer has a known length, a signed digest, and can be sent again. */
  #inMemory(key: string, bytes: Uint8Array): Put {
    checkInMemory(`${this.place}: ${key}`, bytes.length);
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    switch (this.#options.checksum ?? "sha256") {
      case "sha256":
        return { Body: body, ChecksumSHA256: base64(sha256(bytes)) };
      case "md5":
        return { Body: body, ContentMD5: createHash("md5").update(bytes).digest("base64") };
      default:
        return { Body: body };
    }
  }

  async #checks(key: string, source: StoreSource): Promise<Put> {
    if (this.#options.checksum === "none") return {};
    if (this.#options.checksum !== "md5") return { ChecksumSHA256: base64(fromHex(source.digest)) };
    const hash = createHash("md5");
    for await (const piece of checkedPieces(key, source)) hash.update(piece);
    return { ContentMD5: hash.digest("base64") };
  }

  async #send<T extends { Name?: string | undefined }>(
    doing: string,
    call: (client: S3Client, to: { Bucket: string; Prefix: string }) => Promise<T>,
  ): Promise<T> {
    try {
      const answer = await call(this.#client, { Bucket: this.#options.bucket, Prefix: `${this.#options.prefix}/` });
      // A web page parsed as a list would be an empty one, and an empty list is a claim.
      if (answer.Name === undefined) throw notS3(doing, this.place, "a list that names no bucket");
      return answer;
    } catch (thrown) {
      throw s3Failure(thrown, doing, this.place);
    }
  }
}

interface Fetched {
  readonly size: number;
  readonly etag: string;
  readonly body: Readable;
}

function fetched(answer: GetObjectCommandOutput): Fetched | undefined {
  const { Body: body, ContentLength: size, ETag: etag } = answer;
  if (!(body instanceof Readable) || size === undefined || etag === undefined) {
    if (body instanceof Readable) body.destroy();
    return undefined;
  }
  // An answer may be checked by nobody for a while; a connection that breaks then must not end the process.
  body.on("error", () => undefined);
  return { size, etag, body };
}

/** Signs the digest that is known beforehand; the SDK would leave the payload of a stream unsigned. */
function signPayload(command: PutObjectCommand, digest: string): void {
  command.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers["x-amz-content-sha256"] = digest;
      return next(args);
    },
    { step: "build", name: "signPayload" },
  );
}

function notS3(doing: string, place: string, found: string): CustodyError {
  return new CustodyError(
    "STORE_UNREACHABLE",
    `could not ${doing} in ${place}: the answer is ${found}, so not that of an S3 server`,
    {
      remedy: "Check the endpoint, and any proxy on the way, then run the same command again.",
    },
  );
}

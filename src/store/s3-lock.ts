import {
  DeleteObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Clock } from "../lib/clock.ts";
import { CustodyError } from "../lib/errors.ts";
import { failureOf, s3Failure } from "./s3-failure.ts";
import type { Lock, LockTrial, Retention } from "./store.ts";

/** The folders whose objects are created once and never change. */
const KEPT = /^(blob|seq|tile)\//;
/** Unfinished tiles are made again, wider, and need not be kept. */
const PARTIAL = /\.p\//;
const DAY = 86_400_000;
/** How long an object of the probe stays: longer than any clock may be off. */
const TRIAL = 3_600_000;

/** True for keys whose objects are locked where a lock is configured: not `checkpoint`, and no partial tile. */
export function isLocked(key: string): boolean {
  return KEPT.test(key) && !PARTIAL.test(key);
}

/** Headers that lock an object from now on. They need a checksum header beside them. */
export function lockOf({ mode, days }: Lock, now: number) {
  return retain(mode, now + days * DAY);
}

function retain(mode: Lock["mode"], until: number) {
  // Servers keep whole seconds; one that cuts must not make it shorter than asked.
  const second = Math.ceil(until / 1_000) * 1_000;
  return {
    ObjectLockMode: mode === "compliance" ? ("COMPLIANCE" as const) : ("GOVERNANCE" as const),
    ObjectLockRetainUntilDate: new Date(second),
  };
}

/** The lock in an answer; undefined when there is none, also where the caller may not see it. */
export function retentionOf(answer: {
  ObjectLockMode?: string | undefined;
  ObjectLockRetainUntilDate?: Date | undefined;
}): Retention | undefined {
  const mode = answer.ObjectLockMode?.toLowerCase();
  const until = answer.ObjectLockRetainUntilDate?.getTime();
  if ((mode !== "governance" && mode !== "compliance") || until === undefined || Number.isNaN(until)) return undefined;
  return { mode, until };
}

/** Puts an object under a short lock, asks for the lock, and tries to delete that very version. */
export async function tryLock(
  client: S3Client,
  at: { readonly Bucket: string; readonly Key: string },
  body: Pick<PutObjectCommandInput, "Body" | "ChecksumSHA256" | "ContentMD5">,
  { lock, clock, place }: { readonly lock: Lock; readonly clock: Clock; readonly place: string },
): Promise<LockTrial> {
  const { ObjectLockMode, ObjectLockRetainUntilDate } = retain(lock.mode, clock.now() + TRIAL);
  try {
    const put = { ...at, ...body, ObjectLockMode, ObjectLockRetainUntilDate, IfNoneMatch: "*" };
    await client.send(new PutObjectCommand(put)).catch((thrown) => {
      // Its own success, whose answer was lost.
      if (failureOf(thrown).status !== 412) throw thrown;
    });
    const found = await client.send(new HeadObjectCommand(at));
    const deletion = await tryDelete(client, at, found);
    return { retention: retentionOf(found), asked: ObjectLockRetainUntilDate.getTime(), deletion };
  } catch (thrown) {
    throw lockFailure(thrown, at.Key, place);
  }
}

async function tryDelete(
  client: S3Client,
  at: { readonly Bucket: string; readonly Key: string },
  { VersionId }: HeadObjectCommandOutput,
): Promise<"refused" | "done"> {
  // Without a version there is nothing that a lock could protect: the next writer replaces it.
  if (VersionId === undefined || VersionId === "null") return "done";
  try {
    await client.send(new DeleteObjectCommand({ ...at, VersionId }));
    return "done";
  } catch (thrown) {
    const { status, code } = failureOf(thrown);
    if (status === 403 || code === "ObjectLocked" || code === "InvalidRequest") return "refused";
    throw thrown;
  }
}

function lockFailure(thrown: unknown, key: string, place: string): CustodyError {
  const { status, code } = failureOf(thrown);
  if (status !== 400 && status !== 501) return s3Failure(thrown, `lock ${key}`, place);
  return new CustodyError("STORE_UNFIT", `${place} takes no object under a lock: ${status} ${code}`, {
    remedy:
      "Object Lock is switched on when a bucket is made, and on some servers not at all: make another bucket with it, or leave out `lock`.",
  });
}

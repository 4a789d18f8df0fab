import { DeleteObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { CustodyError } from "../lib/errors.ts";
import { checkKey } from "./key.ts";
import type { Found, Remover } from "./remove.ts";
import { checkOptions, newClient, placeOf, type S3StoreOptions } from "./s3-client.ts";
import { failureOf, s3Failure } from "./s3-failure.ts";
import { bucketVersions } from "./s3-versions.ts";
import type { StoredVersion } from "./store.ts";

/** Deletions of one object before the server is not believed to delete anything. */
const MAX_ROUNDS = 3;

/**
 * Deletes from the bucket of a store, with a credential that may: s3:DeleteObject, s3:DeleteObjectVersion,
 * s3:ListBucketVersions, s3:GetObject, s3:GetObjectVersion and, for locks, s3:GetObjectRetention. Never bypasses a lock.
 */
export function bucketRemover(options: S3StoreOptions): Remover {
  checkOptions(options);
  const place = placeOf(options);
  const client = newClient(options);
  const versions = bucketVersions(client, options);
  const at = (key: string) => ({ Bucket: options.bucket, Key: `${options.prefix}/${key}` });

  async function list(key: string): Promise<StoredVersion[]> {
    checkKey(key);
    const found: StoredVersion[] = [];
    for await (const version of versions.list(key)) if (version.key === key) found.push(version);
    if (found.length > 0) return found;
    // Some servers list no versions where none are kept.
    return (await isThere(key)) ? [{ key, id: "null", latest: true, deleted: false, size: 0, at: 0 }] : [];
  }

  async function isThere(key: string): Promise<boolean> {
    try {
      await client.send(new HeadObjectCommand(at(key)));
      return true;
    } catch (thrown) {
      // An answer to HEAD has no body and so no error code but this.
      if (["NoSuchKey", "NotFound"].includes(failureOf(thrown).code)) return false;
      throw s3Failure(thrown, `look for ${key}`, place);
    }
  }

  /** Until when the last of the locks on these versions holds. */
  async function lockOver(found: readonly StoredVersion[]): Promise<number | undefined> {
    let until: number | undefined;
    for (const { key, id, deleted } of found) {
      if (deleted) continue;
      const retention = await versions.retention(key, id).catch(() => undefined);
      if (retention !== undefined && retention.until > options.clock.now())
        until = Math.max(until ?? 0, retention.until);
    }
    return until;
  }

  /** False where the server forbids it. */
  async function deleteVersion({ key, id }: StoredVersion, kept: boolean): Promise<boolean> {
    try {
      await client.send(new DeleteObjectCommand({ ...at(key), ...(kept ? { VersionId: id } : {}) }));
      return true;
    } catch (thrown) {
      const { status, code } = failureOf(thrown);
      if (code === "NoSuchKey" || code === "NoSuchVersion") return true;
      if (status === 403 || code === "ObjectLocked" || (code === "InvalidRequest" && status === 400)) return false;
      throw s3Failure(thrown, `delete ${key}`, place);
    }
  }

  return {
    place,
    async find(key): Promise<Found> {
      const found = await list(key);
      return { versions: found.filter((one) => !one.deleted).length, lockedUntil: await lockOver(found) };
    },
    async remove(key) {
      const kept = (await versions.state()) !== "off";
      let deleted = 0;
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const found = await list(key);
        if (found.length === 0) return { deleted };
        const refused: StoredVersion[] = [];
        for (const version of found) {
          if (!(await deleteVersion(version, kept))) refused.push(version);
          else if (!version.deleted) deleted += 1;
        }
        if (refused.length === 0) continue;
        const lockedUntil = await lockOver(refused);
        if (lockedUntil !== undefined) return { deleted, lockedUntil };
        throw new CustodyError(
          "STORE_UNFIT",
          `${place} does not let ${key} be deleted with the credential of \`disposal:\``,
          {
            remedy:
              "Allow that access key s3:DeleteObject and s3:DeleteObjectVersion on the store's prefix; a legal hold of the bucket itself must be lifted there.",
          },
        );
      }
      if ((await list(key)).length === 0) return { deleted };
      throw new CustodyError("STORE_UNREACHABLE", `${key} in ${place} was deleted and is there again`, {
        remedy:
          "Somebody writes it at this moment, or the server only says that it deletes. Run the same command again.",
      });
    },
    close: async () => client.destroy(),
  };
}

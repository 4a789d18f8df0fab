import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { CustodyError } from "../lib/errors.ts";
import { checkOptions, newClient, placeOf, type S3StoreOptions } from "./s3-client.ts";
import { failureOf, s3Failure } from "./s3-failure.ts";

/** Makes the bucket, with Object Lock where asked for; one that is the caller's own already is left as it is. Only for `init`. */
export async function createBucket(options: S3StoreOptions, { lock = false }: { lock?: boolean } = {}): Promise<void> {
  checkOptions(options);
  try {
    await makeBucket(options, lock);
  } catch (thrown) {
    const { code } = failureOf(thrown);
    if (code === "BucketAlreadyOwnedByYou") return;
    if (code === "BucketAlreadyExists") {
      throw new CustodyError("STORE_EXISTS", `the bucket ${options.bucket} belongs to somebody else`, {
        remedy: "Choose another name: bucket names are shared by everybody who uses the server.",
      });
    }
    throw s3Failure(thrown, "make the bucket", placeOf(options));
  }
}

async function makeBucket(options: S3StoreOptions, lock: boolean): Promise<void> {
  const client = newClient(options);
  const Bucket = options.bucket;
  try {
    await client.send(new CreateBucketCommand({ Bucket, ...(lock ? { ObjectLockEnabledForBucket: true } : {}) }));
  } catch (thrown) {
    // The SDK names the region as the bucket's place, except this one; most servers but AWS know no such place.
    const everywhere = "us-east-1";
    if (options.region === everywhere || !failureOf(thrown).code.includes("LocationConstraint")) throw thrown;
    await makeBucket({ ...options, region: everywhere }, lock);
  } finally {
    client.destroy();
  }
}

import { z } from "zod";
import { secret } from "./define.ts";

/** The keys of a bucket, wherever a configuration names one: for the ledger, its mirror, or the heads that leave it. */

const about = (description: string, ...examples: unknown[]) => ({ description, examples });

export const Bucket = z.strictObject({
  bucket: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      "expected the name of a bucket: 3 to 63 lower-case letters, digits, dots and dashes",
    )
    .meta(about("Name of the bucket. It must exist; `custody init --create-bucket` makes one.", "example-evidence")),
  prefix: z
    .string()
    .regex(
      /^[a-z0-9._-]+(\/[a-z0-9._-]+)*$/,
      "expected a path of lower-case letters, digits, dots and dashes, without slashes at its ends",
    )
    .default("custody")
    .meta(about("Where in the bucket the ledger lies.", "evidence/2026")),
  endpoint: z
    .string()
    .refine(isAddress, "expected an address such as https://s3.example.com, without a user or password in it")
    .optional()
    .meta(about("Address of a server that is not AWS.", "https://s3.example.com")),
  region: z
    .string()
    .min(1)
    .default("us-east-1")
    .meta(about("Region; any word does for most servers that are not AWS.", "eu-central-1")),
  pathStyle: z
    .boolean()
    .optional()
    .meta(about("Bucket in the path instead of the host name; on where an endpoint is named.", true)),
  accessKey: secret().meta(about("Access key, as a reference.", "${env:CUSTODY_S3_ACCESS_KEY}")),
  secretKey: secret().meta(about("Secret key, as a reference.", "${env:CUSTODY_S3_SECRET_KEY}")),
  checksum: z
    .enum(["sha256", "md5", "none"])
    .default("sha256")
    .meta(about("Checksum header; `md5` or `none` for servers that refuse SHA-256.", "md5")),
  lock: z
    .strictObject({
      mode: z
        .enum(["governance", "compliance"])
        .meta(
          about(
            "`governance` yields to those who may bypass it, `compliance` to nobody until it is over.",
            "governance",
          ),
        ),
      days: z
        .int()
        .min(1)
        .max(36_500)
        .meta(about("How long evidence and records cannot be deleted, from when they are written.", 2_555)),
    })
    .optional()
    .meta(
      about(
        "Object Lock for everything that is written once. The bucket must have been made with Object Lock; docs/storage.md says which servers can.",
      ),
    ),
});

/** True for an address of a server: http or https, without a user or password in it. */
export function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
}

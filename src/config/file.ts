import { z } from "zod";
import { secret } from "../collector/define.ts";
import { isCustodyError } from "../lib/errors.ts";
import { parseDuration } from "../lib/time.ts";
import { isZone } from "../lib/zone.ts";
import { parseCadence } from "../slots/cadence.ts";

/**
 * The shape of `custody.yaml`. The reference in `docs/configuration.md` is made from it, so every key says here what it
 * means and gives an example.
 */

const about = (description: string, ...examples: unknown[]) => ({ description, examples });

const Id = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    "expected lower-case letters, digits and dashes, beginning with a letter or a digit",
  );
const Zone = z.string().refine(isZone, "expected a time zone such as Europe/Berlin or UTC");
const Text = z.string().min(1).max(500);
const Path = z.string().min(1).max(4_000);
const Duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, "expected a duration such as 15m, 6h or 3d");
/** Below a second a pull would ask a source without a pause. */
const Pull = Duration.refine((text) => (parseDuration(text) ?? 1_000) >= 1_000, "expected a duration of at least 1s");
const Cadence = z.string().check(({ value, issues }) => {
  try {
    parseCadence(value, "UTC");
  } catch (error) {
    const remedy = isCustodyError(error) ? error.remedy : undefined;
    const message = `expected how often evidence is required; ${remedy ?? "use a word such as daily"}`;
    issues.push({ code: "custom", message, input: value });
  }
});

const LISTEN = /^(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})$/;
const Listen = z
  .string()
  .refine(
    (text) => Number(LISTEN.exec(text)?.[2] ?? Number.NaN) <= 65_535,
    "expected 127.0.0.1:PORT; only this machine itself is served",
  );

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
});

export const Instance = z.looseObject({
  id: Id.meta(about("Unique, and never used again for something else: evidence is filed under it.", "incidents")),
  use: z.string().meta(about("Which collector, by its name; `custody sources` lists them.", "incident-log/markdown")),
  cadence: Cadence.optional().meta(
    about(
      "How often evidence is required: hourly, daily, weekly, monthly, quarterly, yearly, or a part of a day such as 15m or 6h. The collector's own unless stated.",
      "monthly",
    ),
  ),
  grace: Duration.optional().meta(
    about(
      "How long after the end of a period its evidence may arrive and still be in time. The collector's own unless stated.",
      "3d",
    ),
  ),
  zone: Zone.optional().meta(about("Time zone of the periods; the organisation's unless stated.", "Europe/Berlin")),
  pull: Pull.optional().meta(
    about(
      "How often `custody serve` looks, `1h` unless stated. More often than required is normal: it shortens what an outage can cost.",
      "15m",
    ),
  ),
});

export const ConfigFile = z.strictObject({
  organisation: z
    .strictObject({
      name: Text.meta(about("Printed on every report.", "Example GmbH")),
      zone: Zone.meta(about("Time zone of the organisation; days and months begin in it.", "Europe/Berlin")),
      soa: z
        .strictObject({ version: Text.meta(about("As the statement itself says it, in quotes.", "2026-03")) })
        .optional()
        .meta(about("The statement of applicability that reports refer to.")),
    })
    .meta(about("Whose evidence it is.")),
  scope: z
    .array(
      z.strictObject({
        system: Text.meta(about("A system in the scope of the management system.", "production API")),
        sources: z
          .array(Id)
          .min(1)
          .optional()
          .meta(about("The collectors that cover it, by `id`.", ["prom", "incidents"])),
        notConnected: Text.optional().meta(about("Why no collector covers it.", "IMAP not enabled yet")),
      }),
    )
    .default([])
    .meta(
      about(
        "What completeness is about: each system with either its collectors or the reason why there is none. Printed on page 1 of every report.",
      ),
    ),
  people: z
    .record(
      Id,
      z.strictObject({
        role: z.enum(["owner", "operator", "auditor"]).meta(about("What this person may do.", "owner")),
        osUser: z.string().min(1).optional().meta(about("Name of this person on this machine.", "anna")),
      }),
    )
    .default({})
    .meta(about("Who does what, by a short name.")),
  store: z
    .union([
      z.string().regex(/^file:.+/, "expected `file:PATH`, or a bucket with its keys (bucket, accessKey, secretKey)"),
      Bucket,
    ])
    .meta(about("Where the ledger lies: `file:PATH`, or a bucket with the keys below.", "file:./data/store")),
  index: z
    .union([
      z
        .string()
        .min(1)
        .regex(/^(?!\$)/),
      secret(),
    ])
    .default("./data/index")
    .meta(
      about(
        "Folder of a private Postgres that Custody starts by itself, or a `postgres://` address, as a reference where it holds a password.",
        "${env:CUSTODY_INDEX_URL}",
      ),
    ),
  plugins: z
    .array(Path)
    .default([])
    .meta(about("Files with collectors of your own.", ["./collectors/tickets.js"])),
  collectors: z.array(Instance).default([]).meta(about("What is collected, and how often.")),
  report: z
    .strictObject({
      fonts: z
        .array(Path)
        .default([])
        .meta(
          about("Font files for characters that the built-in fonts lack.", [
            "/usr/share/fonts/NotoSansCJK-Regular.ttc",
          ]),
        ),
    })
    .prefault({})
    .meta(about("How reports look.")),
  portal: z
    .strictObject({
      listen: Listen.default("127.0.0.1:8484").meta(
        about("Where `custody serve` shows its page and takes hooks: this machine itself only.", "127.0.0.1:9000"),
      ),
    })
    .prefault({})
    .meta(about("The page of `custody serve`.")),
});
export type ConfigFile = z.output<typeof ConfigFile>;

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
}

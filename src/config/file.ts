import { z } from "zod";
import { Bucket } from "../collector/bucket.ts";
import { secret } from "../collector/define.ts";
import { MASKING_KINDS } from "../collector/masking-rule.ts";
import { compilePattern } from "../collector/pattern.ts";
import { isCustodyError, messageOf } from "../lib/errors.ts";
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

export { Bucket };

const FileStore = z
  .string()
  .regex(/^file:.+/, "expected `file:PATH`, or a bucket with its keys (bucket, accessKey, secretKey)");

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

const Pattern = z
  .string()
  .min(1)
  .check(({ value, issues }) => {
    try {
      compilePattern(value);
    } catch (error) {
      issues.push({ code: "custom", message: messageOf(error), input: value });
    }
  });

const Masking = z.strictObject({
  id: Id.meta(about("Name of the rule; evidence files and records say which rules hid something.", "customer-email")),
  kind: z
    .enum(MASKING_KINDS)
    .meta(about("What is hidden: `email`, `iban`, `phone`, `ip`, or a `pattern` of your own.", "email")),
  pattern: Pattern.optional().meta(
    about(
      "With kind `pattern`: a regular expression without `*`, `+`, lookaround and backreferences; docs/privacy.md says more.",
      "KD-[0-9]{6,8}",
    ),
  ),
  replace: z
    .string()
    .regex(/^[A-Za-z0-9()*_.:-]{1,40}$/, "expected 1 to 40 of the characters A-Z a-z 0-9 ( ) * _ . : -")
    .optional()
    .meta(about("What stands in its place, `(masked:ID)` unless stated.", "(customer)")),
  collectors: z
    .array(Id)
    .min(1)
    .optional()
    .meta(
      about("Only what these collectors take. Without it all but incident logs, which are masked only by name.", [
        "prom",
      ]),
    ),
  title: Text.optional().meta(about("What the rule is called, for people.", "E-mail addresses of customers")),
});

const Keep = z
  .string()
  .refine((text) => parseKeep(text) !== undefined, "expected how long, such as 3y or 400d")
  .meta(about("How long evidence is kept after the newest record that names it: years or days.", "3y"));

const Retention = z.strictObject({
  collectors: z
    .array(Id)
    .min(1)
    .optional()
    .meta(about("What these collectors took.", ["jobs"])),
  family: z.string().min(1).optional().meta(about("What all collectors of this family took.", "cron-health")),
  keep: Keep,
});

const Disposal = z.strictObject({
  accessKey: secret()
    .optional()
    .meta(
      about(
        "Access key that may delete in the bucket of `store:`; the one there should not.",
        "${env:CUSTODY_DELETE_ACCESS_KEY}",
      ),
    ),
  secretKey: secret().optional().meta(about("Its secret key.", "${env:CUSTODY_DELETE_SECRET_KEY}")),
  mirror: z
    .strictObject({
      accessKey: secret().meta(about("Access key that may delete there.", "${env:CUSTODY_MIRROR_DELETE_ACCESS_KEY}")),
      secretKey: secret().meta(about("Its secret key.", "${env:CUSTODY_MIRROR_DELETE_SECRET_KEY}")),
    })
    .optional()
    .meta(about("The same for the bucket of `mirror:`.")),
});

/** Years or days of `3y`, `400d`; undefined for anything else. */
export function parseKeep(text: string): { readonly years?: number; readonly days?: number } | undefined {
  const [, count, unit] = /^([1-9]\d{0,4})([yd])$/.exec(text) ?? [];
  if (count === undefined || (unit === "y" && Number(count) > 1_000)) return undefined;
  return unit === "y" ? { years: Number(count) } : { days: Number(count) };
}

/** More often than that a time stamp or a mail says nothing more, and costs whoever receives it. */
const Every = Duration.refine(
  (text) => (parseDuration(text) ?? 60_000) >= 60_000,
  "expected a duration of at least 1m",
);

export const HeadItem = z.looseObject({
  use: z
    .string()
    .meta(about("Which way: `timestamp`, `witness`, `file`, `git`, `webhook`, `email` or `s3`.", "timestamp")),
  id: Id.optional().meta(
    about("Name of the place in records and commands; the word after `use:` unless stated.", "auditor"),
  ),
  every: Every.optional().meta(
    about("How often at most, `24h` unless stated. Without new records nothing is sent.", "6h"),
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
    .union([FileStore, Bucket])
    .meta(about("Where the ledger lies: `file:PATH`, or a bucket with the keys below.", "file:./data/store")),
  mirror: z
    .union([FileStore, Bucket, z.null()])
    .default(null)
    .meta(
      about(
        "A second place to which everything that is signed is copied: a bucket with the same keys as under `store:`, best a locked one elsewhere, or a folder that exists, as `file:PATH`.",
        "file:/mnt/other-disk/custody",
      ),
    ),
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
  masking: z
    .array(Masking)
    .max(50)
    .default([])
    .meta(about("Personal data that is hidden before anything is stored. What is hidden is gone for good.")),
  retention: z
    .array(Retention)
    .max(100)
    .default([])
    .meta(
      about(
        "How long evidence is kept. The first line that fits a record counts; one with neither `collectors` nor `family` fits all, uploads included. Nothing is deleted by itself: `custody retention` lists what is over, `custody dispose --due` disposes of it.",
      ),
    ),
  disposal: Disposal.prefault({}).meta(
    about(
      "The right to delete, apart from the right to write. Needed for `custody dispose` where the store is a bucket.",
    ),
  ),
  heads: z
    .array(HeadItem)
    .max(50)
    .default([])
    .meta(
      about(
        "Where fingerprints of the log go, out of the hands of whoever can write to it; docs/outside-proofs.md says which to choose.",
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

import { z } from "zod";
import { Bucket } from "../collector/bucket.ts";
import { secret } from "../collector/define.ts";
import { MASKING_KINDS } from "../collector/masking-rule.ts";
import { compilePattern } from "../collector/pattern.ts";
import { isCustodyError, messageOf } from "../lib/errors.ts";
import { parseDuration } from "../lib/time.ts";
import { didYouMeanZone, isZone } from "../lib/zone.ts";
import { GETS } from "../notify/define.ts";
import { parseTimeOfDay } from "../notify/rhythm.ts";
import { SHIPPED_POLICIES } from "../policy/shipped.ts";
import { EXAMPLES, readCadence } from "../slots/spoken.ts";

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
const Zone = z.string().refine(isZone, {
  error: ({ input }) => `expected a time zone such as Europe/Berlin or UTC${didYouMeanZone(String(input))}`,
});
const Text = z.string().min(1).max(500);
const Path = z.string().min(1).max(4_000);
const Duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, "expected a duration such as 15m, 6h or 3d");
/** What is wrong with a cadence as a person writes it; undefined where nothing is. */
function cadenceMistake(text: string): string | undefined {
  try {
    readCadence(text);
    return undefined;
  } catch (error) {
    const remedy = (isCustodyError(error) ? error.remedy : undefined) ?? "use a word such as daily";
    // What stands in the file is not repeated, only what is wrong with it.
    const why = /^"[^"]*"[:\s]+(?:is not a cadence[;\s]*)?(.*)$/s.exec(messageOf(error))?.[1] ?? "";
    if (why === "" || why.endsWith("?")) return why === "" ? remedy : `${why} Or ${remedy}`;
    const subject = /^(?:never|has|is|does)\b/.test(why) ? "this " : "";
    return `${subject}${why}. ${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}`;
  }
}

/** Below a second a pull would ask a source without a pause. */
const Pull = z.string().check(({ value, issues }) => {
  const duration = parseDuration(value);
  const mistake = duration === undefined ? cadenceMistake(value) : undefined;
  if (duration !== undefined && duration < 1_000)
    issues.push({ code: "custom", message: "expected a duration of at least 1s", input: value });
  if (mistake !== undefined)
    issues.push({ code: "custom", message: `expected a duration such as 15m, or times; ${mistake}`, input: value });
});
const Cadence = z.string().check(({ value, issues }) => {
  const mistake = cadenceMistake(value);
  if (mistake === undefined) return;
  issues.push({ code: "custom", message: `expected how often evidence is required; ${mistake}`, input: value });
});
const Timeout = Duration.refine((text) => {
  const ms = parseDuration(text) ?? 1_000;
  return ms >= 1_000 && ms <= 86_400_000;
}, "expected a duration from 1s to 1d");

const LISTEN = /^(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})$/;
const Listen = z
  .string()
  .refine(
    (text) => Number(LISTEN.exec(text)?.[2] ?? Number.NaN) <= 65_535,
    "expected 127.0.0.1:PORT; only this machine itself is served",
  );

export { Bucket };

/** How much the daemon says. */
export const LOG_LEVELS = ["info", "warn", "error"] as const;

const FileStore = z
  .string()
  .regex(/^file:.+/, "expected `file:PATH`, or a bucket with its keys (bucket, accessKey, secretKey)");

export const Instance = z.looseObject({
  id: Id.meta(about("Unique, and never used again for something else: evidence is filed under it.", "incidents")),
  use: z.string().meta(about("Which collector, by its name; `custody sources` lists them.", "incident-log/markdown")),
  cadence: Cadence.optional().meta(
    about(
      `How often evidence is required: hourly, daily, weekly, monthly, quarterly, yearly, a part of a day such as 15m or 6h, plain words (${EXAMPLES.join(", ")}), or a cron expression of five fields in quotes. The collector's own unless stated.`,
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
  remembers: Duration.optional().meta(
    about(
      "How long the source itself keeps its past, where Custody cannot tell: warns before it forgets the time of an open incident.",
      "30d",
    ),
  ),
  pull: Pull.optional().meta(
    about(
      "How often `custody serve` looks: a duration, or times in the same words as `cadence`. `1h` unless stated, or as often as evidence is required where that is more often and the source knows only the present. It looks once a minute at most. More often than required is normal: it shortens what an outage can cost.",
      "15m",
    ),
  ),
  jitter: Duration.optional().meta(
    about(
      "By how much its runs may be moved so that not all collectors run in the same minute: at most `10m` unless stated, and never more than a quarter of the grace. `0s` switches it off.",
      "2m",
    ),
  ),
  timeout: Timeout.optional().meta(
    about("How long one run may take, `15m` unless stated; then it is stopped and recorded as far as it came.", "5m"),
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

const GapLevel = z.strictObject({
  collectors: z
    .array(Id)
    .min(1)
    .optional()
    .meta(about("Gaps of these collectors.", ["incidents"])),
  family: z.string().min(1).optional().meta(about("Gaps of all collectors of this family.", "incident-log")),
  level: z
    .enum(["normal", "urgent"])
    .meta(about("`urgent` is told at once, `normal` with the next daily notice.", "urgent")),
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

export const NotifyItem = z.looseObject({
  use: z.string().meta(about("Which way: `email`, `discord`, `slack`, `telegram` or `webhook`.", "email")),
  id: Id.optional().meta(
    about("Name of the channel in records and commands; the word after `use:` unless stated.", "owners"),
  ),
  gets: z
    .array(z.enum(GETS))
    .min(1)
    .optional()
    .meta(
      about(
        "What is told here: the daily `digest`, what is `urgent` (and when it is over), the monthly `report`. `[digest, urgent]` unless stated.",
        ["digest", "urgent", "report"],
      ),
    ),
  at: z
    .string()
    .refine((text) => parseTimeOfDay(text) !== undefined, "expected a time of day such as 08:00")
    .optional()
    .meta(
      about(
        "When the daily digest leaves, by the clock of the organisation; `08:00` unless stated. Nothing leaves on a day without news.",
        "08:00",
      ),
    ),
});

/** A server that knows the time; nothing but its name, as it is shown and logged. */
const TimeServer = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "" || url.username !== "" || url.password !== "" || url.search !== "")
    return false;
  return url.protocol === "https:" || (url.protocol === "ntp:" && /^\/?$/.test(url.pathname));
}, "expected a time server such as ntp://pool.ntp.org, or a web server such as https://www.example.com");

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
        name: z
          .string()
          .min(1)
          .max(200)
          .optional()
          .meta(
            about("Full name. Whoever is called so in a record is this person, not somebody else.", "Anna Example"),
          ),
        osUser: z.string().min(1).optional().meta(about("Name of this person on this machine.", "anna")),
        holdsKey: z
          .literal(true)
          .optional()
          .meta(
            about(
              "This person holds the key that signs the log. Reports say who does, and plainly where it is the one who also signs and operates; where nobody is named, that whoever operates it can reach the key.",
              true,
            ),
          ),
        token: z
          .string()
          .regex(
            /^sha256:[0-9a-f]{64}$/,
            "expected the line that `custody people token NAME` prints, never a token itself",
          )
          .optional()
          .meta(
            about(
              "What this person is known by: the hash of a personal token. `custody people token NAME` makes one; without it nobody can sign.",
              "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            ),
          ),
      }),
    )
    .default({})
    .meta(about("Who does what, by a short name.")),
  policy: z
    .string()
    .min(1)
    .max(4_000)
    .optional()
    .meta(
      about(
        `Your own rules for incidents: the name of a shipped policy (${SHIPPED_POLICIES.join(", ")}), or the path of a file. docs/policies.md says how to begin. Without it nothing is judged by rules of yours.`,
        "sev1-4",
      ),
    ),
  catalogue: z
    .string()
    .min(1)
    .max(4_000)
    .optional()
    .meta(
      about(
        "Path of your own catalogue of controls, in place of the one that ships: a file of the form of controls/catalogue.schema.json. docs/laws.md says how to begin.",
        "./catalogue.yaml",
      ),
    ),
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
  register: z
    .boolean()
    .default(false)
    .meta(
      about(
        "True where the register of incidents is kept here, with `custody incident`: months without an incident can then be confirmed from it. Without it incidents can be opened all the same.",
        true,
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
  gaps: z
    .array(GapLevel)
    .max(100)
    .default([])
    .meta(
      about(
        "Which gaps are told at once. The first line that fits a collector counts; everything else is `normal`. A failed verification and a revoked key are always `urgent`. Another gap of the same collector within 24 hours waits for the daily notice; the notice says until when.",
      ),
    ),
  schedule: z
    .strictObject({
      atOnce: z
        .int()
        .min(1)
        .max(64)
        .default(8)
        .meta(
          about(
            "How many sources are asked at the same time; one that takes longer than a minute no longer counts.",
            4,
          ),
        ),
    })
    .prefault({})
    .meta(about("How `custody serve` and `custody collect` go about it.")),
  log: z
    .strictObject({
      level: z
        .enum(LOG_LEVELS)
        .default("info")
        .meta(about("From which level on `custody serve` logs: `info`, `warn` or `error`.", "warn")),
    })
    .prefault({})
    .meta(about("What `custody serve` says on stderr, a line of JSON each; docs/operation.md lists it.")),
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
  notify: z
    .array(NotifyItem)
    .max(20)
    .default([])
    .meta(
      about(
        "Where people are told what is missing and what they must do; best two ways that do not fail together. `custody notify test` tries them.",
      ),
    ),
  clock: z
    .strictObject({
      reference: TimeServer.optional().meta(
        about(
          "Who outside knows the time: `ntp://HOST`, exact to milliseconds, or `https://HOST`, exact to a second, where NTP is closed. With a bucket as store its server is asked unless one is named; else nothing is claimed about the clock.",
          "ntp://pool.ntp.org",
        ),
      ),
      limit: Duration.refine((text) => (parseDuration(text) ?? 0) >= 10_000, "expected a duration of at least 10s")
        .default("10m")
        .meta(
          about("Further from the reference nothing is collected and nothing is recorded under a later time.", "5m"),
        ),
      warn: Duration.refine((text) => (parseDuration(text) ?? 0) >= 1_000, "expected a duration of at least 1s")
        .default("2s")
        .meta(about("Further from the reference it is said in `custody status` and in the metrics.", "5s")),
    })
    .prefault({})
    .meta(about("How right the clock of this machine is; measured every five minutes and written into each run.")),
  watch: z
    .strictObject({
      ping: secret()
        .optional()
        .meta(
          about(
            "Address that is told after each good round of `custody serve`, such as one of healthchecks.io: who runs it tells you when that stops. It gets `/fail` behind it when the log contradicts itself.",
            "${env:CUSTODY_PING_URL}",
          ),
        ),
      every: Duration.refine((text) => (parseDuration(text) ?? 0) >= 60_000, "expected a duration of at least 1m")
        .default("5m")
        .meta(about("At most how often.", "15m")),
      verify: z
        .enum(["full", "quick", "off"])
        .optional()
        .meta(
          about(
            "How `custody serve` verifies its own log every day: `full` hashes every evidence file, `quick` looks at their names and sizes, `off` leaves it to you. A folder is verified in full unless stated, a bucket quickly but for once a week.",
            "quick",
          ),
        ),
    })
    .prefault({})
    .meta(about("Who watches Custody itself.")),
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

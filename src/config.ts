import { readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { type Collector, type InstanceConfig, type SecretRef, secret } from "./collector/define.ts";
import { canonical, type Json } from "./lib/canonical.ts";
import { CustodyError, messageOf } from "./lib/errors.ts";
import { nearest } from "./lib/nearest.ts";
import { parseDuration } from "./lib/time.ts";
import { isZone } from "./lib/zone.ts";

/**
 * The configuration file and the environment: the only place that reads either. Everything wrong with a file is said at
 * once, with its line.
 */

const Id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "expected lower-case letters, digits and dashes");
const Zone = z.string().refine(isZone, "expected an IANA time zone such as Europe/Berlin");
const Duration = z.string().refine((d) => parseDuration(d) !== undefined, "expected a duration such as 15m, 6h or 3d");
const Text = z.string().min(1).max(500);

const S3 = z.strictObject({
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/).meta({ description: "Name of the bucket. It must exist; `init --create-bucket` makes one." }),
  prefix: z.string().regex(/^[a-z0-9._-]+(\/[a-z0-9._-]+)*$/, "expected a path without slashes at its ends").default("custody").meta({ description: "Where in the bucket the ledger lies." }),
  endpoint: z.url().refine((u) => !/\/\/[^/]*@/.test(u), "expected a URL without a user name or password").optional().meta({ description: "Address of a server that is not AWS." }),
  region: z.string().default("us-east-1").meta({ description: "Region; any word does for most servers that are not AWS." }),
  pathStyle: z.boolean().optional().meta({ description: "Bucket in the path instead of the host name; the default with an endpoint." }),
  accessKey: secret().meta({ description: "Access key, as a reference." }),
  secretKey: secret().meta({ description: "Secret key, as a reference." }),
  checksum: z.enum(["sha256", "md5", "none"]).default("sha256").meta({ description: "Checksum header; `md5` or `none` for servers that refuse SHA-256." }),
});

const Instance = z.looseObject({
  id: Id.meta({ description: "Unique, and never used again for something else: evidence is filed under it." }),
  use: z.string().meta({ description: "Which collector; `custody sources` lists them." }),
  cadence: z.string().optional().meta({ description: "How often evidence is required: hourly, daily, weekly, monthly, quarterly, yearly, or a part of a day such as 15m or 6h." }),
  grace: Duration.optional().meta({ description: "How long after the end of a period its evidence may arrive and still be in time." }),
  zone: Zone.optional().meta({ description: "Time zone of the periods; the organisation's unless stated." }),
  pull: Duration.optional().meta({ description: "How often to run. More often than required is normal: it shortens what an outage can cost." }),
});

export const ConfigFile = z.strictObject({
  organisation: z.strictObject({
    name: Text.meta({ description: "Printed on every report." }),
    zone: Zone.meta({ description: "Time zone of the organisation; days and months begin in it." }),
    soa: z.strictObject({ version: Text }).optional().meta({ description: "Version of the statement of applicability." }),
  }),
  scope: z
    .array(
      z.strictObject({
        system: Text.meta({ description: "A system in the scope of the management system." }),
        sources: z.array(Id).min(1).optional().meta({ description: "The collectors that cover it." }),
        notConnected: Text.optional().meta({ description: "Why no collector covers it." }),
      }),
    )
    .default([])
    .meta({ description: "What completeness is about. Printed on page 1 of every report." }),
  people: z
    .record(Id, z.strictObject({ role: z.enum(["owner", "operator", "auditor"]), osUser: z.string().optional() }))
    .default({})
    .meta({ description: "Who does what." }),
  store: z
    .union([z.string().regex(/^file:.+/, "expected file:PATH, or a bucket as a map"), S3])
    .meta({ description: "Where the ledger lies: `file:PATH`, or a bucket." }),
  index: z
    .union([z.string().regex(/^[^$]/), secret()])
    .default("./data/index")
    .meta({ description: "Folder of a private Postgres that Custody starts by itself, or a `postgres://` URL, as a reference where it holds a password." }),
  plugins: z.array(z.string()).default([]).meta({ description: "Files with collectors of your own." }),
  collectors: z.array(Instance).default([]).meta({ description: "What is collected." }),
  report: z
    .strictObject({ fonts: z.array(z.string()).default([]).meta({ description: "Font files for characters that the built-in fonts lack." }) })
    .default({ fonts: [] }),
  portal: z
    .strictObject({ listen: z.string().regex(/^(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/, "expected 127.0.0.1:PORT; only this machine itself is served").default("127.0.0.1:8484") })
    .default({ listen: "127.0.0.1:8484" }),
});
type ConfigFile = z.output<typeof ConfigFile>;

export interface Config {
  /** The file, absolute. */
  readonly path: string;
  /** Its folder: what relative paths start from. */
  readonly root: string;
  readonly organisation: ConfigFile["organisation"];
  readonly scope: ConfigFile["scope"];
  readonly people: ConfigFile["people"];
  readonly store: ({ kind: "folder"; path: string } | ({ kind: "s3" } & z.output<typeof S3>));
  readonly index: { kind: "private"; folder: string } | { kind: "given"; url: string | SecretRef };
  readonly collectors: readonly Collector[];
  readonly instances: readonly InstanceConfig[];
  readonly fonts: readonly string[];
  readonly listen: { readonly host: string; readonly port: number };
  readonly folders: { readonly keys: string; readonly state: string; readonly reports: string; readonly index: string };
  readonly vkey: string;
  /** As it is logged: secrets are references. */
  readonly logged: Json;
  /** Value of a secret. Throws SECRET_UNAVAILABLE, naming the reference. */
  reveal(ref: SecretRef): string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PULL = "1h";
const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_SECRET_BYTES = 64 * 1024;

/** Where the configuration is: the flag, `CUSTODY_CONFIG`, or `./custody.yaml`. */
export function configPath(flag: string | undefined, env: Environment = process.env): string {
  return resolve(flag ?? env.CUSTODY_CONFIG ?? "custody.yaml");
}

/** The operating system's user, for acts on a bare shell. */
export function osUser(env: Environment = process.env): string {
  return env.USER ?? env.LOGNAME ?? env.USERNAME ?? "unknown";
}

/** Reads and checks a configuration. Throws CONFIG_NOT_FOUND, or CONFIG_INVALID with every mistake in it. */
export async function loadConfig(path: string, builtIn: readonly Collector[], env: Environment = process.env): Promise<Config> {
  const text = await readText(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const problems = document.errors.map((e) => `${path}:${e.linePos?.[0].line ?? 1}: ${e.message.split("\n")[0]}`);
  if (problems.length > 0) throw invalid(problems);
  const root = dirname(path);
  const data: unknown = document.toJS({ maxAliasCount: 100 });
  const at = (keys: readonly PropertyKey[]) => `${path}:${lineOf(document, lines, keys)}`;

  const parsed = ConfigFile.safeParse(data ?? {});
  if (!parsed.success) throw invalid(issueLines(parsed.error, at, data));
  const file = parsed.data;
  const collectors = [...builtIn, ...(await loadPlugins(file.plugins, root))];
  const instances = readInstances(file, collectors, at, problems);
  checkScope(file, at, problems);
  if (problems.length > 0) throw invalid(problems);

  const [host = "127.0.0.1", port = "8484"] = [file.portal.listen.replace(/:\d+$/, ""), file.portal.listen.replace(/^.*:/, "")];
  return {
    path,
    root,
    organisation: file.organisation,
    scope: file.scope,
    people: file.people,
    store: typeof file.store === "string" ? { kind: "folder", path: resolve(root, file.store.slice("file:".length)) } : { kind: "s3", ...file.store },
    index: readIndex(file.index, root),
    collectors,
    instances,
    fonts: file.report.fonts.map((font) => resolve(root, font)),
    listen: { host: host.replace(/^\[|\]$/g, ""), port: Number(port) },
    folders: { keys: resolve(root, "data/keys"), state: resolve(root, "data/state"), reports: resolve(root, "reports"), index: resolve(root, "data/index") },
    vkey: resolve(root, "ledger.vkey"),
    logged: JSON.parse(JSON.stringify(data)) as Json,
    reveal: (ref) => revealSecret(ref, root, env),
  };
}

async function readText(path: string): Promise<string> {
  try {
    if (statSync(path).size > MAX_CONFIG_BYTES) throw invalid([`${path}: larger than 1 MiB`]);
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof CustodyError) throw cause;
    throw new CustodyError("CONFIG_NOT_FOUND", `there is no configuration at ${path}`, {
      cause,
      remedy: "Go to the folder of your workspace, name the file with --config, or begin a workspace with `custody init`.",
    });
  }
}

function invalid(problems: readonly string[]): CustodyError {
  return new CustodyError("CONFIG_INVALID", problems.join("\n"), {
    remedy: problems.length === 1 ? "Mend this line; nothing was started." : `Mend these ${problems.length} places; nothing was started.`,
  });
}

/** Line of the deepest part of the path that stands in the file. */
function lineOf(document: Document, lines: LineCounter, keys: readonly PropertyKey[]): number {
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const node = document.getIn(keys.slice(0, depth) as unknown[], true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function issueLines(error: z.ZodError, at: (keys: readonly PropertyKey[]) => string, data: unknown): string[] {
  return error.issues.flatMap((issue) => {
    const place = issue.path.join(".");
    if (issue.code !== "unrecognized_keys") return [`${at(issue.path)}: ${place || "the file"}: ${issue.message}`];
    return issue.keys.map((key) => {
      const hint = nearest(key, knownKeys(issue.path, data));
      return `${at([...issue.path, key])}: ${[...issue.path, key].join(".")}: unknown key${hint ? `; did you mean "${hint}"?` : ""}`;
    });
  });
}

/** Keys of the schema at a path, for suggestions. */
function knownKeys(path: readonly PropertyKey[], _data: unknown): string[] {
  let schema: unknown = ConfigFile;
  for (const key of path) {
    const def = unwrap(schema);
    if (def instanceof z.ZodObject) schema = def.shape[String(key)];
    else if (def instanceof z.ZodArray) schema = def.element;
    else if (def instanceof z.ZodRecord) schema = def.valueType;
    else if (def instanceof z.ZodUnion) schema = def.options.at(-1);
    else return [];
  }
  const found = unwrap(schema);
  const object = found instanceof z.ZodUnion ? unwrap(found.options.at(-1)) : found;
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional) inner = inner.unwrap();
  return inner;
}

async function loadPlugins(paths: readonly string[], root: string): Promise<Collector[]> {
  return Promise.all(
    paths.map(async (path) => {
      try {
        const module = (await import(pathToFileURL(resolve(root, path)).href)) as { default?: Collector };
        if (typeof module.default?.collect !== "function") throw new Error("its default export is not a collector");
        return module.default;
      } catch (cause) {
        throw new CustodyError("CONFIG_INVALID", `the plug-in ${path} cannot be loaded: ${messageOf(cause)}`, { cause });
      }
    }),
  );
}

function readInstances(file: ConfigFile, collectors: readonly Collector[], at: (keys: readonly PropertyKey[]) => string, problems: string[]): InstanceConfig[] {
  const seen = new Set<string>();
  return file.collectors.flatMap((given, i) => {
    const { id, use, cadence, grace, zone, pull, ...rest } = given;
    const place = ["collectors", i];
    const collector = collectors.find((c) => c.name === use);
    if (seen.has(id)) problems.push(`${at([...place, "id"])}: collectors.${i}.id: "${id}" is used twice; each collector needs its own`);
    seen.add(id);
    if (collector === undefined) {
      const hint = nearest(use, collectors.map((c) => c.name));
      problems.push(`${at([...place, "use"])}: collectors.${i}.use: there is no collector "${use}"${hint ? `; did you mean "${hint}"?` : ""}`);
      return [];
    }
    const known = collector.config instanceof z.ZodObject ? Object.keys(collector.config.shape) : [];
    // A stated zone is also what such a collector reads times without one in; the organisation's is never assumed for that.
    const parsed = collector.config.safeParse(zone !== undefined && known.includes("zone") ? { ...rest, zone } : rest);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) {
        const keys = issue.code === "unrecognized_keys" ? issue.keys : [undefined];
        for (const key of keys) {
          const path = [...place, ...issue.path, ...(key === undefined ? [] : [key])];
          const hint = key === undefined ? undefined : nearest(key, [...known, ...Object.keys(Instance.shape)]);
          problems.push(`${at(path)}: ${path.join(".")}: ${key === undefined ? issue.message : `unknown key of ${use}${hint ? `; did you mean "${hint}"?` : ""}`}`);
        }
      }
      return [];
    }
    const logged = JSON.parse(JSON.stringify(given)) as Json;
    return [
      {
        id,
        collector,
        cadence: cadence ?? collector.cadence,
        grace: grace ?? collector.grace,
        zone: zone ?? file.organisation.zone,
        pull: parseDuration(pull ?? DEFAULT_PULL) ?? 3_600_000,
        config: parsed.data,
        logged: JSON.parse(canonical(logged)) as Json,
      },
    ];
  });
}

function checkScope(file: ConfigFile, at: (keys: readonly PropertyKey[]) => string, problems: string[]): void {
  const ids = file.collectors.map((c) => c.id);
  for (const [i, { system, sources, notConnected }] of file.scope.entries()) {
    if ((sources === undefined) === (notConnected === undefined)) {
      problems.push(`${at(["scope", i])}: scope.${i}: "${system}" needs either \`sources\` or \`notConnected\` with the reason`);
    }
    for (const source of sources ?? []) {
      if (!ids.includes(source)) {
        const hint = nearest(source, ids);
        problems.push(`${at(["scope", i, "sources"])}: scope.${i}.sources: there is no collector "${source}"${hint ? `; did you mean "${hint}"?` : ""}`);
      }
    }
  }
}

function readIndex(index: string | SecretRef, root: string): Config["index"] {
  if (typeof index !== "string") return { kind: "given", url: index };
  if (!/^postgres(ql)?:\/\//.test(index)) return { kind: "private", folder: resolve(root, index) };
  if (/\/\/[^/@]*:[^/@]*@/.test(index)) {
    throw new CustodyError("CONFIG_INVALID", "index: the URL holds a password", { remedy: "Write index: ${env:NAME} and put the URL into that variable." });
  }
  return { kind: "given", url: index };
}

function revealSecret({ secret: reference }: SecretRef, root: string, env: Environment): string {
  const [, kind, name = ""] = /^\$\{(env|file):(.+)\}$/.exec(reference) ?? [];
  if (kind === "env") {
    const value = env[name];
    if (value) return value;
    throw new CustodyError("SECRET_UNAVAILABLE", `the environment variable ${name} is not set`, { remedy: `Set ${name} for the user that runs Custody.` });
  }
  const path = isAbsolute(name) ? name : resolve(root, name);
  try {
    if (statSync(path).size > MAX_SECRET_BYTES) throw new Error("larger than 64 KiB");
    const value = readFileSync(path, "utf8").trimEnd();
    if (value) return value;
    throw new Error("it is empty");
  } catch (cause) {
    throw new CustodyError("SECRET_UNAVAILABLE", `the secret file ${path} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? messageOf(cause)}`, {
      remedy: "Check the path and that the user who runs Custody may read it.",
    });
  }
}

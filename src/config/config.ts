import { readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import type { Collector, InstanceConfig, SecretRef } from "../collector/define.ts";
import { type MaskingRule, rulesFor } from "../collector/masking-rule.ts";
import type { LevelRule } from "../gaps/level.ts";
import type { HeadConfig } from "../heads/define.ts";
import type { Json } from "../lib/canonical.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import { parseDuration } from "../lib/time.ts";
import type { ChannelConfig } from "../notify/define.ts";
import {
  checkLogged,
  checkRules,
  checkScope,
  familiesIn,
  loadPlugins,
  type Parts,
  readInstances,
  rightParts,
} from "./collectors.ts";
import { type Bucket, ConfigFile } from "./file.ts";
import { readHeadTargets } from "./heads.ts";
import { type Mistake, mistakesOf, placeOf } from "./mistakes.ts";
import { readChannels } from "./notify.ts";
import { checkPolicy, type PolicyPlace, policyPlace } from "./policy.ts";

/**
 * The configuration file and the environment: the only place that reads either. Everything wrong with a file is said at
 * once, with its line.
 */

export interface Config {
  /** The file, absolute. */
  readonly path: string;
  /** Its folder: what relative paths start from. */
  readonly root: string;
  readonly organisation: ConfigFile["organisation"];
  readonly scope: ConfigFile["scope"];
  readonly people: ConfigFile["people"];
  /** Where the organisation's own rules are; undefined where there are none. */
  readonly policy: PolicyPlace | undefined;
  /** Path of an own catalogue of controls, absolute; undefined for the one that ships. */
  readonly catalogue: string | undefined;
  readonly store: StorePlace;
  /** A second place to which what is signed is copied. */
  readonly mirror: StorePlace | undefined;
  readonly index:
    | { kind: "private"; folder: string; home?: string | undefined }
    | { kind: "given"; url: string | SecretRef };
  readonly collectors: readonly Collector[];
  readonly instances: readonly InstanceConfig[];
  /** Where heads go. */
  readonly heads: readonly HeadConfig[];
  /** How people are told. */
  readonly notify: readonly ChannelConfig[];
  /** Environment for programs that are started: nothing of ours in it that they do not need. */
  readonly programs: Readonly<Record<string, string>>;
  readonly masking: readonly MaskingRule[];
  /** Whether the register of incidents is kept in the log itself. */
  readonly register: boolean;
  readonly retention: ConfigFile["retention"];
  readonly schedule: ConfigFile["schedule"];
  readonly log: ConfigFile["log"];
  /** Whose gaps are told at once. */
  readonly gaps: readonly LevelRule[];
  /** How right the machine's clock must be, in milliseconds, and who says so. */
  readonly clock: { readonly reference: string | undefined; readonly limit: number; readonly warn: number };
  readonly watch: {
    readonly ping: SecretRef | undefined;
    readonly every: number;
    readonly verify: ConfigFile["watch"]["verify"];
  };
  /** The right to delete, apart from the right to write. */
  readonly disposal: ConfigFile["disposal"];
  readonly fonts: readonly string[];
  readonly listen: { readonly host: string; readonly port: number };
  readonly folders: { readonly keys: string; readonly state: string; readonly reports: string; readonly index: string };
  readonly vkey: string;
  /** As it is logged: secrets are references. */
  readonly logged: Json;
  /** Value of a secret. Throws SECRET_UNAVAILABLE, naming the reference. */
  reveal(ref: SecretRef): string;
  /** The personal token that whoever runs this shows, if any. Never kept, never logged. */
  personalToken(): string | undefined;
}

/** Where a store is: a folder, absolute, or a bucket with its keys as references. */
export type StorePlace = { kind: "folder"; path: string } | ({ kind: "s3" } & z.output<typeof Bucket>);

type Environment = Readonly<Record<string, string | undefined>>;

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

/** What programs such as git need: where they and their settings are, and how to reach an SSH agent. */
const FOR_PROGRAMS = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "TMPDIR",
  "SSH_AUTH_SOCK",
  "SYSTEMROOT",
  "USERPROFILE",
  "XDG_CONFIG_HOME",
];

function programEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(FOR_PROGRAMS.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** Reads and checks a configuration. Throws CONFIG_NOT_FOUND, or CONFIG_INVALID with every mistake in it. */
export async function loadConfig(
  path: string,
  builtIn: readonly Collector[],
  env: Environment = process.env,
): Promise<Config> {
  return parseConfig(await readText(path), path, builtIn, env);
}

/** Checks the text of a configuration as if it stood at this path. Throws CONFIG_INVALID with every mistake in it. */
export async function parseConfig(
  text: string,
  path: string,
  builtIn: readonly Collector[],
  env: Environment = process.env,
): Promise<Config> {
  const root = dirname(path);
  const { data, at } = readYaml(text, path);
  const mistakes: Mistake[] = [];
  const parsed = ConfigFile.safeParse(data ?? {}, { reportInput: true });
  if (!parsed.success) mistakes.push(...mistakesOf(parsed.error, ConfigFile));
  // What the collectors and the scope say is looked at all the same: a person mends everything at once.
  const parts = rightParts(data);
  const collectors = [...builtIn, ...(await loadPlugins(parts.plugins, root, mistakes))];
  const instances = readInstances(parts, collectors, mistakes);
  checkScope(parts, data, mistakes);
  const heads = readHeadTargets(data, mistakes);
  const notify = readChannels(data, mistakes);
  checkIndex(parts.index, mistakes);
  checkPlaces(parts, root, mistakes);
  checkPolicy(data, mistakes);
  checkRules(parts, familiesIn(parts, collectors), data, mistakes);
  checkLogged(data, mistakes);
  if (!parsed.success || mistakes.length > 0) throw invalid(mistakes, at);

  const file = parsed.data;
  const [host, port] = [file.portal.listen.replace(/:\d+$/, ""), file.portal.listen.replace(/^.*:/, "")];
  return {
    path,
    root,
    organisation: file.organisation,
    scope: file.scope,
    people: file.people,
    policy: policyPlace(file.policy, root),
    catalogue: file.catalogue === undefined ? undefined : resolve(root, file.catalogue),
    store: storePlace(file.store, root),
    mirror: file.mirror === null ? undefined : storePlace(file.mirror, root),
    index: readIndex(file.index, root, env),
    collectors,
    instances: instances.map((one) => withMasking(one, file.masking)),
    heads,
    notify,
    programs: programEnvironment(env),
    masking: file.masking,
    register: file.register,
    retention: file.retention,
    schedule: file.schedule,
    log: file.log,
    gaps: file.gaps,
    clock: {
      reference: file.clock.reference,
      limit: parseDuration(file.clock.limit) ?? 0,
      warn: parseDuration(file.clock.warn) ?? 0,
    },
    watch: { ping: file.watch.ping, every: parseDuration(file.watch.every) ?? 0, verify: file.watch.verify },
    disposal: file.disposal,
    fonts: file.report.fonts.map((font) => resolve(root, font)),
    listen: { host: host.replace(/^\[|\]$/g, ""), port: Number(port) },
    folders: {
      keys: resolve(root, "data/keys"),
      state: resolve(root, "data/state"),
      reports: resolve(root, "reports"),
      index: resolve(root, "data/index"),
    },
    vkey: resolve(root, "ledger.vkey"),
    logged: withoutFullNames(JSON.parse(JSON.stringify(data))),
    reveal: (ref) => revealSecret(ref, root, env),
    personalToken: () => env.CUSTODY_TOKEN,
  };
}

/** Full names of people belong into files that can be disposed of, not into what stands in the log for good. */
function withoutFullNames(data: { readonly people?: unknown } & Record<string, Json>): Json {
  const { people } = data;
  if (people === null || typeof people !== "object" || Array.isArray(people)) return data;
  const named = Object.entries(people as Record<string, Record<string, Json>>);
  return { ...data, people: Object.fromEntries(named.map(([short, { name: _, ...rest }]) => [short, rest])) };
}

function withMasking(instance: InstanceConfig, rules: readonly MaskingRule[]): InstanceConfig {
  const masking = rulesFor(rules, { id: instance.id, family: instance.collector.family });
  return masking.length === 0 ? instance : { ...instance, masking };
}

/** A store as the configuration spells it. */
export function storePlace(given: ConfigFile["store"], root: string): StorePlace {
  return typeof given === "string"
    ? { kind: "folder", path: resolve(root, given.slice("file:".length)) }
    : { kind: "s3", ...given };
}

async function readText(path: string): Promise<string> {
  try {
    const found = statSync(path);
    if (found.isDirectory()) {
      throw new CustodyError("CONFIG_INVALID", `${path} is a folder, not a configuration file`, {
        remedy: `Name the file in it, such as ${join(path, "custody.yaml")}.`,
      });
    }
    if (found.size > MAX_CONFIG_BYTES) {
      throw new CustodyError("CONFIG_INVALID", `${path}: ${found.size} bytes; a configuration has at most 1 MiB`, {
        remedy: "Check that this is the right file.",
      });
    }
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof CustodyError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "ENOTDIR") {
      throw new CustodyError("CONFIG_NOT_FOUND", `the configuration ${path} cannot be read (${code})`, {
        cause,
        remedy: "Let the user that runs Custody read it.",
      });
    }
    throw new CustodyError("CONFIG_NOT_FOUND", `there is no configuration at ${path}`, {
      cause,
      remedy:
        "Go to the folder of your workspace, name the file with --config, or begin a workspace with `custody init`.",
    });
  }
}

/** Throws CONFIG_INVALID for what is no YAML, and for YAML that unfolds into more than a person wrote. */
function readYaml(text: string, path: string): { data: unknown; at: (keys: Mistake["path"]) => string } {
  const lines = new LineCounter();
  let problems: string[];
  try {
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
    problems = document.errors.map(({ linePos, message }) => {
      const said = (message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
      return `${path}:${linePos?.[0].line ?? 1}: ${said}`;
    });
    if (problems.length === 0)
      return { data: document.toJS({ maxAliasCount: 100 }), at: placeOf(path, document, lines) };
  } catch (thrown) {
    // Nested too deep to be read, or aliases of aliases.
    problems = [`${path}: ${thrown instanceof RangeError ? "nested too deep" : messageOf(thrown)}`];
  }
  throw new CustodyError("CONFIG_INVALID", problems.join("\n"), {
    remedy: "This is not YAML as Custody reads it; a colon or an indentation is often the reason. Nothing was started.",
  });
}

function invalid(mistakes: readonly Mistake[], at: (path: Mistake["path"]) => string): CustodyError {
  const placed = mistakes.map(({ path, text }) => ({
    place: at(path),
    text: `${path.join(".") || "the file"}: ${text}`,
  }));
  const line = ({ place }: { place: string }) => Number(place.slice(place.lastIndexOf(":") + 1));
  const sorted = placed.sort((a, b) => line(a) - line(b)).map(({ place, text }) => `${place}: ${text}`);
  return new CustodyError("CONFIG_INVALID", sorted.join("\n"), {
    remedy:
      mistakes.length === 1
        ? "Mend this line; nothing was started."
        : `Mend these ${mistakes.length} places; nothing was started.`,
  });
}

/** A mirror in the store itself would be no second copy; and no server takes a lock without a checksum. */
function checkPlaces({ store, mirror = null }: Parts, root: string, mistakes: Mistake[]): void {
  for (const [key, place] of [
    ["store", store],
    ["mirror", mirror],
  ] as const) {
    if (
      place === null ||
      place === undefined ||
      typeof place === "string" ||
      place.lock === undefined ||
      place.checksum !== "none"
    )
      continue;
    const text = "a lock needs a checksum; leave out `checksum`, or write `checksum: md5`";
    mistakes.push({ path: [key, "checksum"], text });
  }
  if (mirror === null || store === undefined || !overlap(storePlace(store, root), storePlace(mirror, root))) return;
  mistakes.push({ path: ["mirror"], text: "this is the store itself, or lies in it; a mirror is another place" });
}

/** True when one store would lie in the other. */
export function overlap(a: StorePlace, b: StorePlace): boolean {
  if (a.kind === "folder" && b.kind === "folder") return within(a.path, b.path) || within(b.path, a.path);
  if (a.kind === "folder" || b.kind === "folder") return false;
  if (a.bucket !== b.bucket || a.endpoint !== b.endpoint) return false;
  return within(`/${a.prefix}`, `/${b.prefix}`) || within(`/${b.prefix}`, `/${a.prefix}`);
}

function within(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

/** An address of a Postgres; anything else is a folder. */
const POSTGRES = /^postgres(ql)?:/i;

function checkIndex(index: string | SecretRef | undefined, mistakes: Mistake[]): void {
  if (typeof index !== "string" || !POSTGRES.test(index)) return;
  const url = URL.canParse(index) ? new URL(index) : undefined;
  if (url !== undefined && url.password === "" && !url.searchParams.has("password")) return;
  const text =
    url === undefined ? "this is no address such as postgres://host/database" : "this address holds a password";
  mistakes.push({
    path: ["index"],
    text: `${text}; write index: "\${env:NAME}" and put the address into that variable`,
  });
}

/** `CUSTODY_SERVER_HOME` moves the private server's files when Custody runs as root; `/var/lib/custody` is the rule. */
function readIndex(index: string | SecretRef, root: string, env: Environment): Config["index"] {
  if (typeof index !== "string" || POSTGRES.test(index)) return { kind: "given", url: index };
  return { kind: "private", folder: resolve(root, index), home: env.CUSTODY_SERVER_HOME };
}

function revealSecret({ secret: reference }: SecretRef, root: string, env: Environment): string {
  const [, kind, name = ""] = /^\$\{(env|file):(.+)\}$/.exec(reference) ?? [];
  if (kind === "env") {
    const value = env[name];
    if (value) return value;
    throw new CustodyError("SECRET_UNAVAILABLE", `the environment variable ${name} is not set`, {
      remedy: `Set ${name} for the user that runs Custody.`,
    });
  }
  const path = isAbsolute(name) ? name : resolve(root, name);
  try {
    if (statSync(path).size > MAX_SECRET_BYTES) throw new Error("larger than 64 KiB");
    const value = readFileSync(path, "utf8").trimEnd();
    if (value) return value;
    throw new Error("it is empty");
  } catch (cause) {
    throw new CustodyError(
      "SECRET_UNAVAILABLE",
      `the secret file ${path} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? messageOf(cause)}`,
      {
        remedy: "Check the path and that the user who runs Custody may read it.",
      },
    );
  }
}

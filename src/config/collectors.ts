import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { type Collector, FAMILIES, type Family, type InstanceConfig } from "../collector/define.ts";
import { BUILT_IN_RULES } from "../collector/token-shapes.ts";
import { canonical, type Json } from "../lib/canonical.ts";
import { messageOf } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { parseDuration } from "../lib/time.ts";
import { densityOf, parseCadence } from "../slots/cadence.ts";
import { readCadence } from "../slots/spoken.ts";
import { ConfigFile, Instance } from "./file.ts";
import { type Mistake, mistakesOf, unwrap } from "./mistakes.ts";
import { type Right, rightItems, rightKeys } from "./right.ts";

/** The collectors of a configuration, and the scope that names them. */

export type GivenInstance = z.output<typeof Instance>;

/** A list of the file, by what is right in each of its items; `undefined` for an item that is nothing of the kind. */
type RightList<K extends "scope" | "masking" | "retention" | "gaps"> = readonly (
  | Right<ConfigFile[K][number]>
  | undefined
)[];

/** The parts of a file that name each other, as far as they are right in themselves. */
export interface Parts {
  readonly plugins: readonly string[];
  /** The organisation's zone; undefined where it is not known. */
  readonly zone: string | undefined;
  readonly collectors: readonly (Right<GivenInstance> | undefined)[];
  readonly scope: RightList<"scope">;
  readonly masking: RightList<"masking">;
  readonly retention: RightList<"retention">;
  readonly gaps: RightList<"gaps">;
  readonly disposal: Right<ConfigFile["disposal"]> | undefined;
  readonly store: ConfigFile["store"] | undefined;
  readonly mirror: ConfigFile["mirror"] | undefined;
  readonly index: ConfigFile["index"] | undefined;
}

const DEFAULT_PULL = 3_600_000;

/** What is right in itself in a file with mistakes, so that everything else in it can be checked all the same. */
export function rightParts(data: unknown): Parts {
  const { shape } = ConfigFile;
  const top = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
  return {
    plugins: shape.plugins.safeParse(top.plugins).data ?? [],
    zone: shape.organisation.safeParse(top.organisation).data?.zone,
    collectors: rightItems(Instance, top.collectors),
    scope: rightItems(shape.scope.unwrap().element, top.scope),
    masking: rightItems(shape.masking.unwrap().element, top.masking),
    retention: rightItems(shape.retention.unwrap().element, top.retention),
    gaps: rightItems(shape.gaps.unwrap().element, top.gaps),
    disposal: rightKeys(shape.disposal.unwrap(), top.disposal ?? {}),
    store: shape.store.safeParse(top.store).data,
    mirror: shape.mirror.safeParse(top.mirror).data,
    index: shape.index.safeParse(top.index).data,
  };
}

/**
 * Collectors of the organisation's own. One that cannot be loaded is a mistake of the file; mistakes stand in the order of
 * the file, whichever module was read first.
 */
export async function loadPlugins(paths: readonly string[], root: string, mistakes: Mistake[]): Promise<Collector[]> {
  const loaded = await Promise.all(paths.map((path) => loadPlugin(resolve(root, path))));
  return loaded.flatMap((one, i) => {
    if (typeof one !== "string") return [one];
    mistakes.push({ path: ["plugins", i], text: `this file cannot be loaded: ${one}` });
    return [];
  });
}

/** The collector, or in one line why there is none. */
async function loadPlugin(path: string): Promise<Collector | string> {
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
    return isCollector(module.default)
      ? module.default
      : "its default export is no collector made with `defineCollector`";
  } catch (thrown) {
    return (messageOf(thrown).split("\n")[0] ?? "").slice(0, 300);
  }
}

function isCollector(value: unknown): value is Collector {
  if (typeof value !== "object" || value === null) return false;
  const { name, config, collect, read } = value as Partial<Collector>;
  return (
    typeof name === "string" &&
    // Not `instanceof`: a plug-in may bring its own copy of zod.
    typeof config?.safeParse === "function" &&
    typeof collect === "function" &&
    typeof read === "function"
  );
}

/** The configured collectors; what is wrong with them is added to the mistakes. */
export function readInstances(
  { collectors: given, zone }: Parts,
  collectors: readonly Collector[],
  mistakes: Mistake[],
): InstanceConfig[] {
  const seen = new Set<string>();
  return given.flatMap((right, i) => {
    const one = right?.keys;
    if (one?.id !== undefined && seen.has(one.id)) {
      const text = `"${one.id}" is used twice; each collector needs an id of its own`;
      mistakes.push({ path: ["collectors", i, "id"], text });
    }
    if (one?.id !== undefined) seen.add(one.id);
    if (one?.use === undefined) return [];
    const collector = collectors.find(({ name }) => name === one.use);
    if (collector) return readInstance(one, i, collector, zone ?? "UTC", mistakes);
    const names = collectors.map(({ name }) => name);
    const hint = didYouMean(one.use, names) || "; `custody sources` lists them all";
    mistakes.push({ path: ["collectors", i, "use"], text: `there is no collector of this name${hint}` });
    return [];
  });
}

/** Families of the collectors in use; undefined where one of them is not known. */
export function familiesIn({ collectors: given }: Parts, collectors: readonly Collector[]): string[] | undefined {
  const found = given.map((right) => collectors.find(({ name }) => name === right?.keys.use)?.family);
  return found.includes(undefined) ? undefined : [...new Set(found as string[])];
}

function readInstance(
  given: Partial<GivenInstance>,
  i: number,
  collector: Collector,
  organisationZone: string,
  mistakes: Mistake[],
): InstanceConfig[] {
  const { id = "", use = collector.name, cadence, grace, zone, pull, jitter, timeout, remembers, ...rest } = given;
  const schema = unwrap(collector.config);
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  // A stated zone is also what such a collector reads times without one in; the organisation's is never assumed for that.
  const own = zone !== undefined && known.includes("zone") ? { ...rest, zone } : rest;
  const parsed = collector.config.safeParse(own, { reportInput: true });
  if (!parsed.success) {
    for (const { path, text } of mistakesOf(parsed.error, collector.config, Object.keys(Instance.shape))) {
      mistakes.push({ path: ["collectors", i, ...path], text: text.replace(/^unknown key/, `unknown key of ${use}`) });
    }
    return [];
  }
  const required = requiredCadence(cadence, collector, i, mistakes);
  if (required === undefined) return [];
  return [
    {
      id,
      collector,
      cadence: required,
      grace: grace ?? collector.grace,
      zone: zone ?? organisationZone,
      ...readPull(pull, collector, required),
      ...(jitter === undefined ? {} : { jitter: parseDuration(jitter) ?? 0 }),
      ...(timeout === undefined ? {} : { timeout: parseDuration(timeout) ?? 0 }),
      ...(remembers === undefined ? {} : { remembers: parseDuration(remembers) ?? 0 }),
      config: parsed.data,
      logged: JSON.parse(JSON.stringify(given)) as Json,
    },
  ];
}

/** The cadence as records spell it; undefined, with a mistake, where the collector itself has none, or none so fine. */
function requiredCadence(
  given: string | undefined,
  { name, cadence, finest }: Collector,
  i: number,
  mistakes: Mistake[],
): string | undefined {
  try {
    const required = readCadence(given ?? cadence);
    const least = finest === undefined ? undefined : readCadence(finest);
    if (least === undefined || lengthOf(required) >= lengthOf(least)) return required;
    const text = `this is finer than ${name} can show; what its source says is good for "${least}" at best`;
    mistakes.push({ path: ["collectors", i, "cadence"], text });
  } catch (thrown) {
    // What stands in the file was looked at before: a plug-in says something that is none.
    const text = `the collector ${name} itself has a mistake: ${messageOf(thrown)}`;
    mistakes.push({ path: ["collectors", i, "use"], text });
  }
  return undefined;
}

/** Milliseconds of the shortest window of a cadence. */
const lengthOf = (cadence: string): number => densityOf(parseCadence(cadence, "UTC")).shortest;

/** A duration is one; anything else is times. What only the present shows is looked at once in each period at least. */
function readPull(
  given: string | undefined,
  { mode }: Collector,
  required: string,
): Pick<InstanceConfig, "pull" | "pullTimes"> {
  if (given === undefined)
    return { pull: mode === "snapshot" ? Math.min(DEFAULT_PULL, lengthOf(required)) : DEFAULT_PULL };
  const pull = parseDuration(given);
  if (pull !== undefined) return { pull };
  const pullTimes = readCadence(given);
  return { pull: lengthOf(pullTimes), pullTimes };
}

/** Each line of the scope says who covers its system, or why nobody does. */
export function checkScope({ scope, collectors }: Parts, data: unknown, mistakes: Mistake[]): void {
  const ids = new Set(collectors.map((one, i) => one?.keys.id ?? idIn(data, i)).filter((id) => id !== undefined));
  for (const [i, { keys: line, whole }] of known(scope)) {
    if (whole && (line.sources === undefined) === (line.notConnected === undefined)) {
      mistakes.push({ path: ["scope", i], text: "expected either `sources`, or `notConnected` with the reason" });
    }
    for (const [j, source] of (line.sources ?? []).entries()) {
      if (ids.has(source)) continue;
      const text = `there is no collector with the id "${source}"${didYouMean(source, [...ids])}`;
      mistakes.push({ path: ["scope", i, "sources", j], text });
    }
  }
}

/** Each rule names collectors that are there, each masking rule is one of its own and says what it needs to. */
export function checkRules(
  { masking, retention, gaps, disposal }: Parts,
  families: readonly string[] | undefined,
  data: unknown,
  mistakes: Mistake[],
): void {
  const { collectors: given } = (data ?? {}) as { collectors?: unknown };
  const ids = new Set((Array.isArray(given) ? given : []).flatMap((_, i) => idIn(data, i) ?? []));
  const named = (list: string, i: number, collectors: readonly string[] | undefined) => {
    for (const [j, id] of (collectors ?? []).entries()) {
      if (ids.has(id)) continue;
      const text = `there is no collector with the id "${id}"${didYouMean(id, [...ids])}`;
      mistakes.push({ path: [list, i, "collectors", j], text });
    }
  };
  const seen = new Set<string>(BUILT_IN_RULES);
  for (const [i, { keys, whole }] of known(masking)) {
    const { id, kind, pattern, collectors } = keys;
    if (id !== undefined && seen.has(id)) {
      const text = BUILT_IN_RULES.includes(id) ? "is the name of a built-in rule" : "is used twice";
      mistakes.push({ path: ["masking", i, "id"], text: `"${id}" ${text}; each rule needs an id of its own` });
    }
    if (id !== undefined) seen.add(id);
    if (whole && (kind === "pattern") !== (pattern !== undefined)) {
      const text = kind === "pattern" ? "is missing; kind `pattern` needs one" : "is only for kind `pattern`";
      mistakes.push({ path: ["masking", i, "pattern"], text });
    }
    named("masking", i, collectors);
  }
  const checkFamily = (list: string, i: number, family: string | undefined) => {
    if (family === undefined || families === undefined) return;
    if (FAMILIES.includes(family as Family) || families.includes(family)) return;
    mistakes.push({ path: [list, i, "family"], text: `there is no family "${family}"${didYouMean(family, FAMILIES)}` });
  };
  for (const [i, { keys }] of known(retention)) {
    const { collectors, family } = keys;
    if (collectors !== undefined && family !== undefined)
      mistakes.push({
        path: ["retention", i],
        text: "expected either `collectors` or `family`, or neither for everything",
      });
    named("retention", i, collectors);
    checkFamily("retention", i, family);
  }
  for (const [i, { keys }] of known(gaps)) {
    const { collectors, family } = keys;
    if (collectors !== undefined && family !== undefined)
      mistakes.push({ path: ["gaps", i], text: "expected either `collectors` or `family`, or neither for all" });
    named("gaps", i, collectors);
    checkFamily("gaps", i, family);
  }
  const { keys = {}, whole = false } = disposal ?? {};
  if (whole && (keys.accessKey === undefined) !== (keys.secretKey === undefined))
    mistakes.push({ path: ["disposal"], text: "expected both `accessKey` and `secretKey`, or neither" });
}

/** Items with their places, without those that are nothing of the kind. */
const known = <T>(list: readonly (T | undefined)[]): (readonly [number, T])[] =>
  list.flatMap((one, i) => (one === undefined ? [] : [[i, one] as const]));

/** The ID of a collector with other mistakes; the scope may name it. */
function idIn(data: unknown, i: number): string | undefined {
  const { collectors } = (data ?? {}) as { collectors?: unknown };
  const one: unknown = Array.isArray(collectors) ? collectors[i] : undefined;
  const id = typeof one === "object" && one !== null && "id" in one ? one.id : undefined;
  return typeof id === "string" ? id : undefined;
}

/** The configuration becomes a record, and a record holds no fractions and no halves of characters. */
export function checkLogged(data: unknown, mistakes: Mistake[], path: Mistake["path"] = []): void {
  if (path.length > 30) mistakes.push({ path, text: "nested too deep" });
  else if (typeof data === "object" && data !== null) {
    const list = Array.isArray(data);
    for (const [key, value] of Object.entries(data)) checkLogged(value, mistakes, [...path, list ? Number(key) : key]);
  } else if (typeof data === "number" && !Number.isSafeInteger(data)) {
    mistakes.push({ path, text: "expected a whole number; put anything else in quotes" });
  } else if (typeof data === "string" && !isKeepable(data)) {
    mistakes.push({ path, text: "expected text without halves of characters" });
  }
}

function isKeepable(text: string): boolean {
  try {
    canonical(text);
    return true;
  } catch {
    return false;
  }
}

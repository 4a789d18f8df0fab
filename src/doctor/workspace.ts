import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import type { Custody } from "../custody.ts";
import type { Json } from "../lib/canonical.ts";
import { isCustodyError, messageOf } from "../lib/errors.ts";
import { wasBegun } from "../lost-store.ts";
import { SOFTWARE } from "../software.ts";
import { bad, type Check, good, many, skipped, warn, withLog } from "./define.ts";
import { unwritable, type Wrong } from "./written.ts";

/** What lies in the workspace itself. */

export const configuration: Check = {
  name: "config",
  title: "Configuration",
  async run({ config }) {
    const { instances, heads, notify, path } = config;
    const counts = [
      many(instances.length, "collector"),
      many(heads.length, "outside proof"),
      many(notify.length, "channel"),
    ];
    const found = `${path}: ${counts.join(", ")}`;
    if (instances.length === 0) return warn(found, "`custody sources` lists what can be connected.");
    return good(found);
  },
};

export const software: Check = {
  name: "software",
  title: "Software",
  run: (custody) =>
    withLog(custody, async (view) => {
      let newest: string | undefined;
      for await (const { entry } of view.read(Math.max(0, view.size - 1))) newest = entry.software;
      if (newest === undefined || newest === SOFTWARE) return good(SOFTWARE);
      if (isNewer(newest, SOFTWARE))
        return warn(
          `${SOFTWARE}, and the newest record was written by ${newest}`,
          "Another machine writes with newer software: upgrade this one too.",
        );
      return good(`${SOFTWARE}; the newest record is by ${newest}`);
    }),
};

function isNewer(a: string, b: string): boolean {
  const [x, y] = [a, b].map((text) => (/\/(\d+)\.(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number));
  for (let i = 0; i < 3; i++) if ((x?.[i] ?? 0) !== (y?.[i] ?? 0)) return (x?.[i] ?? 0) > (y?.[i] ?? 0);
  return false;
}

export const files: Check = {
  name: "files",
  title: "Files and permissions",
  async run({ config }) {
    if (process.platform === "win32") return skipped("permissions are not looked at on Windows");
    const { folders, path, root } = config;
    const wrong: Wrong[] = [];
    for (const file of await readdir(folders.keys).catch(() => []))
      if (file.endsWith(".pem")) await isPrivate(join(folders.keys, file), 0o600, wrong);
    await isPrivate(folders.keys, 0o700, wrong);
    if (((await stat(path)).mode & 0o002) !== 0)
      wrong.push({ found: `${path} can be written by anybody`, run: `chmod o-w ${path}` });
    // The store has a check of its own.
    for (const folder of [folders.state, folders.reports]) {
      const unable = await unwritable(folder);
      if (unable !== undefined) wrong.push(unable);
    }
    for (const file of await readdir(folders.state).catch(() => [])) {
      const unable = await unwritable(join(folders.state, file));
      if (unable !== undefined) wrong.push(unable);
    }
    const missing = async (folder: string) => (await stat(folder).catch(() => undefined)) === undefined;
    if (await missing(folders.reports))
      wrong.push({ found: `${folders.reports} is missing`, run: `mkdir -p ${folders.reports}` });
    const todo = wrong.length === 0 ? [] : [`Run: ${wrong.map(({ run }) => run).join(" && ")}`];
    const found = wrong.map((one) => one.found);
    if (await missing(folders.state)) {
      found.push(`${folders.state} is missing`);
      // An empty one would not know what was seen of the log, and nobody would notice that a store was set back.
      todo.push(
        (await wasBegun(config))
          ? `${folders.state} was there before: mount its disk, or restore it from a backup; do not make an empty one.`
          : `\`custody init\` makes ${folders.state}.`,
      );
    }
    if (found.length === 0) return good(`${root}: keys are private, everything else is there and can be written`);
    return bad(found.join("; "), todo.join(". "));
  },
};

async function isPrivate(path: string, mode: number, wrong: Wrong[]): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  // A store that only reads needs no key; whether one is missing is said by the check of the key.
  if (found === undefined || (found.mode & 0o077) === 0) return;
  const octal = (bits: number) => (bits & 0o777).toString(8);
  wrong.push({
    found: `${path} is open to others (${octal(found.mode)}, expected ${octal(mode)})`,
    run: `chmod ${octal(mode)} ${path}`,
  });
}

export const secrets: Check = {
  name: "secrets",
  title: "Secrets",
  async run(custody) {
    const refs = referencesIn(custody.config.logged);
    if (refs.length === 0) return skipped("none is configured");
    const missing: string[] = [];
    const elsewhere: string[] = [];
    const open: string[] = [];
    for (const { where, secret } of refs) {
      try {
        custody.config.reveal({ secret });
        const path = fileOf(secret, custody);
        if (path !== undefined && ((await stat(path)).mode & 0o007) !== 0) open.push(path);
      } catch (error) {
        const remedy = isCustodyError(error) && error.remedy !== undefined ? ` ${error.remedy}` : "";
        // The right to delete may well be kept somewhere else.
        (where.startsWith("disposal") ? elsewhere : missing).push(`${where}: ${messageOf(error)}.${remedy}`);
      }
    }
    if (missing.length > 0)
      return bad(missing.join("\n"), "Put these where they are read from, for the user that runs Custody.");
    if (open.length > 0) return warn(`${open.join(", ")} can be read by anybody`, `Run: chmod o-rwx ${open.join(" ")}`);
    const rest =
      elsewhere.length > 0 ? `; the right to delete is not here (${many(elsewhere.length, "reference")})` : "";
    return good(`${refs.length - elsewhere.length} of ${refs.length} can be read${rest}`);
  },
};

const REFERENCE = /^\$\{(?:env|file):[^}]+\}$/;

/** Every reference to a secret in a configuration, and where it stands. */
function referencesIn(
  value: Json,
  path: readonly string[] = [],
): { readonly where: string; readonly secret: string }[] {
  if (typeof value === "string") return REFERENCE.test(value) ? [{ where: path.join("."), secret: value }] : [];
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, i) => referencesIn(item, [...path, nameOf(item) ?? String(i)]));
  return Object.entries(value).flatMap(([key, item]) => referencesIn(item as Json, [...path, key]));
}

function nameOf(item: Json): string | undefined {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return undefined;
  const { id, use } = item as Readonly<Record<string, Json>>;
  return typeof id === "string" ? id : typeof use === "string" ? use : undefined;
}

function fileOf(secret: string, { config }: Custody): string | undefined {
  if (process.platform === "win32") return undefined;
  const [, name] = /^\$\{file:(.+)\}$/.exec(secret) ?? [];
  return name === undefined ? undefined : isAbsolute(name) ? name : resolve(config.root, name);
}

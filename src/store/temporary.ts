import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { CustodyError } from "../lib/errors.ts";
import { type Disk, diskFailure, errno } from "./disk.ts";

const NAME = /^([0-9a-f]{8})-(\d{1,10})-(\d{1,20})-[0-9a-f-]{36}$/;

/** After this long without a write a temporary file of another machine is left over, in ms. */
const LEFT_OVER = 24 * 3_600_000;

/**
 * The folder for unfinished files, `<store>.tmp` beside the store, so that nothing unfinished ever lies in the store and
 * finishing is a link or a rename on one file system. Made, and tidied, on the first write: a store on a read-only medium can be read.
 */
export class TemporaryFolder {
  readonly path: string;
  readonly #disk: Disk;
  #device: number | undefined;
  #stem: string | undefined;

  constructor(path: string, disk: Disk) {
    this.path = path;
    this.#disk = disk;
  }

  /** Makes the folder if needed and proves that it is one, on the file system `device`. */
  async ensure(device: number): Promise<void> {
    if (this.#device === device) return;
    try {
      await this.#disk.mkdir(this.path, { mode: 0o700 });
    } catch (thrown) {
      if (errno(thrown) !== "EEXIST") throw diskFailure(thrown, "make the folder for temporary files", this.path);
    }
    const found = await this.#disk.lstat(this.path).catch((thrown: unknown) => {
      throw diskFailure(thrown, "look at", this.path);
    });
    if (!found.isDirectory()) {
      throw new CustodyError("STORE_UNFIT", `${this.path} must be a folder for temporary files, and is not a folder`, {
        remedy: "Move it away; Custody then makes the folder itself.",
      });
    }
    if (found.dev !== device) throw diskFailure({ code: "EXDEV" }, "use", this.path);
    this.#device = device;
    // Only now: whoever just reads a store, an auditor above all, changes nothing beside it.
    await this.#clean();
  }

  /** A new path in it, whose name says which process it belongs to. */
  async next(): Promise<string> {
    this.#stem ??= `${machine()}-${process.pid}-${(await startOf(process.pid)) ?? "0"}`;
    return join(this.path, `${this.#stem}-${randomUUID()}`);
  }

  /**
   * Removes what dead processes left: files whose process on this machine is gone, and what other machines and probes left
   * a day ago by the file system's own clock. What cannot be removed is left; a file removed too early only makes its
   * writer fail and try again.
   */
  async #clean(): Promise<void> {
    try {
      const left = await this.#leftovers();
      await Promise.all(left.map((path) => this.#disk.rm(path, { recursive: true, force: true })));
    } catch {
      // A write must not fail because left-overs cannot be tidied away.
    }
  }

  async #leftovers(): Promise<string[]> {
    const dead: string[] = [];
    const foreign: string[] = [];
    for (const entry of await this.#disk.readdir(this.path, { withFileTypes: true })) {
      const path = join(this.path, entry.name);
      const [, host, pid, start] = NAME.exec(entry.name) ?? [];
      if (entry.isDirectory()) {
        for (const inner of await this.#disk.readdir(path)) foreign.push(join(path, inner));
      } else if (host === machine()) {
        if (!(await isAlive(Number(pid), start ?? "0"))) dead.push(path);
      } else if (host !== undefined) {
        foreign.push(path);
      }
    }
    if (foreign.length === 0) return dead;
    const now = await this.#now();
    for (const path of foreign) {
      // Whoever made it may be tidying up himself just now.
      const mtimeMs = (await this.#disk.lstat(path).catch(() => undefined))?.mtimeMs ?? now;
      if (now - mtimeMs > LEFT_OVER) dead.push(path);
    }
    return dead;
  }

  /** The file system's time, which is what its other times are to be compared with. */
  async #now(): Promise<number> {
    const path = await this.next();
    const file = await this.#disk.open(path, "wx", 0o600);
    try {
      return (await file.stat()).mtimeMs;
    } finally {
      await file.close();
      await this.#disk.unlink(path);
    }
  }
}

function machine(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}

/** When a process began, in kernel ticks since boot; undefined where the system has no /proc. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // proc(5): field 22, counted after the command name, which may hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

async function isAlive(pid: number, start: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if (errno(thrown) === "ESRCH") return false;
  }
  const begun = await startOf(pid);
  return begun === undefined || start === "0" || begun === start;
}

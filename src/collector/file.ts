import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Fact, Problem } from "../evidence/fact.ts";
import type { Json } from "../lib/canonical.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import type { Answer, Capture, Coverage, Run } from "./define.ts";
import { MAX_CAPTURE_BYTES } from "./keep.ts";

const MAX_FILES = 1_000;

/** What a look into a file tells about how far it reaches. */
export interface FileLook {
  /** Time of the earliest record; undefined where no record has one. */
  readonly earliest: Instant | undefined;
  /** Whether there is anything in it that could not be read. */
  readonly damaged: boolean;
}

export interface FileSource {
  /** A file, or a pattern with `*` and `?` in its last part; relative to the folder of the configuration. */
  readonly path: string;
  readonly covers: "append-only" | "complete";
  readonly mediaType: string;
  readonly parameters: Json;
  look(answer: Answer): FileLook;
}

/**
 * Yields each file whole and claims what such files may claim: a log reaches back to its first record, a file declared
 * complete to the beginning of time. Files above 64 MiB are left where they are and make the run partial.
 * Throws SOURCE_UNREACHABLE where there is no file, SOURCE_REFUSED where it may not be read, SOURCE_MISCONFIGURED where
 * the path names something else.
 */
export async function* collectFiles(run: Run<unknown>, source: FileSource): AsyncGenerator<Answer, Coverage> {
  const names = await namesOf(source.path, run.folder);
  const looks: FileLook[] = [];
  const tooLarge: string[] = [];
  for (const name of names) {
    run.signal.throwIfAborted();
    const read = await readWhole(name, run.folder);
    if (read === undefined) {
      tooLarge.push(name);
      continue;
    }
    const { mediaType, parameters } = source;
    const answer: Answer = { ...read, mediaType, origin: name, parameters };
    yield answer;
    looks.push(source.look(answer));
  }
  return coverageOf(run, source, looks, tooLarge);
}

/** Looks into a file with the collector's own reader. */
export function lookInto(read: (capture: Capture) => Iterable<Fact | Problem>, run: Run<unknown>): FileSource["look"] {
  return (answer) => {
    let earliest: Instant | undefined;
    let damaged = false;
    for (const found of read({ ...answer, capturedAt: run.now, window: run.window })) {
      if (found.kind === "problem") damaged = true;
      const time =
        found.kind === "alert" ? found.startsAt : found.kind === "job-run" ? (found.startedAt ?? found.endedAt) : null;
      if (time !== null) earliest = Math.min(earliest ?? time, time);
    }
    return { earliest, damaged };
  };
}

function coverageOf(
  run: Run<unknown>,
  source: FileSource,
  looks: readonly FileLook[],
  tooLarge: readonly string[],
): Coverage {
  const none = (reason: "too-large" | "unreadable" | "retention", detail: string): Coverage => {
    return { seen: "partial", intervals: [], reason, detail };
  };
  if (tooLarge.length > 0) {
    return none(
      "too-large",
      `${tooLarge.join(", ").slice(0, 300)} is larger than 64 MiB; split the file, or add it with \`custody upload\``,
    );
  }
  const times = looks.flatMap(({ earliest }) => (earliest === undefined ? [] : [earliest]));
  if (times.length === 0 && looks.some(({ damaged }) => damaged)) {
    return none("unreadable", `no record of ${source.path} could be read; compare its fields with the configuration`);
  }
  if (source.covers === "complete") return { seen: "full" };
  if (times.length === 0) {
    return none(
      "retention",
      `${source.path} holds no record yet, so it does not show since when it is kept; if it holds all there is, say \`covers: complete\``,
    );
  }
  const earliest = times.reduce((a, b) => Math.min(a, b));
  const { window, zone } = run;
  if (earliest <= window.from) return { seen: "full" };
  const detail = `the first record of ${source.path} is of ${forPeople(earliest, zone)}; what was before is not in it`;
  const intervals = earliest < window.to ? [{ from: earliest, to: window.to }] : [];
  return { seen: "partial", intervals, reason: "retention", detail };
}

const at = (folder: string, path: string): string => (isAbsolute(path) ? path : join(folder, path));

async function namesOf(path: string, folder: string): Promise<string[]> {
  const last = basename(path);
  if (!/[*?]/.test(last)) return [path];
  const parent = dirname(path);
  const pattern = new RegExp(
    `^${last
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*+/g, "[^/]*")
      .replaceAll("?", "[^/]")}$`,
  );
  const entries = await readdir(at(folder, parent)).catch((error) => fail(parent, error, "folder"));
  const names = entries.filter((name) => pattern.test(name) && (!name.startsWith(".") || last.startsWith(".")));
  if (names.length === 0) {
    throw new CustodyError("SOURCE_UNREACHABLE", `no file matches ${path}`, {
      remedy: "Check that whatever writes the files still runs, and that `path` names them.",
    });
  }
  if (names.length > MAX_FILES) {
    throw new CustodyError("SOURCE_TOO_LARGE", `${names.length} files match ${path}; at most ${MAX_FILES} are read`, {
      remedy: "Narrow the pattern, or move older files away after they were collected.",
    });
  }
  return names.sort().map((name) => (parent === "." && !path.startsWith("./") ? name : join(parent, name)));
}

/** Bytes of a file, or undefined when there are more than 64 MiB; they are not loaded to find out. */
async function readWhole(name: string, folder: string): Promise<Pick<Answer, "bytes" | "modifiedAt"> | undefined> {
  const path = at(folder, name);
  // Before opening: to open a named pipe would wait for ever.
  const { size, mtimeMs } = await stat(path).then(
    (found) => {
      if (found.isFile()) return found;
      throw new CustodyError("SOURCE_MISCONFIGURED", `${name} is ${found.isDirectory() ? "a folder" : "no file"}`, {
        remedy: `Let \`path\` name a file, or a pattern such as ${join(name, "*.csv")}.`,
      });
    },
    (error) => fail(name, error, "file"),
  );
  if (size > MAX_CAPTURE_BYTES) return undefined;
  const file = await open(path, "r").catch((error) => fail(name, error, "file"));
  try {
    // As large as it was when it was opened: what a writer appends meanwhile belongs to the next run.
    const bytes = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return { bytes: bytes.subarray(0, filled), modifiedAt: Math.trunc(mtimeMs) };
  } catch (error) {
    return fail(name, error, "file");
  } finally {
    await file.close();
  }
}

function fail(name: string, error: unknown, what: "file" | "folder"): never {
  if (error instanceof CustodyError) throw error;
  const code = error instanceof Error && "code" in error ? String(error.code) : messageOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") {
    throw new CustodyError("SOURCE_UNREACHABLE", `the ${what} ${name} does not exist`, {
      remedy: "Check that whatever writes it still runs, and that `path` names it.",
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EPERM") {
    throw new CustodyError("SOURCE_REFUSED", `the ${what} ${name} may not be read (permission denied)`, {
      remedy: "Let the user that runs Custody read it, for instance with `chmod o+r` or through a group.",
      cause: error,
    });
  }
  throw new CustodyError("SOURCE_UNREACHABLE", `the ${what} ${name} could not be read (${code})`, { cause: error });
}

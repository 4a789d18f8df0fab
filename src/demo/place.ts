import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { CustodyError } from "../lib/errors.ts";
import { fromIso, type Interval, iso } from "../lib/time.ts";
import { FOLDERS, plainSettings, settings, TOKEN_FILE } from "./settings.ts";

/**
 * The folder of a demonstration. A note in it says that it is one, and whether its year is complete; without the note a
 * folder is somebody's own and is never touched.
 */
const NOTE_FILE = "demo.json";
const CONFIG_FILE = "custody.yaml";
/** All that making a demonstration leaves at the top of its folder. */
const MADE = [
  CONFIG_FILE,
  "ledger.vkey",
  "data",
  "reports",
  FOLDERS.sources,
  FOLDERS.papers,
  NOTE_FILE,
  `${NOTE_FILE}.next`,
];

const Note = z.strictObject({
  v: z.literal(1),
  state: z.enum(["making", "made"]),
  /** Of the process that makes it. */
  pid: z.int().positive(),
  from: z.string(),
  to: z.string(),
});
type Note = z.output<typeof Note>;

export type Place =
  /** Nothing is there. */
  | { readonly is: "free" }
  /** Its year is complete; the span of the story. */
  | { readonly is: "made"; readonly span: Interval }
  /** Making it was stopped; nothing in it is anybody's work. */
  | { readonly is: "half-made" };

/** What is in a folder. Throws USAGE for one that is somebody's own, or that another process is working on. */
export async function lookAtPlace(root: string): Promise<Place> {
  const names = await readdir(root).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (names.length === 0) return { is: "free" };
  const note = await readNote(root);
  if (note === undefined) {
    const what = names.includes(CONFIG_FILE) ? "a workspace already" : `other files (${names.slice(0, 3).join(", ")})`;
    throw new CustodyError("USAGE", `${root} holds ${what}, and no demonstration; nothing in it was touched`, {
      remedy: `Name another folder: \`custody demo DIR\`.${names.includes(CONFIG_FILE) ? " To work with this one: `custody serve` in it." : ""}`,
    });
  }
  if (note.state === "made") return { is: "made", span: { from: fromIso(note.from), to: fromIso(note.to) } };
  if (note.pid !== process.pid && isAlive(note.pid)) {
    throw new CustodyError("USAGE", `process ${note.pid} is making a demonstration in ${root} right now`, {
      remedy:
        "Wait until it has ended, or stop it. If that process is something else, remove the folder and start again.",
    });
  }
  await refuseOthersWork(root, names);
  return { is: "half-made" };
}

/** Writes configuration and token into a free folder, noted as being made. `tokens` are what the log knows people by. */
export async function preparePlace(
  root: string,
  span: Interval,
  tokens: Readonly<Record<string, string>> = {},
): Promise<string> {
  await mkdir(root, { recursive: true });
  await writeNote(root, "making", span);
  const token = join(root, TOKEN_FILE);
  await mkdir(dirname(token), { recursive: true, mode: 0o700 });
  await writeFile(token, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
  const path = join(root, CONFIG_FILE);
  await writeFile(path, settings({ tokens }), { flag: "wx", mode: 0o600 });
  return path;
}

/** From now on the demonstration is kept like a real workspace. */
export async function finishPlace(root: string, span: Interval): Promise<string> {
  await writeNote(root, "made", span);
  return configOf(root);
}

export const configOf = (root: string): string => join(root, CONFIG_FILE);

/** Removes what a stopped attempt left. Only for a place that was looked at and is half-made. */
export async function clearPlace(root: string): Promise<void> {
  // The note goes last: what is stopped in between is still known for what it is.
  for (const name of MADE) await rm(join(root, name), { recursive: true, force: true });
}

/** A person may have begun to work with what a stopped attempt left. */
async function refuseOthersWork(root: string, names: readonly string[]): Promise<void> {
  const config = await readFile(join(root, CONFIG_FILE), "utf8").catch(() => settings());
  const foreign = names.filter((name) => !MADE.includes(name));
  if (plainSettings(config) === settings() && foreign.length === 0) return;
  const what = foreign.length > 0 ? `holds ${foreign.slice(0, 3).join(", ")}` : "has another custody.yaml";
  throw new CustodyError(
    "USAGE",
    `making the demonstration in ${root} was stopped half-way, and the folder ${what} since`,
    {
      remedy: "Nothing was removed. Save what you need, remove the folder, and start again; or name another folder.",
    },
  );
}

async function readNote(root: string): Promise<Note | undefined> {
  try {
    return Note.parse(JSON.parse(await readFile(join(root, NOTE_FILE), "utf8")));
  } catch {
    return undefined;
  }
}

/** As a whole or not at all, so that it never stands there half-written. */
async function writeNote(root: string, state: Note["state"], { from, to }: Interval): Promise<void> {
  const note: Note = { v: 1, state, pid: process.pid, from: iso(from), to: iso(to) };
  const path = join(root, NOTE_FILE);
  await writeFile(`${path}.next`, `${JSON.stringify(note)}\n`);
  await rename(`${path}.next`, path);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

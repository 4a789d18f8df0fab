import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Recorded } from "../../src/evidence/batch.ts";
import { parseBatch } from "../../src/evidence/batch.ts";
import { blobKey } from "../../src/evidence/blob.ts";
import { START } from "../../src/ledger/log.ts";
import { digestOf } from "../../src/lib/digest.ts";
import { FolderStore } from "../../src/store/folder.ts";
import { parseVkey } from "../../src/tlog/note.ts";
import { verifyLedger } from "../../src/verify/verify.ts";
import { type Ended, type Running, start } from "./process.ts";
import type { Random } from "./random.ts";
import type { Place } from "./scenario.ts";
import { isIntact } from "./second-reader.ts";
import type { Tally } from "./tally.ts";

const TOKEN = "tok-4711-aBcDeFgH";

/** Where the report goes. */
const REPORT = "report.json";

/** Something that a command or a 2xx answer has acknowledged: true when the log holds it. */
type Held = (entries: readonly Recorded["entry"][]) => boolean;

/** A workspace in a folder, the shipped command line as processes of its own, and what it acknowledged. */
export class Workspace {
  readonly folder: string;
  readonly #place: Place;
  readonly #acknowledged: { what: string; held: Held; digests: readonly string[] }[] = [];
  #counted = 0;
  /** How often things were written, for content that is new each time. */
  #version = 0;

  private constructor(folder: string, place: Place) {
    this.folder = folder;
    this.#place = place;
  }

  /** A configuration and sources; `init` is yet to come. */
  static async prepare(folder: string, place: Place): Promise<Workspace> {
    const workspace = new Workspace(folder, place);
    // Nobody listens where the index should be: evidence must not wait for a database.
    await workspace.write(
      "custody.yaml",
      `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
index: "postgres://127.0.0.1:9/none"
portal: { listen: "127.0.0.1:0" }
collectors:
  - { id: incidents, use: incident-log/markdown, path: ./incidents }
  - { id: own, use: cron-health/custody }
  - { id: jobs, use: cron-health/ping, token: "\${file:./token}" }
`,
    );
    await workspace.write("token", TOKEN);
    await cp(join(place.root, "test/recordings/markdown/company/incidents"), join(folder, "incidents"), {
      recursive: true,
    });
    return workspace;
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  /** New evidence for every command, so that each has something to store. */
  async change(random: Random): Promise<void> {
    this.#version += 1;
    for (let n = 0; n < 8; n += 1) {
      const head = `---\nid: INC-${n}\ntitle: Disk full\nseverity: Sev3\ndetectedAt: 2026-01-20T16:40:10Z\n---\n`;
      await this.write(`incidents/many/INC-${n}.md`, `${head}\nVersion ${this.#version}.\n`);
    }
    await this.write(`earlier/INC-old-${this.#version}.md`, `# Old ${this.#version}\n`);
    await this.write("upload.bin", random.bytes(random.between(1, 60_000)));
  }

  /** Arguments of a command that stores something. */
  arguments(command: string): string[] {
    switch (command) {
      case "upload":
        return ["upload", "upload.bin", "--control", "A.5.28", "--reason", "torture", "--json"];
      case "import":
        return ["import", "earlier", "--as", "incidents", "--json"];
      case "report":
        return ["report", "--period", `${new Date().getUTCFullYear()}`, "--out", REPORT, "--json"];
      case "init":
        return ["init", "--json"];
      default:
        return [command, "--json"];
    }
  }

  start(args: readonly string[], shell?: string): Running {
    const main = join(this.#place.compiled, "program/main.js");
    return start([main, ...args], { cwd: this.folder, ...(shell === undefined ? {} : { shell }) });
  }

  /** Runs a command to its end and notes what it acknowledged. Throws for a stack trace, and for a mistake of ours. */
  async run(command: string, shell?: string): Promise<Ended> {
    return this.note(command, await this.start(this.arguments(command), shell).ended);
  }

  note(command: string, done: Ended): Ended {
    const all = `${done.stdout}\n${done.stderr}`;
    if (/^\s+at .*[(:/].*:\d+:\d+\)?$/m.test(all) || all.includes("mistake in Custody") || done.code === 4)
      throw new Error(`custody ${command} ended with ${done.code}: ${all.slice(0, 1_500)}`);
    if (done.code === 0 || (command === "collect" && done.stdout.includes('"size"')))
      this.#acknowledge(command, JSON.parse(done.stdout));
    return done;
  }

  #acknowledge(command: string, said: Record<string, unknown>): void {
    const {
      entry,
      evidence = [],
      size,
      runs = [],
    } = said as {
      entry?: number;
      size?: number;
      evidence?: { digest: string }[];
      runs?: { entry: number; slot: string }[];
    };
    const digests = evidence.map(({ digest }) => digest);
    if (entry !== undefined) {
      const held: Held = (entries) =>
        entries[entry]?.kind === command && digests.every((d) => JSON.stringify(entries[entry]).includes(d));
      this.#acknowledged.push({ what: `${command} ${entry}`, held, digests });
    }
    for (const run of runs) {
      const held: Held = (entries) =>
        entries[run.entry]?.kind === "run" && JSON.stringify(entries[run.entry]).includes(run.slot.split("@")[0] ?? "");
      this.#acknowledged.push({ what: `run ${run.entry}`, held, digests: [] });
    }
    if (size !== undefined)
      this.#acknowledged.push({ what: `size ${size}`, held: (entries) => entries.length >= size, digests: [] });
  }

  /** Sends messages to the inbox of a daemon until it no longer answers. Gives how many were taken. */
  async send(url: string, count: number): Promise<number> {
    let taken = 0;
    const one = async (n: number) => {
      const body = `message ${this.#version}.${n}`;
      const answer = await fetch(`${url}hooks/jobs/job-${this.#version}-${n}`, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "text/plain" },
        body,
      });
      if (answer.status === 503) return;
      if (!answer.ok) throw new Error(`the inbox answered ${answer.status}: ${await answer.text()}`);
      const { record } = (await answer.json()) as { record: number };
      taken += 1;
      this.#acknowledged.push({
        what: `message ${record}`,
        held: (entries) => entries[record]?.kind === "intake",
        digests: [],
      });
    };
    // A daemon that was killed answers nobody: that is no acknowledgement, and no mistake.
    await Promise.all(
      Array.from({ length: count }, (_, n) =>
        one(n).catch((error: unknown) => {
          if (!(error instanceof TypeError)) throw error;
        }),
      ),
    );
    return taken;
  }

  /** The store as it lies there: intact, and everything acknowledged is in it. Counts losses before it throws. */
  async inspect(tally: Tally): Promise<void> {
    const store = await FolderStore.open(join(this.folder, "data/store"));
    const entries: Recorded["entry"][] = [];
    let link = START;
    for await (const { key } of store.list("seq/")) {
      for (const { index, digest, entry } of parseBatch((await store.get(key)) ?? new Uint8Array(), link)) {
        entries.push(entry);
        link = { index: index + 1, prev: digest, at: entry.at };
      }
    }
    const lost: string[] = [];
    for (const { what, held, digests } of this.#acknowledged) {
      const blobs = await Promise.all(
        digests.map(async (digest) => digestOf((await store.get(blobKey(digest))) ?? new Uint8Array()) === digest),
      );
      if (!held(entries) || blobs.includes(false)) lost.push(what);
    }
    tally.add("acknowledged", this.#acknowledged.length - this.#counted);
    this.#counted = this.#acknowledged.length;
    tally.add("lost", lost.length);
    if (lost.length > 0) throw new Error(`acknowledged and lost: ${lost.join(", ")}`);
    const keys = entries.flatMap(({ once }) => once ?? []);
    if (new Set(keys).size !== keys.length) throw new Error("an idempotency key was used twice");
    const pinned = parseVkey(await readFile(join(this.folder, "ledger.vkey"), "utf8"));
    const { findings } = await verifyLedger(store, { keys: [pinned] });
    if (findings.length > 0) throw new Error(`the store is broken: ${JSON.stringify(findings.slice(0, 3))}`);
    tally.add("verified");
  }

  /** Throws for a report that is not whole. */
  async readReport(): Promise<void> {
    const text = await readFile(join(this.folder, REPORT), "utf8").catch(() => "{}");
    JSON.parse(text);
  }

  async askSecondReader(tally: Tally): Promise<void> {
    const vkey = (await readFile(join(this.folder, "ledger.vkey"), "utf8")).trim();
    if (await isIntact(this.#place.root, join(this.folder, "data/store"), vkey, [])) tally.add("second");
  }
}

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { actIn, makeTokens, tokenLines } from "../../src/cli/demo-hands.ts";
import { beginWorkspace } from "../../src/cli/init.ts";
import { StoryClock } from "../../src/demo/clock.ts";
import { makeDeeds } from "../../src/demo/deeds.ts";
import { preparePlace } from "../../src/demo/place.ts";
import { setUpAt, simulateYear } from "../../src/demo/simulate.ts";
import { type Mishaps, makeYear } from "../../src/demo/year.ts";
import type { Interval } from "../../src/lib/time.ts";
import { rememberEvidence } from "../../src/remembering.ts";
import { exportPack } from "../../src/views/exporting.ts";
import { verifiers } from "./pack.ts";

const run = promisify(execFile);
const berlin = (text: string) => Date.parse(`${text}+01:00`);

/** A Monday, and ten weeks and ten hours later. */
const SPAN: Interval = { from: berlin("2026-01-05T00:00"), to: berlin("2026-03-16T10:00") };
const MISHAPS: Mishaps = {
  stopped: { from: berlin("2026-01-06T17:00"), to: berlin("2026-01-09T16:20") },
  alertsGone: { from: berlin("2026-03-03T14:00"), to: berlin("2026-03-05T11:00") },
  jobsLost: { from: berlin("2026-03-06T10:20"), to: berlin("2026-03-08T12:00") },
  registerGone: { from: berlin("2026-03-10T16:30"), to: berlin("2026-03-12T09:15") },
};
const isInFebruary = (at: number) => at >= berlin("2026-02-01T00:00") && at < berlin("2026-03-01T00:00");

/** A record as a line of `seq/` has it. */
export interface Line {
  readonly index: number;
  readonly kind: string;
  readonly at: string;
  readonly actor: { readonly id: string; readonly auth?: string; readonly role?: string };
  // biome-ignore lint/suspicious/noExplicitAny: an auditor reads JSON without our types
  readonly [field: string]: any;
}

/** What an auditor has: a folder that came out of the zip, and nothing of Custody but what lies in it. */
export interface Handed {
  readonly zip: string;
  readonly folder: string;
  readonly vkey: string;
  readonly records: readonly Line[];
  /** The report as `pdftotext` gives it, white space made single. */
  readonly report: string;
  /** Words of a record: the file that it names as its body. */
  words(line: Line): Promise<Record<string, string>>;
  /** The name of a person: the file of the first record about their ID. */
  name(id: string): Promise<string>;
  file(digest: string): string;
  remove(): Promise<void>;
}

/** Lets ten weeks pass, exports them, and takes the workspace away: what is left is the pack, in another folder. */
export async function handedOver(): Promise<Handed> {
  const place = await mkdtemp(join(tmpdir(), "custody-walk-"));
  const zip = join(place, "handed.zip");
  const workspace = await mkdtemp(join(tmpdir(), "custody-story-"));
  const vkey = await tell(workspace, zip);
  await rm(workspace, { recursive: true });
  await run("unzip", ["-q", zip, "-d", place]);
  const [name = ""] = (await readdir(place)).filter((one) => !one.endsWith(".zip"));
  const folder = join(place, name);
  const file = (digest: string) => join(folder, "store/blob/sha256", digest.slice(0, 2), digest);
  const json = async (digest: string) => JSON.parse(await readFile(file(digest), "utf8"));
  const records = await linesIn(join(folder, "store/seq"));
  const [pdf = ""] = (await readdir(join(folder, "report"))).filter((one) => one.endsWith(".pdf"));
  const { stdout } = await run("pdftotext", ["-layout", join(folder, "report", pdf), "-"], { maxBuffer: 64 << 20 });
  return {
    zip,
    folder,
    vkey,
    records,
    report: stdout.replace(/\s+/g, " "),
    file,
    words: async ({ body }) =>
      body === undefined ? {} : ((await json(body.digest)).words ?? (await json(body.digest))),
    async name(id) {
      const found = records.find(({ kind, person }) => kind === "identity" && person === id);
      return (await json(found?.identity.digest)).name;
    },
    remove: () => rm(place, { recursive: true, force: true }),
  };
}

async function tell(root: string, out: string): Promise<string> {
  const clock = new StoryClock(setUpAt(SPAN));
  const tokens = makeTokens();
  const path = await preparePlace(root, SPAN, tokenLines(tokens));
  const custody = await beginWorkspace(path, clock, { simulatedUntil: SPAN.to });
  rememberEvidence(custody);
  const made = makeYear(SPAN, "nordlicht", MISHAPS);
  // February is the month in which nothing happened.
  const year = { ...made, incidents: made.incidents.filter(({ detected }) => !isInFebruary(detected)) };
  const { signal } = new AbortController();
  await simulateYear({ custody, clock, year, signal, told() {}, deeds: makeDeeds(SPAN), act: actIn(custody, tokens) });
  const period = { from: SPAN.from, to: berlin("2026-03-17T00:00"), label: "2026-01-05..2026-03-16" };
  const { vkey } = await exportPack(custody, { period, out, verifiers: await verifiers() });
  await custody.close();
  return vkey;
}

async function linesIn(folder: string): Promise<Line[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const texts = await Promise.all(paths.sort().map((path) => readFile(path, "utf8")));
  return texts.flatMap((text) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line),
  );
}

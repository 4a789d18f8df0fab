import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../readers/python", import.meta.url));

/** Many things looked at in one process: `verify.py` looks at one. A case comes as a line of JSON, an answer goes as one. */
const OVER_ALL = `
import json, sys, tempfile
import verify
from notes import WITNESS_KEY, parse_vkey
from canonical import milliseconds
for line in sys.stdin:
    case = json.loads(line)
    given = {
        "roots": verify.stamps.roots_in(case.get("roots", "")),
        "witnesses": [parse_vkey(text, WITNESS_KEY) for text in case.get("witnesses", [])],
        "now": milliseconds(case["now"]) if "now" in case else None,
    }
    try:
        heads = [verify.parse_head(text) for text in case.get("heads", [])]
        answer = verify.judge(case["path"], case["vkey"], heads, given)
    except verify.Refused as refused:
        answer = {"ok": False, "refused": str(refused), "findings": []}
    print(json.dumps(answer))
`;

export interface Case {
  /** A folder with a store, a ZIP file or an unpacked pack. */
  readonly path: string;
  /** The pinned key; several with commas between. */
  readonly vkey: string;
  /** `SIZE:ROOT` */
  readonly heads?: readonly string[];
  /** Certificates, PEM. */
  readonly roots?: string;
  /** vkeys */
  readonly witnesses?: readonly string[];
  readonly now?: string;
}

interface Verdict {
  readonly word: string;
}

export interface Answer {
  readonly ok: boolean;
  readonly size: number | null;
  readonly root: string | null;
  readonly entries: number;
  readonly findings: readonly { readonly code: string; readonly where: string }[];
  readonly verdicts: Readonly<Record<"integrity" | "time" | "independence" | "completeness" | "freshness", Verdict>>;
  /** Why it is no pack at all. */
  readonly refused?: string;
}

/** What the second verifier says of each, in their order. */
export function askSecond(cases: readonly Case[]): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PYTHONPATH: FOLDER, PYTHONDONTWRITEBYTECODE: "1" };
    const limits = { env, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile("python3", ["-c", OVER_ALL], limits, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr));
      else resolve(stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Answer])));
    });
    child.stdin?.end(cases.map((one) => `${JSON.stringify(one)}\n`).join(""));
  });
}

/** Objects as a folder outside of the repository, and how to be rid of it. */
export async function storedIn(objects: ReadonlyMap<string, Uint8Array>) {
  const folder = await mkdtemp(join(tmpdir(), "custody-second-"));
  const made = new Set<string>();
  for (const [key, bytes] of objects) {
    const path = join(folder, key);
    if (!made.has(dirname(path))) await mkdir(dirname(path), { recursive: true });
    made.add(dirname(path));
    await writeFile(path, bytes);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The codes found, each once, sorted. */
export const codesIn = ({ findings }: { findings: readonly { readonly code: string }[] }) =>
  [...new Set(findings.map(({ code }) => code))].sort();

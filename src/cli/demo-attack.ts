import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { carryOut, type Judge, knownHeads, ownJudge, type Said } from "../attack/carry-out.ts";
import { type Attack, attacks } from "../attack/index.ts";
import { loadRange } from "../attack/load.ts";
import type { Objects, Range } from "../attack/range.ts";
import { base64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { PACKAGE_ROOT } from "../software.ts";
import { newOutput, type Output } from "./output.ts";

/** The ledger that attacks are carried out on. */
const RANGE = join(PACKAGE_ROOT, "assets/attack-range");

/**
 * `custody demo --attack NAME|all`: carries out attacks on copies of a small ledger and shows what every verifier says.
 * With a name the copy stays in DIR, to be caught by hand. Exit 1 when a verifier did not say what it should.
 */
export async function demoAttack(name: string, dir: string | undefined, json: boolean): Promise<number> {
  const output = newOutput(json);
  const range = await loadRange(RANGE);
  return name === "all" ? await all(range, output) : await one(wanted(name), range, resolve(dir ?? "tampered"), output);
}

function wanted(name: string): Attack {
  const attack = attacks.find((one) => one.name === name);
  if (attack !== undefined) return attack;
  const names = attacks.map((one) => one.name);
  const near = nearest(name, names);
  throw new CustodyError("USAGE", `there is no attack "${name}"${near ? `; did you mean ${near}?` : ""}`, {
    remedy: `Known are all, ${names.join(", ")}.`,
  });
}

async function all(range: Range, output: Output): Promise<number> {
  const judges = [ownJudge, ...(await otherJudges(output))];
  const table: { attack: Attack; said: Said[] }[] = [];
  const width = Math.max(...attacks.map(({ name }) => name.length));
  output.line(`${attacks.length} attacks on a ledger of ${range.guard.size} records.`);
  output.line(
    `${"ATTACK".padEnd(width)}  ${"EXPECTED".padEnd(28)}  ${judges.map((j) => j.name.toUpperCase()).join("  ")}`,
  );
  for (const attack of attacks) {
    output.progress(attack.name);
    const said = await carryOut(attack, range, judges);
    table.push({ attack, said });
    const words = said.map(({ right, codes }) => (right ? "ok" : `WRONG (${codes.join(", ") || "nothing"})`));
    const cells = words.map((word, i) => word.padEnd(judges[i]?.name.length ?? 0));
    output.line(
      `${attack.name.padEnd(width)}  ${(attack.expected.join(", ") || "not seen").padEnd(28)}  ${cells.join("  ")}`,
    );
  }
  const wrong = table.flatMap(({ said }) => said).filter(({ right }) => !right).length;
  output.line();
  output.line(
    "ok: the verifier named the attack by this code. `not seen`: nothing in the store can show it; docs/threat-model.md says what would.",
  );
  output.object({
    ok: wrong === 0,
    attacks: table.map(({ attack: { name, story, expected, given }, said }) => ({
      name,
      story,
      expected,
      given,
      said,
    })),
  });
  return wrong === 0 ? 0 : 1;
}

async function one(attack: Attack, range: Range, dir: string, output: Output): Promise<number> {
  if ((await readdir(dir).catch(() => [])).length > 0) {
    throw new CustodyError("USAGE", `${dir} is not empty`, { remedy: "Name another folder for the tampered copy." });
  }
  await writeObjects(join(dir, "store"), await attack.carryOut(range));
  await writeFile(join(dir, "ledger.vkey"), `${range.pinned.vkey}\n`);
  const heads = knownHeads({ range, given: attack.given }).map(({ size, root }) => `${size}:${base64(root)}`);
  const place = relative(process.cwd(), dir) || ".";
  const command = `custody verify ${place}/store --key ${place}/ledger.vkey${heads.map((head) => ` --since ${head}`).join("")}`;
  const [said] = await carryOut(attack, range, [ownJudge]);
  output.line(attack.story);
  output.line(`A copy of a small ledger, so tampered with, lies in ${place}. Catch it with:`);
  output.line();
  output.line(`  ${command}`);
  output.line();
  output.line(
    attack.expected.length === 0
      ? "Nothing in the store can show this one; docs/threat-model.md says what would."
      : `It should say ${attack.expected.join(" and ")}.`,
  );
  output.object({ ok: said?.right ?? false, attack: attack.name, expected: attack.expected, command, said });
  return said?.right ? 0 : 1;
}

async function writeObjects(folder: string, objects: Objects): Promise<void> {
  for (const [key, bytes] of objects) {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), bytes);
  }
}

/** The verifiers that can run on this machine besides Custody's own. */
async function otherJudges(output: Output): Promise<Judge[]> {
  const standalone = join(PACKAGE_ROOT, "dist/standalone/verify.mjs");
  const python = join(PACKAGE_ROOT, "test/readers/python/verify.py");
  const candidates = [
    { name: "verify.mjs", program: process.execPath, script: standalone, style: "flags" },
    { name: "python", program: "python3", script: python, style: "plain" },
  ] as const;
  const judges: Judge[] = [];
  for (const { name, program, script, style } of candidates) {
    const there =
      (await access(script).then(
        () => true,
        () => false,
      )) && (await runs(program));
    if (there) judges.push(processJudge(name, program, script, style));
    else output.note(`${name} is not here, so it was not asked.`);
  }
  return judges;
}

function runs(program: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, ["--version"], { timeout: 10_000 }, (error) => resolve(error === null));
  });
}

/** A verifier in a process of its own, over a folder. */
function processJudge(name: string, program: string, script: string, style: "flags" | "plain"): Judge {
  return {
    name,
    async judge(objects, known) {
      const folder = await mkdtemp(join(tmpdir(), "custody-attack-"));
      try {
        await writeObjects(join(folder, "store"), objects);
        const { range } = known;
        const heads = knownHeads(known).map(({ size, root }) => `${size}:${base64(root)}`);
        await writeFile(join(folder, "roots.pem"), range.stampRootsPem);
        const outside = [
          ...["--tsa-roots", join(folder, "roots.pem")],
          ...range.outside.witnesses.flatMap((witness) => ["--witness", witness]),
        ];
        const store = join(folder, "store");
        const given =
          style === "plain"
            ? [store, range.pinned.vkey, ...heads, ...outside]
            : [store, "--key", range.pinned.vkey, "--json", ...heads.flatMap((head) => ["--since", head]), ...outside];
        return await codesOf(name, program, [script, ...given]);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** The codes in the one JSON object that a verifier prints; whatever else it says counts as a code nobody expects. */
function codesOf(name: string, program: string, given: readonly string[]): Promise<string[]> {
  return new Promise((resolve) => {
    const limits = { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 };
    execFile(program, given, limits, (_error, stdout, stderr) => {
      try {
        const { findings } = JSON.parse(stdout) as { findings: { code: string }[] };
        resolve([...new Set(findings.map(({ code }) => code))]);
      } catch {
        resolve([`${name} did not answer: ${stderr.trim().split("\n").at(-1) ?? ""}`]);
      }
    });
  });
}

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "./random.ts";
import { Budget, type Place, type Scenario, Skipped } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { Tally } from "./tally.ts";

const [root = "", compiled = "", ...args] = process.argv.slice(2);
const { values } = parseArgs({
  args,
  options: { seed: { type: "string" }, minutes: { type: "string", default: "10" }, only: { type: "string" } },
});
const seed = values.seed ?? String(randomBytes(4).readUInt32LE(0));
const minutes = Number(values.minutes);
const chosen = SCENARIOS.filter(({ name }) => values.only === undefined || values.only.split(",").includes(name));

/** What was told on the way stays readable in a file of lines. */
function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface Outcome {
  readonly scenario: Scenario;
  readonly tally: Tally;
  readonly seconds: number;
  readonly word: "held" | "BROKEN" | "left out";
}

async function torment(scenario: Scenario, ms: number): Promise<Outcome> {
  const temporary = await mkdtemp(join(tmpdir(), "custody-torture-"));
  const place: Place = { root, compiled, folder: () => mkdtemp(join(temporary, "place-")) };
  const tally = new Tally();
  const begun = performance.now();
  let word: Outcome["word"] = "held";
  try {
    await scenario.run(new Random(`${seed}/${scenario.name}`), new Budget(ms), tally, place);
  } catch (thrown) {
    word = thrown instanceof Skipped ? "left out" : "BROKEN";
    tally.remarks.push(
      thrown instanceof Error ? (word === "BROKEN" ? (thrown.stack ?? "") : thrown.message) : String(thrown),
    );
    if (word === "BROKEN") tally.remarks.push(`again: npm run torture -- --only ${scenario.name} --seed ${seed}`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return { scenario, tally, seconds: (performance.now() - begun) / 1_000, word };
}

if (!(minutes > 0) || chosen.length === 0) {
  process.stderr.write(
    `usage: npm run torture -- [--seed N] [--minutes M] [--only NAME[,NAME]]\nnames: ${SCENARIOS.map((s) => s.name).join(", ")}\n`,
  );
  process.exit(2);
}
say(`seed ${seed} · ${minutes} minutes · ${chosen.length} scenarios`);
const until = performance.now() + minutes * 60_000;
const outcomes: Outcome[] = [];
for (const [i, scenario] of chosen.entries()) {
  say(`\n${scenario.name}: ${scenario.about}`);
  // What one leaves over is shared by those after it.
  const outcome = await torment(scenario, (until - performance.now()) / (chosen.length - i));
  outcomes.push(outcome);
  say(`  ${outcome.word} after ${outcome.seconds.toFixed(1)} s: ${outcome.tally}`);
  for (const remark of outcome.tally.remarks) say(`  ${remark}`);
}

const total = new Tally();
for (const { tally } of outcomes) total.addAll(tally);
const broken = outcomes.filter(({ word }) => word === "BROKEN").map(({ scenario }) => scenario.name);
const leftOut = outcomes.filter(({ word }) => word === "left out").map(({ scenario }) => scenario.name);
say(`\nseed ${seed}: ${total}`);
if (leftOut.length > 0) say(`left out: ${leftOut.join(", ")}`);
say(broken.length > 0 ? `BROKEN: ${broken.join(", ")}` : "every promise held");
process.exit(broken.length > 0 || total.get("lost") > 0 ? 1 : 0);

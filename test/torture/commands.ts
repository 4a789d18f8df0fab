import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "./random.ts";
import { at, type Scenario } from "./scenario.ts";
import type { Tally } from "./tally.ts";
import { Workspace } from "./workspace.ts";

const COMMANDS = ["collect", "upload", "import", "serve"] as const;
/** Kills in one workspace. */
const KILLS = 12;
/** Messages that are sent to a daemon at once. */
const MESSAGES = 12;

/** The command line as it is shipped, killed at any time; the next start must find its way. */
export const commands: Scenario = {
  name: "commands",
  about: "kill -9 at random of init, collect, upload, import and serve, through the real command line",
  async run(random, budget, tally, place) {
    for (const round of budget.rounds()) {
      tally.add("rounds");
      const own = random.of(round);
      const workspace = await Workspace.prepare(await place.folder(), place);
      await at(`round ${round}, init`, () => beginKilled(workspace, own, budget.isShort ? 1 : 3, tally));
      const durations = new Map<string, number>();
      for (let n = 0; n < KILLS && (n < 2 || budget.isLeft); n += 1) {
        const command = n < COMMANDS.length ? (COMMANDS[n] as string) : own.pick(COMMANDS);
        await at(`round ${round}, ${command} ${n}`, () => killedOnce(workspace, command, own, durations, tally));
      }
      await at(`round ${round}, end`, () => finish(workspace, own, tally));
      if (round % 5 === 0) await workspace.askSecondReader(tally);
    }
  },
};

/** `init` is killed a few times; the last one finishes. */
async function beginKilled(workspace: Workspace, random: Random, times: number, tally: Tally): Promise<void> {
  for (let n = 0; n < times; n += 1) await startAndKill(workspace, "init", random.between(80, 450), tally);
  const done = await workspace.run("init");
  if (done.code !== 0 && !/was begun already/.test(done.stderr)) throw new Error(`init cannot finish: ${done.stderr}`);
  await succeed(workspace, "collect");
  await workspace.inspect(tally);
}

async function killedOnce(
  workspace: Workspace,
  command: string,
  random: Random,
  durations: Map<string, number>,
  tally: Tally,
): Promise<void> {
  await workspace.change(random);
  if (command === "serve") await killedDaemon(workspace, random, tally);
  else {
    if (!durations.has(command)) {
      const begun = performance.now();
      await succeed(workspace, command);
      durations.set(command, performance.now() - begun);
      await workspace.change(random);
    }
    // Nothing is stored while Node starts.
    const whole = durations.get(command) ?? 0;
    await startAndKill(workspace, command, whole * (0.25 + 0.8 * random.next()), tally);
  }
  await workspace.inspect(tally);
  if (random.chance(0.3)) {
    await succeed(workspace, random.pick(["collect", "upload", "import"]));
    await workspace.inspect(tally);
  }
}

async function startAndKill(workspace: Workspace, command: string, ms: number, tally: Tally): Promise<void> {
  const running = workspace.start(workspace.arguments(command));
  await Promise.race([delay(ms), running.ended]);
  running.kill();
  const done = await running.ended;
  if (done.killed) tally.add("kills");
  else workspace.note(command, done);
}

/** A daemon is sent messages and killed among them. */
async function killedDaemon(workspace: Workspace, random: Random, tally: Tally): Promise<void> {
  const running = workspace.start(["serve"]);
  const line = await running.line("listens on");
  if (line === undefined) throw new Error(`the daemon did not start: ${(await running.ended).stderr}`);
  const url = /http:\S+/.exec(line)?.[0] ?? "";
  const sent = workspace.send(url, MESSAGES);
  await Promise.race([delay(random.between(5, 600)), running.ended]);
  running.kill();
  const done = await running.ended;
  await sent;
  if (!done.killed) throw new Error(`the daemon ended by itself with ${done.code}: ${done.stderr.slice(-1_500)}`);
  tally.add("kills");
}

async function succeed(workspace: Workspace, command: string): Promise<void> {
  const done = await workspace.run(command);
  if (done.code !== 0) throw new Error(`custody ${command} after a kill ended with ${done.code}: ${done.stderr}`);
}

/** Everything works afterwards, and the program's own verification says so. */
async function finish(workspace: Workspace, random: Random, tally: Tally): Promise<void> {
  await workspace.change(random);
  for (const command of ["upload", "import", "collect", "verify"]) await succeed(workspace, command);
  await workspace.inspect(tally);
}

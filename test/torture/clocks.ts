import { createLedger } from "../../src/ledger/create.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { isCustodyError } from "../../src/lib/errors.ts";
import { iso } from "../../src/lib/time.ts";
import { SkippingClock } from "../support/clock.ts";
import { interruptedStore } from "../support/ledger.ts";
import { append, newParts, type Parts, publish } from "./life.ts";
import { Account, askSecondReader, judge, recordsOf } from "./oracle.ts";
import type { Random } from "./random.ts";
import { at, type Place, type Scenario } from "./scenario.ts";
import type { Tally } from "./tally.ts";

const DAY = 86_400_000;
const START = Date.parse("2026-11-20T12:00:00.000Z");
/** The last moment that a record can spell. */
const END_OF_TIME = Date.parse("9999-12-31T23:59:59.999Z");
/** Above this difference the clock's own reading stands beside the record's time, in ms. */
const NOTED_ABOVE = 1_000;

/** Clocks that go back by days, forward by years, stand still, and do so in the middle of a call. */
export const clocks: Scenario = {
  name: "clocks",
  about: "three writers whose clocks jump back by days and forward by years, also between guard and checkpoint",
  async run(random, budget, tally, place) {
    for (const round of budget.rounds()) {
      tally.add("rounds");
      await at(`round ${round}`, () => jumpAbout(random.of(round), round, tally, place));
    }
  },
};

interface Writer {
  readonly clock: SkippingClock;
  ledger: Ledger;
}

async function jumpAbout(random: Random, round: number, tally: Tally, place: Place): Promise<void> {
  const parts = newParts();
  const account = new Account();
  const readings = new Map<string, number>();
  await createLedger({ ...parts, clock: new SkippingClock(START) }, { zone: "UTC" });
  const start = async (clock: SkippingClock): Promise<Writer> => ({
    clock,
    ledger: await Ledger.open({ ...parts, clock, store: jumping(parts, clock, random, tally) }),
  });
  const writers: Writer[] = [];
  for (let i = 0; i < 3; i += 1) writers.push(await start(new SkippingClock(START)));

  for (let n = 0; n < 40; n += 1) {
    const writer = random.pick(writers);
    if (random.chance(0.5)) jump(writer.clock, random, tally);
    if (random.chance(0.2)) await publish(writer, account);
    else if (random.chance(0.1)) Object.assign(writer, await start(writer.clock));
    else {
      const all = Array.from({ length: random.between(1, 3) }, (_, i) => `r${n}.${i}`);
      for (const name of all) readings.set(name, writer.clock.now());
      await append(writer, account, all, random.chance(0.3) ? `key:${random.between(0, 5)}` : undefined);
    }
  }
  await refuseUnspeakable(writers[0] as Writer, account, random);
  account.heads.push(...parts.guard.all);
  await checkTimes(parts, readings);
  await judge(parts, account, tally);
  if (round % 50 === 0) await askSecondReader(parts, account, tally, place);
}

/** The clock may jump before and after any call: between the guard and the checkpoint, too. */
function jumping(parts: Parts, clock: SkippingClock, random: Random, tally: Tally) {
  return interruptedStore(parts.store, () => {
    if (random.chance(0.1)) jump(clock, random, tally);
  });
}

function jump(clock: SkippingClock, random: Random, tally: Tally): void {
  const now = clock.now();
  const to = random.pick([
    now - random.between(1, 30) * DAY,
    now - random.between(1, 2_000),
    now + random.between(1, 10) * 365 * DAY,
    now + random.between(1, 90_000),
    START,
    now,
    Date.parse("2028-02-29T00:00:00.000Z"),
    0,
  ]);
  tally.add("jumps");
  clock.set(Math.min(Math.max(to, 0), END_OF_TIME));
}

/** What no record can spell is refused at once, and the writer goes on once the clock is right again. */
async function refuseUnspeakable({ clock, ledger }: Writer, account: Account, random: Random): Promise<void> {
  const { size } = ledger;
  const right = clock.now();
  clock.set(random.pick([END_OF_TIME + 1, 8.64e15, -1, -62_167_219_200_001, -8.64e15, Number.NaN]));
  const refused = await append({ ledger }, new Account(), ["unspeakable"]).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isCustodyError(refused, "CLOCK_WRONG")) throw new Error(`a clock that says nonsense was met with: ${refused}`);
  if (ledger.size !== size) throw new Error("an entry with a time that no record can spell was taken");
  clock.set(right);
  await append({ ledger }, account, ["right.again"]);
}

/** `at` is the clock's reading, or that of the entry before where it is later; the reading then stands beside it. */
async function checkTimes(parts: Parts, readings: ReadonlyMap<string, number>): Promise<void> {
  let before = "";
  for (const { index, entry } of await recordsOf(parts)) {
    const reading = readings.get((entry as { purpose?: string }).purpose ?? "");
    if (entry.at < before) throw new Error(`entry ${index} is of ${entry.at}, the one before of ${before}`);
    if (reading !== undefined) {
      const expected = iso(reading) > before ? iso(reading) : before;
      const clock = Date.parse(expected) - reading > NOTED_ABOVE ? iso(reading) : undefined;
      if (entry.at !== expected || entry.clock !== clock)
        throw new Error(`entry ${index}: at ${entry.at}, clock ${entry.clock}; expected ${expected}, ${clock}`);
    }
    before = entry.at;
  }
}

import { expect, onTestFinished, test } from "vitest";
import { everyMinute } from "../src/schedule/wake.ts";
import { FakeClock } from "./support/clock.ts";

const NOON = Date.parse("2026-11-20T12:00:00.000Z");
const MINUTE = 60_000;

/** As a machine sleeps: for so long, whatever its clock is set to meanwhile. */
class SettableClock extends FakeClock {
  readonly slept: number[] = [];
  #wake: (() => void) | undefined;

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    await new Promise<void>((resolve, reject) => {
      this.#wake = resolve;
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  /** The time that it was to sleep for has passed. */
  async over(): Promise<void> {
    this.set(this.now() + (this.slept.at(-1) ?? 0));
    this.#wake?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function waking(clock: SettableClock): { times: number[]; end: () => void } {
  const times: number[] = [];
  const end = everyMinute(async () => void times.push(clock.now()), clock);
  onTestFinished(end);
  return { times, end };
}

test("the daemon is woken at every full minute, until it is told to end", async () => {
  const clock = new SettableClock(NOON + 42_500);
  const { times, end } = waking(clock);
  await clock.over();
  await clock.over();
  expect(times).toEqual([NOON + MINUTE, NOON + 2 * MINUTE]);
  end();
  await clock.over();
  expect(times).toHaveLength(2);
});

test.each([
  ["back by a day", -86_400_000],
  ["back by half a minute", -30_000],
  ["a day ahead", 86_400_000],
])("a clock that is set %s keeps it from nothing: it sleeps for a minute at most", async (_, by) => {
  const clock = new SettableClock(NOON + 30_000);
  const { times } = waking(clock);
  clock.set(clock.now() + by);
  await clock.over();
  await clock.over();
  expect(times).toHaveLength(2);
  expect(Math.max(...clock.slept)).toBeLessThanOrEqual(MINUTE);
});

test("it is not woken while it is still awake", async () => {
  const clock = new SettableClock(NOON);
  let [woken, sleep] = [0, () => {}];
  const end = everyMinute(() => {
    woken += 1;
    return new Promise<void>((resolve) => {
      sleep = resolve;
    });
  }, clock);
  onTestFinished(end);
  await clock.over();
  clock.advance(10 * MINUTE);
  await clock.over();
  expect([woken, clock.slept.length]).toEqual([1, 1]);
  sleep();
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.slept).toHaveLength(2);
});

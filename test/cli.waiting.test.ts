import { expect, test, vi } from "vitest";
import type { Output } from "../src/cli/output.ts";
import { whileWaiting } from "../src/cli/waiting.ts";

test("whoever waits is told what for and for how long, and no longer than it lasts", async () => {
  vi.useFakeTimers();
  try {
    const told: string[] = [];
    const output = { progress: (text: string) => void told.push(text) } as Output;
    let what = "asking am";
    let answer = () => {};
    const work = () => new Promise<void>((resolve) => (answer = resolve));
    const waiting = whileWaiting(output, () => what, work);
    vi.advanceTimersByTime(2_000);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(2_000);
    expect(told).toEqual(["asking am… 3 s", "asking am… 4 s"]);
    what = "asking prom";
    vi.advanceTimersByTime(3_000);
    expect(told.at(-1)).toBe("asking prom… 3 s");
    answer();
    await waiting;
    vi.advanceTimersByTime(9_000);
    expect(told).toHaveLength(3);
  } finally {
    vi.useRealTimers();
  }
});

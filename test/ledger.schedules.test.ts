import { test } from "vitest";
import { rounds } from "./support/tools.ts";
import { tryInterleavings } from "./torture/schedules.ts";
import { Tally } from "./torture/tally.ts";

test("any interleaving of two to four writers with faults, deaths and checkpoints in between loses, doubles and forks nothing", async () => {
  // Another one each time; a failure names its seed.
  await tryInterleavings({ seed: Date.now() % 2 ** 31, runs: rounds(150, 40), writers: 4 }, new Tally());
}, 120_000);

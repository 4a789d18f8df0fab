import { expect, test } from "vitest";
import { lineMask } from "../src/cli/daemon-log.ts";
import type { Config } from "../src/config/config.ts";
import { FakeClock } from "./support/clock.ts";

const line = (text: string) => `${JSON.stringify({ level: "warn", msg: `got ${text} from the source` })}\n`;

test("a line of the daemon's log shows no secret: not the one that was renewed, not the one before, not one that JSON spells otherwise", () => {
  const clock = new FakeClock();
  const known = ["first-canary-4711", 'quoted "canary" \\ 55'];
  const workspace = { clock, config: {} as Config, secrets: () => known };
  const mask = lineMask(workspace);
  for (const secret of known) expect(mask(line(secret))).not.toContain(JSON.stringify(secret).slice(1, -1));

  known[0] = "second-canary-4712";
  clock.advance(30_000);
  for (const secret of ["first-canary-4711", "second-canary-4712"]) expect(mask(line(secret))).not.toContain(secret);

  // Another configuration may bring another secret, which counts at once.
  known.push("third-canary-4713");
  expect(mask(line("third-canary-4713"))).toContain("third-canary-4713");
  workspace.config = {} as Config;
  expect(mask(line("third-canary-4713"))).not.toContain("third-canary-4713");
});

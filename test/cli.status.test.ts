import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cli } from "./support/cli.ts";
import { serving } from "./support/serving.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("status");
});
afterAll(() => cli.close());

test("custody status says when the daemon looks again and when the next digest may leave, while it runs", async () => {
  const place = await cli.workspace();
  await place.write("hook", `whsec_${Buffer.alloc(32, 7).toString("base64")}`);
  await place.configure("- { id: own, use: cron-health/custody }");
  await place.run("collect");
  await place.configure(
    "- { id: own, use: cron-health/custody }",
    `portal: { listen: "127.0.0.1:0" }\nnotify: [{ use: webhook, url: "http://127.0.0.1:9/x", secret: "\${file:./hook}" }]\n`,
  );
  expect((await place.run("status")).stdout).not.toContain("next look");
  const daemon = await serving(cli.folder, place.folder);
  const { stdout, code } = await place.run("status");
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^ {2}next look {2}\d+ \w+ \d{4}, \d\d:\d\d Europe\/Berlin$/m),
  ]);
  expect(stdout).toMatch(/^ {2}next {7}\d+ \w+ \d{4}, 08:00 Europe\/Berlin, if there is something to tell$/m);
  const { instances } = (await place.run("status", "--json")).json<{
    instances: { id: string; nextLook?: string }[];
  }>();
  expect(instances.find(({ id }) => id === "own")?.nextLook).toMatch(/^\d{4}-\d\d-\d\dT/);
  daemon.child.kill("SIGTERM");
  expect((await daemon.ended).code).toBe(0);
});

test("custody status says HALTED where the log contradicts itself", async () => {
  const place = await cli.workspace();
  await writeFile(place.path("data/store/checkpoint"), "rubbish\n");
  const { code, stdout } = await place.run("status");
  expect([code, stdout]).toEqual([4, expect.stringContaining("HALTED: the log contradicts itself.")]);
});

import { appendFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cli, Workspace } from "./support/cli.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-clocks");
});
afterAll(() => cli.close());

test("what is due by the rules stands beside each incident", { timeout: 180_000 }, async () => {
  const folder = await cli.place();
  const made = await cli.run(folder, ["init", "--name", "Example GmbH", "--zone", "Europe/Berlin"]);
  expect(made.code, made.all).toBe(0);
  await appendFile(new Workspace(cli, folder).path("custody.yaml"), "\nregister: true\npolicy: sev1-4\n");
  const run = (...args: string[]) => cli.run(folder, args);
  const collected = await run("collect");
  expect(collected.code, collected.all).toBe(0);
  const opened = await run("incident", "open", "--title", "Keys leaked", "--severity", "Sev1");
  expect(opened.code, opened.all).toBe(0);
  const listed = await run("incident", "list");
  expect(listed.stdout).toMatch(/^ {4}1[0-4] min left: not responded to yet; your rules say within 15m \(Sev1\), by /m);
  const id = /INC-\d+-001/.exec(opened.stdout)?.[0] ?? "";
  const shown = await run("incident", "show", id);
  expect(shown.stdout).toMatch(/^ {2}1[0-4] min left: not responded to yet; your rules say within 15m \(Sev1\), by /m);
  const done = await run("incident", "stamp", id, "responded");
  expect(done.code, done.all).toBe(0);
  expect((await run("incident", "show", id)).stdout).not.toMatch(/min left: not responded/);
});

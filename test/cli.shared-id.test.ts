import { afterAll, beforeAll, expect, test } from "vitest";
import { Cli } from "./support/cli.ts";
import { incidentFile } from "./support/dated-incidents.ts";
import { registerWorkspace } from "./support/register-workspace.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-shared-id");
}, 120_000);
afterAll(() => cli.close());

test("a number that two incidents bear names neither: refused with both files and what to do", {
  timeout: 60_000,
}, async () => {
  const { workspace, as, day, period, collect } = await registerWorkspace(cli, 2);
  await workspace.write("incidents/other.md", incidentFile("INC-001", day, { owner: "Ben Muster" }));
  await collect();
  expect((await as("anna", "incident", "show", "INC-001")).stderr).toContain("(INC-001.md, other.md)");
  const before = (await workspace.entries()).length;
  const both =
    /"INC-001" names 2 incidents of register that bear one number: INC-001 \(INC-001\.md, other\.md\)\. Give each a number of its own at the source/;
  const step = await as(
    "anna",
    "action",
    "open",
    "Check",
    "--incident",
    "INC-001",
    "--owner",
    "anna",
    "--due",
    "2030-01-01",
  );
  expect([step.code, step.stderr]).toEqual([2, expect.stringMatching(both)]);
  const link = await as("anna", "link", "INC-001", "external:RISK-7", "--relation", "risk");
  expect([link.code, link.stderr]).toEqual([2, expect.stringMatching(both)]);
  expect((await workspace.entries()).length).toBe(before);
  const frozen = await as("anna", "sample", "freeze", "--of", "incidents", "--period", period);
  expect([frozen.code, frozen.all]).toEqual([0, expect.stringContaining("3 rows")]);
});

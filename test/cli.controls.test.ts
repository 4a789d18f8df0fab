import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cli } from "./support/cli.ts";
import { registerWorkspace } from "./support/register-workspace.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-controls");
}, 120_000);
afterAll(() => cli.close());

const COUNTED = {
  what: "incidents",
  which: "open at some time in the period, whenever they began; and what was due in it of those that were over before",
};

describe("custody controls", () => {
  test("lists what each control needs and why, with what was checked of other frameworks", {
    timeout: 60_000,
  }, async () => {
    const workspace = await cli.workspace();
    const listed = await workspace.run("controls", "A.5.26", "--crosswalk");
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    expect(listed.stdout).toContain("  a526.breach.authority  [law]\n");
    expect(listed.stdout).toContain("Art. 33(1), applicable since 25 May 2018");
    expect(listed.stdout).toContain(
      "  touches Regulation (EU) 2016/679: Art. 33(1), Art. 33(2), Art. 33(5), Art. 34\n",
    );
    expect(listed.stdout).toContain("the auditor decides");
    expect(listed.stdout).not.toContain("A.5.27");
    expect(await workspace.run("controls", "A.9.99")).toMatchObject({ code: 2 });
    await workspace.write(
      "ours.yaml",
      "crosswalk: ours\nversion: 1\nframeworks: { soc: SOC 2 }\nrows: [{ control: A.5.26, to: soc, ids: [] }]\n",
    );
    const refused = await workspace.run("controls", "--with", join(workspace.folder, "ours.yaml"));
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toMatch(/ours\.yaml: .*\n?.*line 4: rows\.0\.ids/);
  });

  test("tells how each requirement stands in a period, why, and which records fail it", {
    timeout: 60_000,
  }, async () => {
    const { as, period } = await registerWorkspace(cli, 3, 1);
    const told = await as(undefined, "controls", "A.5.26", "--period", period, "--result", "not-met");
    expect(told).toMatchObject({ code: 0, stderr: "" });
    expect(told.stdout).toMatch(
      /not met {8}a526\.owner\.present(?: {2}\[\d\])?\n.*1 of 3 incidents.*\n {4}as required: 2 of 3 incidents\n(?: {4}note: .*\n)* {6}- INC-001 \(register\)/,
    );
    expect(told.stdout).not.toMatch(/no data|A\.5\.27/);
    const one = await as(undefined, "controls", "a526.owner.present", "--period", period, "--json");
    expect(one.json()).toMatchObject({
      controls: [
        {
          id: "A.5.26",
          requirements: [{ result: "not_met", n: 2, of: 3, failing: [{ id: "INC-001" }], counted: COUNTED }],
        },
      ],
    });
    const full = await as(undefined, "controls", "a526.owner.present");
    expect(full).toMatchObject({ code: 0, stderr: "" });
    for (const line of [
      /not met {8}a526\.owner\.present\n/,
      / {4}asked: {4}Incidents of the severities/,
      / {4}rests on: policy: /,
      / {4}why: {6}1 of 3 incidents/,
      / {4}as required: 2 of 3 incidents\n/,
      / {4}judged by your rules: \S+ \S+, record \d+/,
      / {4}named by the result:\n {6}- INC-001 \(register\): .*; record \d+\n/,
      / {4}next: add `owner: PERSON` to INC-001\.md/,
    ])
      expect(full.stdout).toMatch(line);
    const typo = await as(undefined, "controls", "a526.owner.presnt");
    expect([typo.code, typo.stderr]).toEqual([2, expect.stringContaining("Did you mean a526.owner.present?")]);
    // Of what a share is, below.
    expect(told.stdout).toContain("    as required: 2 of 3 incidents\n");
    expect(told.stdout).toContain(`  ${COUNTED.what}: ${COUNTED.which}\n`);
    const near = await as(undefined, "controls", "a526.owner.presnt", "--period", period);
    expect([near.code, near.stderr]).toEqual([2, expect.stringContaining("Did you mean a526.owner.present?")]);
    const word = await as(undefined, "controls", "--period", period, "--result", "bad");
    expect([word.code, word.stderr]).toEqual([2, expect.stringContaining("There are met, not_met")]);
  });

  test("a catalogue of one's own takes the place of the shipped one; a broken one is refused with its lines", {
    timeout: 60_000,
  }, async () => {
    const shipped = await readFile(new URL("../controls/iso27001-2022.yaml", import.meta.url), "utf8");
    const workspace = await cli.workspace();
    await workspace.write("own.yaml", shipped.replace("catalogue: iso27001-2022", "catalogue: our-controls"));
    await workspace.configure(
      "- { id: register, use: incident-log/markdown, path: ./incidents, cadence: daily }",
      "catalogue: ./own.yaml\n",
    );
    const listed = (await workspace.run("controls", "--json")).json<{ catalogue: string }>();
    expect(listed.catalogue).toBe("our-controls");
    await workspace.write("own.yaml", shipped.replace("basis: policy", "basis: habit"));
    const refused = await workspace.run("controls");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/own\.yaml: .*cannot be used:\n?.*line \d+: controls\.0\.requirements\.\d+\.basis/s);
  });

  test("an incident shows what law asks for and by when", { timeout: 60_000 }, async () => {
    const workspace = await cli.workspace();
    const opened = await workspace.run("incident", "open", "--title", "Lost disk", "--json");
    expect(opened.code, opened.all).toBe(0);
    const id = opened.json<{ id?: string; incident?: string }>().id ?? `INC-${new Date().getUTCFullYear()}-001`;
    expect((await workspace.run("incident", "personal-data", id, "yes", "--reason", "names")).code).toBe(0);
    const said = await workspace.run(
      "incident",
      "breach",
      id,
      "--role",
      "controller",
      "--dataset",
      "staff",
      "--aware",
      "now",
    );
    expect(said.code, said.all).toBe(0);
    // Why people need not be told is one of three grounds, and words.
    const breach = (...more: string[]) =>
      workspace.run("incident", "breach", id, "--role", "controller", "--dataset", "staff", ...more);
    const wrong = await breach("--risk", "high", "--exemption-ground", "because", "--exemption", "no time");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("unreadable, averted, public-notice")]);
    expect((await breach("--help")).stdout).toMatch(/--exemption-ground <ground>[\s\S]*public-notice/);
    const exempt = await breach("--risk", "high", "--exemption-ground", "unreadable", "--exemption", "encrypted");
    expect(exempt.code, exempt.all).toBe(0);
    const told = await workspace.run("controls", "a526.breach.people");
    expect(told.stdout).toMatch(/a526\.breach\.people\n[\s\S]* 1 of 1 duty of law fulfilled, but watched only in part/);
    const shown = await workspace.run("incident", "show", id);
    expect(shown.stdout).toMatch(
      /2 d 23 h 5\d min left: The supervisory authority is told \(GDPR Art\. 33\(1\), as controller of staff\)/,
    );
  });
});

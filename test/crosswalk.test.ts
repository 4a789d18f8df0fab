import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { CrosswalkShape, loadCrosswalk, mappedTo } from "../src/assess/crosswalk.ts";
import { shippedCatalogue } from "./support/assessing.ts";

const text = readFileSync(new URL("../controls/crosswalk.yaml", import.meta.url), "utf8");
const shipped = loadCrosswalk(text);

describe("the shipped crosswalk", () => {
  test("speaks of controls that exist, and leaves out A.5.36, which was not checked", () => {
    const known = shippedCatalogue().controls.map(({ id }) => id);
    for (const { control } of shipped.rows) expect(known).toContain(control);
    expect(shipped.rows.filter(({ control }) => control === "A.5.36")).toEqual([]);
    expect(Object.keys(shipped.frameworks).toSorted()).toEqual(
      [...new Set(shipped.rows.map(({ to }) => to))].toSorted(),
    );
  });

  test("maps a control in the order of the files", () => {
    const own = loadCrosswalk(
      "crosswalk: ours\nversion: 1\nframeworks: { soc: SOC 2 }\nrows: [{ control: A.5.28, to: soc, ids: [CC7.3] }]\n",
    );
    expect(mappedTo([shipped, own], "A.5.28").map(({ title, ids }) => [title, ids.join(" ")])).toEqual([
      ["NIST Cybersecurity Framework 2.0", "RS.AN-06 RS.AN-07"],
      ["NIST SP 800-53 r5", "AU-7 IR-4 IR-6"],
      ["Implementing Regulation (EU) 2024/2690, annex", "3.2 3.5"],
      ["SOC 2", "CC7.3"],
    ]);
    expect(mappedTo([shipped], "A.9.99")).toEqual([]);
  });

  test("has the same structure for editors as for the program (UPDATE_DOCS=1 writes it anew)", () => {
    const file = new URL("../controls/crosswalk.schema.json", import.meta.url);
    const structure = z.toJSONSchema(CrosswalkShape, { io: "input" });
    if (process.env.UPDATE_DOCS) writeFileSync(file, `${JSON.stringify(structure, null, 2)}\n`);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(structure);
  });
});

test.each<[why: string, from: string, to: string, reason: RegExp]>([
  [
    "a framework that is not listed",
    'to: pci-dss, ids: ["12.10.5"]',
    'to: pci-ds, ids: ["12.10.5"]',
    /line \d+: rows\.\d+\.to: "pci-ds" is not under frameworks.*pci-dss/,
  ],
  [
    "a row that is there twice",
    "control: A.5.25, to: nis2-annex",
    "control: A.5.24, to: nis2-annex",
    /line \d+: .*there twice/,
  ],
  ["no number at all", 'ids: ["3.6"]', "ids: []", /line \d+: rows\.\d+\.ids/],
  ["a text that acts where it is printed", "RS.AN-06", '"\\u001b[2J"', /line \d+: rows\.\d+\.ids\.0: /],
])("refuses %s with its line", (_, from, to, reason) => {
  expect(text).toContain(from);
  expect(() => loadCrosswalk(text.replace(from, to))).toThrow(reason);
});

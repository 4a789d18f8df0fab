import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readPolicy } from "../src/policy/load.ts";
import { policyKeys, valuesOf } from "./support/policy-reference.ts";

/** The complete example of a policy in docs: an invented company that uses every key. */

const text = () => readFile(new URL("../docs/example-rules.yaml", import.meta.url), "utf8");

test("it can be used, and an auditor would ask about nothing but what it says itself", async () => {
  const asOf = Date.parse("2026-11-01T12:00:00Z");
  const { policy, mistakes, remarks } = readPolicy(await text(), { zone: "UTC", asOf });
  expect(mistakes).toEqual([]);
  expect(policy?.policy).toBe("example-parcels");
  // Promises that only a person can show are meant to be there.
  const asked = remarks.map(({ text }) => text).filter((text) => !text.startsWith("no check looks at this"));
  expect(asked).toEqual([
    "ends on 2027-12-31; what is due after it stays undecided",
    "says itself that not all holidays are listed",
  ]);
});

test("every key that a policy can have is used in it", async () => {
  const example: unknown = parse(await text());
  const keys = policyKeys();
  expect(keys.length).toBeGreaterThan(400);
  expect(keys.filter((key) => valuesOf(example, key).length === 0)).toEqual([]);
});

test("the pages about policies and the first page name it", async () => {
  for (const page of ["../docs/policies.md", "../docs/policy-keys.md", "../README.md"])
    expect(await readFile(new URL(page, import.meta.url), "utf8")).toContain("example-rules.yaml");
});

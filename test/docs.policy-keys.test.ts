import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseCalendar } from "../src/calendar/shape.ts";
import { PolicyFile } from "../src/policy/policy.ts";
import { policyReference, YEAR } from "./support/policy-reference.ts";

const PAGE = new URL("../docs/policy-keys.md", import.meta.url);

test("the reference of policies says what the schema says (UPDATE_DOCS=1 writes it anew)", async () => {
  const made = policyReference();
  if (process.env.UPDATE_DOCS) await writeFile(PAGE, made);
  expect(await readFile(PAGE, "utf8")).toBe(made);
  for (const key of Object.keys(PolicyFile.shape)) if (key !== "$schema") expect(made).toContain(`| \`${key}\` |`);
});

test("the year of holidays in it is a calendar that can be used", () => {
  const { office } = (parse(YEAR) as { calendars: { office: object } }).calendars;
  expect(parseCalendar({ zone: "Europe/Berlin", ...office }).holidays).toHaveLength(9);
});

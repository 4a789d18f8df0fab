import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { collectors } from "../collectors/index.ts";
import { parseConfig } from "../src/config/config.ts";
import { headTargets } from "../src/heads/index.ts";
import { configurationReference, EXAMPLES, HEAD_EXAMPLES } from "./support/configuration-reference.ts";

const PAGE = resolve(import.meta.dirname, "../docs/configuration.md");

test("the reference says what the schemas say (UPDATE_DOCS=1 writes it anew)", async () => {
  const made = configurationReference();
  if (process.env.UPDATE_DOCS) await writeFile(PAGE, made);
  expect(await readFile(PAGE, "utf8")).toBe(made);
});

test("every key has a meaning, and every collector an example that works", async () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual(collectors.map(({ name }) => name).sort());
  const text = stringify({
    organisation: { name: "Example GmbH", zone: "Europe/Berlin" },
    store: "file:./data/store",
    collectors: Object.values(EXAMPLES),
    heads: Object.values(HEAD_EXAMPLES),
  });
  const { instances, heads } = await parseConfig(text, "/nowhere/custody.yaml", collectors, {});
  expect(instances).toHaveLength(collectors.length);
  expect(heads.map(({ target }) => target)).toEqual(headTargets);
});

test("every example of a whole file in the reference is read without a mistake", async () => {
  const page = await readFile(PAGE, "utf8");
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);
  expect(blocks.length).toBeGreaterThan(collectors.length);
  for (const block of blocks) {
    const head = block.includes("organisation:") ? "" : "organisation: { name: A, zone: UTC }\n";
    const store = /^store:/m.test(block) ? "" : "store: file:./data/store\n";
    await parseConfig(head + store + block, "/nowhere/custody.yaml", collectors, {});
  }
});

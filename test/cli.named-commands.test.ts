import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { MENDING_COMMANDS, mendOf, WITHOUT_MEND } from "../src/cli/controls-mend.ts";
import { shippedCatalogue } from "./support/assessing.ts";
import { unknownIn, wrongWith } from "./support/command-tree.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** Names of turns at a database, not commands. */
const LOCK = /^custody turns?$/;

const requirements = shippedCatalogue().controls.flatMap((control) => control.requirements.map(({ id }) => id));

test("each command that mends a requirement is one that the program takes", () => {
  const lines = Object.values(MENDING_COMMANDS);
  expect(lines.flatMap((line) => wrongWith(line) ?? [])).toEqual([]);
  const finding = mendOf("a815.logs.kept", "not_met", "2026-11") ?? "";
  expect(wrongWith(finding)).toBeUndefined();
  // What the check itself would let pass is no check.
  expect(wrongWith("custody incident mend ID")).toBe("custody incident has no mend");
  expect(wrongWith("custody incident show ID --harder")).toBe("custody incident show has no --harder");
  expect(wrongWith("custody head")).toBe("custody head alone does nothing");
  expect(wrongWith("custody incident show")).toMatch(/takes other arguments/);
});

test("each requirement that is open has a command, or is known to have none", () => {
  const without = requirements.filter((id) => mendOf(id, "indeterminate", "2026-11") === undefined);
  expect(without).toEqual(WITHOUT_MEND);
  for (const id of requirements) expect(mendOf(id, "not_met", "2026-11"), id).toContain("custody finding open");
  for (const id of requirements) expect(mendOf(id, "met", "2026-11")).toBeUndefined();
  // No beginning that none has any more.
  expect(Object.keys(MENDING_COMMANDS).filter((begin) => !requirements.some((id) => id.startsWith(begin)))).toEqual([]);
});

test("each command that a message or a page of the documentation names exists", () => {
  const files = ["src", "docs", "controls", "reports", "collectors"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  const wrong = [...files, "README.md", "CONTRIBUTING.md"]
    .filter((name) => /\.(ts|md|yaml|hbs)$/.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(ROOT, name), "utf8");
      const marked = [...text.matchAll(/`(custody [a-z][^`\\\n]*)|"(custody [a-z][^"\\\n]*)"/g)];
      const typed = name.endsWith(".md") ? [...text.matchAll(/^(custody [a-z].*)$/gm)] : [];
      const named = [...marked, ...typed]
        .map(([, one, other]) => one ?? other ?? "")
        .filter((line) => !LOCK.test(line));
      return named.flatMap((line) => {
        const why = unknownIn(line.replace(/\$\{[^}]*\}/g, "X"));
        return why === undefined ? [] : [`${name}: ${line.slice(0, 100)}: ${why}`];
      });
    });
  expect(wrong).toEqual([]);
});

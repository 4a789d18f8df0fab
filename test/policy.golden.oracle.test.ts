import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SHIPPED_POLICIES } from "../src/policy/shipped.ts";
import { describeWith } from "./support/tools.ts";

const FOLDER = fileURLToPath(new URL("golden/", import.meta.url));

describeWith(["python3"], "the script that worked out the verdicts", () => {
  test("still prints the tables that are kept, and agrees with what was worked out by hand", () => {
    const printed = execFileSync("python3", [`${FOLDER}oracle.py`, "--print"], { encoding: "utf8", timeout: 60_000 });
    const kept = [...SHIPPED_POLICIES]
      .sort()
      .map((name) => [name, readFileSync(`${FOLDER}verdicts.${name}.txt`, "utf8")] as const);
    const tables = printed
      .split(/^== verdicts\.(.*)\.txt\n/m)
      .slice(1)
      .reduce<[string, string][]>((found, part, i, all) => {
        if (i % 2 === 0) found.push([part, all[i + 1] ?? ""]);
        return found;
      }, []);
    expect(tables.sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(kept);
  });
});

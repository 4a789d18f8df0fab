import { describe, expect, test } from "vitest";
import { iso } from "../src/lib/time.ts";
import { SHIPPED_POLICIES } from "../src/policy/shipped.ts";
import { goldenTable, said, shared, verdictsUnder } from "./support/golden.ts";

const shown = (word: string, due: number | undefined) => `${word}${due === undefined ? "" : `, due ${iso(due)}`}`;

describe.each(SHIPPED_POLICIES)("%s, by the table that was worked out apart", (policy) => {
  const found = verdictsUnder(policy);
  const table = goldenTable(policy);

  test("every verdict and every due time is the one of the table", () => {
    const differs: string[] = [];
    for (const { incident, judged, word, level, due, words } of table) {
      const ours = found.get(incident)?.get(judged);
      const same = said(ours) === word && ours?.due === due && (level === "-" || ours?.level === level);
      if (same) continue;
      const { about } = [...shared.incidents, ...shared.reports].find(({ id }) => id === incident) ?? {};
      differs.push(
        `${incident} (${about}): ${judged}\n  the table: ${shown(word, due)} (${level})\n    ${words}\n  the program: ${shown(said(ours), ours?.due)} (${ours?.level ?? "-"})\n    ${ours?.what ?? ""}`,
      );
    }
    expect(differs.join("\n")).toBe("");
  });

  test("nothing is judged beyond the table", () => {
    const listed = new Set(table.map(({ incident, judged }) => `${incident} ${judged}`));
    const beyond = [...found].flatMap(([incident, rows]) =>
      [...rows].flatMap(([judged, one]) =>
        listed.has(`${incident} ${judged}`) ? [] : `${incident} ${judged}: ${said(one)}, ${one.what}`,
      ),
    );
    expect(beyond).toEqual([]);
  });
});

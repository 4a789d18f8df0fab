import { expect, test } from "vitest";
import { CLASS_NUMBERS, type Graveness, suggestedClass } from "../src/findings/class.ts";
import { t } from "./support/entries.ts";

const NOW = t("2026-11-20");
const DAY = 86_400_000;

test.each<[string, Graveness, string | undefined]>([
  ["nothing known", {}, undefined],
  ["what is met", { result: "met", basis: "policy" }, undefined],
  ["a single failure", { result: "not_met", basis: "policy", controlEvidence: 3 }, "minor"],
  ["missing data", { result: "no_data", basis: "policy", controlEvidence: 3 }, "minor"],
  ["a control without evidence", { result: "no_data", basis: "policy", controlEvidence: 0 }, "major"],
  ["a recommendation without evidence", { result: "no_data", basis: "recommended", controlEvidence: 0 }, "minor"],
  ["altered records", { isBroken: true }, "major"],
  ["nobody told the authority", { untold: 1, result: "not_met" }, "major"],
  ["exactly a fifth of the gravest", { result: "not_met", gravest: { failing: 2, of: 10 } }, "minor"],
  ["more than a fifth", { result: "not_met", gravest: { failing: 3, of: 10 } }, "major"],
  ["more than a fifth of too few", { result: "not_met", gravest: { failing: 4, of: 4 } }, "minor"],
  ["more than a fifth of just enough", { result: "not_met", gravest: { failing: 2, of: 5 } }, "major"],
  ["no target", { result: "no_target" }, "observation"],
  ["an ambiguous rule", { isUnclear: true }, "observation"],
  ["a waiver that ends in thirty days", { result: "waived", waiverUntil: NOW + 30 * DAY }, "observation"],
  ["a waiver that ends later", { result: "waived", waiverUntil: NOW + 30 * DAY + 1 }, undefined],
  ["a waiver that is over", { result: "waived", waiverUntil: NOW }, undefined],
])("%s", (_, finding, word) => {
  expect(suggestedClass(finding, NOW)?.word).toBe(word);
});

test("its numbers are data", () => {
  expect(CLASS_NUMBERS).toEqual({ gravestFailing: 20, gravestAtLeast: 5, waiverDays: 30 });
});

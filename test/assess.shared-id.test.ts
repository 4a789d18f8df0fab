import { describe, expect, test } from "vitest";
import type { RequirementAssessment } from "../src/assess/assess.ts";
import type { FactOf, Observed } from "../src/evidence/fact.ts";
import { assessIn, fact, seen, shippedCatalogue, wholeRegister } from "./support/assessing.ts";
import { inForce } from "./support/rules.ts";

/** A review or a step that names an id which two incidents of one source bear is attached to neither as if that were known. */

const RUN = wholeRegister().length - 1;
const CATALOGUE = shippedCatalogue();
const at = (text: string) => Date.parse(`2026-11-${text}:00Z`);

const incident = (title: string, origin: string, over: Partial<FactOf<"incident">> = {}) =>
  seen(
    fact("incident", "INC-5", {
      title,
      severity: "Sev1",
      detectedAt: at("02T09:00"),
      resolvedAt: at("02T11:00"),
      closedAt: at("05T11:00"),
      ...over,
    }),
    { entry: RUN, origin, position: origin === "a.md" ? 0 : 1 },
  );
const review = seen(
  fact("review", "REV-1", {
    title: "Review",
    incident: "INC-5",
    date: at("03T09:00"),
    approvedBy: "Anna",
    approvedAt: at("04T09:00"),
  }),
  { entry: RUN, origin: "rev.md", position: 2 },
);

const assessed = (facts: Observed[]): ReadonlyMap<string, RequirementAssessment> =>
  new Map(
    assessIn(CATALOGUE, { facts, policies: inForce("sev1-4") }).flatMap(({ requirements }) =>
      requirements.map((one) => [one.id, one]),
    ),
  );

describe("two incidents of one source with one id", () => {
  test("leave open which of them a review is about, by both files and with what to do", () => {
    const alone = assessed([incident("Laptop", "a.md"), review]).get("a527.review.exists");
    expect(alone?.result).toBe("met");
    const both = assessed([incident("Laptop", "a.md"), incident("Server", "b.md"), review]).get("a527.review.exists");
    expect(both?.result).toBe("indeterminate");
    expect(both?.failing.map(({ id }) => id)).toEqual(["INC-5", "INC-5"]);
    expect(both?.failing[0]?.what).toMatch(
      /INC-5 \(a\.md, b\.md\).*any of them.*Give each a number of its own at the source/,
    );
  });

  test("are judged as ever by what stands in each of them", () => {
    const both = assessed([incident("Laptop", "a.md"), incident("Server", "b.md", { severity: null })]);
    expect(both.get("a525.severity.stated")).toMatchObject({ result: "not_met", n: 1, of: 2 });
    // No review names them: that there is none is known of both.
    expect(both.get("a527.review.exists")?.failing).toMatchObject([{ id: "INC-5" }]);
  });
});

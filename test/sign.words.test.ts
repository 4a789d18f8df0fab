import { expect, test } from "vitest";
import { whatCanBeSigned } from "../src/cli/sign.ts";

test("each word that can be signed has its meaning, its rhythm and the newest time that is over", () => {
  const human = [
    {
      id: "a536.review.signed",
      text: "An owner looked at the month.",
      freshness: "monthly",
      control: "A.5.36",
      subject: "monthly-review",
    },
    { id: "x.y", text: "Once a year.", freshness: "yearly", control: "A.5.24", subject: "plan" },
  ] as const;
  const now = Date.parse("2026-11-22T04:00:00Z");
  const [nil, review, plan] = whatCanBeSigned(human, now, "UTC");
  expect(nil).toMatchObject({ subject: "nil-return", often: "monthly", next: "--month 2026-10" });
  expect(review).toEqual({
    subject: "monthly-review",
    often: "monthly",
    next: "--month 2026-10",
    means: "An owner looked at the month (a536.review.signed)",
  });
  expect(plan).toMatchObject({ often: "yearly", next: "--period 2025-01-01..2025-12-31" });
});

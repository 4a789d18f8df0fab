import { describe, expect, test } from "vitest";
import type { Actor } from "../src/evidence/entry.ts";
import { Fact } from "../src/evidence/fact.ts";
import { activitiesOf } from "../src/reviews/activity.ts";
import { reviewFacts } from "../src/reviews/facts.ts";
import { ActLog, OPERATOR, OWNER, SHELL } from "./support/acts.ts";
import { blobRef, t } from "./support/entries.ts";

type Fields = Record<string, unknown>;
const DOC = blobRef("one", "text/markdown; charset=utf-8");
const OTHER = blobRef("two", "text/markdown; charset=utf-8");

/** Acts on one review, each with its fields, who did it and its words. */
function review(...acts: [act: string, fields?: Fields, by?: Actor, words?: Record<string, string | string[]>][]) {
  const log = new ActLog("2026-11-20T08:00Z");
  for (const [act, fields = {}, by = OWNER, words = {}] of acts)
    log.add("activity", { activity: "REV-2026-001", type: "incident-review", act, ...fields }, { by, words });
  return log.acts;
}
const fold = (acts: ReturnType<typeof review>) => {
  const { all, troubles } = activitiesOf(acts as never);
  return { one: all.get("REV-2026-001"), troubles };
};
const WRITTEN: [string, Fields, Actor, Record<string, string>] = [
  "document",
  { document: DOC, incidents: ["INC-2026-001"] },
  OPERATOR,
  { title: "Login" },
];

describe("an approval", () => {
  test("holds for the bytes that were recorded", () => {
    const { one, troubles } = fold(review(WRITTEN, ["approve", { document: DOC }]));
    expect(troubles).toEqual([]);
    expect(one?.approval).toMatchObject({ entry: 1, by: OWNER, byAuthor: false });
  });

  test("is void when the bytes change, and does not come back when they change back", () => {
    const changed = fold(review(WRITTEN, ["approve", { document: DOC }], ["document", { document: OTHER }]));
    expect(changed.one?.approval).toBeUndefined();
    expect(changed.one?.void).toMatchObject([{ entry: 1, why: "another version was recorded after it" }]);
    const back = fold(
      review(
        WRITTEN,
        ["approve", { document: DOC }],
        ["document", { document: OTHER }],
        ["document", { document: DOC }],
      ),
    );
    expect(back.one?.approval).toBeUndefined();
    const again = fold(
      review(
        WRITTEN,
        ["approve", { document: DOC }],
        ["document", { document: OTHER }],
        ["approve", { document: OTHER }],
      ),
    );
    expect(again.one?.approval?.entry).toBe(3);
  });

  test("of other bytes, by nobody known, by somebody who may not, before the document, and of what was withdrawn counts for nothing", () => {
    const why = (...acts: Parameters<typeof review>) => {
      const { one, troubles } = fold(review(...acts));
      expect(one?.approval).toBeUndefined();
      expect(troubles).toHaveLength(1);
      return one?.void[0]?.why ?? troubles[0]?.why;
    };
    expect(why(WRITTEN, ["approve", { document: OTHER }])).toBe("it is for other bytes than those that were recorded");
    expect(why(WRITTEN, ["approve", {}])).toBe("it is for other bytes than those that were recorded");
    expect(why(WRITTEN, ["approve", { document: DOC }, SHELL])).toBe("nobody proved who did it");
    expect(why(WRITTEN, ["approve", { document: DOC }, OPERATOR])).toBe("who did it is operator, and may not sign");
    expect(why(WRITTEN, ["approve", { document: DOC }, { type: "system", id: "custody" }])).toBe("no person did it");
    expect(why(WRITTEN, ["approve", { document: DOC, happened: "2026-11-19T08:00:00.000Z" }])).toBe(
      "it says that it was before what it approves",
    );
    expect(why(WRITTEN, ["withdraw"], ["approve", { document: DOC }])).toBe("it was withdrawn before");
    expect(why(["approve", { document: DOC }], WRITTEN)).toBe("there was no REV-2026-001 yet");
  });

  test("by whoever wrote it is told: by their ID, else whoever recorded it where nobody is named", () => {
    const by = (fields: Fields, words: Record<string, string>, recorder: Actor) =>
      fold(review(["document", { document: DOC, ...fields }, recorder, words], ["approve", { document: DOC }])).one
        ?.approval?.byAuthor;
    expect(by({ values: { author: "p-anna" } }, {}, OPERATOR)).toBe(true);
    expect(by({ values: { author: "p-ben" } }, {}, OWNER)).toBe(false);
    expect(by({}, {}, OWNER)).toBe(true);
    expect(by({}, { author: "Ben Example" }, OWNER)).toBe(false);
  });

  test("of a record that was corrected afterwards is void", () => {
    const log = new ActLog();
    log.add("activity", { activity: "EXE-1", type: "exercise", act: "record" }, { words: { text: "a" } });
    log.add("activity", { activity: "EXE-1", type: "exercise", act: "approve" });
    expect(activitiesOf(log.acts as never).all.get("EXE-1")?.approval?.entry).toBe(1);
    log.add("activity", { activity: "EXE-1", type: "exercise", act: "record", corrects: 0 }, { words: { text: "b" } });
    const { all, troubles } = activitiesOf(log.acts as never);
    expect(troubles).toEqual([]);
    expect(all.get("EXE-1")).toMatchObject({ approval: undefined, title: "b", void: [{ entry: 1 }] });
  });
});

test("records that do not fit are kept as troubles, whatever their order", () => {
  const { one, troubles } = fold(
    review(
      WRITTEN,
      ["withdraw"],
      ["withdraw"],
      ["document", { document: OTHER, type: "exercise" }],
      ["document", { document: OTHER, corrects: 77 }],
    ),
  );
  expect(one?.withdrawn).toBeUndefined();
  expect(troubles.map(({ entry }) => entry)).toEqual([2, 3, 4]);
});

describe("facts", () => {
  test("of a review tell what stands in its newest version, and when it was first whole", () => {
    const words = {
      title: "Login",
      author: "Ben",
      sections: ["timeline", "root cause"],
      empty: ["impact"],
      actionItems: ["a", "b"],
      actionOwners: ["Anna", ""],
      actionDues: ["2026-12-01", ""],
    };
    const acts = review(
      [
        "document",
        { document: DOC, incidents: ["INC-2026-001", "INC-2026-002"], values: { missing: 3 } },
        OPERATOR,
        { title: "x" },
      ],
      [
        "document",
        {
          document: OTHER,
          values: { missing: 0, severity: "Sev1", controlChange: "no" },
          happened: "2026-11-20T00:00:00.000Z",
          precision: 86_400_000,
        },
        OPERATOR,
        words,
      ],
      ["approve", { document: OTHER, values: { controlChange: "yes" } }, OWNER, { reason: "r", controlReason: "r" }],
      ["publish", { evidence: [DOC] }, OWNER, { url: "https://example.org/" }],
    );
    const facts = reviewFacts(acts as never, "custody:register", new Map([["p-anna", "anna"]])).map(({ fact }) =>
      Fact.parse(fact),
    );
    expect(facts.map(({ id }) => id)).toEqual(["REV-2026-001", "REV-2026-001+INC-2026-002"]);
    expect(facts[0]).toEqual({
      kind: "review",
      id: "REV-2026-001",
      title: "Login",
      incident: "INC-2026-001",
      severity: "Sev1",
      author: "Ben",
      date: t("2026-11-20"),
      approvedBy: "anna",
      approvedAt: acts[2]?.at,
      attested: [],
      publishedAt: acts[3]?.at,
      precision: { date: 86_400_000 },
      sections: ["timeline", "root cause"],
      empty: ["impact"],
      controlChange: "yes",
      actions: [
        { item: "a", owner: "Anna", due: "2026-12-01" },
        { item: "b", owner: null, due: null },
      ],
    });
    expect(facts[1]).toMatchObject({ incident: "INC-2026-002" });
    expect(reviewFacts([...acts, ...review(["withdraw"]).map((one) => ({ ...one, index: 9 }))] as never, "r")).toEqual(
      [],
    );
  });

  test("of something held tell who was there, and whether a file shows it", () => {
    const log = new ActLog();
    log.add(
      "activity",
      {
        activity: "EXE-1",
        type: "exercise",
        act: "record",
        participants: ["p-anna", "p-ben"],
        evidence: [DOC],
        values: { scenario: "ransomware" },
      },
      { words: { text: "Table top.\nMore." } },
    );
    expect(Fact.parse(reviewFacts(log.acts, "r", new Map([["p-anna", "anna"]]))[0]?.fact)).toMatchObject({
      kind: "activity",
      title: "Table top.",
      participants: ["anna", "p-ben"],
      documented: true,
      values: { scenario: "ransomware" },
      approvedBy: null,
    });
  });
});

import { describe, expect, test } from "vitest";
import { markdownIncidents } from "../collectors/markdown-incidents.ts";
import type { RequirementAssessment } from "../src/assess/assess.ts";
import { readCapture } from "../src/collector/reading.ts";
import type { FactOf } from "../src/evidence/fact.ts";
import { countPlaces } from "../src/evidence/place.ts";
import { assessIn, fact, seen, shippedCatalogue, wholeRegister } from "./support/assessing.ts";
import { inForce } from "./support/rules.ts";

/** A place that could not be read touches what is judged by it, and nothing else. */

const ITEM = "b".repeat(64);
const RUN = wholeRegister().length - 1;
const CATALOGUE = shippedCatalogue();
const POLICIES = inForce("sev1-4");
const at = (text: string) => Date.parse(`2026-11-${text}:00Z`);

type Asked = Pick<NonNullable<Parameters<typeof assessIn>[1]>, "facts" | "problems">;

function assessed({ facts = [], problems = [] }: Asked): ReadonlyMap<string, RequirementAssessment> {
  const controls = assessIn(CATALOGUE, { facts, problems, policies: POLICIES });
  return new Map(controls.flatMap(({ requirements }) => requirements.map((one) => [one.id, one])));
}

/** What the reader finds in a file, as it came with the newest run. */
function read(text: string, origin: string) {
  const bytes = Buffer.from(text);
  const capture = { bytes, mediaType: "text/markdown", origin, capturedAt: 0, window: { from: 0, to: 1 } };
  const { facts, problems } = readCapture(markdownIncidents, capture);
  const place = { instance: "register", entry: RUN, item: ITEM };
  return {
    facts: facts.map((found, ordinal) => seen(found, { ...place, ordinal, origin })),
    problems: problems.map(({ where, message, about }) => ({ ...place, where, message, ...(about ? { about } : {}) })),
  };
}

const file = (more: string) =>
  `---\nid: INC-5\ntitle: Lost laptop\nseverity: Sev2\noccurred: 2026-11-03T08:00Z\ndetected: 2026-11-03T09:00Z\nacknowledged: 2026-11-03T09:05Z\nresponded: 2026-11-03T09:06Z\nowner: Anna\n${more}---\n`;
const GOOD = seen(
  fact("incident", "INC-1", {
    title: "Outage",
    severity: "Sev2",
    occurredAt: at("02T08:00"),
    detectedAt: at("02T09:00"),
    acknowledgedAt: at("02T09:05"),
    respondedAt: at("02T09:06"),
    owner: "Anna",
    personalData: "no",
  }),
  { entry: RUN },
);

const typo = read(file("personal_data: maybe\n"), "INC-5.md");
const plain = read(file("personal_data: no\n"), "INC-5.md");
const indeterminate = (all: ReadonlyMap<string, RequirementAssessment>) =>
  [...all.values()].filter(({ result }) => result === "indeterminate").map(({ id }) => id);

describe("one value that could not be read", () => {
  const before = assessed({ facts: [GOOD, ...plain.facts] });
  const now = assessed({ facts: [GOOD, ...typo.facts], problems: typo.problems });

  test("the reader says which value of which record it is", () => {
    expect(typo.problems).toMatchObject([
      { where: "INC-5.md:10", about: [{ kind: "incident", id: "INC-5", fields: ["personalData"] }] },
    ]);
  });

  test("the reader says nothing of the kind where it may be about anything", () => {
    const about = (text: string) => read(text, "INC-5.md").problems.map((one) => "about" in one);
    expect(about(file("id: INC-6\n"))).toEqual([false]);
    expect(about("---\nid: [\n---\n")).toEqual([false]);
    expect(about("# Register\n\n## Incident: A\ndetected: soon\n\n## Incident: A\ndetected: soon\n")).toEqual([
      false,
      false,
    ]);
    const many = Array.from({ length: 130 }, (_, i) => `odd${i}: 1\nodd${i}: 2\n`).join("");
    const told = about(file(many));
    expect([told.length, told.at(-1), told.slice(0, -1).every(Boolean)]).toEqual([101, false, true]);
  });

  test("touches only what is judged by it, and there only its own record", () => {
    const more = indeterminate(now).filter((id) => !indeterminate(before).includes(id));
    expect(more.length).toBeGreaterThan(0);
    for (const id of more) {
      const { failing, reason } = now.get(id) as RequirementAssessment;
      expect(`${id} ${failing.map((one) => `${one.id}: ${one.what}`)} ${reason}`).toMatch(/INC-5/);
    }
    expect(more).toEqual(["a526.breach.contract"]);
  });

  test("its record stays in the population, and is among what cannot be decided", () => {
    const decided = now.get("a526.personal_data.decided") ?? now.get("a526.breach.contract");
    expect(decided?.failing).toMatchObject([{ id: "INC-5", instance: "register" }]);
    expect(decided?.failing[0]?.what).toMatch(/could not be read \(INC-5\.md:10: personal_data: expected yes or no/);
  });

  test("a place that may hide anything still touches all that rests on its source", () => {
    const whole = typo.problems.map(({ about: _, ...problem }) => problem);
    const wide = indeterminate(assessed({ facts: [GOOD, ...typo.facts], problems: whole }));
    expect(wide.length).toBeGreaterThan(indeterminate(now).length + 10);
  });

  test("a value that decides whether its record is one of the period hides all of it", () => {
    const when = read(file("closed: 2026-10-99\n").replaceAll("2026-11-", "2026-10-"), "INC-5.md");
    expect(when.problems[0]?.about?.[0]?.fields).toEqual(["closedAt"]);
    const answers = [...assessed(when).values()];
    const touched = answers.filter(({ reason }) =>
      /places in the evidence could not be read \(register: 1\)/.test(reason),
    );
    expect(touched.length).toBeGreaterThan(10);
    expect(touched.filter(({ result }) => result === "met")).toEqual([]);
  });

  test("the same value of a record that is one of the period whatever it is hides nothing else", () => {
    const when = read(file("closed: 2026-11-99\n"), "INC-5.md");
    const all = assessed({ ...when, facts: [GOOD, ...when.facts] });
    for (const id of ["a525.severity.stated", "a525.severity.in_taxonomy", "a526.acknowledgement.timely"])
      expect([id, all.get(id)?.result]).toEqual([id, before.get(id)?.result]);
  });

  test("a value of the newest word is unknown also where the source was looked at again and shows it no more", () => {
    const earlier = typo.problems.map((one) => ({ ...one, entry: RUN - 1 }));
    const facts = typo.facts.map((one) => ({ ...one, entry: RUN - 1 }));
    expect(assessed({ facts: [GOOD, ...facts], problems: earlier }).get("a526.breach.contract")?.result).toBe(
      "indeterminate",
    );
  });

  test("what was mended is known again", () => {
    const earlier = {
      facts: typo.facts.map((one) => ({ ...one, entry: RUN - 1 })),
      problems: typo.problems.map((one) => ({ ...one, entry: RUN - 1 })),
    };
    const mended = assessed({ facts: [GOOD, ...earlier.facts, ...plain.facts], problems: earlier.problems });
    expect([...mended].map(([id, { result }]) => [id, result])).toEqual(
      [...before].map(([id, { result }]) => [id, result]),
    );
  });
});

describe("never the other way round: whatever a value that could not be read was", () => {
  type Fields = Partial<FactOf<"incident">>;
  const base = fact("incident", "INC-5", {
    ...(plain.facts[0]?.fact as FactOf<"incident">),
    resolvedAt: at("03T12:00"),
    closedAt: at("05T12:00"),
    closedBy: "Ben",
    closureReason: "done",
    tags: ["customer-data"],
    messages: [
      { at: at("03T09:30"), channel: "status-page", audience: "customers", purpose: "notice", reached: 1, of: 1 },
    ],
  });
  const times = ["02T07:00", "03T08:30", "03T09:05", "04T12:00", "09T00:00"].map(at);
  const each = (field: keyof Fields) => times.map((time): Fields => ({ [field]: time }));
  const ANYTHING: Readonly<Record<string, { empty: Fields; values: readonly Fields[] }>> = {
    personalData: { empty: { personalData: null }, values: [{ personalData: "yes" }, { personalData: "no" }] },
    severity: { empty: { severity: null }, values: ["Sev1", "Sev2", "Sev4", "huge"].map((severity) => ({ severity })) },
    nature: { empty: { nature: null }, values: ["security", "availability", "odd"].map((nature) => ({ nature })) },
    tags: { empty: { tags: [] }, values: [{ tags: ["key-compromise"] }, { tags: ["customer-data-accessed"] }] },
    detectedBy: { empty: { detectedBy: null }, values: [{ detectedBy: "customer" }, { detectedBy: "monitoring" }] },
    owner: { empty: { owner: null }, values: [{ owner: "Anna" }, { owner: "team" }] },
    messages: { empty: { messages: [] }, values: [{ messages: base.messages }] },
    measures: {
      empty: { measures: [], measuresAt: [] },
      values: [{ measures: ["rotate-credentials"], measuresAt: [null] }],
    },
    escalations: {
      empty: { escalations: [] },
      values: [{ escalations: [{ at: at("03T09:10"), from: null, to: "lead", reason: null }] }],
    },
    ...Object.fromEntries(
      (
        [
          "occurredAt",
          "detectedAt",
          "acknowledgedAt",
          "respondedAt",
          "containedAt",
          "resolvedAt",
          "closedAt",
          "publishedAt",
        ] as const
      ).map((field) => [field, { empty: { [field]: null }, values: each(field) }]),
    ),
  };
  /** Answers that may rest on what is not known. */
  const OPEN = ["indeterminate", "invalid", "no_data"];

  test.each(Object.keys(ANYTHING))("%s", (field) => {
    const { empty, values } = ANYTHING[field] as (typeof ANYTHING)[string];
    const given = (fields: Fields) => seen({ ...base, ...fields } as FactOf<"incident">, { entry: RUN, item: ITEM });
    const about = [{ kind: "incident" as const, id: "INC-5", fields: Object.keys(empty) }];
    const problem = { instance: "register", entry: RUN, item: ITEM, where: "INC-5.md:9", message: "odd", about };
    const now = assessed({ facts: [GOOD, given(empty)], problems: [problem] });
    for (const value of values) {
      const then = assessed({ facts: [GOOD, given(value)] });
      for (const [id, { result, n, of, reason }] of now) {
        if (OPEN.includes(result) || /could not be read/.test(reason)) continue;
        const truth = then.get(id) as RequirementAssessment;
        const what = `${id}: ${reason} / ${JSON.stringify(value)}: ${truth.reason}`;
        expect(truth.result, what).toBe(result);
        if (result === "met") expect([truth.n, truth.of], what).toEqual([n, of]);
      }
    }
  });
});

describe("how many places could not be read", () => {
  const place = { instance: "register", entry: 4, where: "INC-5.md:8", message: "expected yes or no" };

  test("a place counts once, in however many looks it was seen and whatever is wrong with it", () => {
    expect(countPlaces([place, { ...place, entry: 9 }, { ...place, message: "stands twice" }])).toBe(1);
  });

  test("the same file of another source is another place, and what says no place counts by itself", () => {
    const bare = { instance: "register", entry: 4 };
    expect(countPlaces([place, { ...place, instance: "other" }, bare, bare])).toBe(4);
  });
});

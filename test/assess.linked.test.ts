import { describe, expect, test } from "vitest";
import { oncePerIncident } from "../src/acts/linking.ts";
import type { RequirementAssessment } from "../src/assess/assess.ts";
import { withLinked } from "../src/assess/linked.ts";
import { differenceInWords, oneCase } from "../src/assess/one-case.ts";
import { meetsPeriod } from "../src/assess/population.ts";
import { judgeTarget } from "../src/assess/targets.ts";
import type { FactOf, Observed } from "../src/evidence/fact.ts";
import { linksOf } from "../src/reviews/links.ts";
import { ActLog } from "./support/acts.ts";
import { AS_OF, assessIn, fact, seen, shippedCatalogue, wholeRegister } from "./support/assessing.ts";
import { inForce } from "./support/rules.ts";

/** Records that a link calls the same are one incident: in every count, and with what any of them tells. */

type Incident = FactOf<"incident">;
const OWN = "custody:register";
const RUN = wholeRegister().length - 1;
const at = (text: string) => Date.parse(`2026-11-${text}:00Z`);

const told = (instance: string, id: string, fields: Partial<Incident> = {}) =>
  seen(fact("incident", id, { title: id, ...fields }), { instance, entry: RUN }) as Observed & {
    readonly fact: Incident;
  };
const ours = (fields: Partial<Incident> = {}) => told(OWN, "BREACH-5", { detectedAt: at("02T09:00"), ...fields });
const theirs = (fields: Partial<Incident> = {}) =>
  told("register", "INC-5", { detectedAt: at("02T09:00"), severity: "Sev1", ...fields });
const joined = (...records: ReturnType<typeof told>[]) => oneCase(records).fact;

/** A link between the two; `then` the same again, removed. */
function links(then?: "remove") {
  const log = new ActLog();
  const pair = {
    from: { instance: "register", kind: "incident", id: "INC-5", entry: RUN, ordinal: 0 },
    to: { type: "incident", id: "BREACH-5" },
    relation: "same",
  };
  log.add("link", { ...pair, act: "add" });
  if (then !== undefined) log.add("link", { ...pair, act: then });
  return linksOf(log.acts);
}
const LINKED = (one: Observed) => (one.fact.kind === "incident" ? "one" : "");

const assessed = (facts: Observed[], toldAs?: typeof LINKED): ReadonlyMap<string, RequirementAssessment> =>
  new Map(
    assessIn(shippedCatalogue(), {
      facts,
      toldAs,
      own: { instance: OWN, kept: undefined },
      policies: inForce("sev1-4"),
    }).flatMap(({ requirements }) => requirements.map((one) => [one.id, one])),
  );

describe("records linked as the same incident", () => {
  test("are one, under the name of our own, until the link is removed; a record by itself stays as it is", () => {
    const facts = [theirs(), ours(), told("register", "INC-6")];
    const names = (standing: ReturnType<typeof links>) => oncePerIncident(facts, standing).map(({ fact }) => fact.id);
    expect(names(links()).sort()).toEqual(["BREACH-5", "INC-6"]);
    expect(names(links("remove"))).toHaveLength(3);
    expect(withLinked(facts, undefined, new Map())).toBe(facts);
    expect(oneCase([facts[2] as ReturnType<typeof told>])).toBe(facts[2]);
  });

  test("hold what any of them tells, each field from the record that tells it", () => {
    const message = { at: at("02T10:00"), channel: "email", audience: "customers", purpose: "notice" } as const;
    const one = joined(
      theirs({
        causeKey: "cache",
        cause: "no key",
        closedAt: at("05T10:00"),
        messages: [{ ...message, reached: 3, of: 3 }],
        precision: { "messages.0": 60_000 },
        impact: { confidentiality: "high", integrity: null, availability: null },
        affected: 3,
      }),
      ours({
        owner: "anna",
        messages: [{ ...message, channel: "phone", reached: null, of: null }],
        impact: { confidentiality: null, integrity: "none", availability: null },
      }),
    );
    expect(one).toMatchObject({
      id: "BREACH-5",
      causeKey: "cache",
      owner: "anna",
      closedAt: at("05T10:00"),
      affected: 3,
    });
    expect(one.messages.map(({ channel }) => channel)).toEqual(["phone", "email"]);
    expect(one.precision).toEqual({ "messages.1": 60_000 });
    expect(one.impact).toEqual({ confidentiality: "high", integrity: "none", availability: null });
    expect(one.linked?.map(({ id }) => id)).toEqual(["BREACH-5", "INC-5"]);
    expect(one.differing).toBeUndefined();
  });

  test("are counted once, and what is linked to either belongs to the one", () => {
    const review = seen(
      fact("review", "REV-1", {
        incident: "INC-5",
        date: at("03T09:00"),
        approvedBy: "Anna",
        approvedAt: at("04T09:00"),
      }),
      { instance: OWN, entry: RUN },
    );
    const done = { resolvedAt: at("02T11:00"), severity: "Sev1" };
    const facts = [theirs({ ...done, closedAt: at("05T11:00") }), ours(done), review];
    const [apart, one] = [assessed(facts), assessed(facts, LINKED)];
    expect([apart.get("a525.severity.stated"), one.get("a525.severity.stated")]).toMatchObject([
      { n: 2, of: 2 },
      { n: 1, of: 1 },
    ]);
    expect(apart.get("a527.review.exists")?.result).not.toBe("met");
    expect(one.get("a527.review.exists")).toMatchObject({ result: "met" });
  });
});

describe("where two of them differ", () => {
  test("a time lies anywhere between them: a target that this decides is met by nobody", () => {
    const policies = inForce("sev1-4");
    const word = (...records: ReturnType<typeof told>[]) =>
      judgeTarget(joined(...records), "respond", policies, AS_OF).verdict.word;
    const [early, late] = [at("02T09:05"), at("03T23:00")];
    expect(word(theirs({ respondedAt: early }), ours())).toBe("ok");
    expect(word(theirs({ respondedAt: early }), ours({ respondedAt: late }))).toBe("unclear");
    expect(word(theirs({ respondedAt: late }), ours({ respondedAt: late + 60_000 }))).toBe("bad");
    const one = joined(theirs({ respondedAt: early }), ours({ respondedAt: late }));
    expect(one).toMatchObject({ respondedAt: early, precision: { respondedAt: late - early + 1 } });
    expect(differenceInWords(one.differing?.[0] as never)).toBe(
      `records linked as the same incident differ in responded: "2026-11-03T23:00:00.000Z" (BREACH-5, record ${RUN}), "2026-11-02T09:05:00.000Z" (INC-5, record ${RUN}). Correct one of them`,
    );
  });

  test("a time said more exactly by one of them is no difference", () => {
    const day = { detectedAt: at("02T00:00"), precision: { detectedAt: 86_400_000 } };
    const one = joined(theirs(day), ours());
    expect([one.detectedAt, one.precision, one.differing]).toEqual([at("02T09:00"), {}, undefined]);
  });

  test("no period loses it to the earlier end", () => {
    const one = joined(theirs({ closedAt: at("03T09:00") }), ours({ closedAt: at("20T09:00") }));
    expect(meetsPeriod(one, { from: at("10T00:00"), to: at("30T00:00") }, at("30T00:00"))).toBe(true);
  });

  test("the graver decision counts, and a worse severity leaves open how grave it was", () => {
    const one = joined(
      theirs({ personalData: "yes", personalDataBy: "Anna", affected: 2 }),
      ours({ personalData: "no", personalDataBy: "Tom", affected: 9, severity: "Sev3" }),
    );
    expect(one).toMatchObject({ personalData: "yes", personalDataBy: "Anna", affected: 9, severity: "Sev3" });
    expect(one.severitiesSeen).toEqual([{ severity: "Sev1", entry: RUN }]);
    expect(one.differing?.map(({ field }) => field).sort()).toEqual(["affected", "personalData", "severity"]);
  });

  test("in what is neither earlier nor graver nobody can tell, and both records are named", () => {
    const facts = [theirs({ nature: "security" }), ours({ nature: "availability", severity: "Sev1" })];
    expect(assessed(facts).get("a525.nature.stated")?.result).toBe("met");
    const found = assessed(facts, LINKED).get("a525.nature.stated");
    expect(found).toMatchObject({ result: "indeterminate", deciding: "cannot be decided for 1 of 1 incident" });
    expect(JSON.stringify(found?.failing)).toMatch(/availability.*BREACH-5.*security.*INC-5/);
  });
});

const NOTHING_SAID = {
  awareAt: null,
  risk: null,
  riskBy: null,
  riskAt: null,
  riskReason: null,
  authorityAt: null,
  controllerAt: null,
  subjectsAt: null,
  exemption: null,
  delayReason: null,
  facts: null,
  effects: null,
  remedy: null,
  people: null,
};

test("a breach that two of them tell is one: its times lie between theirs, and the higher risk counts", () => {
  const breach = (fields: Partial<Incident["breaches"][number]>) =>
    ({ ...NOTHING_SAID, role: "controller", dataset: "crm", ...fields }) as Incident["breaches"][number];
  const one = joined(
    theirs({ breaches: [breach({ awareAt: at("02T10:00"), risk: "high", riskBy: "Anna" })] }),
    ours({
      breaches: [
        breach({ role: "processor" }),
        breach({ awareAt: at("02T12:00"), risk: "risk", riskBy: "Tom", facts: "41 rows" }),
      ],
    }),
  );
  expect(one.breaches).toMatchObject([
    { role: "processor" },
    { role: "controller", awareAt: at("02T10:00"), risk: "high", riskBy: "Anna", facts: "41 rows" },
  ]);
  expect(one.precision["breaches.1.awareAt"]).toBe(2 * 3_600_000 + 1);
});

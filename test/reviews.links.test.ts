import { describe, expect, test } from "vitest";
import type { FactInput, Observed } from "../src/evidence/fact.ts";
import { wholeFact } from "../src/evidence/fact.ts";
import { keyOf, linksOf, linkWarnings, type Ref } from "../src/reviews/links.ts";
import { proposeLinks } from "../src/reviews/propose.ts";
import { ActLog } from "./support/acts.ts";
import { t } from "./support/entries.ts";

const inc = (id: string): Ref => ({ type: "incident", id });
const fact = (instance: string, id: string, entry = 1, kind = "incident"): Ref => ({
  instance,
  kind,
  id,
  entry,
  ordinal: 0,
});

function linked(...links: [from: Ref, to: Ref, relation: string, act?: "add" | "remove"][]) {
  const log = new ActLog();
  for (const [from, to, relation, act = "add"] of links) log.add("link", { from, to, relation, act });
  return linksOf(log.acts);
}

describe("links", () => {
  test("stand on both sides, whichever revision was looked at", () => {
    const links = linked([inc("INC-1"), fact("prom", "a1", 7, "alert"), "alert"]);
    expect(links.of(inc("INC-1"))).toHaveLength(1);
    expect(links.of(fact("prom", "a1", 99, "alert"))).toHaveLength(1);
    expect(links.of(fact("prom", "a1", 7, "incident"))).toEqual([]);
  });

  test("are removed by a further record, and can be made again", () => {
    const pair = [inc("INC-1"), fact("pd", "P1"), "same"] as const;
    expect(linked([...pair], [...pair, "remove"]).all).toEqual([]);
    // What is the same is the same the other way round.
    expect(linked([...pair], [pair[1], pair[0], "same", "remove"]).all).toEqual([]);
    expect(linked([...pair], [...pair, "remove"], [...pair]).all).toHaveLength(1);
    const other = linked([inc("A"), inc("B"), "follows"], [inc("B"), inc("A"), "follows", "remove"]);
    expect(other.all).toHaveLength(1);
    expect(other.troubles).toMatchObject([{ entry: 1, why: expect.stringContaining("is not there") }]);
  });

  test("said twice count once; with itself, never", () => {
    const links = linked(
      [inc("A"), inc("B"), "follows"],
      [inc("A"), inc("B"), "follows"],
      [inc("A"), inc("A"), "same"],
    );
    expect(links.all.map(({ entry }) => entry)).toEqual([0]);
    expect(links.troubles).toMatchObject([{ entry: 2, why: "it links incident:A with itself" }]);
  });

  test("the same as the same is the same, until a link between them is removed", () => {
    const chain = [
      [inc("INC-1"), fact("pd", "P1"), "same"],
      [fact("pd", "P1"), fact("jira", "J1"), "same"],
    ] as [Ref, Ref, string][];
    const links = linked(...chain);
    expect(links.groups).toHaveLength(1);
    expect(links.sameAs(fact("jira", "J1", 5)).map(keyOf)).toEqual([
      "incident:INC-1",
      "pd/incident/P1",
      "jira/incident/J1",
    ]);
    expect(linkWarnings(links)).toEqual([]);
    const parted = linked(...chain, [fact("pd", "P1"), fact("jira", "J1"), "same", "remove"]);
    expect(parted.sameAs(fact("jira", "J1")).map(keyOf)).toEqual(["jira/incident/J1"]);
  });

  test("two of one source that become one are told", () => {
    const links = linked([inc("INC-1"), fact("pd", "P1"), "same"], [inc("INC-2"), fact("pd", "P1"), "same"]);
    expect(linkWarnings(links)).toEqual([
      "incident:INC-1 and incident:INC-2 are both told by our own incidents, and the links make one of them (with pd/incident/P1): one incident would be counted where our own incidents has 2.",
    ]);
  });

  test("circles are told and walked once; two ways to one end are no circle", () => {
    const round = linked(
      [inc("A"), inc("B"), "follows"],
      [inc("B"), inc("C"), "follows"],
      [inc("C"), inc("A"), "follows"],
    );
    expect(round.circles).toEqual([{ relation: "follows", keys: ["incident:A", "incident:B", "incident:C"] }]);
    expect(linkWarnings(round)).toEqual([
      'The links "follows" go in a circle: incident:A → incident:B → incident:C → incident:A.',
    ]);
    const diamond = linked(
      [inc("A"), inc("B"), "cause"],
      [inc("A"), inc("C"), "cause"],
      [inc("B"), inc("D"), "cause"],
      [inc("C"), inc("D"), "cause"],
    );
    expect(diamond.circles).toEqual([]);
    // Of different relations there is none.
    expect(linked([inc("A"), inc("B"), "follows"], [inc("B"), inc("A"), "cause"]).circles).toEqual([]);
    // What is the same in a ring is one group.
    const ring = linked(
      [fact("a", "1"), fact("b", "1"), "same"],
      [fact("b", "1"), fact("c", "1"), "same"],
      [fact("c", "1"), fact("a", "1"), "same"],
    );
    expect([ring.groups.length, ring.circles, linkWarnings(ring)]).toEqual([1, [], []]);
  });

  test("10,000 of them in a chain take no time to speak of", () => {
    const links: [Ref, Ref, string][] = [];
    for (let i = 0; i < 5_000; i += 1) {
      links.push([inc(`A${i}`), inc(`A${i + 1}`), "follows"]);
      links.push([fact(`s${i}`, "x"), fact(`s${i + 1}`, "x"), "same"]);
    }
    const log = new ActLog();
    for (const [from, to, relation] of links) log.add("link", { from, to, relation, act: "add" });
    const began = performance.now();
    const found = linksOf(log.acts);
    expect(found.groups[0]?.keys).toHaveLength(5_001);
    expect(found.circles).toEqual([]);
    expect(found.of(inc("A77"))).toHaveLength(2);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe("proposals", () => {
  const seen = (
    instance: string,
    id: string,
    over: Partial<Extract<FactInput, { kind: "incident" }>> = {},
    entry = 1,
  ): Observed => ({
    instance,
    entry,
    item: "",
    ordinal: 0,
    fact: wholeFact<"incident">({
      kind: "incident",
      id,
      title: id,
      severity: null,
      status: null,
      nature: null,
      occurredAt: null,
      detectedAt: t("2026-11-20T23:30Z"),
      acknowledgedAt: null,
      containedAt: null,
      resolvedAt: null,
      closedAt: null,
      owner: null,
      commander: null,
      personalData: null,
      review: null,
      ...over,
    }),
  });
  const pairs = (facts: Observed[], zone = "UTC") =>
    proposeLinks(facts, zone).map(
      ({ from, to, relation }) => `${from.instance}/${from.fact.id} ${relation} ${to.instance}/${to.fact.id}`,
    );

  test("the same number, or the same title on the same day, of two sources", () => {
    expect(pairs([seen("a", "INC-3"), seen("b", "inc-3")])).toEqual(["a/INC-3 same b/inc-3"]);
    expect(pairs([seen("a", "1", { title: "Login  outage" }), seen("b", "2", { title: "login outage" })])).toEqual([
      "a/1 same b/2",
    ]);
    expect(pairs([seen("a", "1", { title: "x y" }), seen("a", "2", { title: "x y" })])).toEqual([]);
    expect(pairs([seen("a", "1", { title: "" }), seen("b", "2", { title: "" })])).toEqual([]);
  });

  test("the day is the one of the zone, and the newest word counts", () => {
    const [early, late] = [t("2026-11-20T22:30Z"), t("2026-11-20T23:30Z")];
    const both = [
      seen("a", "1", { title: "outage", detectedAt: early }),
      seen("b", "2", { title: "outage", detectedAt: late }),
    ];
    expect(pairs(both, "UTC")).toHaveLength(1);
    expect(pairs(both, "Europe/Berlin")).toEqual([]);
    const renamed = [...both, seen("b", "2", { title: "another", detectedAt: late }, 9)];
    expect(pairs(renamed, "UTC")).toEqual([]);
  });

  test("a key that many share proposes nothing; what is linked is left out", () => {
    const many = Array.from({ length: 21 }, (_, i) => seen(`s${i}`, `${i}`, { title: "High load" }));
    expect(pairs(many)).toEqual([]);
    expect(proposeLinks([seen("a", "INC-3"), seen("b", "INC-3")], "UTC", () => true)).toEqual([]);
  });

  test("100,000 incidents are compared by their keys, not in pairs", () => {
    const facts = Array.from({ length: 100_000 }, (_, i) => seen(i % 2 ? "a" : "b", `I${i >> 1}`, { title: `t${i}` }));
    const began = performance.now();
    expect(proposeLinks(facts, "UTC")).toHaveLength(50_000);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

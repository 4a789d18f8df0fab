import { describe, expect, test } from "vitest";
import type { Entry } from "../src/evidence/entry.ts";
import { covers, type Hold, Holds } from "../src/trust/holds.ts";
import { ANNA, blobRef, entry, run } from "./support/entries.ts";

/** In order, each with its index; not checked, as a later version's entries are not. */
const numbered = (entries: readonly Entry[]): Entry[] => entries.map((one, index) => ({ ...one, index }) as Entry);

const hold = (id: string, action: "place" | "release", more: object = {}) =>
  entry("hold", "2026-03-01", { actor: ANNA, hold: id, action, authority: "court", ...more });

function holdsOf(...entries: Entry[]): Holds {
  const holds = new Holds();
  for (const [index, one] of numbered(entries).entries()) holds.add(index, one);
  return holds;
}

const placed = (more: Partial<Hold>): Hold => ({ id: "h", index: 0, at: "", by: "p", authority: "a", ...more });
const file = (records: Entry[], digest = "a", incidents: string[] = []) => ({
  digest,
  records,
  incidents: new Set(incidents),
});

describe("which holds stand", () => {
  test("one is in force from its placing to its release, by its id", () => {
    const holds = holdsOf(hold("a", "place"), hold("b", "place"), hold("a", "release"));
    expect(holds.standing.map(({ id }) => id)).toEqual(["b"]);
    expect(holds.released.map(({ hold: { id }, index }) => [id, index])).toEqual([["a", 2]]);
  });

  test("placing under a taken id lets nothing go", () => {
    const digest = blobRef("x").digest;
    const holds = holdsOf(hold("a", "place"), hold("a", "place", { digests: [digest] }));
    expect(holds.over(file([], "other"))?.id).toBe("a");
    expect(holdsOf(hold("a", "place"), hold("a", "place"), hold("a", "release")).standing).toEqual([]);
  });

  test("one that a later version wrote is told, not passed over", () => {
    expect(holdsOf(hold("a", "place", { action: "suspend" })).unreadable).toEqual([0]);
  });
});

describe("what a hold covers", () => {
  const january = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 1, 1) };
  const jobs = run("2026-01-15", { instance: "jobs", window: ["2026-01-14", "2026-01-15"] });
  const later = run("2026-03-15", { instance: "jobs", window: ["2026-01-20", "2026-01-21"] });
  const other = run("2026-03-15", { instance: "other", window: ["2026-03-14", "2026-03-15"] });

  test("everything, where it says nothing else", () => expect(covers(placed({}), file([]))).toBe(true));
  test("by digest", () => {
    expect(covers(placed({ digests: ["a"] }), file([]))).toBe(true);
    expect(covers(placed({ digests: ["b"] }), file([jobs]))).toBe(false);
  });
  test("by collector, one record of it is enough", () => {
    expect(covers(placed({ instances: ["jobs"] }), file([other, jobs]))).toBe(true);
    expect(covers(placed({ instances: ["jobs"] }), file([other]))).toBe(false);
  });
  test("by time: when it was recorded, and the time that it is about", () => {
    expect(covers(placed({ window: january }), file([jobs]))).toBe(true);
    expect(covers(placed({ window: january }), file([later]))).toBe(true);
    expect(covers(placed({ window: january }), file([other]))).toBe(false);
  });
  test("by all that is given, of one and the same record", () => {
    const both = placed({ instances: ["jobs"], window: january });
    expect(covers(both, file([jobs]))).toBe(true);
    expect(
      covers(both, file([other, run("2026-05-01", { instance: "jobs", window: ["2026-04-30", "2026-05-01"] })])),
    ).toBe(false);
    expect(covers(placed({ digests: ["a"], instances: ["none"] }), file([jobs]))).toBe(false);
  });
  test("by incident: what an upload says it belongs to, and what a file tells of", () => {
    const upload = entry("upload", "2026-01-01", { incident: "INC-1", evidence: [blobRef("x")], controls: ["A.5.27"] });
    expect(covers(placed({ incident: "INC-1" }), file([upload]))).toBe(true);
    expect(covers(placed({ incident: "INC-1" }), file([jobs], "a", ["INC-1"]))).toBe(true);
    expect(covers(placed({ incident: "INC-2" }), file([upload, jobs], "a", ["INC-1"]))).toBe(false);
  });
});

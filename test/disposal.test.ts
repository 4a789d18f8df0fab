import { describe, expect, test } from "vitest";
import { dueFiles } from "../src/disposal/due.ts";
import { judgeDisposal, requireMistake, withContents, withLists } from "../src/disposal/judge.ts";
import { indexesOf, Naming } from "../src/disposal/naming.ts";
import { disposalDrafts } from "../src/disposal/record.ts";
import { MANIFEST_TYPE } from "../src/evidence/blob.ts";
import { type Draft, type Entry, measureDraft } from "../src/evidence/entry.ts";
import { canonicalBytes, type Json } from "../src/lib/canonical.ts";
import { digestOf } from "../src/lib/digest.ts";
import { ANNA, blobRef, config, entry, instance, run } from "./support/entries.ts";

/** In order, each with its index; not checked, as a later version's entries are not. */
const numbered = (entries: readonly Entry[]): Entry[] => entries.map((one, index) => ({ ...one, index }) as Entry);

/** A manifest that names these files: its reference, and its bytes by digest. */
function list(...files: ReturnType<typeof blobRef>[]) {
  const bytes = canonicalBytes({ v: 1, captures: files } as unknown as Json);
  return { ref: { digest: digestOf(bytes), size: bytes.length, mediaType: MANIFEST_TYPE }, bytes };
}

async function namingOf(entries: readonly Entry[], ...lists: ReturnType<typeof list>[]): Promise<Naming> {
  const naming = new Naming();
  await follow(naming, numbered(entries), lists);
  return naming;
}

async function follow(naming: Naming, all: readonly Entry[], lists: readonly ReturnType<typeof list>[]): Promise<void> {
  async function* recorded() {
    for (const one of all.slice(naming.size))
      yield { index: one.index, digest: "", bytes: new Uint8Array(), entry: one };
  }
  const bytes = new Map(lists.map(({ ref, bytes }) => [ref.digest, bytes]));
  await naming.follow(recorded(), async (digest) => bytes.get(digest));
}

const NONE = () => new Set<string>();
const a = blobRef("a", "text/plain");
const b = blobRef("b", "text/plain");
const judge = (naming: Naming, ...digests: string[]) => judgeDisposal(naming, digests, NONE);
const disposal = (at: string, digest: string, entries: number[], more: object = {}) =>
  entry("disposal", at, { items: [{ digest, size: 1, entries }], reason: "order", authority: "dpo", ...more });

describe("who names a file", () => {
  test("entries themselves and through lists, also lists that were read before they were named again", async () => {
    const both = list(a, b);
    const entries = [
      run("2026-01-01", { evidence: [a], manifest: both.ref }),
      run("2026-01-02", { manifest: both.ref }),
      run("2026-01-03", { evidence: [b] }),
    ];
    const naming = await namingOf(entries, both);
    expect(indexesOf(naming.files.get(a.digest) as never)).toEqual([0, 1]);
    expect(indexesOf(naming.files.get(b.digest) as never)).toEqual([0, 1, 2]);
    await follow(naming, numbered([...entries, run("2026-01-04", { manifest: both.ref })]), [both]);
    expect(indexesOf(naming.files.get(a.digest) as never)).toEqual([0, 1, 3]);
    expect([...(naming.files.get(a.digest)?.lists ?? [])]).toEqual([both.ref.digest]);
  });

  test("a list whose bytes are not those recorded names nothing", async () => {
    const good = list(a);
    const naming = await namingOf([run("2026-01-01", { manifest: good.ref })], { ...good, bytes: Buffer.from("{}") });
    expect(naming.files.has(a.digest)).toBe(false);
  });
});

describe("what may be disposed of", () => {
  test("a file that runs name, with all that name it", async () => {
    const naming = await namingOf([run("2026-01-01", { evidence: [a] })]);
    expect(judge(naming, a.digest).fresh.map(({ digest }) => digest)).toEqual([a.digest]);
    expect(() => judge(naming, b.digest)).toThrow("no record names an evidence file");
  });

  test.each([
    ["a configuration", config("2026-01-01", [instance()], { config: a }), "a configuration or catalogue"],
    ["a key's", entry("key", "2026-01-01", { action: "retire", key: "k", body: a }), "a statement about a key"],
    ["a head's receipt", entry("head", "2026-01-01", { size: 1, root: "r", receipt: a }), "a proof that a head"],
    [
      "a masking rule",
      entry("masking-rule", "2026-01-01", { rule: "r", action: "introduce", definition: a }),
      "a masking rule",
    ],
    [
      "a later version's",
      entry("sculpture", "2026-01-01", { evidence: a }),
      '"sculpture", which this version does not know',
    ],
  ])("%s file is refused, also where a run names it too", async (_, holder, why) => {
    const naming = await namingOf([run("2026-01-01", { evidence: [a] }), holder]);
    expect(() => judge(naming, a.digest)).toThrow(why);
  });

  test("a list goes only with everything that it names", async () => {
    const both = list(a, b);
    const entries = [run("2026-01-01", { manifest: both.ref })];
    const naming = await namingOf(entries, both);
    expect(() => judge(naming, both.ref.digest)).toThrow("names 2 files that would stay");
    expect(() => judge(naming, both.ref.digest, a.digest)).toThrow("names 1 file that would stay");
    expect(judge(naming, ...withContents(naming, [both.ref.digest])).fresh).toHaveLength(3);
    expect(withLists(naming, [a.digest])).toEqual([a.digest]);
    expect(withLists(naming, [a.digest, b.digest]).sort()).toEqual([a.digest, b.digest, both.ref.digest].sort());
    const later = await namingOf([...entries, disposal("2026-02-01", a.digest, [0])], both);
    expect(withLists(later, [b.digest]).sort()).toEqual([b.digest, both.ref.digest].sort());
  });

  test("nothing under a hold, and nothing at all while one cannot be read", async () => {
    const place = (more: object) =>
      entry("hold", "2026-01-02", { hold: "h-1", action: "place", authority: "court", ...more });
    const taken = run("2026-01-01", { instance: "jobs", evidence: [a] });
    const held = await namingOf([taken, place({ instances: ["jobs"] })]);
    expect(() => judge(held, a.digest)).toThrow(
      "under the hold h-1, placed on 2026-01-02 by the authority court (record 1)",
    );
    expect(judge(await namingOf([taken, place({ instances: ["other"] })]), a.digest).fresh).toHaveLength(1);
    const about = await namingOf([taken, place({ incident: "INC-1" })]);
    expect(() => judgeDisposal(about, [a.digest], () => new Set(["INC-1"]))).toThrow("under the hold");
    expect(() => judge(held, a.digest)).toThrow();
    const odd = await namingOf([taken, place({ action: "widen" })]);
    expect(() => judge(odd, a.digest)).toThrow("record 1 is about a hold, and this version cannot read it");
  });

  test("what was recorded before is only to be finished; named again later it is evidence anew", async () => {
    const taken = run("2026-01-01", { evidence: [a] });
    const done = await namingOf([taken, disposal("2026-01-02", a.digest, [0])]);
    expect(judge(done, a.digest)).toMatchObject({ fresh: [], recorded: [{ digest: a.digest }] });
    const again = await namingOf([taken, disposal("2026-01-02", a.digest, [0]), run("2026-01-03", { evidence: [a] })]);
    expect(judge(again, a.digest)).toMatchObject({ fresh: [{ digest: a.digest }], recorded: [] });
    const unnamed = await namingOf([disposal("2026-01-02", b.digest, [0])]);
    expect(judge(unnamed, b.digest).recorded).toHaveLength(1);
  });

  test("an upload of the last 72 hours is taken back without an authority, anything else is not", async () => {
    const now = Date.parse("2026-01-03T00:00Z");
    const upload = (at: string) => entry("upload", at, { evidence: [a], controls: ["A.5.27"], manifest: list(a).ref });
    const check = async (...entries: Entry[]) => requireMistake(await namingOf(entries), [a.digest], now);
    await expect(check(upload("2026-01-01"))).resolves.toBeUndefined();
    await expect(check(upload("2025-12-30"))).rejects.toThrow("more than 72 hours ago");
    await expect(check(upload("2026-01-01"), upload("2026-01-02"))).rejects.toThrow("records 0, 1 name it");
    await expect(check(run("2026-01-01", { evidence: [a] }))).rejects.toThrow("only what one upload alone names");
  });
});

describe("the record of a disposal", () => {
  test("lists every entry that names a file, over as many items and entries as that takes", async () => {
    const one = list(a);
    const naming = await namingOf(
      Array.from({ length: 7_000 }, () => run("2026-01-01", { manifest: one.ref })),
      one,
    );
    const { fresh } = judge(naming, a.digest, one.ref.digest);
    const drafts = disposalDrafts(fresh, { reason: "order", authority: "dpo" }, ANNA) as (Draft & {
      kind: "disposal";
    })[];
    expect(drafts.length).toBeGreaterThan(1);
    for (const draft of drafts) expect(measureDraft(draft)).toBeLessThan(65_535);
    for (const digest of [a.digest, one.ref.digest]) {
      const told = drafts.flatMap(({ items }) =>
        items.filter((item) => item.digest === digest).flatMap((item) => item.entries),
      );
      expect(told).toEqual(Array.from({ length: 7_000 }, (_, i) => i));
    }
  });
});

describe("what is past its time", () => {
  const families = new Map([["jobs", "cron-health"]]);
  const now = Date.parse("2026-03-01T00:00Z");
  const due = async (rules: Parameters<typeof dueFiles>[1], ...entries: Entry[]) =>
    dueFiles(await namingOf(entries, list(a), list(a, b)), rules, families, "Europe/Berlin", now).map(
      ({ file, waitsFor }) => [file.digest, waitsFor],
    );
  const old = run("2024-01-01", { instance: "jobs", evidence: [a] });

  test("nothing without a rule, and nothing by a rule for others", async () => {
    expect(await due([], old)).toEqual([]);
    expect(await due([{ collectors: ["other"], keep: { days: 1 } }], old)).toEqual([]);
    expect(await due([{ family: "incident-log", keep: { days: 1 } }], old)).toEqual([]);
  });

  test("what every record that names it lets go; the first rule that fits a record counts", async () => {
    expect(await due([{ family: "cron-health", keep: { years: 2 } }], old)).toEqual([[a.digest, 0]]);
    expect(await due([{ keep: { years: 3 } }], old)).toEqual([]);
    expect(await due([{ collectors: ["jobs"], keep: { years: 3 } }, { keep: { days: 1 } }], old)).toEqual([]);
    const again = run("2026-02-28", { instance: "jobs", evidence: [a] });
    expect(await due([{ keep: { days: 30 } }], old, again)).toEqual([]);
    const gap = entry("gap", "2024-01-01", { gap: "g", body: a });
    expect(await due([{ keep: { days: 30 } }], old, gap)).toEqual([]);
  });

  test("a list waits for what it names", async () => {
    const taken = run("2024-01-01", { instance: "jobs", evidence: [], manifest: list(a, b).ref });
    const fresh = run("2026-02-28", { instance: "jobs", evidence: [b] });
    expect(await due([{ keep: { days: 30 } }], taken, fresh)).toEqual(
      [
        [a.digest, 0],
        [list(a, b).ref.digest, 1],
      ].sort((x, y) => (String(x[0]) < String(y[0]) ? -1 : 1)),
    );
  });

  test("years are calendar years of the organisation's zone", async () => {
    const leap = run("2024-02-29T12:00Z", { instance: "jobs", evidence: [a] });
    const at = async (time: string) =>
      dueFiles(await namingOf([leap]), [{ keep: { years: 1 } }], families, "UTC", Date.parse(time)).length;
    expect(await at("2025-02-28T11:59Z")).toBe(0);
    expect(await at("2025-02-28T12:00Z")).toBe(1);
  });
});

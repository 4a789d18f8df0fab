import { describe, expect, test } from "vitest";
import type { EntryOf } from "../src/evidence/entry.ts";
import { Disposals } from "../src/trust/disposals.ts";
import { Findings } from "../src/verify/finding.ts";
import { type ObjectVersion, type VersionOptions, type VersionReader, verifyVersions } from "../src/verify/versions.ts";

const DAY = 86_400_000;
const WRITTEN = Date.UTC(2026, 10, 20);
const digest = "ab".repeat(32);
const BLOB = `blob/sha256/ab/${digest}`;
const SEQ = "seq/00000000/000000000000";

interface Kept extends Partial<ObjectVersion> {
  readonly key: string;
  readonly id: string;
  readonly text?: string;
  readonly lock?: { mode: string; until: number };
}

/** A bucket's past: newest of a key first, as a server lists it. */
function past(kept: readonly Kept[], state: "enabled" | "suspended" | "off" = "enabled"): VersionReader {
  const find = (key: string, id: string) => kept.find((one) => one.key === key && one.id === id);
  return {
    state: async () => state,
    async *list(prefix) {
      let last = "";
      for (const { key, id, deleted = false, text = "", at = WRITTEN } of kept) {
        if (key.startsWith(prefix)) yield { key, id, latest: key !== last, deleted, size: text.length, at };
        last = key;
      }
    },
    async read(key, id) {
      const text = find(key, id)?.text;
      if (text === undefined) return undefined;
      return (async function* () {
        yield new TextEncoder().encode(text);
      })();
    },
    retention: async (key, id) => find(key, id)?.lock,
  };
}

async function look(reader: VersionReader, options: Partial<VersionOptions> = {}) {
  const findings = new Findings();
  const tally = await verifyVersions(reader, findings, { disposals: new Disposals(), ...options });
  return { tally, found: findings.list.map(({ code, where, found }) => ({ code, where, found })) };
}

function disposal(): Disposals {
  const disposals = new Disposals();
  const entry = {
    items: [{ digest, size: 1 }],
    at: "2026-11-20T00:00:00.000Z",
    actor: { type: "person", id: "anna" },
    authority: "law",
    reason: "erasure",
  };
  disposals.add(9, entry as unknown as EntryOf<"disposal">);
  return disposals;
}

describe("what a bucket remembers", () => {
  test("written once is right, whatever was put to the checkpoint", async () => {
    const { tally, found } = await look(
      past([
        { key: BLOB, id: "1", text: "x" },
        { key: "checkpoint", id: "3", text: "new" },
        { key: "checkpoint", id: "2", text: "old" },
        { key: SEQ, id: "1", text: "x" },
        { key: "tile/0/000", id: "null", text: "x" },
      ]),
    );
    expect(found).toStrictEqual([]);
    expect(tally).toStrictEqual({ objects: 3, versions: 3, unknown: 1, undisposed: [] });
  });

  test("a second version is a finding that names the versions and says whose bytes are current", async () => {
    const { found } = await look(
      past([
        { key: SEQ, id: "v2", text: "forged" },
        { key: SEQ, id: "v1", text: "true" },
      ]),
    );
    expect(found).toStrictEqual([
      { code: "version-overwritten", where: SEQ, found: expect.stringMatching(/OTHER BYTES.*v2 .*current.*v1 /) },
    ]);
    const same = await look(
      past([
        { key: SEQ, id: "v2", text: "true" },
        { key: SEQ, id: "v1", text: "true" },
      ]),
    );
    expect(same.found[0]?.found).toContain("has the bytes of the current one");
  });

  test("a key opened again under a deletion is found though what lies there now is all that a reader sees", async () => {
    const { found } = await look(
      past([
        { key: SEQ, id: "v2", text: "forged" },
        { key: SEQ, id: "d1", deleted: true },
        { key: SEQ, id: "v1", text: "true" },
      ]),
    );
    expect(found[0]?.found).toMatch(/^2 versions and 1 deletions: THE FIRST VERSION HAS OTHER BYTES.*d1 .*deletion/);
  });

  test("a deletion is found, and whether the bytes can be brought back", async () => {
    const { found } = await look(
      past([
        { key: SEQ, id: "d1", deleted: true },
        { key: SEQ, id: "v1", text: "true" },
        { key: "tile/0/000", id: "d9", deleted: true },
      ]),
    );
    expect(found.map(({ where, found }) => [where, found])).toStrictEqual([
      [SEQ, expect.stringContaining("still there to be brought back")],
      ["tile/0/000", expect.stringMatching(/: deleted;/)],
    ]);
  });

  test("a partial tile that was written twice is found too", async () => {
    const { found } = await look(
      past([
        { key: "tile/0/000.p/3", id: "2", text: "b" },
        { key: "tile/0/000.p/3", id: "1", text: "a" },
      ]),
    );
    expect(found).toHaveLength(1);
  });

  test("lawful disposal is none, and a version that is left of it is told", async () => {
    const gone = await look(past([{ key: BLOB, id: "d1", deleted: true }]), { disposals: disposal() });
    expect(gone).toMatchObject({ found: [], tally: { undisposed: [] } });
    const left = await look(
      past([
        { key: BLOB, id: "d1", deleted: true },
        { key: BLOB, id: "v1", text: "x" },
      ]),
      { disposals: disposal() },
    );
    expect(left).toMatchObject({ found: [], tally: { undisposed: [digest] } });
    const unlawful = await look(past([{ key: BLOB, id: "d1", deleted: true }]));
    expect(unlawful.found).toHaveLength(1);
  });

  test("a bucket that stopped keeping versions is a finding of its own", async () => {
    const { found } = await look(past([], "suspended"));
    expect(found).toMatchObject([{ code: "version-overwritten", where: "the bucket" }]);
  });

  test("in a mirror equal versions are none, and differing ones and deletions are", async () => {
    const equal = past([
      { key: SEQ, id: "v2", text: "true" },
      { key: SEQ, id: "v1", text: "true" },
    ]);
    expect((await look(equal, { equalVersions: true, of: "mirror m" })).found).toStrictEqual([]);
    const other = past([
      { key: SEQ, id: "v3", text: "true" },
      { key: SEQ, id: "v2", text: "forged" },
      { key: SEQ, id: "v1", text: "true" },
    ]);
    expect((await look(other, { equalVersions: true, of: "mirror m" })).found).toMatchObject([
      { where: `mirror m: ${SEQ}` },
    ]);
    const deleted = past([
      { key: SEQ, id: "v2", text: "true" },
      { key: SEQ, id: "d1", deleted: true },
      { key: SEQ, id: "v1", text: "true" },
    ]);
    expect((await look(deleted, { equalVersions: true })).found).toHaveLength(1);
  });

  test("thousands of versions of one object are counted, compared in part, and the first is among those", async () => {
    const many = Array.from({ length: 5_000 }, (_, n) => ({
      key: SEQ,
      id: `v${5_000 - n}`,
      text: n === 4_999 ? "a" : "b",
    }));
    const { found, tally } = await look(past(many), { equalVersions: true });
    expect(tally.versions).toBe(5_000);
    expect(found).toHaveLength(1);
    expect(found[0]?.found).toContain("and 4992 more");
  });
});

describe("a lock", () => {
  const lock = { mode: "compliance", days: 30 } as const;
  const cases: [string, Kept["lock"], number][] = [
    ["as configured", { mode: "compliance", until: WRITTEN + 30 * DAY }, 0],
    ["longer", { mode: "compliance", until: WRITTEN + 60 * DAY }, 0],
    ["a minute short, as clocks differ", { mode: "compliance", until: WRITTEN + 30 * DAY - 60_000 }, 0],
    ["a day short", { mode: "compliance", until: WRITTEN + 29 * DAY }, 1],
    ["of the weaker mode", { mode: "governance", until: WRITTEN + 60 * DAY }, 1],
    ["missing", undefined, 1],
  ];
  test.each(cases)("%s", async (_, kept, findings) => {
    const { found } = await look(past([{ key: SEQ, id: "v1", text: "x", ...(kept ? { lock: kept } : {}) }]), { lock });
    expect(found.filter(({ code }) => code === "lock-missing")).toHaveLength(findings);
    expect(found).toHaveLength(findings);
  });

  test("is not asked of partial tiles and of the checkpoint, and of nothing where none is configured", async () => {
    const bare = past([
      { key: "checkpoint", id: "1", text: "x" },
      { key: "tile/entries/000.p/3", id: "1", text: "x" },
    ]);
    expect((await look(bare, { lock })).found).toStrictEqual([]);
    expect((await look(past([{ key: SEQ, id: "1", text: "x" }]))).found).toStrictEqual([]);
  });
});

import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readActs } from "../src/acts/acting.ts";
import { checkBytes } from "../src/acts/hashing-again.ts";
import {
  evidenceFactsOf,
  itemNamed,
  nowIn,
  readKept,
  recordHandling,
  recordItem,
} from "../src/acts/keeping-custody.ts";
import type { Custody } from "../src/custody.ts";
import type { EntryOf } from "../src/evidence/entry.ts";
import type { FactOf } from "../src/evidence/fact.ts";
import { FIELDS } from "../src/handling/fields.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { digestOf } from "../src/lib/digest.ts";
import type { Store } from "../src/store/store.ts";
import { Holds } from "../src/trust/holds.ts";
import { escapeMarkdown } from "../src/views/custody-sheet.ts";
import { FakeClock } from "./support/clock.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { newWorkspace } from "./support/workspace.ts";

const NONE = { id: undefined, incident: "INC-2026-001", physical: false, files: [], values: {}, words: {} };
const BASIS = { holder: undefined, when: undefined };
const bytes = (text: string) => new TextEncoder().encode(text);

/** A thing with one file, as somebody on this shell brought it in. */
async function kept(clock: FakeClock) {
  const custody = await newWorkspace("", clock);
  const ledger = await custody.ledger();
  const ref = await ledger.put(bytes("evidence"), "text/plain");
  const { id, by } = await recordItem(custody, await readKept(custody), {
    ...NONE,
    ...BASIS,
    files: [{ ref, name: "e.txt" }],
    words: { title: "a log", source: "host" },
    values: { method: "export", windowFrom: "2026-11-01T00:00:00.000Z", windowTo: "2026-11-02T00:00:00.000Z" },
  });
  return { custody, ledger, ref, id, me: by.id };
}

async function factOf(custody: Custody): Promise<FactOf<"evidence">> {
  const { acts, names, zone } = await readActs(custody);
  const holds = new Holds();
  const accesses = [];
  for await (const { index, entry } of (await custody.view()).read()) {
    holds.add(index, entry);
    if (entry.kind === "access") accesses.push({ index, at: Date.parse(entry.at), entry: entry as EntryOf<"access"> });
  }
  const disposals = await custody.disposals();
  const [observed] = evidenceFactsOf({ acts, holds, disposals, accesses }, { names, zone });
  expect(observed?.instance).toBe("custody:register");
  return observed?.fact as FactOf<"evidence">;
}

describe("the fact that checks read", () => {
  test("tells who has it, what was hashed when, what is missing, and what is on it", async () => {
    const clock = new FakeClock("2026-11-20T12:00:00.000Z");
    const { custody, ref, id, me, ledger } = await kept(clock);
    clock.advance(3_600_000);
    const actor = { type: "person", id: me, auth: "unauthenticated" };
    await ledger.append([
      { kind: "hold", actor, hold: "case-1", action: "place", authority: "dpo", incident: "INC-2026-001" },
      { kind: "hold", actor, hold: "other", action: "place", authority: "dpo", incident: "INC-2026-002" },
      {
        kind: "access",
        actor: { type: "person", id: "p-0123456789ab", role: "auditor", auth: "session" },
        purpose: "portal",
        digests: [ref.digest],
      },
      { kind: "access", actor, purpose: "portal", digests: ["f".repeat(64)] },
    ]);
    const fact = await factOf(custody);
    expect(fact).toMatchObject({
      id: "EVD-2026-001",
      incident: "INC-2026-001",
      collectedAt: Date.parse("2026-11-20T12:00:00.000Z"),
      hashedAt: Date.parse("2026-11-20T12:00:00.000Z"),
      verifiedAt: null,
      released: false,
      disposedAt: null,
      digests: [ref.digest],
      covers: { from: Date.parse("2026-11-01"), to: Date.parse("2026-11-02") },
      holds: [{ hold: "case-1", from: Date.parse("2026-11-20T13:00:00.000Z"), to: null }],
      originalKept: null,
      holes: [],
    });
    expect(fact.filled).toEqual([
      "collectedAt",
      "collectedBy",
      "files",
      "incident",
      "method",
      "source",
      "title",
      "windowFrom",
      "windowTo",
    ]);
    expect(fact.events.map(({ act, reason, allowed }) => [act, reason, allowed])).toEqual([
      ["collect", null, null],
      ["access", "portal", "yes"],
    ]);
    // Lawfully gone: by whom, and not missing.
    await ledger.append([
      { kind: "hold", actor, hold: "case-1", action: "release", authority: "dpo" },
      {
        kind: "disposal",
        actor,
        items: [{ digest: ref.digest, size: ref.size, entries: [2] }],
        reason: "order",
        authority: "dpo",
      },
    ]);
    clock.advance(1_000);
    const gone = await factOf(custody);
    expect(gone).toMatchObject({ holder: null, disposedAt: Date.parse("2026-11-20T13:00:00.000Z"), released: false });
    expect(gone.holds).toMatchObject([{ hold: "case-1", to: Date.parse("2026-11-20T13:00:00.000Z") }]);
    expect(itemNamed(await readKept(custody), id)).toMatchObject({ state: "disposed", holes: [] });
  });

  test("a clock that goes back puts nothing before what was recorded", async () => {
    const clock = new FakeClock("2026-11-20T12:00:00.000Z");
    const { custody, id, me } = await kept(clock);
    clock.set("2026-11-20T09:00:00.000Z");
    const before = await readKept(custody);
    await recordHandling(custody, id, [
      { act: "transfer", from: me, to: "p-0123456789ab", when: nowIn(custody, before) },
    ]);
    const item = itemNamed(await readKept(custody), id);
    expect(item.holes).toEqual([]);
    expect(item.holder).toBe("p-0123456789ab");
    expect(item.events[1]?.clockBehind).toBe(3 * 3_600_000);
  });

  test("a thing whose words were disposed of is still told, without them", async () => {
    const clock = new FakeClock("2026-11-20T12:00:00.000Z");
    const { custody, ledger } = await kept(clock);
    const { acts } = await readActs(custody);
    const body = acts[0]?.entry.kind === "custody" ? acts[0].entry.body : undefined;
    if (body === undefined) throw new Error("there are no words");
    const actor = { type: "person", id: "p-0123456789ab", auth: "token" };
    const items = [{ digest: body.digest, size: body.size, entries: [acts[0]?.index ?? 0] }];
    await ledger.append([{ kind: "disposal", actor, items, reason: "erasure-request", authority: "dpo" }]);
    const fact = await factOf(custody);
    expect(fact).toMatchObject({ id: "EVD-2026-001", title: "", holes: [], digests: [expect.any(String)] });
    expect(fact.filled).not.toContain("title");
    expect((await readKept(custody)).items[0]).toMatchObject({ troubles: [], state: "held" });
  });

  test("an original that is gone while a redaction of it is kept is told", async () => {
    const clock = new FakeClock("2026-11-20T12:00:00.000Z");
    const { custody, ledger, ref, id } = await kept(clock);
    const redacted = await ledger.put(bytes("e*******"), "text/plain");
    const now = nowIn(custody, await readKept(custody));
    await recordHandling(custody, id, [
      { act: "copy", digests: [ref.digest], evidenceFiles: [redacted], values: { change: "redaction" }, when: now },
    ]);
    expect((await factOf(custody)).originalKept).toBe("yes");
    const actor = { type: "person", id: "p-0123456789ab", auth: "token" };
    await ledger.append([
      {
        kind: "disposal",
        actor,
        items: [{ digest: ref.digest, size: ref.size, entries: [2] }],
        reason: "order",
        authority: "dpo",
      },
    ]);
    const fact = await factOf(custody);
    expect([fact.originalKept, fact.disposedAt]).toEqual(["no", null]);
  });
});

describe("bytes", () => {
  test("a file that is replaced while it is read is refused, and nothing is recorded", async () => {
    const clock = new FakeClock("2026-11-20T12:00:00.000Z");
    const custody = await newWorkspace("", clock);
    const ledger = await custody.ledger();
    const store = await custody.store();
    const path = join(await temporaryFolder(), "evidence.bin");
    await writeFile(path, "what was hashed");
    /** Between hashing and copying somebody writes to it. */
    const meddled = new Proxy(store, {
      get(target, name: keyof Store) {
        if (name !== "createFrom") {
          const value = target[name];
          return typeof value === "function" ? value.bind(target) : value;
        }
        return async (...args: Parameters<Store["createFrom"]>) => {
          await writeFile(path, "what was stored");
          return target.createFrom(...args);
        };
      },
    });
    const parts = await custody.parts(meddled);
    const second = await Ledger.open(parts);
    const { size } = ledger;
    await expect(second.putFile(path, "text/plain")).rejects.toMatchObject({ code: "INPUT_INVALID" });
    expect(await checkBytes(custody, digestOf(bytes("what was hashed")))).toBe("absent");
    expect(await checkBytes(custody, digestOf(bytes("what was stored")))).toBe("absent");
    expect(ledger.size).toBe(size);
  });

  test("one byte more, one less or another one is found", async () => {
    const clock = new FakeClock("2026-11-20T12:00:00.000Z");
    const { custody, ref } = await kept(clock);
    const { folders } = custody.config;
    const path = join(folders.state, "../store/blob/sha256", ref.digest.slice(0, 2), ref.digest);
    expect(await checkBytes(custody, ref.digest)).toBe("matches");
    const { chmod } = await import("node:fs/promises");
    await chmod(path, 0o600);
    await appendFile(path, "x");
    expect(await checkBytes(custody, ref.digest)).toBe("differs");
    await writeFile(path, "evidenc");
    expect(await checkBytes(custody, ref.digest)).toBe("differs");
    await writeFile(path, "evidence");
    expect(await checkBytes(custody, ref.digest)).toBe("matches");
    expect(await readFile(path, "utf8")).toBe("evidence");
  });
});

test("every field has one name, and what must be said is said to be", () => {
  const names = FIELDS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(
    FIELDS.filter(({ expected }) => expected !== "optional").map(({ name, expected }) => `${name} ${expected}`),
  ).toEqual([
    "title always",
    "source always",
    "method always",
    "tool file",
    "collectedBy always",
    "authorisedBy always",
    "location physical",
    "personalData always",
  ]);
});

test.each([
  ["a | b", "a \\| b"],
  ["[x](https://evil.example)", "\\[x\\](https&#58;//evil.example)"],
  ["<img src=x>", "&lt;img src=x&gt;"],
  ["`code` *b* _i_ ~s~ ![x]", "\\`code\\` \\*b\\* \\_i\\_ \\~s\\~ \\!\\[x\\]"],
  ["line\nbreak\u0000\u202e", "line break\\[U+0000\\]\\[U+202E\\]"],
  ["# head", "\\# head"],
  ["- item", "\\- item"],
  ["1. item", "\\1. item"],
  ["www.evil.example a@b.example &lt;", "www&#46;evil.example a&#64;b.example &amp;lt;"],
  ["\\| back", "\\\\\\| back"],
])("%j is printed as it is written", (text, expected) => {
  expect(escapeMarkdown(text)).toBe(expected);
});

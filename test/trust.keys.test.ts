import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../src/lib/digest.ts";
import type { Signer } from "../src/tlog/note.ts";
import { checkpointKeys, type KeyRing, MAX_STATEMENTS, newestKey } from "../src/trust/keyring.ts";
import { isSignedBy, signStatement, statementBytes } from "../src/trust/statement.ts";
import { exampleSigner } from "./support/example-ledger.ts";
import { entryOf, headAt, KeyLog, newKey, ORIGIN } from "./support/key-log.ts";

const SINCE = "2026-01-01T00:00:00.000Z";

const counting = (ring: KeyRing, size = 100_000) => checkpointKeys(ring, size).map(({ vkey }) => vkey);
const vkeys = (...keys: Signer[]) => keys.map(({ verifier }) => verifier.vkey);

describe("the bytes that are signed", () => {
  test("are the domain, the origin and the canonical JSON of what is stated, and nothing that stands beside it", () => {
    const statement = { action: "revoke", key: "k", after: headAt(3), reason: "lost" } as const;
    const bytes = new TextDecoder().decode(
      statementBytes("example", { ...statement, ...{ actor: 1, signatures: [] } }),
    );
    expect(bytes).toBe(
      `custody/key-statement/v1\nexample\n{"action":"revoke","after":{"root":"${headAt(3).root}","size":3},"key":"k","reason":"lost"}`,
    );
  });

  test("are those that docs/FORMAT.md shows, with the keys of its example", async () => {
    const document = await readFile(new URL("../docs/FORMAT.md", import.meta.url), "utf8");
    const section = document.slice(document.indexOf("### 10.1"), document.indexOf("### 10.2"));
    const [bytes = "", signatures = ""] = [...section.matchAll(/```text\n([\s\S]*?)\n```/g)].map(
      ([, text]) => text ?? "",
    );
    const statement = JSON.parse(bytes.split("\n")[2] ?? "");
    expect(new TextDecoder().decode(statementBytes(ORIGIN, statement))).toBe(bytes);
    expect(section).toContain(digestOf(new TextEncoder().encode(bytes)));
    const first = exampleSigner(0);
    const second = exampleSigner(32);
    expect(statement.key).toBe(second.verifier.vkey);
    expect(await signStatement(ORIGIN, statement, [first, second])).toEqual(JSON.parse(signatures));
  });

  test("a signature counts for its statement only, in one spelling only", async () => {
    const key = newKey();
    const statement = { action: "retire", key: key.verifier.vkey, after: headAt(3) } as const;
    const [signature] = await signStatement(ORIGIN, statement, [key]);
    if (signature === undefined) throw new Error("no signature");
    expect(isSignedBy(key.verifier, statement, signature)).toBe(true);
    expect(isSignedBy(key.verifier, { ...statement, action: "revoke" }, signature)).toBe(false);
    expect(isSignedBy(key.verifier, { ...statement, after: headAt(4) }, signature)).toBe(false);
    expect(isSignedBy(newKey().verifier, statement, signature)).toBe(false);
    const loose = signature.signature.replace(/.==$/, (end) => `${end === "A==" ? "B" : "A"}==`);
    for (const text of [`${signature.signature}\n`, signature.signature.replace(/=+$/, ""), loose, ""])
      expect(isSignedBy(key.verifier, statement, { ...signature, signature: text }), text).toBe(false);
  });
});

describe("walking forward", () => {
  test("a key that the pinned one and it itself signed counts from then on, and so does the next", async () => {
    const [a, b, c] = [newKey(), newKey(), newKey()];
    const log = new KeyLog();
    await log.add({ action: "introduce", key: b }, [a, b]);
    await log.add({ action: "introduce", key: c }, [b, c]);
    const ring = log.ring([a]);
    expect(ring.refused).toEqual([]);
    expect(counting(ring)).toEqual(vkeys(a, b, c));
    expect(newestKey(ring)?.verifier.vkey).toBe(c.verifier.vkey);
    // Whoever pins the new key needs nobody before it, but knows who that was.
    expect(counting(log.ring([c]))).toEqual(vkeys(c));
    expect(
      log
        .ring([c])
        .keys.filter((key) => key.former)
        .map(({ verifier }) => verifier.vkey),
    ).toEqual(vkeys(b, a));
    expect(log.ring([c]).refused).toEqual([]);
  });

  test("a retired key counts up to its retirement, and introduces nobody after it", async () => {
    const [a, b, c] = [newKey(), newKey(), newKey()];
    const log = new KeyLog();
    await log.add({ action: "introduce", key: b }, [a, b]);
    const retired = await log.add({ action: "retire", key: a }, [b]);
    await log.add({ action: "introduce", key: c }, [a, c]);
    const ring = log.ring([a]);
    expect(counting(ring, retired)).toEqual(vkeys(a, b));
    expect(counting(ring, retired + 1)).toEqual(vkeys(b));
    expect(ring.refused).toEqual([
      expect.objectContaining({ index: 12, found: expect.stringContaining(`retired at entry ${retired}`) }),
    ]);
  });

  test("the last key cannot retire itself; with another that stays it can", async () => {
    const [a, b] = [newKey(), newKey()];
    const log = new KeyLog();
    await log.add({ action: "retire", key: a }, [a]);
    expect(log.ring([a]).refused).toEqual([expect.objectContaining({ found: "the last one that counts" })]);
    await log.add({ action: "introduce", key: b }, [a, b]);
    await log.add({ action: "retire", key: a }, [a]);
    expect(counting(log.ring([a]))).toEqual(vkeys(b));
  });

  test("a key does not come back", async () => {
    const [a, b] = [newKey(), newKey()];
    const log = new KeyLog();
    await log.add({ action: "introduce", key: b }, [a, b]);
    await log.add({ action: "revoke", key: b, reason: "lost" }, [a]);
    await log.add({ action: "introduce", key: b }, [a, b]);
    const ring = log.ring([a]);
    expect(counting(ring)).toEqual(vkeys(a));
    expect(ring.refused).toEqual([expect.objectContaining({ found: expect.stringContaining("no key comes back") })]);
  });

  test("any other key of the log may revoke, a retired one too; nobody else may", async () => {
    const [a, b, stranger] = [newKey(), newKey(), newKey()];
    const log = new KeyLog();
    await log.add({ action: "introduce", key: b }, [a, b]);
    await log.add({ action: "retire", key: a }, [b]);
    await log.add({ action: "revoke", key: b, reason: "lost" }, [stranger]);
    await log.add({ action: "revoke", key: b, reason: "lost" }, [b]);
    expect(log.ring([a]).refused.map(({ index }) => index)).toEqual([12, 13]);
    expect(counting(log.ring([a]))).toEqual(vkeys(b));
    const revoked = await log.add({ action: "revoke", key: b, reason: "lost" }, [a]);
    expect(counting(log.ring([a]))).toEqual([]);
    expect(log.ring([a]).keys[1]?.revoked).toEqual({ index: revoked, reason: "lost" });
  });

  test("of several revocations the first ends the key and the earliest date counts", async () => {
    const [a, b] = [newKey(), newKey()];
    const log = new KeyLog();
    await log.add({ action: "introduce", key: b }, [a, b]);
    await log.add({ action: "revoke", key: a, reason: "lost" }, [b]);
    await log.add({ action: "revoke", key: a, reason: "compromised", compromisedSince: "2026-03-01T00:00:00.000Z" }, [
      b,
    ]);
    await log.add({ action: "revoke", key: a, reason: "compromised", compromisedSince: SINCE, incident: "INC-1" }, [b]);
    expect(log.ring([b]).keys.find((key) => key.former)?.revoked).toEqual({
      index: 11,
      reason: "lost",
      compromisedSince: SINCE,
      incident: "INC-1",
    });
  });
});

describe("what does not count, and why", () => {
  const [a, b, c, stranger] = [newKey(), newKey(), newKey(), newKey()];
  const elsewhere = newKey("other");
  const wrongRoot = { size: 5, root: headAt(6).root };
  const cases: [string, string, (log: KeyLog) => Promise<unknown>][] = [
    [
      "no signature at all",
      "no signature",
      async (log) => log.records.push({ index: 10, entry: entryOf(10, { key: b.verifier.vkey, after: headAt(1) }) }),
    ],
    [
      "only the new key's own signature: a planted key",
      "nobody here trusts",
      (log) => log.add({ action: "introduce", key: b }, [b]),
    ],
    ["a stranger's signature", "nobody here trusts", (log) => log.add({ action: "introduce", key: b }, [stranger, b])],
    ["without the new key's consent", "none", (log) => log.add({ action: "introduce", key: b }, [a])],
    [
      "with the signatures exchanged",
      "does not match",
      (log) => log.add({ action: "introduce", key: b }, [a, b]).then(() => exchange(log)),
    ],
    [
      "about a key of another log",
      "nobody here trusts",
      (log) => log.add({ action: "introduce", key: elsewhere }, [elsewhere], { origin: "other" }),
    ],
    ["without a head", "none", (log) => log.add({ action: "introduce", key: b, after: undefined as never }, [a, b])],
    [
      "after a head that comes later",
      "records",
      (log) => log.add({ action: "introduce", key: b, after: headAt(11) }, [a, b]),
    ],
    ["after another log's head", "root", (log) => log.add({ action: "introduce", key: b, after: wrongRoot }, [a, b])],
    ["about what is no key", "no key", (log) => log.add({ action: "introduce", key: "not-a-key" }, [a])],
    [
      "about a key spelled in another way",
      "no key",
      (log) => log.add({ action: "introduce", key: ` ${b.verifier.vkey}` }, [a]),
    ],
    [
      "an attestation of a key that nobody revoked",
      "was not",
      (log) => log.add({ action: "attest", key: a, records: { from: 1, to: 2 } }, [a]),
    ],
  ];
  test.each(cases)("%s", async (_name, found, plant) => {
    const log = new KeyLog();
    await plant(log);
    const ring = log.ring([a]);
    expect(ring.refused).toEqual([expect.objectContaining({ index: 10, found: expect.stringContaining(found) })]);
    expect(counting(ring)).toEqual(vkeys(a));
  });

  /** Each signature under the other's name. */
  function exchange(log: KeyLog) {
    const [record] = log.records;
    if (record === undefined) throw new Error("no record");
    const { entry, index } = record;
    const signatures =
      entry.signatures?.map((one, i, all) => ({ ...one, signature: all[1 - i]?.signature ?? "" })) ?? [];
    log.records[0] = { index, entry: { ...entry, signatures } };
  }

  test("a statement whose signed members were changed afterwards, each in turn", async () => {
    const log = new KeyLog();
    await log.add({ action: "introduce", key: b }, [a, b]);
    await log.add({ action: "revoke", key: a, reason: "compromised", compromisedSince: SINCE, incident: "INC-1" }, [b]);
    const [, good] = log.records;
    if (good === undefined) throw new Error("no record");
    const changes = [
      { action: "retire" as const },
      { key: b.verifier.vkey },
      { after: headAt(4) },
      { compromisedSince: "2026-02-01T00:00:00.000Z" },
      { reason: "lost" as const },
      { incident: "INC-2" },
      { records: { from: 0, to: 1 } },
      { body: { digest: "0".repeat(64), size: 1, mediaType: "text/plain" } },
    ];
    for (const change of changes) {
      log.records[1] = { ...good, entry: { ...good.entry, ...change } };
      const { refused, keys } = log.ring([a]);
      expect(
        refused.map(({ index }) => index),
        JSON.stringify(change),
      ).toEqual([11]);
      expect(keys[0]?.revoked).toBeUndefined();
    }
  });

  test("an attestation by a process, by the revoked key, or of records that were not there yet", async () => {
    const log = new KeyLog();
    await log.add({ action: "introduce", key: b }, [a, b]);
    await log.add({ action: "revoke", key: a, reason: "compromised", compromisedSince: SINCE }, [b]);
    const attest = { action: "attest", key: a, records: { from: 2, to: 11 } } as const;
    await log.add(attest, [b], { actor: { type: "system", id: "custody" } });
    await log.add(attest, [a]);
    await log.add({ ...attest, records: { from: 2, to: 15 } }, [b]);
    await log.add({ ...attest, records: { from: 3, to: 3 } }, [b]);
    await log.add(attest, [c]);
    expect(log.ring([a]).refused.map(({ index }) => index)).toEqual([12, 13, 14, 15, 16]);
    expect(log.ring([a]).attested).toEqual([]);
    await log.add(attest, [b]);
    expect(log.ring([b]).attested).toEqual([
      { index: 17, key: a.verifier.vkey, from: 2, to: 11, at: expect.any(String), by: "p-1", auth: "unauthenticated" },
    ]);
  });
});

describe("a stolen key", () => {
  /** a is stolen; the thief lets t in and takes everybody else out; then b is introduced and a is revoked. */
  async function theft() {
    const [old, a, b, t] = [newKey(), newKey(), newKey(), newKey()];
    const log = new KeyLog();
    await log.add({ action: "introduce", key: a }, [old, a], { at: 10 });
    await log.add({ action: "introduce", key: t }, [a, t], { at: 50 });
    await log.add({ action: "retire", key: old }, [a, t], { at: 51 });
    await log.add({ action: "introduce", key: b }, [old, a, b], { at: 60 });
    await log.add({ action: "revoke", key: a, reason: "compromised", compromisedSince: SINCE }, [b, old], { at: 61 });
    return { old, a, b, t, log };
  }

  test("its introductions count up to the safe size, and what it retired stays", async () => {
    const { old, a, b, t, log } = await theft();
    const safe = new Map([[a.verifier.vkey, 40]]);
    expect(counting(log.ring([old], safe)).sort()).toEqual(vkeys(old, b).sort());
    expect(counting(log.ring([a], safe))).toEqual([]);
    expect(counting(log.ring([b], safe))).toEqual(vkeys(b));
    // With an outside proof that the introduction is older than the theft, it stands.
    expect(counting(log.ring([a], new Map([[a.verifier.vkey, 51]])))).toContain(t.verifier.vkey);
  });

  test("what was revoked stays revoked, also when whoever revoked it is not reached any more", async () => {
    const { a, log } = await theft();
    const safe = new Map([[a.verifier.vkey, 0]]);
    expect(log.ring([a], safe).keys.find(({ verifier }) => verifier.vkey === a.verifier.vkey)?.revoked?.index).toBe(61);
  });
});

describe("hostile logs", () => {
  test("10,000 statements by strangers cost no signature, and are told once too many are there", async () => {
    const [a, stranger] = [newKey(), newKey()];
    const log = new KeyLog();
    await log.add({ action: "introduce", key: stranger }, [stranger]);
    const [first] = log.records;
    if (first === undefined) throw new Error("no record");
    for (let i = 0; i < 10_000; i += 1) log.records.push({ ...first, index: 100 + i });
    const begun = process.hrtime.bigint();
    const ring = log.ring([a]);
    expect(Number(process.hrtime.bigint() - begun) / 1e6).toBeLessThan(3_000);
    expect(ring.refused).toHaveLength(MAX_STATEMENTS + 1);
    expect(ring.refused.at(-1)).toMatchObject({ expected: expect.stringContaining("at most"), index: 1099 });
    expect(counting(ring)).toEqual(vkeys(a));
  });

  test("any bytes for keys and signatures are refused without an error", () => {
    const a = newKey();
    fc.assert(
      fc.property(
        fc.constantFrom("introduce", "retire", "revoke", "attest"),
        fc.oneof(
          fc.string(),
          fc.constant(a.verifier.vkey),
          fc.constant("__proto__"),
          fc.constant(`${ORIGIN}+00000000+AQ==`),
        ),
        fc.array(
          fc.record({
            key: fc.oneof(fc.string(), fc.constant(a.verifier.vkey)),
            signature: fc.oneof(fc.string(), fc.base64String()),
          }),
          { maxLength: 8 },
        ),
        (action, key, signatures) => {
          const log = new KeyLog();
          log.records.push({
            index: 10,
            entry: entryOf(10, { action: action as "introduce", key, signatures, after: headAt(2) }),
          });
          const ring = log.ring([a]);
          expect(ring.refused).toHaveLength(1);
          expect(counting(ring)).toEqual(vkeys(a));
        },
      ),
    );
  });
});

/** What happens to the keys of a log, by the one who owns them and by a thief of some of them. */
type Act = "rotate" | "retire" | "lose" | "steal" | "attest" | "plant" | "thief";

test("whatever happens: each pin that leads there without a stolen key reaches the key that signs, and a thief's never", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(fc.constantFrom<Act>("rotate", "retire", "lose", "steal", "attest", "plant", "thief"), fc.nat()),
        { maxLength: 14 },
      ),
      async (acts) => {
        const log = new KeyLog();
        const first = newKey();
        let current = first;
        /** Counting keys of the owner, oldest first. */
        let own = [first];
        const all = [first];
        const given = new Set<Signer>();
        const stolen = new Set<Signer>();
        const thief: Signer[] = [];
        /** Which keys signed for which. */
        const introducedBy = new Map<Signer, Signer[]>();
        const takeOver = async (gone: Signer | undefined) => {
          const next = newKey();
          await log.add({ action: "introduce", key: next }, [next, ...own.slice(-7)]);
          introducedBy.set(next, own.slice(-7));
          all.push(next);
          own = [...own, next].filter((key) => key !== gone);
          current = next;
        };
        for (const [act, n] of acts) {
          const other = own.filter((key) => key !== current)[n % Math.max(1, own.length - 1)];
          if (act === "rotate") await takeOver(undefined);
          if (act === "retire" && other) {
            await log.add({ action: "retire", key: other }, own.slice(-7));
            own = own.filter((key) => key !== other);
            given.add(other);
          }
          if (act === "lose" || act === "steal") {
            const gone = current;
            await takeOver(gone);
            const since = act === "steal" ? { compromisedSince: SINCE } : {};
            await log.add(
              { action: "revoke", key: gone, reason: act === "steal" ? "compromised" : "lost", ...since },
              own.slice(-7),
            );
            given.add(gone);
            if (act === "steal") stolen.add(gone);
          }
          const [robbed] = stolen;
          if (act === "attest" && robbed)
            await log.add({ action: "attest", key: robbed, records: { from: 0, to: 1 } }, [current]);
          if (act === "plant") {
            thief.push(newKey());
            await log.add({ action: "introduce", key: thief.at(-1) as Signer }, [thief.at(-1) as Signer]);
          }
          if (act === "thief" && robbed) {
            thief.push(newKey());
            await log.add({ action: "introduce", key: thief.at(-1) as Signer }, [robbed, thief.at(-1) as Signer]);
            await log.add({ action: "retire", key: current }, [robbed]);
          }
        }
        const safe = new Map([...stolen].map((key) => [key.verifier.vkey, 0]));
        const leads = (from: Signer, to: Signer): boolean =>
          from === to || (introducedBy.get(to) ?? []).some((by) => !stolen.has(by) && leads(from, by));
        for (const pin of all) {
          const ring = log.ring([pin], safe);
          const reached = counting(ring);
          for (const key of thief) expect(reached).not.toContain(key.verifier.vkey);
          for (const key of given) expect(reached).not.toContain(key.verifier.vkey);
          if (!stolen.has(pin))
            expect(reached.includes(current.verifier.vkey), `pin ${all.indexOf(pin)}`).toBe(leads(pin, current));
          if (leads(pin, current) && !stolen.has(pin))
            expect(newestKey(ring)?.verifier.vkey).toBe(current.verifier.vkey);
        }
      },
    ),
    { numRuns: 60 },
  );
});

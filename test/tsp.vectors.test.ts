import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../src/lib/digest.ts";
import { isCustodyError } from "../src/lib/errors.ts";
import { fromIso, iso } from "../src/lib/time.ts";
import { type Certificate, readCertificates } from "../src/tsp/certificate.ts";
import { encode, TAG } from "../src/tsp/der.ts";
import { parseResponse } from "../src/tsp/response.ts";
import { parseToken } from "../src/tsp/token.ts";
import { verifyToken } from "../src/tsp/verify.ts";

interface Vector {
  readonly name: string;
  readonly file: string;
  readonly digest: string;
  readonly root: string;
  readonly verified: boolean;
  readonly problems?: readonly string[];
  readonly [key: string]: unknown;
}

const FOLDER = join(import.meta.dirname, "vectors/tsp");
const read = (name: string): Uint8Array => readFileSync(join(FOLDER, name));
const vectors = JSON.parse(new TextDecoder().decode(read("expected.json"))) as Vector[];

const rootFiles = new Map(
  [...new Set(vectors.map(({ root }) => root))].map((name) => [name, readCertificates(read(name))]),
);
const roots = (name: string): readonly Certificate[] => rootFiles.get(name) ?? [];

/** The answer in the form of the vectors. */
async function answer(bytes: Uint8Array, isResponse: boolean, { digest, root }: Vector) {
  const token = isResponse ? parseResponse(bytes).token : bytes;
  const verdict = await verifyToken(token ?? new Uint8Array(), {
    digest: fromHex(digest),
    roots: roots(root),
    at: Date.UTC(2040, 0, 1),
  });
  if (!verdict.verified) return { verified: false, problems: [...new Set(verdict.problems.map((p) => p.code))] };
  const { genTime, earliest, latest, validUntil, chain, standing } = verdict;
  expect(standing).toBe("expired");
  return {
    verified: true,
    genTime: iso(genTime),
    earliest: iso(earliest),
    latest: iso(latest),
    validUntil: iso(validUntil),
    chain: chain.map((c) => c.fingerprint),
  };
}

describe("frozen time stamps", () => {
  test.each(vectors)("$name has the answer it had when it was made", async (vector) => {
    const { name, file, digest, root, ...expected } = vector;
    expect(await answer(read(file), file.endsWith(".tsr"), vector)).toEqual(expected);
  });

  test("what the request asked for stands in the token", () => {
    const token = parseToken(parseResponse(read("rsa.tsr")).token ?? new Uint8Array());
    expect(token).toMatchObject({
      nonce: 0xc0ffee1234567890n,
      policy: "1.3.6.1.4.1.99999.1",
      serial: 2n,
      ordering: true,
    });
    expect(token).toMatchObject({ accuracy: 1000, unit: 1000, tsa: "O=Test, CN=Vector TSA" });
    expect(token.genTime).toBe(fromIso("2026-11-21T08:49:20.000Z"));
  });
});

/** Every bit where there is time for it, otherwise one of each byte in turn. */
const CHANGES = process.env.CI ? [1, 2, 4, 8, 16, 32, 64, 128, 255] : undefined;
const BATCH = 64;

/** Offsets at which a byte may change, in one bit or in all, and the answer is still yes. */
async function unnoticed(token: Uint8Array, vector: Vector): Promise<number[]> {
  const found = new Set<number>();
  const tries = Array.from(token, (_, at) => (CHANGES ?? [1 << (at % 8)]).map((mask) => ({ at, mask }))).flat();
  for (let i = 0; i < tries.length; i += BATCH) {
    const batch = tries.slice(i, i + BATCH).map(async ({ at, mask }) => {
      const changed = Uint8Array.from(token);
      changed[at] = (changed[at] ?? 0) ^ mask;
      if ((await answer(changed, false, vector)).verified) found.add(at);
    });
    await Promise.all(batch);
  }
  return [...found].sort((a, b) => a - b);
}

describe("changed time stamps", () => {
  const token = (name: string): Uint8Array => {
    const bytes = read(name);
    return name.endsWith(".tsr") ? (parseResponse(bytes).token ?? new Uint8Array()) : bytes;
  };
  const vector = (name: string): Vector => vectors.find((v) => v.name === name) as Vector;

  test.each(process.env.CI ? ["ecdsa intermediate", "rsa pss"] : ["ecdsa intermediate"])(
    "%s: every changed byte is found",
    { timeout: 120_000 },
    async (name) => {
      expect(await unnoticed(token(vector(name).file), vector(name))).toEqual([]);
    },
  );

  test("only in a copy of the root that nobody needs may bytes change", { timeout: 120_000 }, async () => {
    const bytes = Buffer.from(token("rsa.tsr"));
    const copy = Buffer.from(readCertificates(read("root.pem"))[0]?.bytes ?? []);
    const at = bytes.indexOf(copy);
    const offsets = await unnoticed(bytes, vector("rsa"));
    expect(offsets.length).toBeGreaterThan(0);
    expect(offsets.filter((offset) => offset < at || offset >= at + copy.length)).toEqual([]);
  });

  test("a token cut short anywhere, or with a byte more, is refused", async () => {
    const bytes = token("rsa.tsr");
    for (let length = 0; length < bytes.length; length += 1) {
      expect((await answer(bytes.subarray(0, length), false, vector("rsa"))).problems).toEqual(["malformed"]);
    }
    const longer = Uint8Array.from([...bytes, 0]);
    expect((await answer(longer, false, vector("rsa"))).problems).toEqual(["malformed"]);
  });
});

describe("bytes that are no time stamp", () => {
  const digest = new Uint8Array(32);
  const refused = async (bytes: Uint8Array): Promise<void> => {
    for (const parse of [parseResponse, parseToken]) {
      try {
        parse(bytes);
        expect.unreachable("it was read");
      } catch (thrown) {
        expect(
          isCustodyError(thrown, "INPUT_INVALID") || isCustodyError(thrown, "INPUT_TOO_LARGE"),
          String(thrown),
        ).toBe(true);
      }
    }
    expect(await verifyToken(bytes, { digest, roots: roots("root.pem") })).toMatchObject({
      verified: false,
      problems: [{ code: "malformed" }],
    });
  };

  test("random bytes are refused, never more", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), refused), { numRuns: 500 });
  });

  test("random bytes inside a token's own frame are refused, never more", async () => {
    const inner = fc.uint8Array({ maxLength: 200 });
    const nested = fc.letrec<{ node: Uint8Array }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 6 },
        inner,
        fc
          .tuple(fc.constantFrom(0x30, 0x31, 0xa0, 0x02, 0x06, 0x04), fc.array(tie("node"), { maxLength: 4 }))
          .map(([tag, parts]) => encode(tag, ...parts)),
      ),
    })).node;
    await fc.assert(fc.asyncProperty(nested, refused), { numRuns: 500 });
  });

  test("lengths beyond all bounds are refused at once", async () => {
    const cases = [
      "3084ffffffff",
      "3085ffffffffff",
      "3080",
      "30ff",
      "308400000001",
      "308100",
      "30",
      "",
      "3f8101",
      "1f",
    ];
    for (const hex of cases) await refused(fromHex(hex));
    await refused(new Uint8Array(300 * 1024).fill(0x30));
    // Nothing here descends but by its own schema, however deep the bytes go.
    let deep: Uint8Array = new Uint8Array();
    for (let i = 0; i < 1000; i += 1) deep = encode(TAG.sequence, deep);
    await refused(deep);
  });

  test("a page of HTML is no response, and the message says where", () => {
    const page = new TextEncoder().encode("<!doctype html><title>Sign in</title>");
    expect(() => parseResponse(page)).toThrow("time stamp response, byte 0: expected sequence, found tag 0x3c");
  });
});

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ed25519Verifier, isEd25519Key } from "../src/lib/ed25519.ts";
import * as node from "../src/lib/platform-node.ts";
import * as web from "../src/lib/platform-web.ts";

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
const P = (1n << 255n) - 19n;
const FORMS = [
  ["Node", node],
  ["a browser", web],
] as const;

const bytes = (max = 300) => fc.uint8Array({ maxLength: max });
const plain = (data: Uint8Array | undefined) => data && Uint8Array.from(data);
const number = (data: Uint8Array) => BigInt(`0x${node.hex(Uint8Array.from(data).reverse())}`);
const little = (n: bigint) => node.fromHex(n.toString(16).padStart(64, "0")).reverse();

/** The eight points whose order divides the cofactor. */
const torsion = (() => {
  const eighth = Point.fromBytes(node.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"));
  return Array.from({ length: 8 }, (_, i) => (i === 0 ? Point.ZERO : eighth.multiplyUnsafe(BigInt(i))));
})();

/** A signature over any key point with any nonce point, as whoever holds the secret scalars can make one. */
function forge(a: bigint, r: bigint, key: number, nonce: number, message: Uint8Array) {
  const raw = Point.BASE.multiply(a)
    .add(torsion[key] as typeof Point.ZERO)
    .toBytes();
  const R = Point.BASE.multiply(r)
    .add(torsion[nonce] as typeof Point.ZERO)
    .toBytes();
  const k = number(sha512(node.concat([R, raw, message]))) % ORDER;
  return { raw, signature: node.concat([R, little((r + k * a) % ORDER)]) };
}

const scalar = fc.bigInt({ min: 1n, max: ORDER - 1n });

describe("Node and a browser", () => {
  test("hash alike, whole and in pieces", () => {
    fc.assert(
      fc.property(fc.array(bytes(), { maxLength: 5 }), (parts) => {
        const [a, b] = FORMS.map(([, form]) => parts.reduce((hash, part) => hash.update(part), form.newSha256()));
        const [c, d] = FORMS.map(([, form]) => form.newSha256().update(form.concat(parts)).digest("hex"));
        expect(plain(b?.digest())).toEqual(plain(a?.digest()));
        expect(d).toBe(c);
      }),
    );
  });

  test("write and read bytes as text alike, whatever the text", () => {
    fc.assert(
      fc.property(bytes(), (data) => {
        expect(web.hex(data)).toBe(node.hex(data));
        expect(web.base64(data)).toBe(node.base64(data));
        expect(plain(web.fromHex(node.hex(data)))).toEqual(data);
        expect(plain(web.fromBase64(node.base64(data)))).toEqual(data);
      }),
    );
    const nearly = fc.string({ unit: fc.constantFrom(..."AZaz09+/=-_ \n\téÿ".split("")), maxLength: 12 });
    fc.assert(
      fc.property(nearly, (text) => {
        expect(plain(web.fromBase64(text))).toEqual(plain(node.fromBase64(text)));
        expect(plain(web.fromHex(text))).toEqual(plain(node.fromHex(text)));
      }),
      { numRuns: 2000 },
    );
    const large = new Uint8Array(100_000).map((_, i) => i * 7);
    expect(web.base64(large)).toBe(node.base64(large));
  });

  test("compare and join alike, also parts of larger buffers", () => {
    fc.assert(
      fc.property(bytes(40), bytes(40), fc.nat(40), (a, b, cut) => {
        const [x, y] = [a.subarray(cut), b.subarray(cut)];
        expect(web.sameBytes(x, y)).toBe(node.sameBytes(x, y));
        expect(web.sameBytes(x, Uint8Array.from(x))).toBe(true);
        expect(plain(web.concat([x, y, a]))).toEqual(plain(node.concat([x, y, a])));
        expect(web.hex(x)).toBe(node.hex(x));
      }),
    );
  });

  test("judge good and altered signatures alike", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        bytes(80),
        fc.nat(63),
        fc.nat(255),
        (seed, message, at, by) => {
          const raw = ed25519.getPublicKey(seed);
          const signature = ed25519.sign(message, seed);
          const altered = Uint8Array.from(signature, (byte, i) => (i === at ? byte ^ by : byte));
          for (const [, form] of FORMS) {
            const check = form.ed25519Check(raw);
            expect(check(message, signature)).toBe(true);
            expect(check(message, altered)).toBe(by === 0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("judge keys and signatures alike that only an attacker makes: torsion in key or R, S past the order, y past the prime", () => {
    let taken = 0;
    fc.assert(
      fc.property(
        scalar,
        scalar,
        fc.nat(7),
        fc.nat(7),
        fc.constantFrom("as made", "S + L", "R respelled", "S of noise"),
        bytes(20),
        (a, r, key, nonce, how, message) => {
          const made = forge(a, r, key, nonce, message);
          const [R, S] = [made.signature.subarray(0, 32), made.signature.subarray(32)];
          const signature = {
            "as made": made.signature,
            "S + L": node.concat([R, little(number(S) + ORDER)]),
            // The neutral point, spelled with p + 1.
            "R respelled": node.concat([little(P + 1n), S]),
            "S of noise": node.concat([R, new Uint8Array(32).fill(0xff)]),
          }[how];
          const answers = FORMS.map(([, form]) => form.ed25519Check(made.raw)(message, signature));
          expect(answers[1]).toBe(answers[0]);
          if (answers[0]) taken += 1;
          if (how !== "as made" || (key === 0 && nonce !== 0)) expect(answers[0]).toBe(false);
          if (how === "as made" && key === 0 && nonce === 0) expect(answers[0]).toBe(true);
        },
      ),
      { numRuns: 250, seed: 7 },
    );
    expect(taken).toBeGreaterThan(0);
  });

  test("judge bytes alike that are no signature and no point", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 70 }),
        bytes(10),
        (raw, signature, message) => {
          if (!isEd25519Key(raw) || signature.length !== 64) return;
          const answers = FORMS.map(([, form]) => form.ed25519Check(raw)(message, signature));
          expect(answers).toEqual([false, false]);
        },
      ),
    );
  });
});

describe("a key", () => {
  test("of small order, in any spelling, signs nothing", () => {
    const message = new TextEncoder().encode("anything");
    // Under the neutral point as key, S = 0 and R = neutral is a "signature" of everything.
    const forged = node.concat([little(1n), little(0n)]);
    expect(node.ed25519Check(little(1n))(message, forged)).toBe(true);
    for (const point of torsion) {
      const raw = point.toBytes();
      const flipped = Uint8Array.from(raw, (byte, i) => (i === 31 ? byte ^ 0x80 : byte));
      const respelled = number(raw) + P < 1n << 255n ? [little(number(raw) + P)] : [];
      for (const spelling of [raw, flipped, ...respelled]) {
        expect(isEd25519Key(spelling)).toBe(false);
        expect(ed25519Verifier(spelling)(message, forged)).toBe(false);
      }
    }
  });

  test("whose y is not below the prime is none, and neither is one of another length", () => {
    for (let y = P; y < 1n << 255n; y += 1n) {
      expect(isEd25519Key(little(y))).toBe(false);
      expect(isEd25519Key(little(y | (1n << 255n)))).toBe(false);
    }
    expect(isEd25519Key(little(P - 2n))).toBe(true);
    for (const length of [0, 31, 33, 64]) expect(isEd25519Key(new Uint8Array(length).fill(9))).toBe(false);
  });

  test("off the curve is a key of nothing instead of an error", () => {
    const off = Array.from({ length: 40 }, (_, i) => little(BigInt(i + 2))).filter((raw) => {
      try {
        Point.fromBytes(raw);
        return false;
      } catch {
        return true;
      }
    });
    expect(off.length).toBeGreaterThan(5);
    for (const raw of off) expect(ed25519Verifier(raw)(new Uint8Array(1), new Uint8Array(64))).toBe(false);
  });
});

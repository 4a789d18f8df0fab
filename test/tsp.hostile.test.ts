import { createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readCertificates } from "../src/tsp/certificate.ts";
import { context, decode, encode, encodeInteger, encodeOid, open, TAG } from "../src/tsp/der.ts";
import { OID } from "../src/tsp/oid.ts";
import type { StampProblemCode } from "../src/tsp/problem.ts";
import { verifyToken } from "../src/tsp/verify.ts";
import { describeWith } from "./support/tools.ts";
import { Pki, ROOT_EXTENSIONS, TSA_EXTENSIONS } from "./support/tsp-pki.ts";
import {
  attribute,
  buildAuthority,
  buildToken,
  hashAlgorithm,
  properAttributes,
  type TokenParts,
  tstInfo,
} from "./support/tsp-token.ts";

const digest = createHash("sha256").update("a checkpoint\n").digest();
const seq = (...parts: Uint8Array[]): Uint8Array => encode(TAG.sequence, ...parts);
const octets = (bytes: Uint8Array): Uint8Array => encode(TAG.octets, bytes);
const algorithm = (oid: string, ...parameters: Uint8Array[]): Uint8Array => seq(encodeOid(oid), ...parameters);

/** A service under a trusted root that signs whatever we put together: what an enemy with such a service could send. */
describeWith(["openssl"], "time stamps made by an enemy", () => {
  let pki: Pki;
  let base: TokenParts;
  let twin: Uint8Array;
  let ed: { certificate: Uint8Array; key: Buffer };

  beforeAll(() => {
    pki = new Pki()
      .issue("root", { extensions: ROOT_EXTENSIONS })
      .issue("tsa", { by: "root", extensions: TSA_EXTENSIONS })
      .issue("twin", { by: "root", keyOf: "tsa", cn: "tsa", extensions: TSA_EXTENSIONS })
      .issue("ed", { key: "ed25519", by: "root", extensions: TSA_EXTENSIONS });
    const key = (name: string): Buffer => readFileSync(pki.path(`${name}.key`));
    base = { content: tstInfo({ digest }), certificate: pki.der("tsa"), key: key("tsa") };
    twin = pki.der("twin");
    ed = { certificate: pki.der("ed"), key: key("ed") };
  });
  afterAll(() => pki.remove());

  const verdictOf = async (token: Uint8Array) => {
    const verdict = await verifyToken(token, { digest, roots: readCertificates(pki.pem("root")) });
    return verdict.verified ? "verified" : [...new Set(verdict.problems.map((p) => p.code))];
  };
  const attributes = (): Uint8Array[] => properAttributes(base.content, base.certificate);

  test("the same, made properly, is fine, also for openssl", async () => {
    const token = buildToken(base);
    expect(await verdictOf(token)).toBe("verified");
    expect(pki.verifies(token, digest, "root")).toBe(true);
  });

  test("Ed25519 with SHA-512 counts, with SHA-256 it does not", async () => {
    const hash = (bytes: Uint8Array): Uint8Array => createHash("sha512").update(bytes).digest();
    const list = properAttributes(base.content, ed.certificate);
    const own = (digestAlgorithm: Uint8Array, attrs: Uint8Array[]): Uint8Array =>
      buildToken({
        ...base,
        certificate: ed.certificate,
        attributes: attrs,
        digestAlgorithm,
        signatureAlgorithm: algorithm(OID.ed25519),
        signature: sign(null, encode(TAG.set, ...attrs), createPrivateKey(ed.key)),
      });
    list[1] = attribute(OID.messageDigest, octets(hash(base.content)));
    expect(await verdictOf(own(algorithm(OID.sha512), list))).toBe("verified");
    const short = properAttributes(base.content, ed.certificate);
    expect(await verdictOf(own(algorithm(OID.sha256), short))).toEqual(["algorithm-refused"]);
  });

  const attacks: readonly { name: string; token: () => Uint8Array; says: readonly StampProblemCode[] }[] = [
    {
      name: "another content under the same signature",
      token: () => buildToken({ ...base, content: tstInfo({ digest, nonce: 9n }), attributes: attributes() }),
      says: ["content-altered"],
    },
    {
      name: "signed as another type of content",
      token: () =>
        buildToken({
          ...base,
          attributes: [attribute(OID.contentType, encodeOid("1.2.840.113549.1.7.1")), ...attributes().slice(1)],
        }),
      says: ["content-altered"],
    },
    {
      name: "no content type",
      token: () => buildToken({ ...base, attributes: attributes().slice(1) }),
      says: ["malformed"],
    },
    {
      name: "no message digest",
      token: () => buildToken({ ...base, attributes: attributes().filter((_, i) => i !== 1) }),
      says: ["malformed"],
    },
    {
      name: "a signature over the content itself",
      token: () => buildToken({ ...base, bare: true, signedBytes: base.content }),
      says: ["malformed"],
    },
    {
      name: "no attributes in their field",
      token: () => buildToken({ ...base, attributes: [] }),
      says: ["malformed", "signer-unbound"],
    },
    {
      name: "an attribute twice",
      token: () => buildToken({ ...base, attributes: [...attributes(), ...attributes().slice(0, 1)] }),
      says: ["malformed"],
    },
    {
      name: "an attribute with two values",
      token: () => {
        const wrong = createHash("sha256").update("x").digest();
        const two = attribute(
          OID.messageDigest,
          octets(wrong),
          octets(createHash("sha256").update(base.content).digest()),
        );
        return buildToken({ ...base, attributes: attributes().map((a, i) => (i === 1 ? two : a)) });
      },
      says: ["malformed"],
    },
    {
      name: "no reference to the certificate",
      token: () => buildToken({ ...base, attributes: attributes().slice(0, 2) }),
      says: ["signer-unbound"],
    },
    {
      name: "a twin of the certificate with the same key",
      token: () => buildToken({ ...base, certificate: twin, attributes: attributes() }),
      says: ["signer-unbound"],
    },
    {
      name: "a reference by a hash that is not accepted",
      token: () => {
        const id = seq(algorithm(OID.sha1), octets(createHash("sha1").update(base.certificate).digest()));
        return buildToken({
          ...base,
          attributes: [...attributes().slice(0, 2), attribute(OID.signingCertificateV2, seq(seq(id)))],
        });
      },
      says: ["algorithm-refused"],
    },
    {
      name: "a reference to another issuer",
      token: () => {
        const name = seq(encode(TAG.set, seq(encodeOid("2.5.4.3"), encode(TAG.utf8, new TextEncoder().encode("x")))));
        const serial = seq(seq(encode(context(4), name)), encodeInteger(1n));
        const id = seq(octets(createHash("sha256").update(base.certificate).digest()), serial);
        return buildToken({
          ...base,
          attributes: [...attributes().slice(0, 2), attribute(OID.signingCertificateV2, seq(seq(id)))],
        });
      },
      says: ["signer-unbound"],
    },
    { name: "two signers", token: () => buildToken({ ...base, signers: 2 }), says: ["malformed"] },
    { name: "no signer", token: () => buildToken({ ...base, signers: 0 }), says: ["malformed"] },
    { name: "another version", token: () => buildToken({ ...base, version: 1n }), says: ["malformed"] },
    { name: "no certificate", token: () => buildToken({ ...base, certificates: [] }), says: ["signer-missing"] },
    {
      name: "33 certificates",
      token: () => buildToken({ ...base, certificates: Array(33).fill(base.certificate) }),
      says: ["malformed"],
    },
    {
      name: "a key that is nobody's",
      token: () => {
        const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
        return buildToken({ ...base, key: privateKey.export({ type: "pkcs8", format: "pem" }) });
      },
      says: ["signature-invalid"],
    },
    {
      name: "an ECDSA signature with a zero put before its first number",
      token: () => {
        // A number of 31 bytes, so that it still fits with the zero; one signature in 256 has it.
        for (;;) {
          const signature = sign("sha256", encode(TAG.set, ...attributes()), createPrivateKey(base.key));
          const numbers = open(decode(signature, TAG.sequence, "test"), "test");
          const [r, s] = [numbers.next(TAG.integer, "r").content, numbers.next(TAG.integer, "s").bytes];
          if (r.length > 31) continue;
          return buildToken({ ...base, signature: seq(encode(TAG.integer, Uint8Array.of(0), r), s) });
        }
      },
      says: ["signature-invalid"],
    },
    ...[
      { name: "a mask by another hash", mask: OID.sha384, trailer: 1n },
      { name: "another trailer", mask: OID.sha256, trailer: 2n },
    ].map(({ name, mask, trailer }) => ({
      name: `RSA-PSS with ${name}`,
      token: () =>
        buildToken({
          ...base,
          signatureAlgorithm: algorithm(
            OID.rsaPss,
            seq(
              encode(context(0), hashAlgorithm(OID.sha256)),
              encode(context(1), algorithm(OID.mgf1, hashAlgorithm(mask))),
              encode(context(2), encodeInteger(32n)),
              encode(context(3), encodeInteger(trailer)),
            ),
          ),
        }),
      says: ["algorithm-refused"] as const,
    })),
    {
      name: "an ECDSA signature of zeros",
      token: () => buildToken({ ...base, signature: seq(encodeInteger(0n), encodeInteger(0n)) }),
      says: ["signature-invalid"],
    },
    {
      name: "an empty signature",
      token: () => buildToken({ ...base, signature: new Uint8Array() }),
      says: ["signature-invalid"],
    },
    {
      name: "an algorithm that does not go with the key",
      token: () => buildToken({ ...base, signatureAlgorithm: algorithm(OID.sha256WithRsa, encode(TAG.null)) }),
      says: ["signature-invalid"],
    },
    {
      name: "another hash in digest and signature",
      token: () => buildToken({ ...base, signatureAlgorithm: algorithm(OID.ecdsaWithSha384) }),
      says: ["algorithm-refused"],
    },
    {
      name: "parameters where none belong",
      token: () => buildToken({ ...base, signatureAlgorithm: algorithm(OID.ecdsaWithSha256, encode(TAG.null)) }),
      says: ["algorithm-refused"],
    },
    {
      name: "RSA-PSS by its defaults, which are SHA-1",
      token: () => buildToken({ ...base, signatureAlgorithm: algorithm(OID.rsaPss, seq()) }),
      says: ["algorithm-refused"],
    },
    {
      name: "MD5",
      token: () => buildToken({ ...base, digestAlgorithm: algorithm("1.2.840.113549.2.5") }),
      says: ["algorithm-refused"],
    },
    {
      name: "an unknown critical extension in the time stamp",
      token: () => {
        const extension = seq(
          encodeOid("1.3.6.1.4.1.99999.8"),
          encode(TAG.boolean, Uint8Array.of(0xff)),
          octets(Uint8Array.of(5, 0)),
        );
        return buildToken({ ...base, content: tstInfo({ digest, last: [encode(context(1), extension)] }) });
      },
      says: ["extension-unknown"],
    },
    {
      name: "a hash longer than its algorithm's",
      token: () => buildToken({ ...base, content: tstInfo({ digest: Buffer.concat([digest, digest]) }) }),
      says: ["malformed", "imprint-mismatch"],
    },
    ...[
      "20260230000000Z",
      "20261121250000Z",
      "20261121084920.50Z",
      "20261121084920+0100",
      "202611210849Z",
      "00991121084920Z\0",
    ].map((time) => ({
      name: `the time ${JSON.stringify(time)}`,
      token: () => buildToken({ ...base, content: tstInfo({ digest, time }) }),
      says: ["malformed"] as const,
    })),
    {
      name: "a time stamp of a later version",
      token: () => buildToken({ ...base, content: tstInfo({ digest, version: 2n }) }),
      says: ["malformed"],
    },
    {
      name: "an accuracy of centuries",
      token: () => buildToken({ ...base, content: tstInfo({ digest, after: [seq(encodeInteger(10n ** 12n))] }) }),
      says: ["malformed"],
    },
    {
      name: "an accuracy below nothing",
      token: () =>
        buildToken({ ...base, content: tstInfo({ digest, after: [seq(encode(TAG.integer, Uint8Array.of(0x80)))] }) }),
      says: ["malformed"],
    },
    {
      name: "something after the time stamp's own fields",
      token: () => buildToken({ ...base, content: tstInfo({ digest, last: [encode(TAG.null)] }) }),
      says: ["malformed"],
    },
  ];

  test.each(attacks)("$name is refused", async ({ token, says }) => {
    expect(await verdictOf(token())).toEqual(says);
  });

  test("what nobody signed may lie beside, and changes nothing", async () => {
    const junk = [seq(), seq(encodeInteger(1n)), encode(context(2), Uint8Array.of(5, 0))];
    const unsigned = [encode(context(1), attribute("1.3.6.1.4.1.99999.9", octets(digest)))];
    expect(await verdictOf(buildToken({ ...base, certificates: [...junk, twin, base.certificate], unsigned }))).toBe(
      "verified",
    );
  });

  test("a maze of authorities that all certify each other is left soon", async () => {
    const keys = Array.from({ length: 7 }, () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
    const edges = keys.flatMap((key, i) => keys.flatMap((signer, j) => (i === j ? [] : [{ i, j, key, signer }])));
    const maze = edges.map(({ i, j, key, signer }, n) =>
      buildAuthority(`CA ${i}`, `CA ${j}`, key, signer, BigInt(n + 1)),
    );
    const own = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const certificate = buildAuthority("leaf", "CA 0", own, keys[0] ?? own, 99n);
    const token = buildToken({
      ...base,
      certificate,
      key: own.export({ type: "pkcs8", format: "pem" }),
      certificates: [certificate, ...maze.slice(0, 30)],
    });
    const work = vi.spyOn(globalThis.crypto.subtle, "verify");
    const verdict = await verifyToken(token, {
      digest,
      roots: readCertificates(pki.pem("root")),
      intermediates: maze.slice(30),
    });
    // The attempts, and the token's own signature.
    expect(work.mock.calls.length).toBeLessThanOrEqual(65);
    work.mockRestore();
    expect(verdict.verified).toBe(false);
    const messages = verdict.verified ? [] : verdict.problems.map((p) => p.message);
    expect(messages).toContain("expected a path within 64 attempts, found none");
  });
});

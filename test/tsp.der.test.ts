import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../src/lib/digest.ts";
import { readCertificates } from "../src/tsp/certificate.ts";
import {
  decode,
  type Element,
  encode,
  encodeInteger,
  encodeOid,
  readBoolean,
  readInteger,
  readNamedBits,
  readOid,
  TAG,
} from "../src/tsp/der.ts";
import { encodeRequest } from "../src/tsp/request.ts";
import { parseResponse } from "../src/tsp/response.ts";
import { readTime } from "../src/tsp/time.ts";

const element = (hex: string): Element => decode(fromHex(hex), Number.parseInt(hex.slice(0, 2), 16), "here");
const time = (tag: number, text: string): Element => decode(encode(tag, new TextEncoder().encode(text)), tag, "here");

describe("DER", () => {
  test("what was written is read back", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 500n }), (value) => {
        expect(readInteger(decode(encodeInteger(value), TAG.integer, "here"), "here")).toBe(value);
      }),
    );
    const arcs = fc.array(fc.nat(), { minLength: 1, maxLength: 8 }).map((rest) => ["1.3", ...rest].join("."));
    fc.assert(
      fc.property(arcs, (oid) => {
        expect(readOid(decode(encodeOid(oid), TAG.oid, "here"), "here")).toBe(oid);
      }),
    );
    for (const length of [0, 127, 128, 255, 256, 65_535, 65_536]) {
      expect(decode(encode(TAG.octets, new Uint8Array(length)), TAG.octets, "here").content.length).toBe(length);
    }
  });

  test("integers have their shortest form, and a sign", () => {
    expect(readInteger(element("0201ff"), "here")).toBe(-1n);
    expect(readInteger(element("02020080"), "here")).toBe(128n);
    expect(readInteger(element("020180"), "here")).toBe(-128n);
    for (const hex of ["0200", "0202007f", "0202ff80", `0241${"01".repeat(65)}`]) {
      expect(() => readInteger(element(hex), "here"), hex).toThrow("here, byte 0");
    }
  });

  test("booleans are 00 or ff, OIDs have no padding and an end, bit lists no zeros at the end", () => {
    for (const hex of ["010101", "0100", "0102ffff"])
      expect(() => readBoolean(element(hex), "here"), hex).toThrow("here");
    for (const hex of ["0600", "0602802a", "06022a80", "0603552a80"])
      expect(() => readOid(element(hex), "here"), hex).toThrow("here");
    expect([...readNamedBits(element("030205a0"), "here")]).toEqual([0, 2]);
    expect([...readNamedBits(element("030100"), "here")]).toEqual([]);
    for (const hex of ["0300", "030101", "03020040", "030205a1", "03020880", "0306000000000001"]) {
      expect(() => readNamedBits(element(hex), "here"), hex).toThrow("here");
    }
  });

  test.each([
    ["308000000000", "an indefinite length"],
    ["308100", "a padded length"],
    ["30820001", "a padded length"],
    ["3085010000000000", "one of 5"],
    ["3003020101ff", "more bytes"],
    ["30040201", "a length of 4"],
    ["1f8101", "tag below 31"],
    ["30", "the end"],
    ["", "the end"],
  ])("%s is refused: %s", (hex, message) => {
    expect(() => decode(fromHex(hex), TAG.sequence, "here")).toThrow(message);
  });

  test("times are UTC, with seconds, of the calendar", () => {
    expect(readTime(time(TAG.utcTime, "491231235959Z"), "t").at).toBe(Date.UTC(2049, 11, 31, 23, 59, 59));
    expect(readTime(time(TAG.utcTime, "500101000000Z"), "t").at).toBe(Date.UTC(1950, 0, 1));
    expect(readTime(time(TAG.time, "99991231235959Z"), "t").at).toBe(Date.UTC(9999, 11, 31, 23, 59, 59));
    expect(readTime(time(TAG.time, "20240229120000.1239Z"), "t", true)).toEqual({
      at: Date.UTC(2024, 1, 29, 12, 0, 0, 123),
      unit: 1,
    });
    expect(readTime(time(TAG.time, "20240229120000.5Z"), "t", true).unit).toBe(100);
    for (const text of [
      "20230229120000Z",
      "20240229120060Z",
      "20240229120000.50Z",
      "20240229120000.Z",
      "20240229120000",
      "20241301000000Z",
    ]) {
      expect(() => readTime(time(TAG.time, text), "t", true), text).toThrow("t, byte 0");
    }
    expect(() => readTime(time(TAG.time, "20240229120000.5Z"), "t")).toThrow();
    expect(() => readTime(time(TAG.utcTime, "2402291200Z"), "t")).toThrow();
  });
});

describe("requests and roots", () => {
  test("a request is these bytes and no others", () => {
    const digest = new Uint8Array(32).fill(0xab);
    expect(Buffer.from(encodeRequest({ digest, nonce: 0xff00n, certReq: true })).toString("hex")).toBe(
      `303e0201013031300d060960864801650304020105000420${"ab".repeat(32)}020300ff000101ff`,
    );
    expect(() => encodeRequest({ digest: new Uint8Array(20) })).toThrow(
      "expected a digest of 32, 48 or 64 bytes, found 20",
    );
  });

  test("a response has a token exactly when it grants one", () => {
    const response = (status: bigint, ...token: Uint8Array[]): Uint8Array =>
      encode(TAG.sequence, encode(TAG.sequence, encodeInteger(status)), ...token);
    const token = encode(TAG.sequence);
    expect(parseResponse(response(1n, token))).toEqual({ status: "grantedWithMods", failure: undefined, token });
    expect(parseResponse(response(3n))).toEqual({ status: "waiting", failure: undefined, token: undefined });
    expect(() => parseResponse(response(0n))).toThrow("expected a token, found status granted without one");
    expect(() => parseResponse(response(2n, token))).toThrow("expected no token, found status rejection with one");
    expect(() => parseResponse(response(6n))).toThrow("expected an integer from 0 to 5");
  });

  test("a certificate that says two things at once is refused", () => {
    const pem = readFileSync(join(import.meta.dirname, "vectors/tsp/root.pem"));
    const der = Buffer.from(readCertificates(pem)[0]?.bytes ?? []).toString("hex");
    const changed = (from: string, to: string) => {
      expect(der).toContain(from);
      return () => readCertificates(fromHex(der.replace(from, to)));
    };
    // The first sha256WithRSAEncryption is the one under the signature.
    expect(changed("06092a864886f70d01010b", "06092a864886f70d01010c")).toThrow(
      "expected one signature algorithm, found two",
    );
    expect(changed("a003020102", "a003020101")).toThrow("expected version 3 with extensions, found 2");
    expect(changed("0603551d0f", "0603551d13")).toThrow("expected each extension once, found 2.5.29.19 twice");
  });

  test("roots that cannot be read are said to be so, and none is no answer", () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    expect(() => readCertificates(bytes(""))).toThrow("certificates: expected 1 to 256, found 0");
    expect(() => readCertificates(bytes("-----BEGIN CERTIFICATE-----\nAA=A\n-----END CERTIFICATE-----"))).toThrow(
      "certificate 1: not in base64",
    );
    expect(() => readCertificates(bytes("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"))).toThrow(
      "tbsCertificate",
    );
    expect(() => readCertificates(new Uint8Array(1_048_577))).toThrow("expected at most 1 MiB");
  });
});

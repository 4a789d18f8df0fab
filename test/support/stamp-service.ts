import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type Certificate, parseCertificate } from "../../src/tsp/certificate.ts";
import { context, encode, encodeInteger, encodeOid, TAG } from "../../src/tsp/der.ts";
import { OID } from "../../src/tsp/oid.ts";
import { buildToken, timeText, tstInfo } from "./tsp-token.ts";

const text = new TextEncoder();
const seq = (...parts: Uint8Array[]): Uint8Array => encode(TAG.sequence, ...parts);
const yes = encode(TAG.boolean, Uint8Array.of(0xff));
const YEAR = 365 * 86_400_000;

/** A time stamping service in memory, with a root of its own: what openssl would make, thousands of times faster. */
export class StampService {
  readonly name: string;
  readonly root: Certificate;
  readonly #rootKey = newKey();
  #serial = 100n;
  #signer: { readonly certificate: Uint8Array; readonly key: KeyObject } | undefined;

  constructor(name = "Example TSA") {
    this.name = name;
    const span = { from: Date.UTC(2000, 0), to: Date.UTC(2099, 0) };
    const issuer = `${name} Root`;
    this.root = parseCertificate(
      certificate({ subject: issuer, issuer, key: this.#rootKey, by: this.#rootKey, serial: 1n, ca: true, ...span }),
    );
  }

  /** PEM of the root. */
  get pem(): string {
    const lines = Buffer.from(this.root.bytes).toString("base64").replaceAll(/.{64}/g, "$&\n");
    return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
  }

  /** From now on stamps with a new key, and a certificate of this validity. */
  certify(from: number, to: number): this {
    const key = newKey();
    this.#serial += 1n;
    const names = { subject: this.name, issuer: `${this.name} Root` };
    const made = certificate({ ...names, key, by: this.#rootKey, serial: this.#serial, ca: false, from, to });
    this.#signer = { certificate: made, key };
    return this;
  }

  /** A TimeStampResp over these bytes, at this time. */
  stamp(bytes: Uint8Array, at: number): Uint8Array {
    const { certificate, key } = this.#signer ?? this.certify(at - YEAR, at + YEAR).#signer!;
    this.#serial += 1n;
    const digest = createHash("sha256").update(bytes).digest();
    const content = tstInfo({ digest, time: timeText(at), serial: this.#serial });
    const pem = key.export({ type: "pkcs8", format: "pem" });
    return seq(seq(encodeInteger(0n)), buildToken({ content, certificate, key: pem }));
  }
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

interface CertificateParts {
  readonly subject: string;
  readonly issuer: string;
  readonly key: KeyObject;
  readonly by: KeyObject;
  readonly serial: bigint;
  readonly ca: boolean;
  readonly from: number;
  readonly to: number;
}

function certificate({ subject, issuer, key, by, serial, ca, from, to }: CertificateParts): Uint8Array {
  const algorithm = seq(encodeOid(OID.ecdsaWithSha256));
  const name = (cn: string) => seq(encode(TAG.set, seq(encodeOid("2.5.4.3"), encode(TAG.utf8, text.encode(cn)))));
  const extension = (oid: string, value: Uint8Array) => seq(encodeOid(oid), yes, encode(TAG.octets, value));
  const extensions = ca
    ? [extension(OID.basicConstraints, seq(yes))]
    : [extension(OID.extKeyUsage, seq(encodeOid(OID.timeStamping)))];
  const tbs = seq(
    encode(context(0), encodeInteger(2n)),
    encodeInteger(serial),
    algorithm,
    name(issuer),
    seq(encode(TAG.time, text.encode(timeText(from))), encode(TAG.time, text.encode(timeText(to)))),
    name(subject),
    createPublicKey(key).export({ type: "spki", format: "der" }),
    encode(context(3), seq(...extensions)),
  );
  return seq(tbs, algorithm, encode(TAG.bits, Uint8Array.of(0), sign("sha256", tbs, by)));
}

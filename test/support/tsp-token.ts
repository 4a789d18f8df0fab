import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { context, decode, encode, encodeInteger, encodeOid, open, TAG } from "../../src/tsp/der.ts";
import { OID } from "../../src/tsp/oid.ts";

const text = new TextEncoder();
const seq = (...parts: Uint8Array[]): Uint8Array => encode(TAG.sequence, ...parts);

export const hashAlgorithm = (oid: string = OID.sha256): Uint8Array => seq(encodeOid(oid), encode(TAG.null));

export interface TstParts {
  readonly digest: Uint8Array;
  /** Algorithm of `digest`, OID. */
  readonly hash?: string;
  /** `YYYYMMDDhhmmss[.f]Z`. */
  readonly time?: string;
  readonly nonce?: bigint;
  readonly serial?: bigint;
  readonly version?: bigint;
  /** DER that follows the time: accuracy, ordering, … */
  readonly after?: readonly Uint8Array[];
  /** DER that follows everything: tsa, extensions. */
  readonly last?: readonly Uint8Array[];
}

export const timeText = (at: number): string => `${new Date(at).toISOString().replaceAll(/[-:T]/g, "").slice(0, 14)}Z`;

/** A TSTInfo of our own. */
export function tstInfo({
  digest,
  hash,
  time,
  nonce,
  serial = 7n,
  version = 1n,
  after = [],
  last = [],
}: TstParts): Uint8Array {
  return seq(
    encodeInteger(version),
    encodeOid("1.3.6.1.4.1.99999.1"),
    seq(hashAlgorithm(hash), encode(TAG.octets, digest)),
    encodeInteger(serial),
    encode(TAG.time, text.encode(time ?? timeText(Date.now()))),
    ...after,
    ...(nonce === undefined ? [] : [encodeInteger(nonce)]),
    ...last,
  );
}

export const attribute = (oid: string, ...values: Uint8Array[]): Uint8Array =>
  seq(encodeOid(oid), encode(TAG.set, ...values));

export interface TokenParts {
  readonly content: Uint8Array;
  /** The signer's certificate, DER, and its private key, PEM (any that SHA-256 goes with). */
  readonly certificate: Uint8Array;
  readonly key: string | Buffer;
  /** Replaces the signed attributes. */
  readonly attributes?: readonly Uint8Array[];
  /** Leaves their field out altogether. */
  readonly bare?: true;
  /** Signed bytes are taken from here instead of from the attributes. */
  readonly signedBytes?: Uint8Array;
  readonly certificates?: readonly Uint8Array[];
  readonly digestAlgorithm?: Uint8Array;
  readonly signatureAlgorithm?: Uint8Array;
  /** How many times the SignerInfo stands in the set. */
  readonly signers?: number;
  readonly version?: bigint;
  /** DER after the signature: unsigned attributes. */
  readonly unsigned?: readonly Uint8Array[];
  readonly signature?: Uint8Array;
}

/** issuer and serialNumber as a certificate has them. */
export function issuerAndSerial(certificate: Uint8Array): { issuer: Uint8Array; serial: Uint8Array } {
  const tbs = open(decode(certificate, TAG.sequence, "test"), "test").open(TAG.sequence, "tbs");
  tbs.optional(context(0), "version");
  const serial = tbs.next(TAG.integer, "serial").bytes;
  tbs.next(TAG.sequence, "algorithm");
  return { issuer: tbs.next(TAG.sequence, "issuer").bytes, serial };
}

/** The signed attributes that a proper token has. */
export function properAttributes(content: Uint8Array, certificate: Uint8Array): Uint8Array[] {
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
  return [
    attribute(OID.contentType, encodeOid(OID.tstInfo)),
    attribute(OID.messageDigest, encode(TAG.octets, sha256(content))),
    attribute(OID.signingCertificateV2, seq(seq(seq(encode(TAG.octets, sha256(certificate)))))),
  ];
}

/** A token of our own, right in all that its parts do not make wrong. */
export function buildToken(parts: TokenParts): Uint8Array {
  const { issuer, serial } = issuerAndSerial(parts.certificate);
  const attributes = parts.attributes ?? properAttributes(parts.content, parts.certificate);
  const signed = parts.signedBytes ?? encode(TAG.set, ...attributes);
  const digestAlgorithm = parts.digestAlgorithm ?? seq(encodeOid(OID.sha256));
  const signer = seq(
    encodeInteger(1n),
    seq(issuer, serial),
    digestAlgorithm,
    ...(parts.bare ? [] : [encode(context(0), ...attributes)]),
    parts.signatureAlgorithm ?? seq(encodeOid(OID.ecdsaWithSha256)),
    encode(TAG.octets, parts.signature ?? sign("sha256", signed, createPrivateKey(parts.key))),
    ...(parts.unsigned ?? []),
  );
  const data = seq(
    encodeInteger(parts.version ?? 3n),
    encode(TAG.set, digestAlgorithm),
    seq(encodeOid(OID.tstInfo), encode(context(0), encode(TAG.octets, parts.content))),
    encode(context(0), ...(parts.certificates ?? [parts.certificate])),
    encode(TAG.set, ...Array.from({ length: parts.signers ?? 1 }, () => signer)),
  );
  return seq(encodeOid(OID.signedData), encode(context(0), data));
}

const commonName = (cn: string): Uint8Array =>
  seq(encode(TAG.set, seq(encodeOid("2.5.4.3"), encode(TAG.utf8, text.encode(cn)))));

/** A certificate authority's certificate of our own, where many are needed and openssl would take long. EC keys alone. */
export function buildAuthority(
  subject: string,
  issuer: string,
  key: KeyObject,
  signer: KeyObject,
  serial: bigint,
): Uint8Array {
  const algorithm = seq(encodeOid(OID.ecdsaWithSha256));
  const constraints = seq(encode(TAG.boolean, Uint8Array.of(0xff)));
  const extension = seq(
    encodeOid(OID.basicConstraints),
    encode(TAG.boolean, Uint8Array.of(0xff)),
    encode(TAG.octets, constraints),
  );
  const tbs = seq(
    encode(context(0), encodeInteger(2n)),
    encodeInteger(serial),
    algorithm,
    commonName(issuer),
    seq(encode(TAG.time, text.encode("20200101000000Z")), encode(TAG.time, text.encode("20991231235959Z"))),
    commonName(subject),
    createPublicKey(key).export({ type: "spki", format: "der" }),
    encode(context(3), seq(extension)),
  );
  return seq(tbs, algorithm, encode(TAG.bits, Uint8Array.of(0), sign("sha256", tbs, signer)));
}

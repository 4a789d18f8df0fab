import { digestOf, fromBase64, sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { type Algorithm, readAlgorithm, type Scheme, schemeOf } from "./algorithm.ts";
import {
  type Cursor,
  context,
  contextPrimitive,
  decode,
  elementsOf,
  malformed,
  open,
  readBitBytes,
  readBoolean,
  readInteger,
  readNamedBits,
  readOid,
  readSmall,
  TAG,
} from "./der.ts";
import { readName } from "./name.ts";
import { OID } from "./oid.ts";
import { type PublicKey, readPublicKey } from "./signature.ts";
import { readTime } from "./time.ts";

/** As much of an X.509 certificate (RFC 5280 §4.1) as the path to a time stamp needs. */
export interface Certificate {
  readonly bytes: Uint8Array;
  /** Lower-case hex SHA-256 of `bytes`: what people compare. */
  readonly fingerprint: string;
  /** What the issuer signed. */
  readonly tbs: Uint8Array;
  readonly version: number;
  readonly serial: bigint;
  /** DER of the names; compared byte for byte. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** The names for people. */
  readonly issuerText: string;
  readonly subjectText: string;
  readonly notBefore: Instant;
  /** The last instant that is still within it. */
  readonly notAfter: Instant;
  /** SubjectPublicKeyInfo, DER, and the key in it; undefined when of a kind or size that does not count. */
  readonly spki: Uint8Array;
  readonly key: PublicKey | undefined;
  /** How its issuer signed it; the scheme is undefined when it does not count. */
  readonly algorithm: Algorithm;
  readonly scheme: Scheme | undefined;
  readonly signature: Uint8Array;
  /** basicConstraints (§4.2.1.9); undefined when it does not say. */
  readonly authority: { readonly ca: boolean; readonly pathLength: number | undefined } | undefined;
  /** Bits of keyUsage (§4.2.1.3); undefined when it does not say. */
  readonly keyUsage: ReadonlySet<number> | undefined;
  /** extKeyUsage (§4.2.1.12); undefined when it does not say. */
  readonly purposes: { readonly oids: readonly string[]; readonly critical: boolean } | undefined;
  readonly subjectKeyId: Uint8Array | undefined;
  /** Critical extensions that are not understood here: such a certificate cannot be relied on (§4.2). */
  readonly unknownCritical: readonly string[];
}

/** Bits of keyUsage (RFC 5280 §4.2.1.3). */
export const KEY_USAGE = { digitalSignature: 0, nonRepudiation: 1, keyCertSign: 5 } as const;

/** Far above any real certificate, and a bound for what follows. */
const MAX_CERTIFICATE_BYTES = 64 * 1024;
const MAX_EXTENSIONS = 64;
const MAX_PURPOSES = 32;

/**
 * Extensions whose being critical changes nothing here: names beside the subject are not compared, and policies are not
 * asked for (any policy will do, RFC 5280 §6.1.1 user-initial-policy-set = any-policy). Constraints on names or policies
 * are not implemented, so a certificate in which they are critical is refused.
 */
const UNDERSTOOD: readonly string[] = [
  OID.basicConstraints,
  OID.keyUsage,
  OID.extKeyUsage,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
  OID.subjectAltName,
  OID.issuerAltName,
  OID.certificatePolicies,
];

interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** Reads a certificate in DER. Throws INPUT_INVALID with the place; signatures and times are not judged here. */
export function parseCertificate(bytes: Uint8Array): Certificate {
  const where = "certificate";
  if (bytes.length > MAX_CERTIFICATE_BYTES) {
    throw malformed(where, 0, `at most ${MAX_CERTIFICATE_BYTES} bytes`, `${bytes.length}`);
  }
  const outer = open(decode(bytes, TAG.sequence, where), where);
  const tbs = outer.next(TAG.sequence, "tbsCertificate");
  const algorithm = readAlgorithm(outer.next(TAG.sequence, "signatureAlgorithm"), where);
  const signature = readBitBytes(outer.next(TAG.bits, "signature"), where);
  outer.end();

  const cursor = open(tbs, where);
  const version = readVersion(cursor, where);
  const serial = readInteger(cursor.next(TAG.integer, "serialNumber"), where);
  // §4.1.1.2: named twice, once under the signature; the two must agree.
  const inner = cursor.next(TAG.sequence, "signature");
  if (!sameBytes(inner.bytes, algorithm.bytes)) throw malformed(where, inner.at, "one signature algorithm", "two");
  const issuer = cursor.next(TAG.sequence, "issuer");
  const validity = cursor.open(TAG.sequence, "validity");
  const [notBefore, notAfter] = [validity.any("notBefore"), validity.any("notAfter")].map((e) => readTime(e, where).at);
  validity.end();
  const subject = cursor.next(TAG.sequence, "subject");
  const spki = cursor.next(TAG.sequence, "subjectPublicKeyInfo").bytes;
  cursor.optional(contextPrimitive(1), "issuerUniqueID");
  cursor.optional(contextPrimitive(2), "subjectUniqueID");
  const extensions = readExtensions(cursor, `${where}.extensions`);
  cursor.end();
  if (extensions.size > 0 && version !== 3) throw malformed(where, tbs.at, "version 3 with extensions", `${version}`);

  return {
    bytes,
    fingerprint: digestOf(bytes),
    tbs: tbs.bytes,
    version,
    serial,
    issuer: issuer.bytes,
    subject: subject.bytes,
    issuerText: readName(issuer, `${where}.issuer`),
    subjectText: readName(subject, `${where}.subject`),
    notBefore: notBefore ?? 0,
    notAfter: notAfter ?? 0,
    spki,
    key: readPublicKey(spki),
    algorithm,
    scheme: schemeOf(algorithm),
    signature,
    authority: readAuthority(extensions.get(OID.basicConstraints)),
    keyUsage: readKeyUsage(extensions.get(OID.keyUsage)),
    purposes: readPurposes(extensions.get(OID.extKeyUsage)),
    subjectKeyId: readKeyId(extensions.get(OID.subjectKeyIdentifier)),
    unknownCritical: [...extensions].filter(([oid, e]) => e.critical && !UNDERSTOOD.includes(oid)).map(([oid]) => oid),
  };
}

function readVersion(cursor: Cursor, where: string): number {
  const tagged = cursor.optional(context(0), "version");
  if (tagged === undefined) return 1;
  const inner = open(tagged, where);
  const version = readSmall(inner.next(TAG.integer, "version"), 1, 2, where) + 1;
  inner.end();
  return version;
}

function readExtensions(cursor: Cursor, where: string): Map<string, Extension> {
  const found = new Map<string, Extension>();
  const tagged = cursor.optional(context(3), "extensions");
  if (tagged === undefined) return found;
  const inner = open(tagged, where);
  const list = inner.next(TAG.sequence, "list");
  inner.end();
  for (const element of elementsOf(list, TAG.sequence, MAX_EXTENSIONS, where)) {
    const extension = open(element, where);
    const oid = readOid(extension.next(TAG.oid, "extnID"), where);
    const flag = extension.optional(TAG.boolean, "critical");
    const value = extension.next(TAG.octets, "extnValue").content;
    extension.end();
    // §4.2: at most one of a kind, or a reader may look at the one and a checker at the other.
    if (found.has(oid)) throw malformed(where, element.at, "each extension once", `${oid} twice`);
    found.set(oid, { critical: flag !== undefined && readBoolean(flag, where), value });
  }
  return found;
}

function readAuthority(extension: Extension | undefined): Certificate["authority"] {
  if (extension === undefined) return undefined;
  const where = "certificate.basicConstraints";
  const cursor = open(decode(extension.value, TAG.sequence, where), where);
  const ca = cursor.optional(TAG.boolean, "cA");
  const length = cursor.optional(TAG.integer, "pathLenConstraint");
  cursor.end();
  return {
    ca: ca !== undefined && readBoolean(ca, where),
    pathLength: length === undefined ? undefined : readSmall(length, 0, 1000, where),
  };
}

function readKeyUsage(extension: Extension | undefined): Certificate["keyUsage"] {
  const where = "certificate.keyUsage";
  return extension && readNamedBits(decode(extension.value, TAG.bits, where), where);
}

function readPurposes(extension: Extension | undefined): Certificate["purposes"] {
  if (extension === undefined) return undefined;
  const where = "certificate.extKeyUsage";
  const oids = elementsOf(decode(extension.value, TAG.sequence, where), TAG.oid, MAX_PURPOSES, where).map((element) =>
    readOid(element, where),
  );
  return { oids, critical: extension.critical };
}

function readKeyId(extension: Extension | undefined): Uint8Array | undefined {
  return extension && decode(extension.value, TAG.octets, "certificate.subjectKeyIdentifier").content;
}

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;
const MAX_PEM_BYTES = 1024 * 1024;
const MAX_PEM_CERTIFICATES = 256;

/**
 * Reads the certificates that a person trusts: a PEM file with one or more, or one in DER. Throws INPUT_TOO_LARGE or
 * INPUT_INVALID, also when there is none: an empty list of roots must not look like a decision.
 */
export function readCertificates(bytes: Uint8Array): Certificate[] {
  if (bytes.length > MAX_PEM_BYTES) {
    throw new CustodyError("INPUT_TOO_LARGE", `certificates: expected at most 1 MiB, found ${bytes.length} bytes`);
  }
  if (bytes[0] === TAG.sequence) return [parseCertificate(bytes)];
  const text = new TextDecoder().decode(bytes);
  const blocks = [...text.matchAll(PEM)].map((match) => fromBase64((match[1] ?? "").replaceAll(/\s/g, "")));
  if (blocks.length === 0 || blocks.length > MAX_PEM_CERTIFICATES) {
    throw new CustodyError(
      "INPUT_INVALID",
      `certificates: expected 1 to ${MAX_PEM_CERTIFICATES}, found ${blocks.length}`,
      {
        remedy: "Give the PEM file of the time stamp service's root certificate (-----BEGIN CERTIFICATE-----).",
      },
    );
  }
  return blocks.map((block, i) => {
    if (block === undefined) throw new CustodyError("INPUT_INVALID", `certificate ${i + 1}: not in base64`);
    return parseCertificate(block);
  });
}

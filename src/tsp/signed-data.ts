import { concat } from "../lib/digest.ts";
import { type Algorithm, isPlain, readAlgorithm } from "./algorithm.ts";
import {
  type Cursor,
  context,
  contextPrimitive,
  decode,
  type Element,
  elementsOf,
  malformed,
  open,
  readInteger,
  readOid,
  readSmall,
  TAG,
} from "./der.ts";
import { OID } from "./oid.ts";

/** Which certificate is the signer's (RFC 5652 §5.3). */
export type SignerId = { readonly issuer: Uint8Array; readonly serial: bigint } | { readonly subjectKeyId: Uint8Array };

/** The one signer of a SignedData. */
export interface SignerInfo {
  readonly id: SignerId;
  readonly digestAlgorithm: Algorithm;
  /** Signed attributes by OID: the DER of their one value. */
  readonly attributes: ReadonlyMap<string, Uint8Array>;
  /** What the signature is over: the signed attributes as a SET (RFC 5652 §5.4). */
  readonly signed: Uint8Array;
  readonly signatureAlgorithm: Algorithm;
  readonly signature: Uint8Array;
}

export interface SignedData {
  readonly content: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  readonly signer: SignerInfo;
}

const MAX_CERTIFICATES = 32;
const MAX_ATTRIBUTES = 32;
const MAX_DIGESTS = 8;

/**
 * Reads a ContentInfo that holds a SignedData with content of this type and exactly one signer, as RFC 3161 §2.4.2 wants it.
 * Throws INPUT_INVALID. Revocation lists and unsigned attributes are passed over: nothing vouches for them.
 */
export function parseSignedData(der: Uint8Array, contentType: string): SignedData {
  const where = "time stamp";
  const outer = open(decode(der, TAG.sequence, where), where);
  expectOid(outer, OID.signedData, `${where}.contentType`);
  const wrapped = outer.open(context(0), "content");
  outer.end();
  const data = wrapped.open(TAG.sequence, "signedData");
  wrapped.end();

  // §5.1: version 3 for any content that is not plain data.
  readSmall(data.next(TAG.integer, "version"), 3, 3, `${where}.version`);
  const digests = elementsOf(
    data.next(TAG.set, "digestAlgorithms"),
    TAG.sequence,
    MAX_DIGESTS,
    `${where}.digestAlgorithms`,
  );
  const capsule = data.open(TAG.sequence, "encapContentInfo");
  expectOid(capsule, contentType, `${where}.eContentType`);
  const explicit = capsule.open(context(0), "eContent");
  const content = explicit.next(TAG.octets, "octets").content;
  explicit.end();
  capsule.end();
  const certificates = data.optional(context(0), "certificates");
  data.optional(context(1), "crls");
  const signers = elementsOf(data.next(TAG.set, "signerInfos"), TAG.sequence, 1, `${where}.signerInfos`);
  data.end();

  const [first] = signers;
  if (first === undefined) throw malformed(`${where}.signerInfos`, 0, "one signer", "none");
  const signer = readSigner(first, `${where}.signerInfo`);
  // Not under the signature, so it must not be free to say anything else than the signer's own.
  const announced = digests.map((element) => readAlgorithm(element, `${where}.digestAlgorithms`));
  if (!announced.every(isPlain) || !announced.some(({ oid }) => oid === signer.digestAlgorithm.oid)) {
    throw malformed(`${where}.digestAlgorithms`, first.at, "the signer's digest algorithm", "another one");
  }
  return { content, certificates: certificates ? readCertificateSet(certificates) : [], signer };
}

function expectOid(cursor: Cursor, oid: string, where: string): void {
  const element = cursor.next(TAG.oid, "oid");
  const found = readOid(element, where);
  if (found !== oid) throw malformed(where, element.at, oid, found);
}

/** The X.509 certificates of a CertificateSet (§10.2.2); attribute certificates and other kinds are passed over. */
function readCertificateSet(set: Element): Uint8Array[] {
  return elementsOf(set, undefined, MAX_CERTIFICATES, "time stamp.certificates")
    .filter(({ tag }) => tag === TAG.sequence)
    .map(({ bytes }) => bytes);
}

function readSigner(element: Element, where: string): SignerInfo {
  const cursor = open(element, where);
  const version = readSmall(cursor.next(TAG.integer, "version"), 1, 3, where);
  const id = readSignerId(cursor, version, where);
  const digestAlgorithm = readAlgorithm(cursor.next(TAG.sequence, "digestAlgorithm"), where);
  // Without signed attributes a signature over the content could be passed off as one over attributes, and the reverse.
  const attributes = cursor.next(context(0), "signedAttrs");
  const signatureAlgorithm = readAlgorithm(cursor.next(TAG.sequence, "signatureAlgorithm"), where);
  const signature = cursor.next(TAG.octets, "signature").content;
  cursor.optional(context(1), "unsignedAttrs");
  cursor.end();
  return {
    id,
    digestAlgorithm,
    attributes: readAttributes(attributes, `${where}.signedAttrs`),
    signed: concat([Uint8Array.of(TAG.set), attributes.bytes.subarray(1)]),
    signatureAlgorithm,
    signature,
  };
}

/** SignerIdentifier; the version says which (§5.3). */
function readSignerId(cursor: Cursor, version: number, where: string): SignerId {
  if (version === 3) return { subjectKeyId: cursor.next(contextPrimitive(0), "sid").content };
  const element = cursor.next(TAG.sequence, "sid");
  if (version !== 1) throw malformed(where, element.at, "version 1 or 3", `${version}`);
  const sid = open(element, `${where}.sid`);
  const issuer = sid.next(TAG.sequence, "issuer").bytes;
  const serial = readInteger(sid.next(TAG.integer, "serialNumber"), `${where}.sid`);
  sid.end();
  return { issuer, serial };
}

function readAttributes(element: Element, where: string): Map<string, Uint8Array> {
  const attributes = new Map<string, Uint8Array>();
  for (const attribute of elementsOf(element, TAG.sequence, MAX_ATTRIBUTES, where)) {
    const cursor = open(attribute, where);
    const oid = readOid(cursor.next(TAG.oid, "attrType"), where);
    const values = elementsOf(cursor.next(TAG.set, "attrValues"), undefined, 1, `${where}.${oid}`);
    cursor.end();
    const [value] = values;
    if (value === undefined || attributes.has(oid)) {
      throw malformed(where, attribute.at, "each attribute once, with one value", value ? "one twice" : "none");
    }
    attributes.set(oid, value.bytes);
  }
  return attributes;
}

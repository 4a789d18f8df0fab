import { hex, sameBytes } from "../lib/digest.ts";
import { type HashName, hashOf, readAlgorithm } from "./algorithm.ts";
import { type Certificate, KEY_USAGE } from "./certificate.ts";
import { type Cursor, context, decode, type Element, open, readInteger, readOid, TAG } from "./der.ts";
import { algorithmName, OID } from "./oid.ts";
import { problem, type StampProblem } from "./problem.ts";
import { hashBytes } from "./signature.ts";
import type { SignerId, SignerInfo } from "./signed-data.ts";

/** Whether a certificate is the one that a SignerIdentifier names (RFC 5652 §5.3). */
export function isNamedBy(certificate: Certificate, id: SignerId): boolean {
  if ("subjectKeyId" in id) {
    return certificate.subjectKeyId !== undefined && sameBytes(certificate.subjectKeyId, id.subjectKeyId);
  }
  return sameBytes(certificate.issuer, id.issuer) && certificate.serial === id.serial;
}

/** The signed attributes that every token has (RFC 5652 §11.1, §11.2): content type, and the hash of the content. */
export async function checkAttributes(
  signer: SignerInfo,
  content: Uint8Array,
  hash: HashName,
): Promise<StampProblem[]> {
  const type = signer.attributes.get(OID.contentType);
  const digest = signer.attributes.get(OID.messageDigest);
  if (type === undefined || digest === undefined) {
    return [
      problem("malformed", "time stamp: expected the signed content type and message digest, found them missing"),
    ];
  }
  const found = readOid(decode(type, TAG.oid, "contentType"), "contentType");
  const problems: StampProblem[] = [];
  if (found !== OID.tstInfo)
    problems.push(problem("content-altered", `signed content type: expected a time stamp, found ${found}`));
  const [stated, actual] = [decode(digest, TAG.octets, "messageDigest").content, await hashBytes(hash, content)];
  if (!sameBytes(stated, actual)) {
    problems.push(
      problem("content-altered", `message digest: expected ${hex(actual)}, found ${hex(stated.subarray(0, 64))}`),
    );
  }
  return problems;
}

/**
 * The signed attribute that binds the signature to one certificate (RFC 3161 §2.4.2 with RFC 5816, RFC 5035 §5.4): of two
 * certificates for one key, only the named one counts. The older attribute identifies by SHA-1, which is all it can: to
 * profit, somebody would need a second certificate for the service's own key with the same SHA-1, under a trusted root. The
 * signature itself never rests on SHA-1.
 */
export async function checkBinding(signer: SignerInfo, certificate: Certificate): Promise<StampProblem[]> {
  const v2 = signer.attributes.get(OID.signingCertificateV2);
  const v1 = signer.attributes.get(OID.signingCertificate);
  if (v1 === undefined && v2 === undefined) {
    return [problem("signer-unbound", "time stamp: expected a signed reference to the certificate, found none")];
  }
  const problems: StampProblem[] = [];
  for (const [attribute, isV2] of [
    [v2, true],
    [v1, false],
  ] as const) {
    if (attribute === undefined) continue;
    const reference = readReference(attribute, isV2);
    if (reference.hash === undefined) {
      problems.push(
        problem("algorithm-refused", `reference to the certificate: hash ${reference.hashName} is not accepted`),
      );
    } else if (!sameBytes(reference.certHash, await hashBytes(reference.hash, certificate.bytes))) {
      problems.push(
        problem("signer-unbound", `signed reference: expected ${certificate.subjectText}, found another certificate`),
      );
    } else if (reference.issuer && !isNamedBy(certificate, reference.issuer)) {
      problems.push(
        problem("signer-unbound", "signed reference: expected the certificate's issuer and number, found others"),
      );
    }
  }
  return problems;
}

interface Reference {
  readonly hash: HashName | "SHA-1" | undefined;
  readonly hashName: string;
  readonly certHash: Uint8Array;
  readonly issuer: { readonly issuer: Uint8Array; readonly serial: bigint } | undefined;
}

/** The first ESSCertID or ESSCertIDv2 of SigningCertificate(V2): the signer's. Those after it name its issuers, and policies follow. */
function readReference(attribute: Uint8Array, isV2: boolean): Reference {
  const where = "signingCertificate";
  const outer = open(decode(attribute, TAG.sequence, where), where);
  const list = outer.open(TAG.sequence, "certs");
  outer.optional(TAG.sequence, "policies");
  outer.end();
  const id = list.open(TAG.sequence, "certID");
  const algorithm = isV2 ? id.optional(TAG.sequence, "hashAlgorithm") : undefined;
  const certHash = id.next(TAG.octets, "certHash").content;
  const serial = id.optional(TAG.sequence, "issuerSerial");
  id.end();
  const named = algorithm && readAlgorithm(algorithm, where);
  return {
    // SHA-256 is the default of the second version.
    hash: named ? hashOf(named) : isV2 ? "SHA-256" : "SHA-1",
    hashName: algorithmName(named?.oid ?? ""),
    certHash,
    issuer: serial && readIssuerSerial(serial, `${where}.issuerSerial`),
  };
}

/** IssuerSerial (RFC 5035 §5.4): one directory name, and the number. */
function readIssuerSerial(element: Element, where: string): Reference["issuer"] {
  const cursor = open(element, where);
  const names: Cursor = cursor.open(TAG.sequence, "issuer");
  const directory = names.open(context(4), "directoryName");
  const issuer = directory.next(TAG.sequence, "name").bytes;
  directory.end();
  names.end();
  const serial = readInteger(cursor.next(TAG.integer, "serialNumber"), where);
  cursor.end();
  return { issuer, serial };
}

/**
 * A certificate that may sign time stamps: extended key usage critical and for time stamps alone (RFC 3161 §2.3), key usage
 * for signatures alone where it says (RFC 5280 §4.2.1.12).
 */
export function checkPurpose(certificate: Certificate): StampProblem[] {
  const { purposes, keyUsage, subjectText } = certificate;
  const wrong = (expected: string, found: string): StampProblem =>
    problem("purpose-wrong", `certificate of ${subjectText}: expected ${expected}, found ${found}`);
  const problems: StampProblem[] = [];
  if (purposes === undefined) problems.push(wrong("extended key usage timeStamping", "none"));
  else if (purposes.oids.length !== 1 || purposes.oids[0] !== OID.timeStamping) {
    problems.push(
      wrong("extended key usage timeStamping alone", purposes.oids.map(algorithmName).join(", ") || "none"),
    );
  } else if (!purposes.critical) problems.push(wrong("a critical extended key usage", "one that is not critical"));
  const allowed: readonly number[] = [KEY_USAGE.digitalSignature, KEY_USAGE.nonRepudiation];
  if (keyUsage && (keyUsage.size === 0 || ![...keyUsage].every((bit) => allowed.includes(bit)))) {
    problems.push(wrong("a key usage for signatures alone", "another one"));
  }
  return problems;
}

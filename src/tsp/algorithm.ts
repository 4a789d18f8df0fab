import { context, type Element, open, readInteger, readOid, readSmall, TAG } from "./der.ts";
import { OID } from "./oid.ts";

/** The hashes that count. SHA-1 and MD5 are none of them. */
export type HashName = "SHA-256" | "SHA-384" | "SHA-512";

export const HASHES: readonly { readonly name: HashName; readonly oid: string; readonly bytes: number }[] = [
  { name: "SHA-256", oid: OID.sha256, bytes: 32 },
  { name: "SHA-384", oid: OID.sha384, bytes: 48 },
  { name: "SHA-512", oid: OID.sha512, bytes: 64 },
];

/** AlgorithmIdentifier (RFC 5280 §4.1.1.2). */
export interface Algorithm {
  readonly oid: string;
  readonly parameters: Element | undefined;
  /** As it stands, to compare two of them. */
  readonly bytes: Uint8Array;
}

/** How a signature was made. */
export type Scheme =
  | { readonly kind: "rsa"; readonly hash: HashName }
  | { readonly kind: "rsa-pss"; readonly hash: HashName; readonly salt: number }
  | { readonly kind: "ecdsa"; readonly hash: HashName }
  | { readonly kind: "ed25519" };

export function readAlgorithm(element: Element, where: string): Algorithm {
  const cursor = open(element, where);
  const oid = readOid(cursor.next(TAG.oid, "algorithm"), where);
  const parameters = cursor.done ? undefined : cursor.any("parameters");
  cursor.end();
  return { oid, parameters, bytes: element.bytes };
}

/** No parameters or NULL: both are in use, and mean the same (RFC 5754 §2, RFC 4055 §2.1). */
export const isPlain = ({ parameters }: Algorithm): boolean =>
  parameters === undefined || (parameters.tag === TAG.null && parameters.content.length === 0);

/** The hash that an algorithm names; undefined for those that do not count. */
export function hashOf(algorithm: Algorithm): HashName | undefined {
  return isPlain(algorithm) ? HASHES.find(({ oid }) => oid === algorithm.oid)?.name : undefined;
}

const RSA: Readonly<Record<string, HashName>> = {
  [OID.sha256WithRsa]: "SHA-256",
  [OID.sha384WithRsa]: "SHA-384",
  [OID.sha512WithRsa]: "SHA-512",
};
const ECDSA: Readonly<Record<string, HashName>> = {
  [OID.ecdsaWithSha256]: "SHA-256",
  [OID.ecdsaWithSha384]: "SHA-384",
  [OID.ecdsaWithSha512]: "SHA-512",
};

/**
 * The scheme of a signature algorithm; undefined for those that do not count. In CMS, `digest` is the signer's digest
 * algorithm: the scheme's hash has to be that one, and a bare `rsaEncryption` takes it from there (RFC 5754 §3.2, §3.3;
 * RFC 8419 §3.1 for Ed25519, which goes with SHA-512).
 */
export function schemeOf(algorithm: Algorithm, digest?: HashName): Scheme | undefined {
  const scheme = namedScheme(algorithm, digest);
  if (scheme === undefined || digest === undefined) return scheme;
  return (scheme.kind === "ed25519" ? "SHA-512" : scheme.hash) === digest ? scheme : undefined;
}

function namedScheme(algorithm: Algorithm, digest: HashName | undefined): Scheme | undefined {
  const { oid, parameters } = algorithm;
  if (oid === OID.rsaPss) return parameters === undefined ? undefined : pssScheme(parameters);
  const rsa = oid === OID.rsaEncryption ? digest : RSA[oid];
  if (rsa !== undefined) return isPlain(algorithm) ? { kind: "rsa", hash: rsa } : undefined;
  if (parameters !== undefined) return undefined;
  const ecdsa = ECDSA[oid];
  if (ecdsa !== undefined) return { kind: "ecdsa", hash: ecdsa };
  return oid === OID.ed25519 ? { kind: "ed25519" } : undefined;
}

/** RSASSA-PSS-params (RFC 4055 §3.1). The defaults stand for SHA-1, so hash and mask have to be there, and be the same. */
function pssScheme(parameters: Element): Scheme | undefined {
  if (parameters.tag !== TAG.sequence) return undefined;
  const where = "RSASSA-PSS-params";
  const cursor = open(parameters, where);
  const hash = cursor.optional(context(0), "hashAlgorithm");
  const mask = cursor.optional(context(1), "maskGenAlgorithm");
  const salt = cursor.optional(context(2), "saltLength");
  const trailer = cursor.optional(context(3), "trailerField");
  cursor.end();
  if (hash === undefined || mask === undefined) return undefined;
  const inner = (element: Element): Algorithm => {
    const one = open(element, where);
    const algorithm = readAlgorithm(one.next(TAG.sequence, "algorithm"), where);
    one.end();
    return algorithm;
  };
  const number = (element: Element): Element => {
    const one = open(element, where);
    const value = one.next(TAG.integer, "value");
    one.end();
    return value;
  };
  const [name, generator] = [hashOf(inner(hash)), inner(mask)];
  if (name === undefined || generator.oid !== OID.mgf1 || generator.parameters?.tag !== TAG.sequence) return undefined;
  if (hashOf(readAlgorithm(generator.parameters, where)) !== name) return undefined;
  if (trailer !== undefined && readInteger(number(trailer), where) !== 1n) return undefined;
  return { kind: "rsa-pss", hash: name, salt: salt === undefined ? 20 : readSmall(number(salt), 0, 512, where) };
}

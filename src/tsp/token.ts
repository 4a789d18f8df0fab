import { CustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { type Algorithm, readAlgorithm } from "./algorithm.ts";
import {
  context,
  contextPrimitive,
  decode,
  type Element,
  elementsOf,
  open,
  readBoolean,
  readInteger,
  readOid,
  readSmall,
  TAG,
} from "./der.ts";
import { readName } from "./name.ts";
import { OID } from "./oid.ts";
import { MAX_TOKEN_BYTES } from "./response.ts";
import { parseSignedData, type SignerInfo } from "./signed-data.ts";
import { readTime } from "./time.ts";

/** What a time stamp token says (RFC 3161 §2.4.2). All of it is a claim until `verifyToken` has said yes. */
export interface Token {
  /** The service's time, rounded down to the millisecond. */
  readonly genTime: Instant;
  /** Unit in which `genTime` is given, in ms: 1000 for whole seconds. */
  readonly unit: number;
  /** How far off the time may be, in ms, rounded up; undefined when the token does not say. */
  readonly accuracy: number | undefined;
  /** True when the service promises that tokens with a later time were made later, whatever the accuracy. */
  readonly ordering: boolean;
  readonly serial: bigint;
  readonly policy: string;
  /** The hash of what was stamped, and by which algorithm. */
  readonly digest: Uint8Array;
  readonly hashAlgorithm: Algorithm;
  readonly nonce: bigint | undefined;
  /** The name that the service gives itself, for people; not compared with its certificate. */
  readonly tsa: string | undefined;
  /** DER of each certificate that came along, in their order; unread, untrusted. */
  readonly certificates: readonly Uint8Array[];
  readonly signer: SignerInfo;
  /** TSTInfo, byte for byte: what the signed message digest is of. */
  readonly content: Uint8Array;
  /** Critical extensions that are not understood here. */
  readonly unknownCritical: readonly string[];
}

const MAX_EXTENSIONS = 32;

/**
 * Reads a TimeStampToken: a CMS SignedData around a TSTInfo, all in DER. Throws INPUT_TOO_LARGE, or INPUT_INVALID with the
 * place. Checks form alone.
 */
export function parseToken(der: Uint8Array): Token {
  if (der.length > MAX_TOKEN_BYTES) {
    throw new CustodyError(
      "INPUT_TOO_LARGE",
      `time stamp: expected at most ${MAX_TOKEN_BYTES} bytes, found ${der.length}`,
    );
  }
  const { content, certificates, signer } = parseSignedData(der, OID.tstInfo);
  return { ...readTstInfo(content), certificates, signer, content };
}

function readTstInfo(content: Uint8Array): Omit<Token, "certificates" | "signer" | "content"> {
  const where = "time stamp.tstInfo";
  const cursor = open(decode(content, TAG.sequence, where), where);
  readSmall(cursor.next(TAG.integer, "version"), 1, 1, where);
  const policy = readOid(cursor.next(TAG.oid, "policy"), where);
  const imprint = cursor.open(TAG.sequence, "messageImprint");
  const hashAlgorithm = readAlgorithm(imprint.next(TAG.sequence, "hashAlgorithm"), where);
  const digest = imprint.next(TAG.octets, "hashedMessage").content;
  imprint.end();
  const serial = readInteger(cursor.next(TAG.integer, "serialNumber"), where);
  const time = readTime(cursor.next(TAG.time, "genTime"), `${where}.genTime`, true);
  const accuracy = cursor.optional(TAG.sequence, "accuracy");
  const ordering = cursor.optional(TAG.boolean, "ordering");
  const nonce = cursor.optional(TAG.integer, "nonce");
  const tsa = cursor.optional(context(0), "tsa");
  const extensions = cursor.optional(context(1), "extensions");
  cursor.end();
  return {
    genTime: time.at,
    unit: time.unit,
    accuracy: accuracy && readAccuracy(accuracy, `${where}.accuracy`),
    ordering: ordering !== undefined && readBoolean(ordering, where),
    serial,
    policy,
    digest,
    hashAlgorithm,
    nonce: nonce && readInteger(nonce, where),
    tsa: tsa && readGeneralName(tsa, `${where}.tsa`),
    unknownCritical: extensions === undefined ? [] : criticalExtensions(extensions, `${where}.extensions`),
  };
}

/** Accuracy (RFC 3161 §2.4.2) in ms, rounded up. */
function readAccuracy(element: Element, where: string): number {
  const cursor = open(element, where);
  const seconds = cursor.optional(TAG.integer, "seconds");
  const millis = cursor.optional(contextPrimitive(0), "millis");
  const micros = cursor.optional(contextPrimitive(1), "micros");
  cursor.end();
  // More than a year is no accuracy, and would carry sums beyond what a time can be.
  const whole = seconds === undefined ? 0 : readSmall(seconds, 0, 366 * 86_400, where) * 1000;
  const rest = millis === undefined ? 0 : readSmall(millis, 1, 999, where);
  return whole + rest + (micros === undefined ? 0 : Math.ceil(readSmall(micros, 1, 999, where) / 1000));
}

/** The name of the service where it is a distinguished one; other kinds of names are not shown. */
function readGeneralName(element: Element, where: string): string | undefined {
  const cursor = open(element, where);
  const name = cursor.any("name");
  cursor.end();
  if (name.tag !== context(4)) return undefined;
  const inner = open(name, where);
  const text = readName(inner.next(TAG.sequence, "directoryName"), where);
  inner.end();
  return text;
}

function criticalExtensions(element: Element, where: string): string[] {
  return elementsOf(element, TAG.sequence, MAX_EXTENSIONS, where).flatMap((extension) => {
    const cursor = open(extension, where);
    const oid = readOid(cursor.next(TAG.oid, "extnID"), where);
    const critical = cursor.optional(TAG.boolean, "critical");
    cursor.next(TAG.octets, "extnValue");
    cursor.end();
    return critical !== undefined && readBoolean(critical, where) ? [oid] : [];
  });
}

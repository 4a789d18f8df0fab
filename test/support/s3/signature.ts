import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { S3Error } from "./answer.ts";

/** AWS Signature Version 4, for headers and for presigned URLs. */
export interface SignedRequest {
  readonly method: string;
  /** As sent: path and query, still percent-encoded. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** How far a request's time may be off, and how long a presigned URL may live at most, in ms. */
const MAX_SKEW = 15 * 60_000;
const MAX_PRESIGNED = 7 * 86_400_000;

interface Claim {
  readonly credential: string;
  readonly date: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly payload: string;
  readonly query: readonly [string, string][];
}

/** Throws 403 unless the request is signed with these credentials. Gives the digest of the body that was signed for. */
export function verifySignature(request: SignedRequest, known: Credentials, now: number): string {
  const [path = "/", search = ""] = request.url.split("?");
  const query = [...new URLSearchParams(search).entries()];
  const presigned = query.some(([name]) => name === "X-Amz-Signature");
  const claim = presigned ? claimOfQuery(query, now) : claimOfHeaders(request, query);
  const [accessKeyId = "", day = "", region = "", service, end] = claim.credential.split("/");
  if (service !== "s3" || end !== "aws4_request" || !claim.date.startsWith(day)) {
    throw new S3Error(400, "AuthorizationHeaderMalformed");
  }
  if (accessKeyId !== known.accessKeyId) {
    throw new S3Error(403, "InvalidAccessKeyId", "The key does not exist", { AWSAccessKeyId: accessKeyId });
  }
  if (!presigned && Math.abs(instantOf(claim.date) - now) > MAX_SKEW) throw new S3Error(403, "RequestTimeTooSkewed");
  const names = claim.signedHeaders.split(";");
  const needed = ["host", ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-"))];
  if (needed.some((name) => !names.includes(name)))
    throw new S3Error(403, "AccessDenied", "There were headers not signed");
  const canonical = canonicalRequest(request, path, claim.query, names, claim.payload);
  const text = stringToSign(claim.date, `${day}/${region}/s3/aws4_request`, canonical);
  const expected = sign(known.secretAccessKey, day, region, text);
  if (claim.signature.length !== 64 || !timingSafeEqual(Buffer.from(claim.signature), Buffer.from(expected))) {
    throw new S3Error(403, "SignatureDoesNotMatch", "The signature does not match", {
      AWSAccessKeyId: accessKeyId,
      StringToSign: text,
      SignatureProvided: claim.signature,
    });
  }
  return claim.payload;
}

/** A URL that allows one request until it expires. */
export function presign(
  request: { method: string; url: URL; region: string; expires: number; now: number },
  by: Credentials,
): string {
  const url = new URL(request.url);
  const date = new Date(request.now).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${date.slice(0, 8)}/${request.region}/s3/aws4_request`;
  url.searchParams.set("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
  url.searchParams.set("X-Amz-Credential", `${by.accessKeyId}/${scope}`);
  url.searchParams.set("X-Amz-Date", date);
  url.searchParams.set("X-Amz-Expires", String(request.expires));
  url.searchParams.set("X-Amz-SignedHeaders", "host");
  const signed = { method: request.method, url: url.pathname, headers: { host: url.host } };
  const canonical = canonicalRequest(
    signed,
    url.pathname,
    [...url.searchParams.entries()],
    ["host"],
    "UNSIGNED-PAYLOAD",
  );
  const signature = sign(by.secretAccessKey, date.slice(0, 8), request.region, stringToSign(date, scope, canonical));
  url.searchParams.set("X-Amz-Signature", signature);
  return url.href;
}

function claimOfHeaders({ headers }: SignedRequest, query: readonly [string, string][]): Claim {
  const authorization = headers.authorization;
  if (authorization === undefined) throw new S3Error(403, "AccessDenied", "Anonymous access is not allowed");
  const [, credential, signedHeaders, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)$/.exec(authorization) ??
    [];
  const date = headers["x-amz-date"];
  const payload = headers["x-amz-content-sha256"];
  if (!credential || !signedHeaders || !signature || !date) throw new S3Error(400, "AuthorizationHeaderMalformed");
  if (!payload)
    throw new S3Error(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  return { credential, signedHeaders, signature, date, payload, query };
}

function claimOfQuery(query: readonly [string, string][], now: number): Claim {
  const value = (name: string) => query.find(([n]) => n === `X-Amz-${name}`)?.[1] ?? "";
  const date = value("Date");
  const expires = Number(value("Expires")) * 1_000;
  if (value("Algorithm") !== "AWS4-HMAC-SHA256" || !(expires > 0 && expires <= MAX_PRESIGNED)) {
    throw new S3Error(400, "AuthorizationQueryParametersError");
  }
  if (instantOf(date) + expires < now) throw new S3Error(403, "AccessDenied", "Request has expired");
  return {
    credential: value("Credential"),
    signedHeaders: value("SignedHeaders"),
    signature: value("Signature"),
    date,
    payload: "UNSIGNED-PAYLOAD",
    query: query.filter(([name]) => name !== "X-Amz-Signature"),
  };
}

function canonicalRequest(
  { method, headers }: SignedRequest,
  path: string,
  query: readonly [string, string][],
  names: readonly string[],
  payload: string,
): string {
  const pairs = query.map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const lines = names.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/\s+/g, " ")}\n`);
  const uri = path
    .split("/")
    .map((segment) => encode(decodeURIComponent(segment)))
    .join("/");
  return [method, uri, pairs.join("&"), lines.join(""), names.join(";"), payload].join("\n");
}

function stringToSign(date: string, scope: string, canonical: string): string {
  return `AWS4-HMAC-SHA256\n${date}\n${scope}\n${createHash("sha256").update(canonical).digest("hex")}`;
}

function sign(secret: string, day: string, region: string, text: string): string {
  const steps = [day, region, "s3", "aws4_request"];
  const key = steps.reduce<Buffer | string>(
    (k, step) => createHmac("sha256", k).update(step).digest(),
    `AWS4${secret}`,
  );
  return createHmac("sha256", key).update(text).digest("hex");
}

/** RFC 3986 as AWS wants it: everything but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function instantOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

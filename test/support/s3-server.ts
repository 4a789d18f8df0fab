import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Answer, errorAnswer, S3Error } from "./s3/answer.ts";
import type { Weaknesses } from "./s3/bucket.ts";
import { Buckets, type S3Request } from "./s3/operations.ts";
import { type Credentials, verifySignature } from "./s3/signature.ts";

/**
 * What goes wrong with a request. `-before`: nothing was done. `-after`: it was done and the answer is lost. `hang-up`
 * closes the connection; `truncate` does so in the middle of the answer; `html` is what a captive portal says.
 */
export type Fault =
  | "500-before"
  | "500-after"
  | "hang-up-before"
  | "hang-up-after"
  | "409"
  | "503"
  | "507"
  | "html-200"
  | "html-404"
  | "truncate"
  | `slow:${number}`;

export interface FaultRequest {
  readonly method: string;
  readonly bucket: string;
  /** Empty for a request to the bucket, such as a list. */
  readonly key: string;
  /** Counts all requests from 1. */
  readonly n: number;
}

export interface S3ServerOptions extends Weaknesses {
  readonly credentials?: Credentials;
  readonly fault?: (request: FaultRequest) => Fault | undefined;
  /** The server's clock, epoch ms. */
  readonly now?: () => number;
}

export interface S3Server {
  readonly endpoint: string;
  readonly credentials: Credentials;
  /** The requests answered or dropped so far, in order, as `PUT bucket/key`. */
  readonly requests: readonly string[];
  /** Headers of the newest request, for what a client must send. */
  readonly lastHeaders: Readonly<Record<string, string | undefined>>;
  fault: ((request: FaultRequest) => Fault | undefined) | undefined;
  stop(): Promise<void>;
}

/** The largest body taken; a test that needs more is no test for this server. */
const MAX_BODY = 256 * 1024 * 1024;

/**
 * An S3 server on a free loopback port: path style, signatures checked, conditional writes, versions, Object Lock, paging.
 * The conformance suite says what it does and runs on a real server too, so that it does not certify itself.
 */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const now = options.now ?? Date.now;
  const credentials = options.credentials ?? { accessKeyId: "AKTEST", secretAccessKey: "SKTEST" };
  const buckets = new Buckets(options, now);
  const requests: string[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 });
  const self = {
    endpoint: "",
    credentials,
    requests,
    lastHeaders: {} as Readonly<Record<string, string | undefined>>,
    fault: options.fault,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { method = "", url = "/" } = request;
    const headers = singleHeaders(request);
    const { bucket, key, query } = target(url);
    const payload = verifySignature({ method, url, headers }, credentials, now());
    if (payload.startsWith("STREAMING-")) throw new S3Error(501, "NotImplemented", "No chunked signatures here");
    if (options.decideEarly && method === "PUT" && key !== "") {
      buckets.bucket(bucket).checkConditions(key, { ifNoneMatch: headers["if-none-match"], ifMatch: undefined });
      await delay(20);
    }
    const body = await bodyOf(request);
    if (payload !== "UNSIGNED-PAYLOAD" && createHash("sha256").update(body).digest("hex") !== payload) {
      throw new S3Error(400, "XAmzContentSHA256Mismatch");
    }
    const told: S3Request = { method, bucket, key, query, body, headers };
    return buckets.answer(
      options.decideEarly ? { ...told, headers: { ...headers, "if-none-match": undefined } } : told,
    );
  }

  server.on("request", async (request: IncomingMessage, response: ServerResponse) => {
    const { method = "", url = "/" } = request;
    const { bucket, key } = target(url);
    requests.push(`${method} ${bucket}/${key}`);
    self.lastHeaders = singleHeaders(request);
    const fault = self.fault?.({ method, bucket, key, n: requests.length });
    try {
      const before = await faultBefore(fault, request);
      if (before === "hang-up") return void request.socket.destroy();
      const said = before ?? (await answer(request).catch(asAnswer));
      if (fault === "hang-up-after") return void request.socket.destroy();
      const after = fault === "500-after" ? errorAnswer(new S3Error(500, "InternalError")) : said;
      await send(response, after, { withoutBody: method === "HEAD", truncated: fault === "truncate" });
    } catch {
      // The client went away in the middle of its request.
      request.socket.destroy();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  self.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return self;
}

async function faultBefore(
  fault: Fault | undefined,
  request: IncomingMessage,
): Promise<Answer | "hang-up" | undefined> {
  if (fault === undefined) return undefined;
  if (fault.startsWith("slow:")) {
    await delay(Number(fault.slice(5)));
    return undefined;
  }
  switch (fault) {
    case "hang-up-before":
      return "hang-up";
    case "500-before":
      return drained(request, errorAnswer(new S3Error(500, "InternalError")));
    case "503":
      return drained(request, errorAnswer(new S3Error(503, "SlowDown")));
    case "507":
      return drained(request, errorAnswer(new S3Error(507, "InsufficientStorage")));
    case "409":
      return drained(request, errorAnswer(new S3Error(409, "ConditionalRequestConflict")));
    case "html-200":
    case "html-404":
      return drained(request, {
        status: fault === "html-200" ? 200 : 404,
        headers: { "content-type": "text/html" },
        body: "<!doctype html><title>Welcome to the hotel</title><p>Please log in.",
      });
    default:
      return undefined;
  }
}

/** An answer given after the body was taken, as a client that is still sending might not read it. */
async function drained(request: IncomingMessage, answer: Answer): Promise<Answer> {
  await bodyOf(request);
  return answer;
}

function asAnswer(thrown: unknown): Answer {
  if (thrown instanceof S3Error) return errorAnswer(thrown);
  throw thrown;
}

async function send(
  response: ServerResponse,
  answer: Answer,
  { withoutBody, truncated }: { withoutBody: boolean; truncated: boolean },
): Promise<void> {
  const body = Buffer.from(answer.body ?? "");
  const length = answer.headers?.["content-length"] ?? String(body.length);
  response.writeHead(answer.status, { "x-amz-request-id": "test", ...answer.headers, "content-length": length });
  if (truncated) {
    response.write(body.subarray(0, body.length >> 1), () => response.destroy());
    return;
  }
  response.end(withoutBody ? undefined : body);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) throw new S3Error(400, "EntityTooLarge");
    parts.push(part);
  }
  const length = request.headers["content-length"];
  if (length !== undefined && Number(length) !== size) throw new S3Error(400, "IncompleteBody");
  return Buffer.concat(parts);
}

function target(url: string): { bucket: string; key: string; query: URLSearchParams } {
  const [path = "/", search = ""] = url.split("?");
  const [, bucket = "", ...rest] = path.split("/");
  return {
    bucket: decodeURIComponent(bucket),
    key: decodeURIComponent(rest.join("/")),
    query: new URLSearchParams(search),
  };
}

function singleHeaders(request: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value]),
  );
}

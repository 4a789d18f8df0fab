import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { decode, encode, encodeInteger, open, readInteger, TAG } from "../../src/tsp/der.ts";
import { encodeRequest } from "../../src/tsp/request.ts";
import { Pki, ROOT_EXTENSIONS, TSA_EXTENSIONS } from "./tsp-pki.ts";
import { timeText, tstInfo } from "./tsp-token.ts";

/** What the service does instead of stamping. */
export type TsaFault =
  /** 500, in plain words. */
  | "error"
  /** 503 with Retry-After. */
  | "busy"
  /** 200 with a page to sign in. */
  | "html"
  /** A proper response that refuses. */
  | "rejection"
  /** A proper token, for another nonce. */
  | "wrong-nonce"
  /** A proper token, for another digest. */
  | "other-digest"
  /** The last answer it gave, once more. */
  | "earlier-answer"
  /** A token of a service under another root. */
  | "stranger"
  /** Bytes that are none, under the right media type. */
  | "garbage"
  /** Half of a proper response. */
  | "cut-off"
  /** Bytes without end. */
  | "endless"
  | "hang-up"
  /** Takes the request and never answers. */
  | "silence"
  /** Answers properly, once `release()` is called. */
  | "slow";

export interface TsaOptions {
  /** Its clock; without one `openssl ts` stamps with the time of day, with one `openssl cms` signs what `openssl ts` would. */
  readonly now?: () => number;
  readonly from?: number;
  readonly to?: number;
}

const DAY = 86_400_000;
const MAX_QUERY_BYTES = 64 * 1024;

/** A time stamp service over HTTP (RFC 3161 §3.4) on a real socket, with a root, a certificate and a key made by openssl. */
export class Tsa {
  /** Where to POST to. */
  url = "";
  /** Stays until it is changed. */
  fault: TsaFault | undefined;
  /** Requests that came in, each with its media type. */
  readonly seen: { readonly method: string; readonly mediaType: string; readonly query: Uint8Array }[] = [];
  readonly pki = new Pki();
  readonly #now: (() => number) | undefined;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #slow: (() => void)[] = [];
  #certificates = 0;
  #serial = 1n;
  #last: Uint8Array | undefined;

  constructor(options: TsaOptions = {}) {
    this.#now = options.now;
    const at = this.#time();
    this.pki.issue("root", { extensions: ROOT_EXTENSIONS, from: at - DAY, to: at + 9000 * DAY });
    this.pki.issue("other-root", { extensions: ROOT_EXTENSIONS, from: at - DAY, to: at + 9000 * DAY });
    this.pki.issue("other", { by: "other-root", extensions: TSA_EXTENSIONS, from: at - DAY, to: at + 9000 * DAY });
    this.certify(options.from ?? at - DAY, options.to ?? at + 365 * DAY);
  }

  /** The root to be trusted, PEM. */
  get root(): Uint8Array {
    return this.pki.pem("root");
  }

  /** Path of the root's PEM file. */
  get rootFile(): string {
    return this.pki.path("root.pem");
  }

  /** From now on stamps with a new key and certificate of this validity. */
  certify(from: number, to: number): this {
    this.#certificates += 1;
    this.pki.issue(this.#signer, { cn: "Test TSA", by: "root", extensions: TSA_EXTENSIONS, from, to });
    return this;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/tsr`;
    return this;
  }

  /** Lets the slow answers go. */
  release(): void {
    for (const go of this.#slow.splice(0)) go();
  }

  async stop(): Promise<void> {
    this.release();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.pki.remove();
  }

  get #signer(): string {
    return `tsa${this.#certificates}`;
  }

  #time(): number {
    return this.#now?.() ?? Date.now();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of request as AsyncIterable<Uint8Array>) {
      size += part.length;
      if (size > MAX_QUERY_BYTES) return void response.socket?.destroy();
      parts.push(part);
    }
    const query = Buffer.concat(parts);
    const mediaType = request.headers["content-type"] ?? "";
    this.seen.push({ method: request.method ?? "", mediaType, query });
    const plain = { "content-type": "text/plain" };
    if (request.method !== "POST" || mediaType !== "application/timestamp-query") {
      response.writeHead(415, plain).end("expected a time stamp query");
      return;
    }
    const reply = { "content-type": "application/timestamp-reply" };
    switch (this.fault) {
      case "error":
        return void response.writeHead(500, plain).end("out of order");
      case "busy":
        return void response.writeHead(503, { ...plain, "retry-after": "30" }).end("busy");
      case "html":
        return void response
          .writeHead(200, { "content-type": "text/html; charset=utf-8" })
          .end("<!doctype html><title>Sign in</title>");
      case "garbage":
        return void response.writeHead(200, reply).end(Buffer.alloc(2000, 0x30));
      case "hang-up":
        return void response.socket?.destroy();
      case "silence":
        return;
      case "cut-off": {
        const whole = this.#stamp(query);
        response.writeHead(200, { ...reply, "content-length": String(whole.length) });
        response.write(whole.subarray(0, whole.length / 2), () => response.socket?.destroy());
        return;
      }
      case "endless": {
        response.writeHead(200, reply);
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x30)));
        };
        response.on("drain", more);
        return more();
      }
      case "slow":
        await new Promise<void>((resolve) => this.#slow.push(resolve));
        break;
      default:
    }
    const bytes = this.#stamp(query);
    response.writeHead(200, { ...reply, "content-length": String(bytes.length) }).end(bytes);
  }

  #stamp(query: Uint8Array): Uint8Array {
    const { digest, nonce = 0n } = readQuery(query);
    switch (this.fault) {
      case "earlier-answer":
        if (this.#last) return this.#last;
        break;
      case "rejection":
        // A policy that the service does not have.
        return this.pki.reply(
          this.pki.service(this.#signer),
          encodeRequest({ digest, nonce, policy: "1.3.6.1.4.1.99999.3" }),
        );
      case "wrong-nonce":
        return this.#sign(encodeRequest({ digest, nonce: nonce + 1n }));
      case "other-digest":
        return this.#sign(encodeRequest({ digest: digest.map((byte) => byte ^ 1), nonce }));
      case "stranger":
        return this.#sign(query, "other");
      default:
    }
    this.#last = this.#sign(query);
    return this.#last;
  }

  #sign(query: Uint8Array, signer = this.#signer): Uint8Array {
    if (this.#now === undefined) return this.pki.reply(this.pki.service(signer, [], ["accuracy=secs:1"]), query);
    this.#serial += 1n;
    const { digest, nonce } = readQuery(query);
    const time = timeText(this.#time());
    const content = tstInfo({ digest, time, serial: this.#serial, ...(nonce === undefined ? {} : { nonce }) });
    const token = this.pki.sign(content, signer, "-cades", "-md", "sha256");
    return encode(TAG.sequence, encode(TAG.sequence, encodeInteger(0n)), token);
  }
}

/** Digest and nonce of a TimeStampReq. */
function readQuery(query: Uint8Array): { digest: Uint8Array; nonce: bigint | undefined } {
  const cursor = open(decode(query, TAG.sequence, "query"), "query");
  cursor.next(TAG.integer, "version");
  const imprint = cursor.open(TAG.sequence, "messageImprint");
  imprint.next(TAG.sequence, "hashAlgorithm");
  const digest = imprint.next(TAG.octets, "hashedMessage").content;
  cursor.optional(TAG.oid, "reqPolicy");
  const nonce = cursor.optional(TAG.integer, "nonce");
  return { digest, nonce: nonce && readInteger(nonce, "query") };
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { messageOf } from "../lib/errors.ts";
import { MAX_REQUEST_BYTES } from "./request.ts";
import { addCheckpoint, type WitnessAnswer, type WitnessParts } from "./witness.ts";

/** What a witness tells its operator: one line per request. */
export type WitnessLog = (line: { readonly status: number; readonly what: string }) => void;

const PLAIN = "text/plain; charset=utf-8";
const MAX_CONNECTIONS = 100;

/**
 * A witness over HTTP; it does not listen yet. `POST /add-checkpoint`, and nothing else is answered. Who may ask is not
 * asked: only the log's signature counts. Put a server with TLS in front of it where it leaves the machine.
 */
export function createWitnessServer(parts: WitnessParts, log: WitnessLog): Server {
  const server = createServer((request, response) => {
    void answer(request, response, parts, log);
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 5_000;
  server.maxHeadersCount = 50;
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: WitnessParts,
  log: WitnessLog,
): Promise<void> {
  const send = (status: number, mediaType: string, body: string): void => {
    log({ status, what: status === 200 ? "cosigned" : body.trim() });
    // The rest of a request that was not read to its end would be taken for the next one.
    const close = request.complete ? {} : { connection: "close" };
    response
      .writeHead(status, {
        "content-type": mediaType,
        "content-length": Buffer.byteLength(body),
        "x-content-type-options": "nosniff",
        ...close,
      })
      .end(body);
  };
  try {
    if (request.url !== "/add-checkpoint") return send(404, PLAIN, "expected POST /add-checkpoint\n");
    if (request.method !== "POST") return send(405, PLAIN, "expected POST\n");
    const bytes = await readRequest(request);
    if (bytes === undefined) return send(413, PLAIN, `expected at most ${MAX_REQUEST_BYTES} bytes\n`);
    const { status, mediaType, body }: WitnessAnswer = await addCheckpoint(bytes, parts);
    send(status, mediaType, body);
  } catch (error) {
    // What is wrong here is the operator's business alone.
    log({ status: 500, what: messageOf(error) });
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { "content-type": PLAIN, connection: "close" }).end("not now\n");
  }
}

/** The body, or undefined as soon as it is too large: then the rest is not read, and the connection ends with the answer. */
function readRequest(request: IncomingMessage): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    let size = 0;
    request.on("data", (part: Uint8Array) => {
      size += part.length;
      if (size <= MAX_REQUEST_BYTES) return parts.push(part);
      request.pause();
      return resolve(undefined);
    });
    request.on("end", () => resolve(Buffer.concat(parts)));
    request.on("error", reject);
    request.on("close", () => reject(new Error("the sender hung up")));
  });
}

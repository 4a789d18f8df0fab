import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One scripted answer. */
export type Reply =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
      /** Called when the request has come in; the answer waits for it. */
      readonly after?: Promise<unknown>;
    }
  /** Closes the connection without an answer. */
  | "hang-up"
  /** Sends the headers and some bytes, then closes the connection. */
  | "cut-off"
  /** Takes the request and never answers. */
  | "silence"
  /** Bytes without end. */
  | "endless";

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

type Script = Reply | readonly Reply[] | ((seen: Seen) => Reply);

export const json = (value: unknown, headers: Record<string, string> = {}): Reply => ({
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
});
export const html = (status = 200): Reply => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: "<!doctype html><title>Sign in</title><p>Sign in to go on</p>",
});
export const rateLimited = (retryAfter: string): Reply => ({
  status: 429,
  headers: { "retry-after": retryAfter, "content-type": "text/plain" },
  body: "slow down",
});
export const redirect = (to: string, status = 302): Reply => ({ status, headers: { location: to } });
export const serverError = (status = 500): Reply => ({
  status,
  headers: { "content-type": "text/plain" },
  body: "oops",
});

/** A source on a real socket whose routes answer by script; a list answers one after another and then repeats its last. */
export class HttpSource {
  /** Where it listens, or did until it was stopped. */
  url = "";
  readonly seen: Seen[] = [];
  readonly #routes = new Map<string, Script>();
  readonly #calls = new Map<string, number>();
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  /** Scripts a path (without its query); "*" is for all others. */
  on(path: string, script: Script): this {
    this.#routes.set(path, script);
    this.#calls.delete(path);
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const seen: Seen = { method: request.method ?? "", url: request.url ?? "", headers: request.headers };
    this.seen.push(seen);
    const path = seen.url.split("?")[0] ?? "";
    const route = this.#routes.has(path) ? path : "*";
    const script = this.#routes.get(route);
    const call = this.#calls.get(route) ?? 0;
    this.#calls.set(route, call + 1);
    void this.#send(response, pick(script, call, seen));
  }

  async #send(response: ServerResponse, reply: Reply): Promise<void> {
    if (reply === "silence") return;
    if (reply === "hang-up") {
      response.socket?.destroy();
      return;
    }
    if (reply === "cut-off") {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"half":', () => response.socket?.destroy());
      return;
    }
    if (reply === "endless") {
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
      };
      response.on("drain", more);
      more();
      return;
    }
    await reply.after;
    response.writeHead(reply.status ?? 200, { ...reply.headers });
    response.end(reply.body ?? "");
  }
}

function pick(script: Script | undefined, call: number, seen: Seen): Reply {
  if (script === undefined) return { status: 404, headers: { "content-type": "text/plain" }, body: "no such route" };
  if (typeof script === "function") return script(seen);
  if (Array.isArray(script)) return (script[call] ?? script.at(-1)) as Reply;
  return script as Reply;
}

import { once } from "node:events";
import { Agent, createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/**
 * What a network or a server does to one request. `-before`: it never reached the server. `-after`: it was carried out and
 * the answer is lost. `silence`: no answer at all, so that only the client's own patience ends it. `reset-within`: the
 * connection breaks in the middle of the body. `late`: the client is cut off, and the request reaches the server after so
 * many further ones. `twice`: it reaches the server two times, and the second answer counts; `again`: the second time only
 * after so many further ones. `truncate`: the answer ends in the middle.
 */
export type NetworkFault =
  | "500-before"
  | "500-after"
  | "503-before"
  | "503-after"
  | "reset-before"
  | "reset-within"
  | "reset-after"
  | "silence-before"
  | "silence-after"
  | "truncate"
  | "twice"
  | `late:${number}`
  | `again:${number}`
  | `slow:${number}`;

/**
 * What a server says that is not so. `lost-write`: it says that it took what it threw away. `stale`: the answer to an
 * earlier request of the same kind (a read, a list). `gone`: there is no such key. `flipped`: one bit of the body is wrong.
 */
export type Lie = "wrong-etag" | "lost-write" | "stale" | "gone" | "flipped";

export interface ProxiedRequest {
  /** Counts from 1. */
  readonly n: number;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
}

export interface FaultProxy {
  readonly endpoint: string;
  /** Requests that were disturbed so far. */
  disturbed: number;
  /** Decides about the requests whose address contains `part`; undefined lets them all pass again. */
  disturb(part: string, decide: ((request: ProxiedRequest) => NetworkFault | Lie | undefined) | undefined): void;
  /** Sends what is still on its way. */
  landAll(): Promise<void>;
  stop(): Promise<void>;
}

interface Message {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** An HTTP proxy on a free loopback port before a real server: requests pass as they are, signature and all, unless told otherwise. */
export async function startFaultProxy(upstream: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(upstream);
  const agent = new Agent({ keepAlive: true });
  const earlier = new Map<string, Answer>();
  const deciders = new Map<string, (request: ProxiedRequest) => NetworkFault | Lie | undefined>();
  let count = 0;
  let late: { requests: number; message: Message }[] = [];

  function send({ method, url, headers, body }: Message, cut = body.length): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const out = forward({ hostname, port, method, path: url, headers, agent: cut < body.length ? false : agent });
      out.on("error", reject);
      out.on("response", async (answer) => {
        const parts: Buffer[] = [];
        for await (const part of answer) parts.push(part as Buffer);
        resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(parts) });
      });
      if (cut < body.length) out.write(body.subarray(0, cut), () => out.destroy());
      else out.end(body);
    });
  }

  async function landDue(): Promise<void> {
    for (const one of late) one.requests -= 1;
    const due = late.filter(({ requests }) => requests <= 0);
    late = late.filter(({ requests }) => requests > 0);
    for (const { message } of due) await send(message).catch(() => undefined);
  }

  async function disturb(fault: NetworkFault | Lie, message: Message, response: ServerResponse): Promise<void> {
    const [kind, number = "0"] = fault.split(":");
    const hangUp = () => void response.socket?.destroy();
    switch (kind) {
      case "500-before":
      case "503-before":
        return answer(response, serverError(Number(fault.slice(0, 3))));
      case "500-after":
      case "503-after":
        await send(message);
        return answer(response, serverError(Number(fault.slice(0, 3))));
      case "reset-before":
        return hangUp();
      case "reset-within":
        await send(message, message.body.length >> 1).catch(() => undefined);
        return hangUp();
      case "reset-after":
        await send(message);
        return hangUp();
      case "silence-before":
        return;
      case "silence-after":
        await send(message);
        return;
      case "truncate":
        return truncated(response, await send(message));
      case "twice":
        await send(message);
        return answer(response, await send(message));
      case "again":
        late.push({ requests: Number(number), message });
        return answer(response, await send(message));
      case "late":
        late.push({ requests: Number(number), message });
        return hangUp();
      case "slow":
        await delay(Number(number));
        return answer(response, await send(message));
      default:
        return answer(response, await lie(kind as Lie, message));
    }
  }

  async function lie(kind: Lie, message: Message): Promise<Answer> {
    const isRead = message.method === "GET";
    if (kind === "lost-write" && !isRead)
      return { status: 200, headers: { etag: `"${"0".repeat(32)}"` }, body: Buffer.alloc(0) };
    if (kind === "gone" && isRead && !message.url.includes("list-type"))
      return xml(404, "<Error><Code>NoSuchKey</Code></Error>");
    const said = await send(message);
    if (kind === "stale" && isRead) return earlier.get(message.url) ?? said;
    if (kind === "flipped" && isRead && said.status === 200 && said.body.length > 0) {
      const body = Buffer.from(said.body);
      const i = body.length >> 1;
      body[i] = (body[i] ?? 0) ^ 1;
      return { ...said, body };
    }
    if (kind === "wrong-etag" && said.headers.etag !== undefined)
      return { ...said, headers: { ...said.headers, etag: `"${"f".repeat(32)}"` } };
    return said;
  }

  /** The first answer of each address, for the lie that nothing has changed since. */
  function remember({ method, url }: Message, said: Answer): void {
    if (method === "GET" && !earlier.has(url)) earlier.set(url, said);
  }

  const server = createServer({ keepAliveTimeout: 60_000 });
  const self: FaultProxy = {
    endpoint: "",
    disturbed: 0,
    disturb(part, decide) {
      if (decide) deciders.set(part, decide);
      else deciders.delete(part);
    },
    async landAll() {
      for (const { message } of late.splice(0)) await send(message).catch(() => undefined);
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      agent.destroy();
    },
  };
  server.on("request", async (request, response) => {
    try {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { method = "", url = "/", headers } = request;
      const message = { method, url, headers, body: Buffer.concat(parts) };
      await landDue();
      count += 1;
      const [, decide] = [...deciders].find(([part]) => decodeURIComponent(url).includes(part)) ?? [];
      const fault = decide?.({ n: count, method, url });
      if (fault !== undefined) {
        self.disturbed += 1;
        return await disturb(fault, message, response);
      }
      const said = await send(message);
      remember(message, said);
      answer(response, said);
    } catch {
      // The client or the server went away.
      response.socket?.destroy();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as AddressInfo;
  return Object.assign(self, { endpoint: `http://127.0.0.1:${own}` });
}

function answer(response: ServerResponse, { status, headers, body }: Answer): void {
  const { "transfer-encoding": _, connection: __, ...rest } = headers;
  response.writeHead(status, { ...rest, "content-length": String(body.length) });
  response.end(body);
}

function truncated(response: ServerResponse, { status, headers, body }: Answer): void {
  const { "transfer-encoding": _, connection: __, ...rest } = headers;
  response.writeHead(status, { ...rest, "content-length": String(body.length) });
  response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  if (body.length < 2) response.destroy();
}

function serverError(status: number): Answer {
  return xml(status, `<Error><Code>${status === 503 ? "SlowDown" : "InternalError"}</Code></Error>`);
}

function xml(status: number, body: string): Answer {
  return { status, headers: { "content-type": "application/xml" }, body: Buffer.from(body) };
}

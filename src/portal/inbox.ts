import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isCustodyError, messageOf } from "../lib/errors.ts";
import type { Inbox, PortalParts } from "./parts.ts";

/** Bytes of one message: more is refused before it is read. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Messages that wait for the ledger at once: what they hold fits into memory. */
const MAX_WAITING = 64;
const RETRY_AFTER_SECONDS = 15;

/** A request to an inbox, taken apart. */
interface Addressed {
  readonly instance: string;
  readonly inbox: Inbox;
  /** Undefined for an address that nobody can mean. */
  readonly path: string | undefined;
}

/**
 * The inbox: `POST /hooks/<instance>[/<path>]`. A message is in the ledger before its sender is told so. Whatever may
 * work later is answered with 503: some senders (Alertmanager) give a message up for good at any other refusal.
 */
export function addInbox(server: FastifyInstance, parts: PortalParts): void {
  const isRight = tokenCheck();
  const addressed = new WeakMap<FastifyRequest, Addressed>();
  let waiting = 0;

  // Any media type, as raw bytes.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));

  /** Before the body is read: who sends, and is there room? */
  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { instance, path } = addressOf(request.raw.url ?? "");
    const inbox = parts.inbox(instance);
    if (inbox === undefined) return refuse(reply, 404, "There is no such inbox.");
    let token: string;
    try {
      token = inbox.token();
    } catch (error) {
      parts.log.error({ instance, error: messageOf(error) }, "an inbox has no token to compare with; its senders wait");
      return later(reply, "This inbox is not ready.");
    }
    if (!isRight(request.headers.authorization, token)) {
      return refuse(reply.header("www-authenticate", "Bearer"), 401, "The token is missing or wrong.");
    }
    if (waiting >= MAX_WAITING) return later(reply, "Too many messages at once.");
    addressed.set(request, { instance, inbox, path });
    return undefined;
  }

  async function take(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const found = addressed.get(request);
    if (found === undefined) return refuse(reply, 404, "There is no such inbox.");
    const { instance, inbox, path } = found;
    if (path === undefined) return refuse(reply, 400, "The address is not spelled as an address should be.");
    const bytes = Buffer.isBuffer(request.body) ? request.body : new Uint8Array();
    const mediaType = request.headers["content-type"] ?? "application/octet-stream";
    waiting += 1;
    try {
      const letter = { bytes, mediaType, path, receivedAt: parts.clock.now() };
      const { index, repeated, hint } = await inbox.accept(letter);
      parts.log.info({ instance, record: index, repeated }, "message recorded");
      return reply
        .code(repeated ? 200 : 202)
        .send({ record: index, repeated, ...(hint === undefined ? {} : { hint }) });
    } catch (error) {
      if (isCustodyError(error, "INPUT_INVALID")) {
        return refuse(reply, 400, [error.message, error.remedy].filter(Boolean).join("\n"));
      }
      if (isCustodyError(error, "INPUT_TOO_LARGE")) return refuse(reply, 413, error.message);
      parts.log.error(
        { instance, error: messageOf(error) },
        "a message could not be recorded; its sender was told to repeat it",
      );
      return later(reply, "The message could not be recorded. Send it again.");
    } finally {
      waiting -= 1;
    }
  }

  server.route({ method: "POST", url: "/hooks/*", bodyLimit: MAX_MESSAGE_BYTES, onRequest: admit, handler: take });
  server.route({
    method: ["GET", "PUT", "DELETE", "PATCH"],
    url: "/hooks/*",
    handler: (_, reply) => refuse(reply.header("allow", "POST"), 405, "Messages are sent with POST."),
  });
}

function refuse(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type("text/plain; charset=utf-8").send(`${text}\n`);
}

function later(reply: FastifyReply, text: string): FastifyReply {
  return refuse(reply.header("retry-after", String(RETRY_AFTER_SECONDS)), 503, text);
}

/** Compares without telling by its time how much of a token was right, or how long the right one is. */
function tokenCheck(): (header: string | undefined, token: string) => boolean {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac("sha256", key).update(text).digest();
  return (header, token) => {
    const shown = /^Bearer +(\S+)\s*$/i.exec(header ?? "")?.[1] ?? "";
    return timingSafeEqual(digest(shown), digest(token)) && token !== "";
  };
}

const UNSAFE = /[/\\\u0000-\u001f\u007f]/;

/** Instance and path of an address, decoded once. A segment that hides a slash, a dot folder or a control character is none. */
function addressOf(url: string): { instance: string; path: string | undefined } {
  const [, , instance = "", ...rest] = (url.split(/[?#]/, 1)[0] ?? "").split("/");
  if (rest.at(-1) === "") rest.pop();
  const segments: string[] = [];
  for (const raw of rest) {
    try {
      const segment = decodeURIComponent(raw);
      if (segment === "" || segment === "." || segment === ".." || UNSAFE.test(segment))
        return { instance, path: undefined };
      segments.push(segment);
    } catch {
      return { instance, path: undefined };
    }
  }
  return { instance, path: segments.join("/") };
}

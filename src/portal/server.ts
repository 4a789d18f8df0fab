import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { isCustodyError, messageOf } from "../lib/errors.ts";
import { addInbox } from "./inbox.ts";
import { addPages } from "./pages.ts";
import type { PortalParts } from "./parts.ts";
import { addPublic } from "./public.ts";

/** Nothing but our own style sheet and icon may be loaded, nothing may run, nothing may be sent, nobody may frame us. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
} as const;

/** Only this machine itself is served, under these names. */
const OWN_NAMES = new Set(["127.0.0.1", "localhost", "[::1]"]);
/** Public, or known by a token: these may be asked for under any name. */
const ANY_NAME = /^\/(hooks\/|tile\/|checkpoint$|health$|ready$|metrics$|fingerprint$)/;

/**
 * Inbox, pages and public objects as one HTTP server; it does not listen yet. A page of some other site that a browser was
 * tricked into sending here under a name of its own (DNS rebinding) is turned away by the name.
 */
export function createPortal(parts: PortalParts): FastifyInstance {
  const server = Fastify({
    logger: false,
    bodyLimit: 1024,
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    routerOptions: { maxParamLength: 300 },
    forceCloseConnections: "idle",
    return503OnClosing: true,
    frameworkErrors: (error, _, reply) => {
      void plain(reply, error.statusCode ?? 400, "The address is not spelled as an address should be.");
    },
  });

  server.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    const path = pathOf(request);
    if (!ANY_NAME.test(path) && !OWN_NAMES.has(nameOf(request))) {
      return plain(reply, 421, "This page is served to 127.0.0.1 and localhost only.");
    }
    return undefined;
  });

  addInbox(server, parts);
  addPublic(server, parts);
  const say = addPages(server, parts);

  server.setNotFoundHandler((request, reply) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return plain(reply.header("allow", "GET, HEAD"), 405, "These pages can only be read.");
    }
    if (ANY_NAME.test(pathOf(request))) return plain(reply, 404, "There is nothing here.");
    return say(reply, 404, "There is no such page", "Nothing is kept under this address.");
  });

  server.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status === 413)
      return plain(reply, 413, "More than 1 MiB; send less with one message, or use `custody upload`.");
    if (status >= 400 && status < 500) return plain(reply, status, "The request could not be understood.");
    parts.log.error({ path: pathOf(request), error: messageOf(error) }, "a request could not be answered");
    reply.header("retry-after", "15");
    if (ANY_NAME.test(pathOf(request))) return plain(reply, 503, "Not now. Try again.");
    const known = isCustodyError(error);
    return say(
      reply,
      known ? 503 : 500,
      "The log cannot be read now",
      known ? error.message : "Something went wrong that should not.",
      known
        ? error.remedy
        : "Please report what you did; the daemon's log has a line about it. Nothing that was collected is lost.",
    );
  });
  return server;
}

function plain(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type("text/plain; charset=utf-8").send(`${text}\n`);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}

/** The name under which the server was asked for, without the port. */
function nameOf(request: FastifyRequest): string {
  return (request.headers.host ?? "").toLowerCase().replace(/:\d{1,5}$/, "");
}

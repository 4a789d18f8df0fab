import type { FastifyInstance } from "fastify";
import { messageOf } from "../lib/errors.ts";
import type { PortalParts } from "./parts.ts";

const READY_WITHIN = 5_000;
/** A tile of C2SP tlog-tiles: full ones never change, partial ones neither. */
const FOR_EVER = "public, max-age=31536000, immutable";

/**
 * What anybody may read: the signed head and the hash tiles (C2SP tlog-tiles), and whether this process is well. Tiles are
 * hashes only: no word of an entry can be had from them.
 */
export function addPublic(server: FastifyInstance, parts: PortalParts): void {
  server.get("/checkpoint", async (_, reply) => {
    const bytes = await parts.publicObject("checkpoint");
    if (bytes === undefined) return reply.callNotFound();
    return reply.type("text/plain; charset=utf-8").header("cache-control", "no-cache").send(Buffer.from(bytes));
  });

  server.get("/tile/*", async (request, reply) => {
    const key = (request.raw.url ?? "").slice(1);
    const bytes = await parts.publicObject(key);
    if (bytes === undefined) return reply.callNotFound();
    return reply.type("application/octet-stream").header("cache-control", FOR_EVER).send(Buffer.from(bytes));
  });

  server.get("/health", (_, reply) => reply.type("text/plain; charset=utf-8").send("alive\n"));

  server.get("/ready", async (_, reply) => {
    reply.type("text/plain; charset=utf-8");
    try {
      await within(parts, async () => {
        await parts.history();
        await parts.head();
      });
      return reply.send("ready\n");
    } catch (error) {
      parts.log.warn({ error: messageOf(error) }, "not ready");
      return reply.code(503).header("retry-after", "15").send("The ledger cannot be read now.\n");
    }
  });
}

async function within(parts: PortalParts, work: () => Promise<void>): Promise<void> {
  const done = new AbortController();
  const late = parts.clock.sleep(READY_WITHIN, done.signal).then(
    () => {
      throw new Error(`no answer within ${READY_WITHIN / 1000} s`);
    },
    () => {},
  );
  try {
    await Promise.race([work(), late]);
  } finally {
    done.abort();
  }
}

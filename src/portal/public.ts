import type { FastifyInstance } from "fastify";
import { isCustodyError, messageOf } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import { EXPOSITION_TYPE, exposition } from "./exposition.ts";
import { type LedgerSight, metricsOf } from "./metrics.ts";
import type { PortalParts } from "./parts.ts";
import { isReady, readiness } from "./readiness.ts";

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

  server.get("/ready", async (request, reply) => {
    const { failure } = await look(parts, () => undefined);
    if (failure !== undefined) parts.log.warn({ error: messageOf(failure) }, "not ready");
    const log = failure === undefined ? undefined : isCustodyError(failure) ? failure.code : "NO_ANSWER";
    const operation = await parts.operation();
    const checks = readiness(log, operation, parts.clock.now());
    const ready = isReady(checks);
    reply.code(ready ? 200 : 503).header("cache-control", "no-store");
    if (!ready) reply.header("retry-after", "15");
    if (/\bapplication\/json\b/.test(request.headers.accept ?? "")) {
      return reply.send({ ready, checks: checks.map(({ bearable, ...check }) => check) });
    }
    const { databaseAway: away } = operation;
    // Still ready: whoever sends us something must not be turned away, as it is recorded all the same.
    const said = ready
      ? [away === undefined ? "ready" : `ready, without the database since ${iso(away.since)}; recording goes on`]
      : checks.flatMap(({ ok, bearable, words }) => (ok || bearable || words === undefined ? [] : [words]));
    return reply.type("text/plain; charset=utf-8").send(`${said.join("\n")}\n`);
  });

  let asked: Promise<string> | undefined;
  server.get("/metrics", async (_, reply) => {
    // Whoever asks at the same time gets the same answer.
    asked ??= metricsNow(parts).finally(() => {
      asked = undefined;
    });
    return reply
      .type(EXPOSITION_TYPE)
      .header("cache-control", "no-store")
      .send(await asked);
  });
}

async function metricsNow(parts: PortalParts): Promise<string> {
  const { found } = await look(parts, (sight) => sight);
  return exposition(metricsOf(parts, await parts.operation(), found, parts.clock.now()));
}

/** What the ledger says, or why it does not, within a few seconds. */
async function look<T>(
  parts: PortalParts,
  make: (sight: LedgerSight) => T,
): Promise<{ found: T | undefined; failure: unknown }> {
  let found: T | undefined;
  try {
    await within(parts, async () => {
      const { history, conditions, size } = await parts.history();
      const { size: signed } = await parts.head();
      found = make({ history, conditions, size, signed });
    });
    return { found, failure: undefined };
  } catch (failure) {
    return { found: undefined, failure };
  }
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

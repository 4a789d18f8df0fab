import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { lockKey, type PostgresTurns, postgresTurns } from "../src/index/turns.ts";
import { systemClock } from "../src/lib/clock.ts";
import { CustodyError, isCustodyError } from "../src/lib/errors.ts";
import { ownTurns, sharedTurns, type Turn, type Turns } from "../src/schedule/turns.ts";
import { FakeClock } from "./support/clock.ts";
import { type GivenPostgres, givenPostgres } from "./support/index-postgres.ts";

const NEVER = new AbortController().signal;
let server: GivenPostgres;
beforeAll(async () => {
  server = await givenPostgres();
});
afterAll(() => server.stop());

function replica(origin: string, lost: (error: CustodyError) => void = () => {}): PostgresTurns {
  const turns = postgresTurns({ url: server.url, origin, clock: systemClock, lost });
  onTestFinished(() => turns.close());
  return turns;
}

async function sql<T extends object>(text: string, ...values: unknown[]): Promise<T[]> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query<T & pg.QueryResultRow>(text, values)).rows;
  } finally {
    await client.end();
  }
}

const fired = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

async function taken(turns: Turns, name = "slot:jobs"): Promise<Turn> {
  const turn = await turns.take(name, NEVER);
  if (turn === undefined) throw new Error("somebody else has it");
  return turn;
}

/** A server tells a connection that it ends before it lets go of that connection's locks: the next holder may have to ask again. */
async function takenOnceFree(turns: Turns, name = "slot:jobs"): Promise<Turn> {
  for (;;) {
    const turn = await turns.take(name, NEVER);
    if (turn !== undefined) return turn;
  }
}

describe("turns over one Postgres", () => {
  test("have one holder at a time, by name and by log, and go to the next when released", async () => {
    const [a, b, elsewhere] = [replica("log-1"), replica("log-1"), replica("log-2")];
    const turn = await taken(a);
    expect(await b.take("slot:jobs", NEVER)).toBe(undefined);
    for (const free of [await taken(b, "slot:other"), await taken(elsewhere)]) await free.release();
    await turn.release();
    await turn.release();
    const next = await taken(b);
    expect(await a.take("slot:jobs", NEVER)).toBe(undefined);
    await next.release();
  });

  test("of sixteen at once exactly one gets it, again and again", async () => {
    const all = await Promise.all(Array.from({ length: 16 }, () => replica("race")));
    for (let round = 0; round < 5; round += 1) {
      const got = (await Promise.all(all.map((one) => one.take("slot:jobs", NEVER)))).filter(
        (one) => one !== undefined,
      );
      expect(got).toHaveLength(1);
      for (const turn of got) await turn.release();
    }
  });

  test("are lost with their connection: everybody who works under one is told, others get it, and this side connects anew", async () => {
    const said: CustodyError[] = [];
    const [a, b] = [replica("ended", (error) => said.push(error)), replica("ended")];
    const turns = [await taken(a), await taken(a, "heads")];
    const key = lockKey("ended", "slot:jobs");
    const holder =
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and (classid::bigint << 32 | objid::bigint) = $1::bigint";
    await sql(holder, key);
    await Promise.all(turns.map(({ lost }) => fired(lost)));
    expect(said).toMatchObject([{ code: "INDEX_UNREACHABLE" }]);
    const next = await takenOnceFree(b);
    expect(await a.take("slot:jobs", NEVER)).toBe(undefined);
    // What was lost long ago takes nothing away from its new holder.
    for (const turn of turns) await turn.release();
    expect(await a.take("slot:jobs", NEVER)).toBe(undefined);
    await next.release();
    await (await taken(a)).release();
  });

  test("are free again when a holder is gone, and it is not told that it lost what it gave up", async () => {
    const [a, b] = [replica("closed"), replica("closed")];
    const turn = await taken(a);
    await a.close();
    expect(turn.lost.aborted).toBe(false);
    await (await takenOnceFree(b)).release();
    expect(await a.take("slot:jobs", NEVER)).toBe(undefined);
  });

  test("go to others when their holder stands still, and it learns that it lost them", async () => {
    // This clock never moves, so that the connection is never tried: as if the process slept.
    const still = postgresTurns({ url: server.url, origin: "still", clock: new FakeClock(), idle: 2000 });
    onTestFinished(() => still.close());
    const other = replica("still");
    await (await taken(other, "connected")).release();
    const turn = await taken(still);
    expect(await other.take("slot:jobs", NEVER)).toBe(undefined);
    await fired(turn.lost);
    await (await takenOnceFree(other)).release();
  });

  test("say where the server is and never its password, while it is away", async () => {
    const turns = postgresTurns({
      url: server.url.replace(/:\d+\/postgres$/, ":1/postgres"),
      origin: "away",
      clock: systemClock,
    });
    const error = (await turns.take("slot:jobs", NEVER).catch((thrown: unknown) => thrown)) as CustodyError;
    expect(error).toMatchObject({ code: "INDEX_UNREACHABLE" });
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toMatch(/p@ss|p%40ss/);
    await turns.close();
  });
});

describe("turns where the others cannot be asked", () => {
  const away = (code: "INDEX_UNREACHABLE" | "INDEX_UNUSABLE"): Turns => ({
    take: () => Promise.reject(new CustodyError(code, "no")),
  });
  const unreachable = (error: unknown) => isCustodyError(error, "INDEX_UNREACHABLE");

  test("are this process's own: work goes on, each name once", async () => {
    const turns = sharedTurns(away("INDEX_UNREACHABLE"), unreachable);
    const turn = await taken(turns);
    expect(await turns.take("slot:jobs", NEVER)).toBe(undefined);
    await turn.release();
    await (await taken(turns)).release();
  });

  test("are none where a person must mend something, and nothing stays taken", async () => {
    const turns = sharedTurns(away("INDEX_UNUSABLE"), unreachable);
    for (let i = 0; i < 2; i += 1)
      await expect(turns.take("x", NEVER)).rejects.toMatchObject({ code: "INDEX_UNUSABLE" });
  });

  test("of one connection are not taken twice within a process, as the server would allow", async () => {
    const turns = sharedTurns(replica("twice"), unreachable);
    const turn = await taken(turns);
    expect(await turns.take("slot:jobs", NEVER)).toBe(undefined);
    await turn.release();
  });

  test("come back to where they were when somebody else has them", async () => {
    const shared = ownTurns();
    const other = await taken(shared);
    const turns = sharedTurns(shared, unreachable);
    expect(await turns.take("slot:jobs", NEVER)).toBe(undefined);
    await other.release();
    await (await taken(turns)).release();
  });
});

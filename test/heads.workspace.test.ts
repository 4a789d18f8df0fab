import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { knownHere } from "../src/daemon/known-heads.ts";
import { Publishing } from "../src/daemon/publishing.ts";
import { startRunning } from "../src/daemon/running.ts";
import type { Draft } from "../src/evidence/entry.ts";
import { base64 } from "../src/lib/digest.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { FakeClock } from "./support/clock.ts";
import { listening } from "./support/http.ts";
import { keptLog, newWorkspace } from "./support/workspace.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = Date.parse("2026-11-20T12:00:00.000Z");
const never = new AbortController().signal;
const record: Draft = { kind: "correction", actor: { type: "system", id: "test" }, of: 0 };

async function workspace(heads: string, clock = new FakeClock(T0)) {
  const custody = await newWorkspace(`heads: [${heads}]`, clock);
  for (const [, folder = ""] of heads.matchAll(/path: \.\/(\w+)/g)) await mkdir(join(custody.config.root, folder));
  const ledger = await custody.ledger();
  const kinds = async () => {
    const found: string[] = [];
    for await (const { entry } of ledger.read()) found.push(entry.kind);
    return found;
  };
  return { custody, ledger, clock, kinds, publishing: new Publishing(custody), root: custody.config.root };
}

/** A receiver that answers when it is told to. */
async function slowReceiver() {
  const waiting: ServerResponse[] = [];
  let came: () => void = () => {};
  const first = new Promise<void>((resolve) => {
    came = resolve;
  });
  const server = createServer((request, response) => {
    request.resume();
    waiting.push(response);
    came();
  });
  const answer = () => {
    for (const response of waiting.splice(0)) response.writeHead(204).end();
  };
  return { url: await listening(server), first, answer };
}

describe("sending what is due", () => {
  test("over 100 days of silence adds one record per place, and goes on with the first new record", async () => {
    const { publishing, clock, ledger, kinds } = await workspace(
      "{ use: file, id: a, path: ./a }, { use: file, id: b, path: ./b, every: 1h }",
    );
    expect(await publishing.sendDue(never)).toHaveLength(2);
    expect(await kinds()).toEqual(["genesis", "head", "head"]);
    for (let day = 1; day <= 100; day += 1) {
      clock.set(T0 + day * DAY);
      expect(await publishing.sendDue(never)).toEqual([]);
    }
    expect(await kinds()).toHaveLength(3);
    await ledger.append([record]);
    expect((await publishing.sendDue(never)).map(({ id }) => id).sort()).toEqual(["a", "b"]);
    await ledger.append([record]);
    clock.advance(HOUR);
    expect((await publishing.sendDue(never)).map(({ id }) => id)).toEqual(["b"]);
    expect(await kinds()).toHaveLength(3 + 2 + 1 + 2);
  });

  test("and failing to record it sends it again, without harm", async () => {
    const { publishing, ledger, kinds, root } = await workspace("{ use: file, path: ./published }");
    const append = ledger.append.bind(ledger);
    ledger.append = () => Promise.reject(new CustodyError("STORE_UNREACHABLE", "gone for a moment"));
    await expect(publishing.sendDue(never)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    ledger.append = append;
    expect(await kinds()).toEqual(["genesis"]);
    expect(await publishing.sendDue(never)).toMatchObject([{ result: "sent", size: 1 }]);
    expect(await kinds()).toEqual(["genesis", "head"]);
    const list = await readFile(join(root, "published", ledger.origin, "heads.txt"), "utf8");
    expect(list.trim().split("\n")).toHaveLength(1);
  });

  test("where one place fails the others have theirs, and it is tried again later each time until it goes well", async () => {
    const { publishing, clock, custody, root } = await workspace(
      `{ use: webhook, url: "\${file:./address}" }, { use: file, path: ./published }`,
    );
    expect((await publishing.sendDue(never)).map(({ id, result }) => [id, result]).sort()).toEqual([
      ["file", "sent"],
      ["webhook", "failed"],
    ]);
    expect(await publishing.sendDue(never)).toEqual([]);
    clock.advance(60_000);
    expect(await publishing.sendDue(never)).toMatchObject([{ id: "webhook", result: "failed" }]);
    clock.advance(60_000);
    expect(await publishing.sendDue(never)).toEqual([]);
    // It is still known after a restart.
    const [state] = await new Publishing(custody).states();
    expect(state?.trouble).toMatchObject({ failures: 2, code: "SECRET_UNAVAILABLE" });
    clock.advance(60_000);
    const { url, answer, first } = await slowReceiver();
    await writeFile(join(root, "address"), url);
    const sending = publishing.sendDue(never);
    await first;
    answer();
    expect(await sending).toMatchObject([{ id: "webhook", result: "sent" }]);
    expect((await publishing.states())[0]?.trouble).toBeUndefined();
  });

  test("that is stopped counts as no failure", async () => {
    const { url, first } = await slowReceiver();
    const { publishing, kinds } = await workspace(`{ use: webhook, url: "${url}" }`);
    const stop = new AbortController();
    const sending = publishing.sendDue(stop.signal);
    await first;
    stop.abort(new CustodyError("ABORTED", "Custody was stopped"));
    expect(await sending).toMatchObject([{ result: "failed", code: "ABORTED" }]);
    expect((await publishing.states())[0]?.trouble).toBeUndefined();
    expect(await kinds()).toEqual(["genesis"]);
  });

  test("now, to those named, sends whatever is due or not, and nothing where nothing is new", async () => {
    const { publishing, ledger } = await workspace("{ use: file, id: a, path: ./a }, { use: file, id: b, path: ./b }");
    expect((await publishing.sendNow(["a"], never)).outcomes).toMatchObject([{ id: "a", size: 1 }]);
    const again = await publishing.sendNow([], never);
    expect(again.outcomes).toMatchObject([{ id: "b", size: 2 }]);
    expect(again.current.map(({ target }) => target.id)).toEqual(["a"]);
    await ledger.append([record]);
    expect((await publishing.sendNow([], never)).outcomes).toHaveLength(2);
    await expect(publishing.sendNow(["c"], never)).rejects.toMatchObject({ code: "USAGE" });
  });
});

describe("the daemon", () => {
  test("sends what is due in a lane of its own: what hangs there holds up no collecting", async () => {
    const { url, first, answer } = await slowReceiver();
    const clock = new FakeClock(T0);
    const custody = await newWorkspace(
      `collectors: [{ id: own, use: cron-health/custody }]\nheads: [{ use: webhook, url: "${url}" }]`,
      clock,
    );
    const log = keptLog();
    const running = await startRunning(custody, log);
    onTestFinished(() => running.stop());
    await running.tick();
    await first;
    await log.until(({ message }) => message === "run begins");
    clock.advance(HOUR);
    // A head is under way; the next wake-up neither waits for it nor sends another.
    await running.tick();
    answer();
    const { details } = await log.until(({ message }) => message.startsWith("head sent"));
    expect(details).toMatchObject({ head: "webhook" });
    await running.idle();
    const sent = await new Publishing(custody).states();
    expect(sent).toMatchObject([{ last: { size: details.size } }]);
  });

  test("shows on a public page what left and where it is kept, under any name", async () => {
    const custody = await newWorkspace("heads: [{ use: file, path: ./published }]", new FakeClock(T0));
    await mkdir(join(custody.config.root, "published"));
    const running = await startRunning(custody, keptLog());
    onTestFinished(() => running.stop());
    const page = async () =>
      (await fetch(`${running.url}fingerprint`, { headers: { host: "log.example.com" } })).text();
    expect(await page()).toContain("None has left the store yet");
    await running.tick();
    await running.idle();
    const html = await page();
    const [state] = await new Publishing(custody).states();
    const { origin, vkey } = await custody.ledger();
    const escaped = (text: string) => text.replaceAll("=", "&#x3D;");
    for (const text of [origin, vkey, state?.last?.root ?? "", "a folder"]) {
      expect(html).toContain(escaped(text));
    }
    // Where exactly is nobody's business.
    expect(html).not.toContain("./published");
    expect(html).not.toContain(custody.config.root);
    const home = await (await fetch(running.url)).text();
    expect(home).toContain('href="/fingerprint"');
  });
});

describe("verification", () => {
  test("is told of heads that lie where they were brought, and of places that do not answer", async () => {
    const { publishing, custody, ledger } = await workspace(
      `{ use: file, path: ./published }, { use: s3, bucket: audit, endpoint: "http://127.0.0.1:9", accessKey: "\${file:./a}", secretKey: "\${file:./a}" }`,
    );
    await publishing.sendNow(["file"], never);
    const { heads, silent } = await knownHere(custody);
    const outside = heads.filter(({ held }) => held === "outside");
    expect(outside.map(({ size, root }) => [size, base64(root)])).toEqual([
      [1, (await publishing.states())[0]?.last?.root],
    ]);
    expect(silent.map(({ place }) => place)).toContain("s3 (a second bucket)");
    expect(ledger.size).toBe(2);
  });
});

import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttp } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer as createTls } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Custody } from "../src/custody.ts";
import { Operating } from "../src/daemon/operating.ts";
import { startRunning } from "../src/daemon/running.ts";
import { Watching } from "../src/daemon/watching.ts";
import { type Entry, type EntryOf, isKind } from "../src/evidence/entry.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { seeDuties, seeGaps } from "../src/views/seeing.ts";
import { considerate } from "../src/watch/bounded.ts";
import { certificateOf, expiryCodes, expiryInWords, tlsAddresses } from "../src/watch/certificates.ts";
import { diskInWords, forecastDisk } from "../src/watch/disk.ts";
import { checksDue, onceOf } from "../src/watch/due.ts";
import { WatchLog } from "../src/watch/log.ts";
import { DeadManPing } from "../src/watch/ping.ts";
import { FakeClock } from "./support/clock.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { describeWith } from "./support/tools.ts";
import { keptLog, newWorkspace } from "./support/workspace.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const never = new AbortController().signal;
const OWN = "collectors: [{ id: own, use: cron-health/custody }]";

async function workspace(clock: FakeClock, rest = OWN): Promise<Custody> {
  const custody = await newWorkspace(rest, clock);
  const running = await startRunning(custody, keptLog());
  await running.tick();
  await running.idle();
  await running.stop();
  return custody;
}

async function checksOf(custody: Custody): Promise<EntryOf<"self-check">[]> {
  const found: EntryOf<"self-check">[] = [];
  for await (const { entry } of (await custody.view()).read()) if (isKind(entry, "self-check")) found.push(entry);
  return found;
}

async function manifestOf(custody: Custody): Promise<string> {
  for await (const { entry } of (await custody.view()).read())
    if (isKind(entry, "run") && entry.manifest !== undefined) return entry.manifest.digest;
  throw new Error("no run has a list of what it collected");
}

describe("the daily look at itself", () => {
  test("verifies the log, by hash, and records what it saw; once a day, whoever looks", async () => {
    const clock = new FakeClock();
    const custody = await workspace(clock);
    expect(await new Watching(custody).checkDue(never, false)).toEqual([]);
    clock.advance(HOUR);
    expect(await new Watching(custody).checkDue(never, true)).toMatchObject([{ check: "disk" }]);
    const made = await new Watching(custody).checkDue(never, false);
    expect(made.find(({ check }) => check === "integrity")).toMatchObject({ result: "good" });
    expect(await new Watching(custody).checkDue(never, false)).toEqual([]);
    const { size } = await custody.view();
    const entry = (await checksOf(custody)).find(({ check }) => check === "integrity");
    expect(entry).toMatchObject({ result: "good", once: expect.stringMatching(/^self-check:integrity:good:\d+$/) });
    expect(entry?.seen?.size).toBeLessThanOrEqual(size);
    expect(entry).not.toHaveProperty("quick");
    clock.advance(DAY);
    expect((await new Watching(custody).checkDue(never, false)).map(({ check }) => check)).toContain("integrity");
  });

  test("finds an evidence file that was changed: an urgent gap, told to the owner, and over once it is right again", async () => {
    const clock = new FakeClock();
    const custody = await workspace(clock, `${OWN}\npeople: { anna: { role: owner } }`);
    const folder = join(custody.config.root, "data/store/blob/sha256");
    // A run's, not one of those that say what is expected: with these altered nothing is recorded any more.
    const digest = await manifestOf(custody);
    const path = join(folder, digest.slice(0, 2), digest);
    const right = await readFile(path);
    await rm(path);
    await writeFile(path, Buffer.concat([right, Buffer.from(" ")]));
    clock.advance(HOUR);
    const running = await startRunning(custody, keptLog());
    // In the first round collectors are busy.
    for (let round = 0; round < 2; round++) {
      await running.tick();
      await running.idle();
    }
    await running.stop();
    const entry = (await checksOf(custody)).find(({ check }) => check === "integrity");
    expect(entry).toMatchObject({ result: "bad", codes: ["blob-altered"] });
    const sight = await seeGaps(custody);
    expect(sight.gaps).toMatchObject([{ requirement: "integrity", level: "urgent", state: "open" }]);
    const [duty] = (await seeDuties(custody, sight, false)).duties;
    expect(duty).toMatchObject({ title: "The log is not as it was signed", who: "anna (owner)", until: "at once" });
    await rm(path);
    await writeFile(path, right);
    clock.advance(DAY);
    await new Watching(custody).checkDue(never, false);
    const after = (await seeGaps(custody)).gaps.filter(({ requirement }) => requirement === "integrity");
    expect(after).toMatchObject([{ requirement: "integrity", state: "closed" }]);
  });

  test("ends soon after it is told to, and leaves no word that it was through", async () => {
    const clock = new FakeClock();
    const custody = await workspace(clock);
    clock.advance(HOUR);
    const stop = new AbortController();
    const checking = new Watching(custody).checkDue(stop.signal, false);
    stop.abort();
    expect(await checking).toEqual([]);
    expect(await checksOf(custody)).toEqual([]);
  });

  test("reads no further object once it was told to end", async () => {
    const stop = new AbortController();
    const read: string[] = [];
    const store = considerate(
      {
        async get(key) {
          read.push(key);
          return new Uint8Array();
        },
        async read() {
          return undefined;
        },
        async *list() {
          for (let i = 0; i < 1_000; i++) yield { key: `${i}`, size: 0 };
        },
      },
      stop.signal,
    );
    await store.get("a");
    stop.abort(new CustodyError("ABORTED", "told to end"));
    await expect(store.get("b")).rejects.toMatchObject({ code: "ABORTED" });
    await expect(store.read("c")).rejects.toMatchObject({ code: "ABORTED" });
    const listing = async () => {
      for await (const { key } of store.list("")) read.push(key);
    };
    await expect(listing()).rejects.toMatchObject({ code: "ABORTED" });
    expect(read.length).toBeLessThan(100);
  });

  test("compares the second copy with the store", async () => {
    const clock = new FakeClock();
    const folder = await temporaryFolder();
    const custody = await workspace(clock, `${OWN}\nmirror: file:${folder}`);
    clock.advance(HOUR);
    const made = await new Watching(custody).checkDue(never, false);
    expect(made.find(({ check }) => check === "mirror")).toMatchObject({ result: "good" });
    const [batch = ""] = (await readdir(join(folder, "seq"), { recursive: true })).filter((name) =>
      /\/\d{12}$/.test(name),
    );
    await rm(join(folder, "seq", batch));
    await writeFile(join(folder, "seq", batch), "{}\n");
    clock.advance(8 * DAY);
    const again = await new Watching(custody).checkDue(never, false);
    expect(again.find(({ check }) => check === "mirror")).toMatchObject({ result: "bad" });
    const gaps = (await seeGaps(custody)).gaps.filter(({ requirement }) => requirement !== "cadence");
    expect(gaps).toMatchObject([{ requirement: "mirror", state: "open", cause: "mirror-differs" }]);
  });

  test("that comes to no result is tried again every six hours, each a record, and not all the time from then on", async () => {
    const clock = new FakeClock();
    const custody = await workspace(clock, `${OWN}\nclock: { reference: "https://127.0.0.1:1" }`);
    const certificates = async () => (await checksOf(custody)).filter(({ check }) => check === "certificate");
    clock.advance(HOUR);
    await new Watching(custody).checkDue(never, false);
    expect(await certificates()).toMatchObject([{ result: "unknown" }]);
    clock.advance(6 * HOUR);
    await new Watching(custody).checkDue(never, false);
    expect(await certificates()).toHaveLength(2);
    clock.advance(60_000);
    expect(await new Watching(custody).checkDue(never, false)).toEqual([]);
  });

  test("waits for collectors, but not for ever", () => {
    const log = new WatchLog();
    const all = ["integrity", "disk"] as const;
    expect(checksDue(log, all, undefined, DAY, false)).toEqual([]);
    expect(checksDue(log, all, 0, DAY, true)).toEqual(["disk"]);
    const at = "2026-11-20T00:00:00.000Z";
    const entry = { kind: "self-check", at, check: "integrity", result: "unknown", started: at, ended: at };
    const common = {
      v: 1,
      index: 0,
      prev: "0".repeat(64),
      batch: "0".repeat(32),
      software: "t",
      actor: { type: "system", id: "c" },
    };
    log.add(0, { ...common, ...entry } as Entry);
    const noted = Date.parse(at);
    expect(checksDue(log, ["integrity"], 0, noted + 5 * HOUR, false)).toEqual([]);
    expect(checksDue(log, ["integrity"], 0, noted + 6 * HOUR, false)).toEqual(["integrity"]);
    expect(checksDue(log, ["integrity"], 0, noted + 11 * HOUR, true)).toEqual([]);
    expect(checksDue(log, ["integrity"], 0, noted + 12 * HOUR, true)).toEqual(["integrity"]);
  });
});

test("two that look at the same time have one name for it, and who looks when it is next due has another", () => {
  const at = Date.parse("2026-11-20T12:00:00.000Z");
  expect(onceOf("integrity", "good", at + HOUR)).toBe(onceOf("integrity", "good", at));
  expect(onceOf("integrity", "good", at + DAY)).not.toBe(onceOf("integrity", "good", at));
  expect(onceOf("mirror", "bad", at + 7 * DAY)).not.toBe(onceOf("mirror", "bad", at));
  for (const check of ["integrity", "mirror", "clock"] as const) {
    expect(onceOf(check, "unknown", at + 60_000)).toBe(onceOf(check, "unknown", at));
    expect(onceOf(check, "unknown", at + 6 * HOUR)).not.toBe(onceOf(check, "unknown", at));
  }
});

describe("a disk", () => {
  const disk = { folders: ["the store"], free: 40e9, size: 100e9 };
  const falling = (perDay: number, days: number) =>
    Array.from({ length: days }, (_, i) => ({ at: i * DAY, free: disk.free + (days - i) * perDay }));

  test("that fills up by the same every day is full when the line says so", () => {
    const { daysLeft, codes } = forecastDisk(disk, falling(4e9, 10), 10 * DAY);
    expect(daysLeft).toBeCloseTo(10, 5);
    expect(codes).toEqual(["disk-full-soon"]);
    expect(diskInWords(forecastDisk(disk, falling(4e9, 10), 10 * DAY))).toBe(
      "37 GiB of 93 GiB are free where the store lies; full in about 10 days at this rate",
    );
  });

  test("that fills slowly, empties, or was looked at too seldom is told by its share only", () => {
    expect(forecastDisk(disk, falling(1e9, 10), 10 * DAY).codes).toEqual([]);
    expect(forecastDisk(disk, falling(-4e9, 10), 10 * DAY)).toMatchObject({ daysLeft: undefined, codes: [] });
    expect(forecastDisk(disk, falling(9e9, 1), DAY)).toMatchObject({ daysLeft: undefined, codes: [] });
    expect(forecastDisk({ ...disk, free: 9.9e9 }, [], 0).codes).toEqual(["disk-low"]);
    expect(forecastDisk({ ...disk, free: 10e9 }, [], 0).codes).toEqual([]);
  });
});

describeWith(["openssl"], "a certificate", () => {
  test("of a server is looked at without being believed, and told three weeks before its end", async () => {
    const folder = await temporaryFolder();
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const make = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-subj",
      "/CN=localhost",
    ];
    execFileSync("openssl", [...make, "-days", "20", "-keyout", key, "-out", cert], { stdio: "ignore" });
    const server = createTls({ key: await readFile(key), cert: await readFile(cert) }, (socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const found = await certificateOf({ host: "127.0.0.1", port });
    if (!("ends" in found)) throw new Error(found.why);
    const made = found.ends - 20 * DAY;
    expect(expiryCodes([found], made - 2 * DAY)).toEqual([]);
    expect(expiryCodes([found], made)).toEqual(["certificate-expiring"]);
    expect(expiryInWords([found], found.ends - 5 * DAY)).toBe(`127.0.0.1:${port} runs out in 5 days`);
    expect(expiryCodes([found], found.ends + 1)).toEqual(["certificate-expired"]);
  });

  test("is not looked for where nobody answers, and its address is host and port only", async () => {
    expect(await certificateOf({ host: "127.0.0.1", port: 9 })).toEqual({ what: "127.0.0.1:9", why: "ECONNREFUSED" });
    expect(tlsAddresses(["https://hook.example/secret?x=1", "http://plain", "https://hook.example:443/other"])).toEqual(
      [{ host: "hook.example", port: 443 }],
    );
  });
});

describe("the dead man's switch", () => {
  async function pinged(status = 200) {
    const seen: string[] = [];
    let answer = status;
    const server = createHttp((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(answer, answer === 302 ? { location: "/elsewhere" } : {}).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/SECRET-uuid`;
    const change = (next: number) => {
      answer = next;
    };
    return { seen, url, answer: change };
  }

  test("is told at most every five minutes that all is well, and at once that it is not", async () => {
    const { seen, url } = await pinged();
    const clock = new FakeClock();
    const told: unknown[] = [];
    const ping = new DeadManPing({ url: () => url, every: () => 300_000, clock, told: (t) => void told.push(t) });
    for (let i = 0; i < 11; i++) {
      await ping.alive(never);
      clock.advance(60_000);
    }
    await ping.fail();
    expect(seen).toEqual([...Array(3).fill("POST /ping/SECRET-uuid"), "POST /ping/SECRET-uuid/fail"]);
    expect(told).toEqual([]);
  });

  test("that redirects, fails or is away is said once, without its address, and stops nothing", async () => {
    const { seen, url, answer } = await pinged(302);
    const clock = new FakeClock();
    const told: (string | undefined)[] = [];
    const ping = new DeadManPing({ url: () => url, every: () => 60_000, clock, told: (t) => void told.push(t) });
    for (const status of [302, 302, 500, 200]) {
      answer(status);
      await ping.alive(never);
      clock.advance(60_000);
    }
    expect(seen).not.toContain("POST /elsewhere");
    expect(told).toHaveLength(3);
    expect(told[0]).toMatch(/redirects/);
    expect(told[1]).toMatch(/status 500/);
    expect(told[2]).toBeUndefined();
    expect(told.join()).not.toContain("SECRET");
  });

  test("is told by a daemon after a good round, and by a halt that it failed", async () => {
    const { seen, url } = await pinged();
    const clock = new FakeClock();
    const custody = await newWorkspace(`${OWN}\nwatch: { ping: "\${file:ping}" }`, clock);
    await writeFile(join(custody.config.root, "ping"), url);
    const log = keptLog();
    const running = await startRunning(custody, log);
    await running.tick();
    await running.idle();
    expect(log.lines.filter(({ level }) => level !== "info")).toEqual([]);
    await expect.poll(() => seen).toEqual(["POST /ping/SECRET-uuid"]);
    expect(JSON.stringify(log.lines)).not.toContain("SECRET-uuid");
    await running.stop();
    const operating = new Operating(custody, log);
    operating.halted(new CustodyError("LEDGER_FORKED", "somebody else goes on"));
    await operating.finish();
    expect(seen.at(-1)).toBe("POST /ping/SECRET-uuid/fail");
  });
});

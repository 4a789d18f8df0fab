import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openHttp } from "../src/collector/http.ts";
import { createMask } from "../src/collector/mask.ts";
import { retryAfter } from "../src/collector/retry.ts";
import { type CustodyError, isCustodyError } from "../src/lib/errors.ts";
import { iso } from "../src/lib/time.ts";
import { FakeClock, SkippingClock } from "./support/clock.ts";
import { HttpSource, html, json, rateLimited, redirect, serverError } from "./support/http-source.ts";

const TOKEN = "TOKEN-0123456789";
let source: HttpSource;
let clock: SkippingClock;
beforeEach(async () => {
  source = await new HttpSource().start();
  clock = new SkippingClock();
});
afterEach(() => source.stop());

function open(over: Partial<Parameters<typeof openHttp>[0]> = {}) {
  return openHttp({
    source: { base: source.url },
    clock,
    signal: new AbortController().signal,
    mask: createMask([TOKEN]),
    maxBytes: 1_000,
    random: () => 0.5,
    ...over,
  });
}

async function failureOf(promise: Promise<unknown>): Promise<CustodyError> {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (!isCustodyError(error)) throw new Error(`expected a CustodyError, found ${error}`);
  return error;
}

test("an answer is kept as it came, with request, status and the headers that date it", async () => {
  source.on("/api/v1/alerts", {
    headers: {
      "content-type": "application/json",
      "set-cookie": "session=1",
      etag: '"a"',
      "last-modified": "Fri, 20 Nov 2026 11:00:00 GMT",
    },
    body: '{ "a" : 1.0 }\n',
  });
  const http = open({ source: { base: `${source.url}/api/`, headers: { authorization: `Bearer ${TOKEN}` } } });
  const answer = await http.get("v1/alerts", { from: 5, filter: 'a="b&c"' });
  expect(Buffer.from(answer.bytes).toString()).toBe('{ "a" : 1.0 }\n');
  expect(source.seen[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  expect(answer).toMatchObject({
    mediaType: "application/json",
    origin: `${source.url}/api/v1/alerts?from=5&filter=a%3D%22b%26c%22`,
    status: 200,
    request: { method: "GET" },
    modifiedAt: Date.parse("2026-11-20T11:00:00Z"),
    headers: { etag: '"a"' },
  });
  expect(Object.keys(answer.headers ?? {})).not.toContain("set-cookie");
  expect(http.requests()).toBe(1);
});

describe("what may pass is tried again", () => {
  test.each([429, 408, 500, 502, 503, 504])("status %i, up to four times in all", async (status) => {
    source.on("/", [serverError(status), serverError(status), serverError(status), json([])]);
    expect((await open().get("/")).status).toBe(200);
    expect(clock.slept).toEqual([250, 500, 1000]);
    source.on("/", serverError(status));
    const error = await failureOf(open().get("/"));
    expect(error).toMatchObject({
      code: "SOURCE_UNREACHABLE",
      message: expect.stringContaining(`answered with an error (status ${status}) 4 times`),
    });
    expect(source.seen).toHaveLength(8);
  });

  test("a connection that is closed, before or within the answer", async () => {
    source.on("/", ["hang-up", "cut-off", json([])]);
    expect((await open().get("/")).status).toBe(200);
    expect(source.seen).toHaveLength(3);
  });

  test("a source that is not there, and the message says why", async () => {
    await source.stop();
    const error = await failureOf(open().get("/"));
    expect(error).toMatchObject({
      code: "SOURCE_UNREACHABLE",
      message: expect.stringContaining("ECONNREFUSED, 4 attempts"),
    });
  });

  test("an answer that does not come in time", async () => {
    source.on("/", "silence");
    const error = await failureOf(open({ timeout: 20 }).get("/"));
    expect(error).toMatchObject({
      code: "SOURCE_UNREACHABLE",
      message: expect.stringContaining("no complete answer within 0.02 s"),
    });
  });

  test.each([400, 404, 422])("but status %i is not", async (status) => {
    source.on("/", serverError(status));
    expect(await failureOf(open().get("/"))).toMatchObject({
      code: "SOURCE_ANSWER",
      message: expect.stringContaining(`status ${status}`),
    });
    expect(source.seen).toHaveLength(1);
  });
});

describe("a source that asks to wait is left alone", () => {
  test("for so many seconds", async () => {
    source.on("/", [rateLimited("7"), json([])]);
    await open().get("/");
    expect(clock.slept).toEqual([7_000]);
  });

  test("until a date, by its own clock", async () => {
    const reply = {
      status: 503,
      headers: { date: "Fri, 20 Nov 2026 10:00:00 GMT", "retry-after": "Fri, 20 Nov 2026 10:00:09 GMT" },
    };
    source.on("/", [reply, json([])]);
    await open().get("/");
    expect(clock.slept).toEqual([9_000]);
  });

  test("until its limit is reset", async () => {
    const reset = String(Math.floor(clock.now() / 1000) + 11);
    source.on("/", [{ status: 429, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset } }, json([])]);
    await open().get("/");
    expect(clock.slept).toEqual([11_000]);
  });

  test("and when that is too long, the next run asks again", async () => {
    source.on("/", rateLimited("3600"));
    const error = await failureOf(open().get("/"));
    expect(error.message).toContain("left alone until 2026-11-20T13:00:00.000Z");
    expect(clock.slept).toEqual([]);
  });
});

describe("an answer of another kind is named", () => {
  test.each([
    ["a web page", html(), "a web page (HTML)"],
    ["a web page without a media type", { body: " <!DOCTYPE html><p>" }, "a web page (HTML) without a media type"],
    ["nothing", { headers: { "content-type": "application/json" }, body: "" }, "nothing (0 bytes)"],
    ["no content", { status: 204 }, "status 204"],
    ["text", { headers: { "content-type": "text/plain" }, body: "ok" }, "found text/plain"],
  ])("%s", async (_, reply, words) => {
    source.on("/", reply);
    const error = await failureOf(open().get("/"));
    expect(error).toMatchObject({ code: "SOURCE_ANSWER", message: expect.stringContaining(words) });
  });

  test.each([401, 403])("status %i is a refusal that says to renew the token", async (status) => {
    source.on("/", serverError(status));
    expect(await failureOf(open().get("/"))).toMatchObject({
      code: "SOURCE_REFUSED",
      remedy: expect.stringContaining("token"),
    });
  });

  test("JSON of a vendor's own type is JSON, and other types are taken when asked for", async () => {
    source.on("/", { headers: { "content-type": "application/vnd.api+json; charset=utf-8" }, body: "[]" });
    expect((await open().get("/")).mediaType).toBe("application/vnd.api+json; charset=utf-8");
    source.on("/", html());
    expect((await open().get("/", {}, ["text/html"])).status).toBe(200);
  });
});

describe("more than may be taken", () => {
  test.each([
    [
      "announced",
      { headers: { "content-type": "application/json", "content-length": "1001" }, body: "1".repeat(1_001) },
    ],
    ["without end", "endless" as const],
  ])("is not read on: %s", async (_, reply) => {
    source.on("/", reply);
    expect(await failureOf(open().get("/"))).toMatchObject({ code: "SOURCE_TOO_LARGE" });
    expect(source.seen).toHaveLength(1);
  });
});

describe("credentials stay at their origin", () => {
  const headers = { authorization: `Bearer ${TOKEN}` };

  test("a redirect elsewhere is refused, whatever is sent along", async () => {
    const elsewhere = await new HttpSource().start();
    elsewhere.on("*", json([]));
    for (const to of [`${elsewhere.url}/x`, `//localhost:1/`, "http://user:pw@127.0.0.1/"]) {
      source.on("/", redirect(to));
      expect(await failureOf(open().get("/"))).toMatchObject({ code: "SOURCE_MISCONFIGURED" });
    }
    expect(elsewhere.seen).toEqual([]);
    await elsewhere.stop();
  });

  test("a redirect within is followed without credentials only, and not for ever", async () => {
    source.on("/a", redirect("/b")).on("/b", json([]));
    expect((await open().get("/a")).status).toBe(200);
    expect(await failureOf(open({ source: { base: source.url, headers } }).get("/a"))).toMatchObject({
      code: "SOURCE_MISCONFIGURED",
      message: expect.stringContaining("redirects to /b"),
    });
    source.on("/b", redirect("/a"));
    expect(await failureOf(open().get("/a"))).toMatchObject({ code: "SOURCE_MISCONFIGURED" });
  });

  test("a next page that lies elsewhere is not asked for; one here is", async () => {
    source.on("*", json([]));
    const http = open({ source: { base: `${source.url}/api`, headers } });
    for (const path of ["http://127.0.0.1:1/x", "https://example.org/", source.url.replace("//", "//user:pw@")]) {
      expect(await failureOf(http.get(path))).toMatchObject({ code: "SOURCE_ANSWER" });
    }
    expect(source.seen).toEqual([]);
    await http.get(`${source.url}/api?page=2`);
    await http.get("//example.org/");
    await http.get("@example.org/");
    expect(source.seen.map(({ url }) => url)).toEqual(["/api?page=2", "/api/example.org/", "/api/@example.org/"]);
  });

  test.each(["http://user:pw@localhost/", "http://user@localhost", "ftp://localhost", "nonsense", ""])(
    "the base %j is refused",
    async (base) => {
      const error = await failureOf(open({ source: { base } }).get("/"));
      expect(error).toMatchObject({ code: "SOURCE_MISCONFIGURED", message: expect.not.stringContaining("pw") });
    },
  );

  test("a secret in an address or in a damaged header never reaches a message", async () => {
    source.on("/", serverError(404));
    expect((await failureOf(open().get("/", { key: TOKEN }))).message).toContain("key=(masked:secret)");
    const broken = () => open({ source: { base: source.url, headers: { authorization: `Bearer ${TOKEN}\n` } } });
    expect(broken).toThrow(
      expect.objectContaining({ code: "SOURCE_MISCONFIGURED", message: expect.not.stringContaining(TOKEN) }),
    );
  });
});

test("how far the source's clock is ahead is told by its Date", async () => {
  source.on("/", json([], { date: "Fri, 20 Nov 2026 12:01:40 GMT" }));
  const http = open({ clock: new FakeClock("2026-11-20T12:00:00.000Z") });
  expect(http.clockOffset()).toBeUndefined();
  await http.get("/");
  expect(http.clockOffset()).toBe(100_500);
});

test("a signal ends a request under way and a wait between two", async () => {
  const stop = new AbortController();
  source.on("/", () => {
    stop.abort(new Error("enough"));
    return "silence";
  });
  await expect(open({ signal: stop.signal }).get("/")).rejects.toThrow("enough");
  const later = new AbortController();
  const sleepy = new FakeClock();
  source.on("/", rateLimited("60"));
  const waiting = open({ signal: later.signal, clock: sleepy }).get("/");
  await sleepy.asleep();
  expect(sleepy.sleeping).toEqual([60_000]);
  later.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  expect(source.seen).toHaveLength(2);
});

test("whatever a source asks for, the time until then can be told", () => {
  const now = Date.parse("2026-11-20T12:00:00.000Z");
  const asked = (after: string, date: string) => retryAfter(new Headers({ "retry-after": after, date }), now);
  const last = "Sat, 13 Sep 275760 00:00:00 GMT";
  for (const wait of [asked(last, "Fri, 20 Nov 2020 12:00:00 GMT"), asked("999999999", "")])
    expect(iso(now + (wait ?? Number.NaN))).toBe("2027-11-21T12:00:00.000Z");
  expect(asked("Fri, 20 Nov 2026 11:00:00 GMT", "Fri, 20 Nov 2026 12:00:00 GMT")).toBe(0);
});

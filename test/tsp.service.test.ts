import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readCertificates } from "../src/tsp/certificate.ts";
import { encodeRequest } from "../src/tsp/request.ts";
import { parseResponse } from "../src/tsp/response.ts";
import { verifyToken } from "../src/tsp/verify.ts";
import { describeWith } from "./support/tools.ts";
import { Tsa, type TsaFault } from "./support/tsa.ts";

const DAY = 86_400_000;
const digest = createHash("sha256").update("a checkpoint\n").digest();

describeWith(["openssl"], "a time stamp service over HTTP", () => {
  let tsa: Tsa;
  beforeAll(async () => {
    tsa = await new Tsa().start();
  });
  beforeEach(() => {
    tsa.fault = undefined;
    tsa.seen.length = 0;
  });
  afterAll(() => tsa.stop());

  const nonce = BigInt(`0x${randomBytes(16).toString("hex")}`);
  const post = (body = encodeRequest({ digest, nonce }), signal?: AbortSignal, to = tsa): Promise<Response> =>
    fetch(to.url, {
      method: "POST",
      headers: { "content-type": "application/timestamp-query" },
      body: body as Uint8Array<ArrayBuffer>,
      ...(signal ? { signal } : {}),
    });
  const answer = async (from = tsa) => {
    const response = await post(undefined, undefined, from);
    expect(response.headers.get("content-type")).toBe("application/timestamp-reply");
    return parseResponse(new Uint8Array(await response.arrayBuffer()));
  };
  const verdictOf = async (from: Tsa) => {
    const { token = new Uint8Array() } = await answer(from);
    return verifyToken(token, { digest, nonce, roots: readCertificates(from.root) });
  };
  const codes = async () => {
    const verdict = await verdictOf(tsa);
    return verdict.verified ? "verified" : verdict.problems.map((p) => p.code);
  };

  test("stamps what it is asked to, and openssl agrees", async () => {
    const { token = new Uint8Array() } = await answer();
    expect(tsa.pki.verifies(token, digest, "root")).toBe(true);
    expect(await codes()).toBe("verified");
    expect(tsa.seen).toHaveLength(2);
    expect((await fetch(tsa.url)).status).toBe(415);
  });

  test("stamps with the clock it is given, and with a new certificate once it has one", async () => {
    let now = Date.UTC(2031, 4, 1);
    const own = await new Tsa({ now: () => now, to: now + 10 * DAY }).start();
    try {
      const stamp = async () => {
        const verdict = await verdictOf(own);
        return verdict.verified
          ? { genTime: verdict.genTime, validUntil: verdict.validUntil }
          : verdict.problems[0].code;
      };
      expect(await stamp()).toEqual({ genTime: now, validUntil: now + 10 * DAY });
      now += 11 * DAY;
      expect(await stamp()).toBe("outside-validity");
      own.certify(now, now + 10 * DAY);
      expect(await stamp()).toEqual({ genTime: now, validUntil: now + 10 * DAY });
    } finally {
      await own.stop();
    }
  });

  test.each([
    ["wrong-nonce", ["nonce-mismatch"]],
    ["other-digest", ["imprint-mismatch"]],
    ["stranger", ["chain-untrusted"]],
  ] as const)("%s is seen in the token", async (fault, says) => {
    tsa.fault = fault;
    expect(await codes()).toEqual(says);
  });

  test("an earlier answer to another nonce is seen", async () => {
    await post(encodeRequest({ digest, nonce: nonce + 5n }));
    tsa.fault = "earlier-answer";
    expect(await codes()).toEqual(["nonce-mismatch"]);
  });

  test("a refusal is a response without a token", async () => {
    tsa.fault = "rejection";
    expect(await answer()).toMatchObject({ status: "rejection", token: undefined });
  });

  test("what is no response is none", async () => {
    const status: [TsaFault, number][] = [
      ["error", 500],
      ["busy", 503],
      ["html", 200],
      ["garbage", 200],
    ];
    for (const [fault, code] of status) {
      tsa.fault = fault;
      const response = await post();
      expect(response.status, fault).toBe(code);
      const bytes = new Uint8Array(await response.arrayBuffer());
      expect(() => parseResponse(bytes), fault).toThrow("time stamp response");
    }
  });

  test("answers break off, never come, never end, or come late", async () => {
    for (const fault of ["cut-off", "hang-up"] as const) {
      tsa.fault = fault;
      await expect(
        post().then((r) => r.arrayBuffer()),
        fault,
      ).rejects.toThrow();
    }
    for (const fault of ["silence", "endless"] as const) {
      tsa.fault = fault;
      await expect(
        post(undefined, AbortSignal.timeout(50)).then((r) => r.arrayBuffer()),
        fault,
      ).rejects.toThrow();
    }
    tsa.fault = "slow";
    const late = codes();
    while (tsa.seen.length < 5) await new Promise((resolve) => setImmediate(resolve));
    tsa.release();
    expect(await late).toBe("verified");
  });
});

import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { base64 } from "../src/lib/digest.ts";
import { parseCheckpoint } from "../src/tlog/checkpoint.ts";
import { newCosigner, parseCosignerKey, readCosignatures } from "../src/tlog/cosignature.ts";
import { generateKey, newSigner, parseNote } from "../src/tlog/note.ts";
import { requestCosignature } from "../src/witness/client.ts";
import { addLog, createWitness, openWitness } from "../src/witness/folder.ts";
import { encodeAddCheckpoint, MAX_REQUEST_BYTES } from "../src/witness/request.ts";
import { createWitnessServer } from "../src/witness/server.ts";
import { FakeClock } from "./support/clock.ts";
import { listening } from "./support/http.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { SmallLog } from "./support/small-log.ts";

const NAME = "witness.example/w1";

/** A witness at work, reached over HTTP, on a folder that stays when it is stopped. */
async function witness(log: SmallLog, folder?: string) {
  const dir = folder ?? join(await temporaryFolder(), "witness");
  if (folder === undefined) await createWitness(dir, NAME, log.signer.verifier);
  const opened = await openWitness(dir);
  const clock = new FakeClock();
  const lines: string[] = [];
  const url = await listening(
    createWitnessServer({ ...opened, clock }, ({ status, what }) => lines.push(`${status} ${what}`)),
  );
  const cosigner = parseCosignerKey(opened.key.cosigner.vkey);
  const post = async (body: Uint8Array | string, path = "/add-checkpoint", method = "POST") => {
    const response = await fetch(`${url}${path}`, { method, ...(method === "GET" ? {} : { body: body as string }) });
    return {
      status: response.status,
      mediaType: response.headers.get("content-type") ?? "",
      bytes: new Uint8Array(await response.arrayBuffer()),
    };
  };
  const add = async (from: SmallLog, old: number, size: number, proof?: readonly Uint8Array[]) => {
    const steps = proof ?? (old === 0 ? [] : await from.proof(old, size));
    const answer = await post(encodeAddCheckpoint(old, steps, await from.checkpoint(size)));
    return { ...answer, text: new TextDecoder().decode(answer.bytes) };
  };
  /** As a log asks that knows nothing but its own tiles. */
  const cosign = async (from: SmallLog, size: number, old = 0, key = cosigner) => {
    const bytes = await from.checkpoint(size);
    const checkpoint = parseCheckpoint(bytes) ?? expect.fail("no checkpoint");
    return requestCosignature({
      place: url,
      cosigner: key,
      checkpoint,
      bytes,
      old,
      proof: (first, second) => from.proof(first, second),
      post: (body) => post(body),
    });
  };
  return { dir, clock, lines, url, cosigner, post, add, cosign };
}

describe("a witness over HTTP (C2SP tlog-witness)", () => {
  test("signs what it sees first, and whatever continues it", async () => {
    const log = new SmallLog().grow(300);
    const one = await witness(log);
    for (const [old, size] of [
      [0, 0],
      [0, 3],
      [3, 255],
      [255, 256],
      [256, 300],
      [300, 300],
    ] as const) {
      one.clock.advance(1500);
      const { status, text, mediaType } = await one.add(log, old, size);
      expect([status, mediaType]).toEqual([200, "text/plain; charset=utf-8"]);
      const note = parseNote(Buffer.concat([await log.checkpoint(size), Buffer.from(text)])) ?? expect.fail();
      const { cosignatures, bad } = readCosignatures(note, [one.cosigner]);
      expect(bad).toEqual([]);
      expect(cosignatures.map(({ time }) => time)).toEqual([Math.floor(one.clock.now() / 1000) * 1000]);
    }
  });

  test("answers with the size it knows where another was thought, also when it was started again", async () => {
    const log = new SmallLog().grow(20);
    const one = await witness(log);
    expect((await one.add(log, 5, 9)).text).toBe("0\n");
    expect((await one.add(log, 0, 9)).status).toBe(200);
    const again = await witness(log, one.dir);
    for (const [old, size] of [
      [0, 20],
      [8, 20],
      [10, 20],
      // A rollback, honestly signed.
      [0, 4],
      [4, 4],
    ] as const) {
      const { status, text, mediaType } = await again.add(log, old, size);
      expect([status, text, mediaType]).toEqual([409, "9\n", "text/x.tlog.size"]);
    }
    expect((await again.add(log, 9, 20)).status).toBe(200);
  });

  test("refuses another history of the log, from the same key, at the same size and at a larger one", async () => {
    const log = new SmallLog().grow(12);
    const other = new SmallLog(log.origin, log.signer).grow(5).grow(12, "another").grow(30);
    const one = await witness(log);
    expect((await one.add(log, 0, 12)).status).toBe(200);
    expect(await one.add(other, 12, 12)).toMatchObject({ status: 409, text: "12\n" });
    expect((await one.add(other, 12, 30)).status).toBe(422);
    expect((await one.add(log, 12, 12)).status).toBe(200);
    await expect(one.cosign(other, 12)).rejects.toMatchObject({ code: "VERIFICATION_FAILED" });
    await expect(one.cosign(other, 30)).rejects.toThrow("another history of this log up to record 12");
    await expect(one.cosign(log, 7)).rejects.toThrow("has seen 12 records of this log, and this store has 7");
  });

  test("of many histories that race it signs one, in one process or in several on one folder", async () => {
    const log = new SmallLog().grow(4);
    const one = await witness(log);
    expect((await one.add(log, 0, 4)).status).toBe(200);
    const two = await witness(log, one.dir);
    const branches = Array.from({ length: 24 }, (_, i) =>
      new SmallLog(log.origin, log.signer).grow(4).grow(9, `branch ${i}`),
    );
    const answers = await Promise.all(branches.map((branch, i) => (i % 2 ? one : two).add(branch, 4, 9)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409 || status === 422)).toHaveLength(23);
  });

  test("never goes back while sizes race up", async () => {
    const log = new SmallLog().grow(60);
    const one = await witness(log);
    const two = await witness(log, one.dir);
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        for (let known = 0; ; ) {
          const { status, text } = await (i % 2 ? one : two).add(log, known, i + 1);
          if (status === 200) return;
          expect(status).toBe(409);
          known = Number(text);
          if (known > i + 1) return;
        }
      }),
    );
    expect((await one.add(log, 0, 60)).text).toBe("60\n");
    // What was tidied away is old; what counts is the newest.
    const seen = (await readdir(join(one.dir, "seen"))).filter((name) => !name.startsWith("unfinished"));
    expect(seen).toHaveLength(1);
    expect((await readdir(join(one.dir, "seen", seen[0] ?? ""))).length).toBeLessThanOrEqual(16);
  });

  test.each([
    ["nothing", "", 400],
    ["no proof lines' end", "old 0\n", 400],
    ["an old size that is none", "old 01\n\n", 400],
    ["an old size beyond all numbers", "old 9999999999999999\n\n", 400],
    ["a proof line that is no hash", "old 1\nAAAA\n\n", 400],
    ["64 proof lines", `old 1\n${`${"A".repeat(43)}=\n`.repeat(64)}\n`, 400],
  ])("refuses a request with %s", async (_, head, status) => {
    const log = new SmallLog().grow(3);
    const one = await witness(log);
    const checkpoint = new TextDecoder().decode(await log.checkpoint(3));
    expect((await one.post(`${head}${head === "" ? "" : checkpoint}`)).status).toBe(status);
    expect((await one.add(log, 0, 3)).status).toBe(200);
  });

  test("refuses an old size above the checkpoint's, a proof where none belongs, and a proof with a line too much", async () => {
    const log = new SmallLog().grow(9);
    const one = await witness(log);
    expect((await one.add(log, 9, 3, [])).status).toBe(400);
    expect((await one.add(log, 0, 3, [new Uint8Array(32)])).status).toBe(400);
    expect((await one.add(log, 0, 3)).status).toBe(200);
    expect((await one.add(log, 3, 9, [...(await log.proof(3, 9)), new Uint8Array(32)])).status).toBe(422);
    expect((await one.add(log, 3, 9, [])).status).toBe(422);
  });

  test("knows its logs by name, and signs only what their own keys signed", async () => {
    const log = new SmallLog().grow(3);
    const one = await witness(log);
    expect((await one.add(new SmallLog("else.example/log").grow(3), 0, 3)).status).toBe(404);
    expect((await one.add(new SmallLog(log.origin).grow(3), 0, 3)).status).toBe(403);
    // In the log's name and under its key ID stands what its key did not sign; beside it what it did.
    const note = parseNote(await log.checkpoint(3)) ?? expect.fail("no note");
    const { id, name } = log.signer.verifier;
    const forged = `— ${name} ${base64(Buffer.concat([id, new Uint8Array(64)]))}\n`;
    expect((await one.post(`old 0\n\n${note.text}\n${forged}`)).status).toBe(403);
    const genuine = new TextDecoder().decode(await log.checkpoint(3));
    expect((await one.post(`old 0\n\n${genuine}${forged}`)).status).toBe(403);
    expect((await one.add(log, 0, 3)).status).toBe(200);
  });

  test("follows a log to its new key, and from one history to no other", async () => {
    const log = new SmallLog().grow(8);
    const one = await witness(log);
    expect((await one.add(log, 0, 3)).status).toBe(200);
    const rotated = newSigner(log.origin, generateKey());
    expect(await addLog(one.dir, rotated.verifier)).toBe(true);
    expect(await addLog(one.dir, rotated.verifier)).toBe(false);
    log.signer = rotated;
    expect((await one.add(log, 3, 8)).status).toBe(403);
    const again = await witness(log, one.dir);
    expect((await again.add(log, 0, 8)).text).toBe("3\n");
    expect((await again.add(log, 3, 8)).status).toBe(200);
  });

  test("takes nothing too large, nothing elsewhere, and goes on", async () => {
    const log = new SmallLog().grow(3);
    const one = await witness(log);
    expect((await one.post("x".repeat(MAX_REQUEST_BYTES + 1))).status).toBe(413);
    // Without a length, and far more than the socket holds: the answer comes before the end of the request.
    const [head] = await new Promise<string[]>((resolve, reject) => {
      const socket = connect(Number(new URL(one.url).port), "127.0.0.1");
      let said = "";
      socket.on("data", (data) => {
        said += data.toString("latin1");
        socket.destroy();
      });
      socket.on("close", () => resolve(said.split("\r\n")));
      socket.on("error", reject);
      socket.write("POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ntransfer-encoding: chunked\r\n\r\n");
      for (let i = 0; i < 5; i += 1) socket.write(`4000\r\n${"x".repeat(0x4000)}\r\n`);
    });
    expect(head).toBe("HTTP/1.1 413 Payload Too Large");
    expect((await one.post("", "/add-checkpoint", "GET")).status).toBe(405);
    expect((await one.post("", "/")).status).toBe(404);
    expect((await one.add(log, 0, 3)).status).toBe(200);
    expect(one.lines.at(-1)).toBe("200 cosigned");
  });

  test("that lost its memory does not begin anew", async () => {
    const log = new SmallLog().grow(5);
    const one = await witness(log);
    await one.add(log, 0, 5);
    await rm(join(one.dir, "seen"), { recursive: true });
    expect((await one.add(log, 0, 3)).status).toBe(500);
    await expect(openWitness(one.dir)).rejects.toMatchObject({ code: "LEDGER_ALTERED" });
  });

  test("whose memory was damaged does not sign", async () => {
    const log = new SmallLog().grow(5);
    const one = await witness(log);
    await one.add(log, 0, 5);
    const [name = ""] = await readdir(join(one.dir, "seen"));
    const [newest = ""] = (await readdir(join(one.dir, "seen", name))).sort().reverse();
    await writeFile(join(one.dir, "seen", name, newest), "");
    expect((await one.add(log, 0, 5)).status).toBe(500);
    await expect(openWitness(one.dir)).rejects.toThrow("cannot be read");
  });
});

describe("the folder of a witness", () => {
  test("is made once, its key for its owner only", async () => {
    const log = new SmallLog();
    const dir = join(await temporaryFolder(), "w");
    const { key } = await createWitness(dir, NAME, log.signer.verifier);
    expect((await stat(join(dir, "key.pem"))).mode & 0o777).toBe(0o600);
    expect((await openWitness(dir)).key.cosigner.vkey).toBe(key.cosigner.vkey);
    await expect(createWitness(dir, NAME, log.signer.verifier)).rejects.toMatchObject({ code: "STORE_EXISTS" });
    await chmod(join(dir, "key.pem"), 0o640);
    await expect(openWitness(dir)).rejects.toMatchObject({ code: "KEY_UNUSABLE" });
    await chmod(join(dir, "key.pem"), 0o600);
    await writeFile(join(dir, "key.pem"), `secret ${await readFile(join(dir, "key.pem"), "utf8")}`.slice(0, 40));
    await expect(openWitness(dir)).rejects.toThrow(/^.*key\.pem is not an Ed25519 private key in PEM form$/);
  });

  test("that is none is named", async () => {
    await expect(openWitness(await temporaryFolder())).rejects.toMatchObject({ code: "NOT_A_STORE" });
    await expect(
      createWitness(join(await temporaryFolder(), "w"), "a b", new SmallLog().signer.verifier),
    ).rejects.toThrow("no spaces");
  });
});

describe("asking a witness", () => {
  test("finds out by itself what the witness knows, and keeps a note that can be checked for ever", async () => {
    const log = new SmallLog().grow(50);
    const one = await witness(log);
    await one.cosign(log, 10);
    await one.cosign(log, 20, 10);
    // What the log remembers is older than what the witness knows.
    const { note, time } = await one.cosign(log, 50, 10);
    const parsed = parseNote(note) ?? expect.fail("no note");
    expect(readCosignatures(parsed, [one.cosigner])).toMatchObject({ cosignatures: [{ time }], bad: [] });
    expect(parseCheckpoint(note)).toMatchObject({ size: 50, origin: log.origin });
    expect(note.subarray(0, (await log.checkpoint(50)).length)).toEqual(Buffer.from(await log.checkpoint(50)));
  });

  test("believes no other key than the configured one", async () => {
    const log = new SmallLog().grow(5);
    const one = await witness(log);
    const stranger = newCosigner(NAME, generateKey()).cosigner;
    await expect(one.cosign(log, 5, 0, stranger)).rejects.toMatchObject({ code: "SOURCE_ANSWER" });
  });

  test("says who has to do what where the log is not known", async () => {
    const one = await witness(new SmallLog().grow(5));
    await expect(one.cosign(new SmallLog("other").grow(2), 2)).rejects.toMatchObject({
      code: "SOURCE_REFUSED",
      remedy: expect.stringContaining("custody witness add"),
    });
  });
});

import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { appendFile, chmod, mkdir, readdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Publishing } from "../src/daemon/publishing.ts";
import type { EntryOf } from "../src/evidence/entry.ts";
import { base64, digestOf, hex } from "../src/lib/digest.ts";
import { createBucket, S3Store } from "../src/store/s3.ts";
import { parseCheckpoint } from "../src/tlog/checkpoint.ts";
import { parseCosignerKey, readCosignatures } from "../src/tlog/cosignature.ts";
import { generateKey, newSigner, parseNote, parseVkey } from "../src/tlog/note.ts";
import { readCertificates } from "../src/tsp/certificate.ts";
import { parseResponse } from "../src/tsp/response.ts";
import { addLog, createWitness, openWitness } from "../src/witness/folder.ts";
import { createWitnessServer } from "../src/witness/server.ts";
import { FakeClock } from "./support/clock.ts";
import { listening } from "./support/http.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { startS3Server } from "./support/s3-server.ts";
import { type SmtpOptions, smtpServer } from "./support/smtp.ts";
import { describeWith } from "./support/tools.ts";
import { Tsa, type TsaFault } from "./support/tsa.ts";
import { newWorkspace } from "./support/workspace.ts";

const DAY = 86_400_000;
const T0 = Date.parse("2026-11-20T12:00:00.000Z");
const never = new AbortController().signal;

/** A workspace whose heads go to one place, given as flow YAML. */
async function workspace(heads: string, clock = new FakeClock(T0)) {
  const custody = await newWorkspace(`heads: [${heads}]`, clock);
  await mkdir(join(custody.config.root, "published"));
  const publishing = new Publishing(custody);
  const ledger = await custody.ledger();
  const add = () => ledger.append([{ kind: "correction", actor: { type: "system", id: "test" }, of: 0 }]);
  const entries = async () => {
    const found: EntryOf<"head">[] = [];
    for await (const { entry } of ledger.read()) if (entry.kind === "head") found.push(entry as EntryOf<"head">);
    return found;
  };
  const blob = async (digest = "") => (await ledger.blob(digest)) ?? expect.fail(`no blob ${digest}`);
  const send = async () => (await publishing.sendNow([], never)).outcomes;
  const one = async () => (await send())[0] ?? expect.fail("nothing was sent");
  return { custody, publishing, ledger, clock, add, entries, blob, send, one, root: custody.config.root };
}

/** Answers as it is told, and keeps what it was sent. */
async function receiver(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const seen: { headers: IncomingMessage["headers"]; url: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    seen.push({ headers: request.headers, url: request.url ?? "", body });
    answer(response, request);
  });
  return { url: await listening(server), seen };
}

describe("a folder", () => {
  test("holds the head as it was signed, and a list to read", async () => {
    const { one, root, ledger, entries, blob } = await workspace("{ use: file, path: ./published }");
    const outcome = await one();
    expect(outcome).toMatchObject({ id: "file", result: "sent", size: 1 });
    const folder = join(root, "published", ledger.origin);
    const bytes = await readFile(join(folder, "1.checkpoint"));
    const head = parseCheckpoint(bytes) ?? expect.fail("no checkpoint");
    expect(await readFile(join(folder, "heads.txt"), "utf8")).toBe(`1:${base64(head.root)} 2026-11-20T12:00:00.000Z\n`);
    const [entry] = await entries();
    expect(entry).toMatchObject({
      size: 1,
      root: base64(head.root),
      use: "file",
      target: "file",
      sent: "2026-11-20T12:00:00.000Z",
      received: "2026-11-20T12:00:00.000Z",
      checkpoint: { digest: digestOf(bytes), mediaType: "text/plain; charset=utf-8" },
    });
    expect(digestOf(await blob(entry?.checkpoint?.digest))).toBe(digestOf(bytes));
  });

  test("goes on after half a line, and is read back with what is not ours left alone", async () => {
    const { one, add, root, ledger, publishing } = await workspace("{ use: file, path: ./published }");
    await one();
    const folder = join(root, "published", ledger.origin);
    await appendFile(join(folder, "heads.txt"), "17:abc");
    await add();
    await one();
    const lines = (await readFile(join(folder, "heads.txt"), "utf8")).split("\n");
    expect(lines.map((line) => line.split(":")[0])).toEqual(["1", "17", "3", ""]);
    // Forged, foreign, no file at all, too large.
    const genuine = await readFile(join(folder, "3.checkpoint"), "utf8");
    await writeFile(join(folder, "9.checkpoint"), genuine.replace("\n3\n", "\n9\n"));
    await writeFile(join(folder, "10.checkpoint"), "nothing");
    await mkdir(join(folder, "11.checkpoint"));
    await symlink("/etc/passwd", join(folder, "12.checkpoint"));
    await writeFile(join(folder, "13.checkpoint"), Buffer.alloc(70_000));
    await truncate(join(folder, "13.checkpoint"), 10_000_000_000);
    const { heads, silent } = await publishing.readBack();
    expect(silent).toEqual([]);
    expect(heads.map(({ size, held }) => [size, held])).toEqual([
      [3, "outside"],
      [1, "outside"],
    ]);
  });

  test("that holds another head of the same size says that there are two histories", async () => {
    const { one, add, root, ledger } = await workspace("{ use: file, path: ./published }");
    const folder = join(root, "published", ledger.origin);
    await mkdir(folder, { recursive: true });
    const other = `${ledger.origin}\n1\n${base64(new Uint8Array(32))}\n\n— x AAAAAAAA\n`;
    await writeFile(join(folder, "1.checkpoint"), other);
    expect(await one()).toMatchObject({ result: "failed", code: "VERIFICATION_FAILED" });
    expect(await readFile(join(folder, "1.checkpoint"), "utf8")).toBe(other);
    await add();
    expect(await one()).toMatchObject({ result: "sent", size: 2 });
  });

  test("that cannot be written to fails alone, without a record", async () => {
    const { send, root, entries } = await workspace(
      "{ use: file, id: gone, path: ./no/such/place }, { use: file, id: here, path: ./published }",
    );
    const outcomes = await send();
    expect(outcomes.map(({ id, result }) => [id, result]).sort()).toEqual([
      ["gone", "failed"],
      ["here", "sent"],
    ]);
    expect((await entries()).map((entry) => entry.target)).toEqual(["here"]);
    expect(await readdir(join(root, "published"))).toHaveLength(1);
  });

  test("that is not there is never made: a mistyped path or a share that is not mounted is told", async () => {
    const { one, root, entries } = await workspace("{ use: file, path: ./bord }");
    expect(await one()).toMatchObject({
      result: "failed",
      code: "SOURCE_MISCONFIGURED",
      message: `there is no folder ${join(root, "bord")} to put heads into`,
      remedy: expect.stringContaining("mkdir -p"),
    });
    expect([await readdir(root), await entries()]).toEqual([expect.not.arrayContaining(["bord"]), []]);
    await writeFile(join(root, "bord"), "a file");
    expect(await one()).toMatchObject({ code: "SOURCE_MISCONFIGURED" });
  });
});

describeWith(["git"], "a git repository", () => {
  const git = (folder: string, ...args: string[]) =>
    execFileSync("git", ["-C", folder, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

  async function repository() {
    const folder = await temporaryFolder();
    const [bare, copy] = [join(folder, "bare.git"), join(folder, "copy")];
    execFileSync("git", ["init", "-q", "--bare", "-b", "main", bare]);
    execFileSync("git", ["init", "-q", "-b", "main", copy]);
    git(copy, "remote", "add", "origin", bare);
    git(copy, "config", "push.autoSetupRemote", "true");
    return { bare, copy };
  }

  test("gets a commit per head, pushed, whatever hooks and keys the working copy has", async () => {
    const { bare, copy } = await repository();
    await writeFile(join(copy, ".git/hooks/pre-commit"), "#!/bin/sh\nexit 1\n");
    await chmod(join(copy, ".git/hooks/pre-commit"), 0o755);
    // A hook that --no-verify does not skip.
    await writeFile(join(copy, ".git/hooks/post-commit"), `#!/bin/sh\ntouch "${join(copy, "hook-ran")}"\n`);
    await chmod(join(copy, ".git/hooks/post-commit"), 0o755);
    git(copy, "config", "commit.gpgsign", "true");
    await writeFile(join(copy, "unfinished.txt"), "somebody's work");
    git(copy, "add", "unfinished.txt");
    await writeFile(join(copy, ".gitignore"), "*\n");
    const { one, add, entries, blob, ledger } = await workspace(`{ use: git, path: "${copy}", push: true }`);
    expect(await one()).toMatchObject({ result: "sent" });
    await add();
    expect(await one()).toMatchObject({ result: "sent", size: 3 });
    expect(git(bare, "log", "--format=%an %s", "main").trim().split("\n")).toEqual([
      `Custody ${ledger.origin}: 3 records`,
      `Custody ${ledger.origin}: 1 records`,
    ]);
    expect(git(bare, "ls-tree", "-r", "--name-only", "main").trim().split("\n")).toEqual(
      ["1.checkpoint", "3.checkpoint", "heads.txt"].map((name) => `${ledger.origin}/${name}`),
    );
    expect(await readdir(copy)).not.toContain("hook-ran");
    // What somebody was about to commit is neither taken along nor lost.
    expect(git(copy, "diff", "--cached", "--name-only").trim()).toBe("unfinished.txt");
    const receipt = JSON.parse(Buffer.from(await blob((await entries()).at(-1)?.receipt?.digest)).toString());
    expect(receipt).toEqual({ commit: git(bare, "rev-parse", "main").trim(), pushed: true });
  });

  test("that was committed to and could not be pushed to is pushed to the next time", async () => {
    const { bare, copy } = await repository();
    git(copy, "remote", "set-url", "origin", "https://user:hunter2hunter2@127.0.0.1:9/repo.git");
    const { one, entries } = await workspace(`{ use: git, path: "${copy}", push: true }`);
    const outcome = await one();
    expect(outcome).toMatchObject({ result: "failed", code: "SOURCE_UNREACHABLE" });
    expect(JSON.stringify(outcome)).not.toContain("hunter2");
    expect(await entries()).toEqual([]);
    git(copy, "remote", "set-url", "origin", bare);
    expect(await one()).toMatchObject({ result: "sent" });
    expect(git(bare, "rev-list", "--count", "main").trim()).toBe("1");
  });

  test("is not a folder that is none", async () => {
    const { one } = await workspace(`{ use: git, path: "${await temporaryFolder()}" }`);
    expect(await one()).toMatchObject({ result: "failed", code: "SOURCE_MISCONFIGURED" });
  });
});

describe("a webhook", () => {
  test("is sent the head, signed so that its receiver knows who sends", async () => {
    const { url, seen } = await receiver((response) => response.writeHead(204).end());
    const { custody, one, entries, blob, ledger } = await workspace(
      `{ use: webhook, url: "\${file:./address}", secret: "\${file:./hmac}" }`,
    );
    await writeFile(join(custody.config.root, "address"), `${url}/in/s3cr3t-path\n`);
    await writeFile(join(custody.config.root, "hmac"), "a-shared-secret\n");
    expect(await one()).toMatchObject({ result: "sent", said: `${url} took it (status 204)` });
    const [got] = seen;
    const message = JSON.parse(got?.body ?? "");
    expect(message).toMatchObject({ origin: ledger.origin, size: 1 });
    expect(parseCheckpoint(Buffer.from(message.checkpoint))).toMatchObject({ size: 1 });
    expect(got?.url).toBe("/in/s3cr3t-path");
    const expected = createHmac("sha256", "a-shared-secret")
      .update(got?.body ?? "")
      .digest("hex");
    expect(got?.headers["custody-signature"]).toBe(`sha256=${expected}`);
    const [entry] = await entries();
    expect(Buffer.from(await blob(entry?.receipt?.digest)).toString()).toBe('{"status":204}\n');
  });

  test.each([
    [
      "redirects",
      (response: ServerResponse) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
      "SOURCE_MISCONFIGURED",
    ],
    ["refuses", (response: ServerResponse) => response.writeHead(403).end("no"), "SOURCE_REFUSED"],
    ["fails", (response: ServerResponse) => response.writeHead(500).end("x".repeat(1000)), "SOURCE_ANSWER"],
    ["hangs up", (response: ServerResponse) => response.destroy(), "SOURCE_UNREACHABLE"],
    [
      "answers without end",
      (response: ServerResponse) => {
        response.on("drain", () => response.write(Buffer.alloc(65_536)));
        response.writeHead(200).write(Buffer.alloc(65_536));
      },
      "SOURCE_TOO_LARGE",
    ],
  ] as const)("that %s leaves no record, and its address in no message", async (_, answer, code) => {
    const { url, seen } = await receiver(answer as never);
    const { custody, one, entries } = await workspace(`{ use: webhook, url: "\${file:./address}" }`);
    await writeFile(join(custody.config.root, "address"), `${url}/s3cr3t-path`);
    const outcome = await one();
    expect(outcome).toMatchObject({ result: "failed", code });
    expect(JSON.stringify(outcome)).not.toContain("s3cr3t");
    expect(seen).toHaveLength(1);
    expect(await entries()).toEqual([]);
  });

  test("without its secret is not sent to", async () => {
    const { url, seen } = await receiver((response) => response.end());
    const { one } = await workspace(`{ use: webhook, url: "${url}", secret: "\${env:NO_SUCH_SECRET}" }`);
    expect(await one()).toMatchObject({ result: "failed", code: "SECRET_UNAVAILABLE" });
    expect(seen).toEqual([]);
  });
});

describeWith(["openssl"], "e-mail", () => {
  const heads = (port: number, more = "") =>
    `{ use: email, server: "127.0.0.1:${port}", from: custody@example.com, to: [audit@example.com, board@example.com] ${more} }`;
  const mailWith = async (options: SmtpOptions, more = "") => {
    const server = await smtpServer(options);
    const made = await workspace(heads(server.port, more.replace("CA", server.ca)));
    await writeFile(join(made.root, "password"), "correct-horse-battery");
    return { server, ...made };
  };
  const signIn = `, user: custody, password: "\${file:./password}", ca: "CA"`;

  test("goes out encrypted and signed in, in words that say what to do with it", async () => {
    const auth = { user: "custody", password: "correct-horse-battery" };
    const { server, one, entries, blob } = await mailWith({ tls: true, auth }, signIn);
    const outcome = await one();
    expect(outcome).toMatchObject({ result: "sent" });
    const [mail] = server.mails;
    expect(mail).toMatchObject({
      from: "custody@example.com",
      to: ["audit@example.com", "board@example.com"],
      encrypted: true,
      user: "custody",
    });
    const root = outcome.result === "sent" ? outcome.root : "";
    expect(mail?.data.replaceAll("=\n", "").replaceAll("=3D", "=")).toContain(`custody verify --since 1:${root}`);
    const [entry] = await entries();
    // No names of people in the ledger.
    expect(Buffer.from(await blob(entry?.receipt?.digest)).toString()).toBe('{"status":250,"recipients":2}\n');
  });

  test("goes out in the clear to this machine itself only, and never with a password", async () => {
    const plain = await mailWith({});
    expect(await plain.one()).toMatchObject({ result: "sent" });
    expect(plain.server.mails).toMatchObject([{ encrypted: false }]);
    const { server, one } = await mailWith({}, `, user: custody, password: "\${file:./password}"`);
    expect(await one()).toMatchObject({ result: "failed", code: "SOURCE_MISCONFIGURED" });
    expect(server.mails).toEqual([]);
  });

  test("does not go to a server whose certificate convinces nobody", async () => {
    const { server, one } = await mailWith({ tls: true }, `, user: custody, password: "\${file:./password}"`);
    const outcome = await one();
    expect(outcome).toMatchObject({ result: "failed" });
    expect(JSON.stringify(outcome)).not.toContain("battery");
    expect(server.mails).toEqual([]);
  });

  test("refused in part, or with a wrong password, leaves no record", async () => {
    const part = await mailWith({ refuse: ["board@example.com"] });
    expect(await part.one()).toMatchObject({ result: "failed", code: "SOURCE_REFUSED" });
    expect(await part.entries()).toEqual([]);
    const wrong = await mailWith({ tls: true, auth: { user: "custody", password: "another" } }, signIn);
    const outcome = await wrong.one();
    expect(outcome).toMatchObject({ result: "failed", code: "SOURCE_REFUSED" });
    expect(JSON.stringify(outcome)).not.toContain("battery");
  });
});

describe("a second bucket", () => {
  async function bucket() {
    const server = await startS3Server();
    onTestFinished(() => server.stop());
    const { credentials, endpoint } = server;
    const options = {
      bucket: "audit",
      prefix: "custody",
      region: "us-east-1",
      endpoint,
      credentials,
      clock: new FakeClock(),
    };
    await createBucket(options);
    const store = await S3Store.open(options);
    onTestFinished(() => store.close());
    const made = await workspace(
      `{ use: s3, bucket: audit, endpoint: "${endpoint}", accessKey: "\${file:./access}", secretKey: "\${file:./secret}" }`,
    );
    await writeFile(join(made.root, "access"), credentials.accessKeyId);
    await writeFile(join(made.root, "secret"), credentials.secretAccessKey);
    return { store, server, ...made };
  }

  test("holds each head once, under its size and root, and gives them back", async () => {
    const { one, add, store, ledger, publishing, entries, blob } = await bucket();
    await one();
    await add();
    const outcome = await one();
    expect(outcome).toMatchObject({ result: "sent", size: 3 });
    const keys: string[] = [];
    for await (const { key } of store.list("")) keys.push(key);
    expect(keys).toHaveLength(2);
    const bytes = (await store.get(keys[1] ?? "")) ?? expect.fail("nothing there");
    const head = parseCheckpoint(bytes) ?? expect.fail("no checkpoint");
    expect(keys[1]).toBe(`heads/${ledger.origin}/3-${hex(head.root)}.checkpoint`);
    const receipt = JSON.parse(Buffer.from(await blob((await entries())[1]?.receipt?.digest)).toString());
    expect(receipt).toEqual({ key: keys[1] });
    expect((await publishing.readBack()).heads.map(({ size }) => size)).toEqual([3, 1]);
  });

  test("that does not answer is told, when sending and when reading back", async () => {
    const { one, server, publishing } = await bucket();
    await one();
    await server.stop().catch(() => {});
    const { heads, silent } = await publishing.readBack();
    expect(heads).toEqual([]);
    expect(silent).toMatchObject([{ place: "s3 (a second bucket)" }]);
  });
});

describeWith(["openssl"], "a time stamp service", () => {
  async function service(options: ConstructorParameters<typeof Tsa>[0] = {}, every = "24h") {
    const clock = new FakeClock(T0);
    const tsa = await new Tsa({ now: () => clock.now(), ...options }).start();
    onTestFinished(() => tsa.stop());
    const made = await workspace(
      `{ use: timestamp, every: ${every}, url: "${tsa.url}", roots: "${tsa.rootFile}" }`,
      clock,
    );
    return { tsa, ...made };
  }

  test("stamps the checkpoint; openssl agrees about what was kept", async () => {
    const { tsa, one, entries, blob, publishing } = await service();
    expect(await one()).toMatchObject({ result: "sent" });
    const [entry] = await entries();
    expect(entry?.receipt?.mediaType).toBe("application/timestamp-reply");
    const { token } = parseResponse(await blob(entry?.receipt?.digest));
    const checkpoint = entry?.checkpoint?.digest ?? "";
    expect(tsa.pki.verifies(token ?? new Uint8Array(), Buffer.from(checkpoint, "hex"), "root")).toBe(true);
    expect(await publishing.states()).toMatchObject([{ ends: T0 + 365 * DAY, isNew: false, next: T0 + 335 * DAY }]);
  });

  test.each<[TsaFault, string]>([
    ["error", "SOURCE_ANSWER"],
    ["busy", "SOURCE_ANSWER"],
    ["html", "SOURCE_ANSWER"],
    ["rejection", "SOURCE_REFUSED"],
    ["wrong-nonce", "SOURCE_ANSWER"],
    ["other-digest", "SOURCE_ANSWER"],
    ["stranger", "SOURCE_ANSWER"],
    ["garbage", "SOURCE_ANSWER"],
    ["cut-off", "SOURCE_UNREACHABLE"],
    ["endless", "SOURCE_TOO_LARGE"],
    ["hang-up", "SOURCE_UNREACHABLE"],
  ])("whose answer is wrong (%s) leaves no record", async (fault, code) => {
    const { tsa, one, entries } = await service();
    tsa.fault = fault;
    expect(await one()).toMatchObject({ result: "failed", code });
    expect(await entries()).toEqual([]);
    tsa.fault = undefined;
    expect(await one()).toMatchObject({ result: "sent" });
  });

  test("that sends an earlier answer again is not believed", async () => {
    const { tsa, one, add, entries } = await service();
    await one();
    await add();
    tsa.fault = "earlier-answer";
    expect(await one()).toMatchObject({ result: "failed", code: "SOURCE_ANSWER" });
    expect(await entries()).toHaveLength(1);
  });

  test("is asked again 30 days before its certificate ends, in silence too, and only what lasts longer is kept", async () => {
    const { tsa, clock, publishing, entries } = await service({ to: T0 + 100 * DAY });
    const due = () => publishing.sendDue(never);
    expect(await due()).toMatchObject([{ result: "sent" }]);
    let sent = 0;
    for (let day = 1; day < 70; day += 1) {
      clock.set(T0 + day * DAY);
      sent += (await due()).length;
    }
    expect(sent).toBe(0);
    clock.set(T0 + 71 * DAY);
    // The same certificate: nothing is gained, nothing recorded, and it is left alone for a day.
    expect(await due()).toMatchObject([{ result: "no-gain" }]);
    clock.advance(DAY / 2);
    expect(await due()).toEqual([]);
    expect(await entries()).toHaveLength(1);
    tsa.certify(clock.now() - DAY, T0 + 1000 * DAY);
    clock.advance(DAY / 2);
    expect(await due()).toMatchObject([{ result: "sent" }]);
    const [, second] = await entries();
    // It covers the record in which the first stamp lies.
    expect(second?.size).toBe(2);
    expect(await publishing.states()).toMatchObject([{ ends: T0 + 1000 * DAY, trouble: undefined }]);
    clock.advance(DAY);
    expect(await due()).toEqual([]);
  });

  test("whose roots are not there is named", async () => {
    const { tsa, custody } = await service();
    const other = await workspace(`{ use: timestamp, url: "${tsa.url}", roots: ./none.pem }`);
    expect(await other.one()).toMatchObject({ result: "failed", code: "SOURCE_MISCONFIGURED" });
    expect(readCertificates(await readFile(tsa.rootFile))).toHaveLength(1);
    expect(custody.config.heads).toHaveLength(1);
  });
});

describe("a witness", () => {
  async function watched() {
    const dir = join(await temporaryFolder(), "w");
    // The witness needs the key of the log, the log the key of the witness: made for a stand-in, then told.
    await createWitness(dir, "auditor.example", newSigner("none", generateKey()).verifier);
    const opened = await openWitness(dir);
    const logs = [...opened.logs];
    const clock = new FakeClock(T0);
    const url = await listening(createWitnessServer({ ...opened, logs, clock }, () => {}));
    const vkey = opened.key.cosigner.vkey;
    const made = await workspace(`{ use: witness, url: "${url}/", key: "${vkey}" }`, clock);
    const tell = async () => {
      const log = parseVkey((await made.custody.pinnedKey()).vkey);
      await addLog(dir, log);
      logs.push(log);
    };
    return { ...made, vkey, tell };
  }

  test("signs what continues, and what it signed is kept as a note that anybody can check", async () => {
    const { one, add, tell, entries, blob, vkey } = await watched();
    expect(await one()).toMatchObject({ result: "failed", code: "SOURCE_REFUSED" });
    await tell();
    expect(await one()).toMatchObject({ result: "sent" });
    for (let i = 0; i < 5; i += 1) await add();
    expect(await one()).toMatchObject({ result: "sent", size: 7 });
    const last = (await entries()).at(-1);
    expect(last?.receipt?.mediaType).toBe("text/plain; charset=utf-8");
    const note = parseNote(await blob(last?.receipt?.digest)) ?? expect.fail("no note");
    const { cosignatures, bad } = readCosignatures(note, [parseCosignerKey(vkey)]);
    expect([cosignatures.map(({ time }) => time), bad]).toEqual([[T0], []]);
    expect(note.text).toBe(parseNote(await blob(last?.checkpoint?.digest))?.text);
  });
});

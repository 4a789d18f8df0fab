import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { collectors } from "../collectors/index.ts";
import { verify } from "../src/cli/verify.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { Publishing } from "../src/daemon/publishing.ts";
import { systemClock } from "../src/lib/clock.ts";
import { sha256 } from "../src/lib/digest.ts";
import { isCustodyError } from "../src/lib/errors.ts";
import { signCheckpoint } from "../src/tlog/checkpoint.ts";
import { newCosigner } from "../src/tlog/cosignature.ts";
import { generateKey, newSigner } from "../src/tlog/note.ts";
import { verdictLines } from "../src/verify/say.ts";
import type { VerifyResult } from "../src/verify/verify.ts";
import { createWitness, openWitness } from "../src/witness/folder.ts";
import { createWitnessServer } from "../src/witness/server.ts";
import { listening } from "./support/http.ts";
import { accessDraft, temporaryFolder } from "./support/ledger.ts";
import { checkpointIn, stampHead, witnessHead } from "./support/outside.ts";
import { StampService } from "./support/stamp-service.ts";
import { newWorkspace } from "./support/workspace.ts";

type Flags = Parameters<typeof verify>[0];
type Answer = VerifyResult & { readonly silent: readonly { place: string; why: string }[] };

/** Runs the command in this process; what it prints as JSON, or the error it throws. */
async function verified(flags: Flags, place?: string): Promise<{ code: number; answer: Answer; notes: string }> {
  let stdout = "";
  let notes = "";
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    notes += String(text);
    return true;
  });
  try {
    const code = await verify({ ...flags, json: true }, place);
    return { code, answer: JSON.parse(stdout) as Answer, notes };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

const words = ({ verdicts }: Answer) => [verdicts.integrity.word, verdicts.time.word, verdicts.independence.word];
const codes = ({ findings }: Answer) => findings.map(({ code }) => code);

/** A workspace with a stamped and a cosigned head in its log, made by hand. */
async function stamped(heads: (tsa: StampService, witness: string) => string = () => "") {
  const tsa = new StampService();
  const witness = newCosigner("witness.example", generateKey());
  const custody = await newWorkspace(heads(tsa, witness.cosigner.vkey), systemClock);
  const root = custody.config.root;
  const roots = join(root, "tsa-roots.pem");
  await writeFile(roots, tsa.pem);
  const [ledger, store] = [await custody.ledger(), await custody.store()];
  await stampHead(ledger, store, (bytes) => tsa.stamp(bytes, Date.now()));
  await witnessHead(ledger, store, witness, Date.now());
  await ledger.append([accessDraft("after")]);
  await ledger.publish();
  const config = { config: custody.config.path };
  return {
    custody,
    ledger,
    store,
    root,
    roots,
    witness: witness.cosigner.vkey,
    config,
    key: join(root, "ledger.vkey"),
  };
}

const CONFIGURED = (_: StampService, witness: string) => `heads:
  - { use: timestamp, url: "https://tsa.example.com/tsr", roots: tsa-roots.pem }
  - { use: witness, url: "http://127.0.0.1:9", key: "${witness}" }
  - { use: file, path: ./outside }
`;

describe("whom to trust outside", () => {
  test("is named with --tsa-roots and --witness, which count for what they prove and no more", async () => {
    const { root, roots, witness, key } = await stamped();
    const place = join(root, "data/store");
    const none = await verified({ key }, place);
    expect([none.code, ...words(none.answer)]).toEqual([0, "intact", "unanchored", "self-attested"]);
    expect(none.answer.verdicts.time.reason).toContain("--tsa-roots");
    expect(none.answer.verdicts.time.reason).toContain("--witness");
    expect(words((await verified({ key, tsaRoots: [roots] }, place)).answer)).toEqual([
      "intact",
      "anchored",
      "timestamped",
    ]);
    await writeFile(join(root, "witness.vkey"), `${witness}\n`);
    for (const given of [witness, join(root, "witness.vkey")]) {
      const { answer } = await verified({ key, tsaRoots: [roots], witness: [given] }, place);
      expect(words(answer)).toEqual(["intact", "anchored", "witnessed"]);
    }
    expect((await verified({ key, require: "time" }, place)).code).toBe(1);
    expect((await verified({ key, require: "time,independence", tsaRoots: [roots] }, place)).code).toBe(0);
  });

  test("is taken from the configuration in a workspace, and a guard that cannot be asked is told", async () => {
    const { config } = await stamped(CONFIGURED);
    const { code, answer, notes } = await verified(config);
    expect([code, ...words(answer)]).toEqual([0, "intact", "anchored", "witnessed"]);
    expect(answer.silent).toEqual([
      { place: expect.stringContaining("guard row"), why: expect.any(String) },
      { place: "witness (a witness)", why: expect.stringContaining("did not answer") },
    ]);
    expect(notes).toContain("did not say which state of the log it knows");
  });

  test("that is no certificate and no witness is a mistake with its name", async () => {
    const { root, key } = await stamped();
    const place = join(root, "data/store");
    const log = (await readFile(key, "utf8")).trim();
    for (const flags of [
      { tsaRoots: [key] },
      { witness: ["nonsense"] },
      { witness: [log] },
      { tsaRoots: ["/no/such/file"] },
    ]) {
      const thrown = await verified({ key, ...flags }, place).catch((error: unknown) => error);
      const code = isCustodyError(thrown) ? thrown.code : (thrown as NodeJS.ErrnoException).code;
      expect(["INPUT_INVALID", "KEY_UNUSABLE", "ENOENT"]).toContain(code);
    }
  });
});

describe("--since", () => {
  test("takes a checkpoint and lists of heads from files, as guards, targets and packs keep them", async () => {
    const { root, key, ledger, store } = await stamped();
    const place = join(root, "data/store");
    const { size, root: hash } = await ledger.publish();
    const base64 = Buffer.from(hash).toString("base64");
    const files = {
      checkpoint: Buffer.from(await checkpointIn(store)).toString(),
      "list.txt": `# kept by the auditor\n\n${size} ${base64}\n`,
      "heads.txt": `${size}:${base64} 2026-11-20T10:00:00.000Z file share record 7\n`,
      "hex.txt": `${size} ${Buffer.from(hash).toString("hex")}\r\n`,
      head: await readFile(join(root, "data/state/head"), "utf8"),
    };
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(root, name), text);
      const { answer } = await verified({ key, since: [join(root, name)] }, place);
      expect(words(answer), name).toEqual(["intact", "unanchored", "published"]);
    }
    await writeFile(join(root, "other"), `${size} ${Buffer.from(sha256()).toString("base64")}\n`);
    const { code, answer } = await verified({ key, since: [join(root, "list.txt"), join(root, "other")] }, place);
    expect([code, ...codes(answer)]).toEqual([1, "forked"]);
    expect(answer.findings[0]?.expected).toContain("as line 1 of ");
  });

  test("refuses the checkpoint of another log, and what is neither, with the file and the line", async () => {
    const { root, key } = await stamped();
    const place = join(root, "data/store");
    const stranger = newSigner("other-11111111", generateKey());
    const foreign = await signCheckpoint("other-11111111", { size: 3, root: sha256() }, [stranger]);
    await writeFile(join(root, "foreign"), foreign);
    await writeFile(join(root, "garbage"), `3 ${"A".repeat(43)}=\nhello\n`);
    await writeFile(join(root, "empty"), "\n# nothing\n");
    await writeFile(join(root, "large"), Buffer.alloc(2 * 1024 ** 2, 0x20));
    for (const [name, says] of [
      ["foreign", "is a checkpoint of the log other-11111111"],
      ["garbage", "line 2: expected SIZE and ROOT"],
      ["empty", "expected 1 to 10000 heads, found 0"],
      ["large", "expected at most 1 MiB"],
      ["nowhere", "there is no such file"],
    ] as const) {
      await expect(verified({ key, since: [join(root, name)] }, place)).rejects.toThrow(says);
    }
  });
});

test("a head that was brought to a folder reveals a store and a guard that were set back together", async () => {
  const { custody, ledger, root, config } = await stamped(CONFIGURED);
  await mkdir(join(root, "outside"));
  const before = join(root, "before");
  onTestFinished(() => rm(before, { recursive: true, force: true }));
  await cp(join(root, "data"), before, { recursive: true });
  await ledger.append([accessDraft("what somebody wants to be rid of")].map((d) => ({ ...d, purpose: "unwanted" })));
  await ledger.publish();
  const { outcomes } = await new Publishing(custody).sendNow(["file"], new AbortController().signal);
  expect(outcomes.map(({ result }) => result)).toEqual(["sent"]);
  expect(words((await verified(config)).answer)).toEqual(["intact", "anchored", "witnessed"]);
  await rm(join(root, "data"), { recursive: true });
  await cp(before, join(root, "data"), { recursive: true });
  const { code, answer } = await verified(config);
  expect([code, ...words(answer)]).toEqual([1, "broken", "anchored", "witnessed"]);
  expect(codes(answer)).toEqual(["rolled-back"]);
  expect(answer.findings[0]?.expected).toContain(join(root, "outside"));
  // Once that folder is gone too, nobody can see it.
  await rm(join(root, "outside"), { recursive: true });
  expect(words((await verified(config)).answer)[0]).toBe("intact");
});

test("a folder that is not there, although the log says that a head was brought to it, is told", async () => {
  const { custody, ledger, root, config } = await stamped(CONFIGURED);
  await mkdir(join(root, "outside"));
  await new Publishing(custody).sendNow(["file"], new AbortController().signal);
  await ledger.publish();
  const guard = expect.stringContaining("guard row");
  const witness = "witness (a witness)";
  expect((await verified(config)).answer.silent.map(({ place }) => place)).toEqual([guard, witness]);
  await rm(join(root, "outside"), { recursive: true });
  const { code, answer, notes } = await verified(config);
  expect([code, ...words(answer)]).toEqual([0, "intact", "anchored", "witnessed"]);
  expect(answer.silent.map(({ place }) => place)).toEqual([guard, witness, "file"]);
  expect(notes).toContain("the log says that heads were brought there, and none lies there");
});

describe("a witness that has seen another history of the log", () => {
  /** A workspace that has published to a witness at work, and a copy of it that published more there. */
  async function copied() {
    const dir = join(await temporaryFolder(), "witness");
    const first = await newWorkspace("", systemClock);
    await createWitness(dir, "witness.example", await first.pinnedKey());
    const opened = await openWitness(dir);
    const { vkey } = opened.key.cosigner;
    const url = await listening(createWitnessServer({ ...opened, clock: systemClock }, () => {}));
    const { path, root } = first.config;
    await writeFile(
      path,
      (await readFile(path, "utf8")).concat(`heads: [{ use: witness, url: "${url}", key: "${vkey}" }]\n`),
    );
    const open = async (at: string) => {
      const custody = new Custody(await loadConfig(at, collectors), systemClock);
      onTestFinished(() => custody.close());
      return custody;
    };
    const write = async (custody: Custody, what: string) => {
      const ledger = await custody.ledger();
      await ledger.append([accessDraft(what)]);
      await ledger.publish();
    };
    const publish = async (custody: Custody) => {
      const { outcomes } = await new Publishing(custody).sendNow([], new AbortController().signal);
      return outcomes.map(({ result }) => result);
    };
    await first.close();
    const original = await open(path);
    await write(original, "one");
    expect(await publish(original)).toEqual(["sent"]);
    const elsewhere = await temporaryFolder();
    await cp(root, elsewhere, { recursive: true });
    const copy = await open(join(elsewhere, "custody.yaml"));
    return { original, copy, write, publish, config: { config: path }, copyConfig: { config: copy.config.path } };
  }
  const places = ({ findings }: Answer) => findings.map(({ code, where }) => `${code} ${where}`);

  test("is asked by verify and named, before anything was sent to it and after it refused", {
    timeout: 60_000,
  }, async () => {
    const { original, copy, write, publish, config, copyConfig } = await copied();
    expect(words((await verified(config)).answer)).toEqual(["intact", "anchored", "witnessed"]);
    await write(copy, "of-the-copy");
    await write(original, "of-the-original");
    // Nobody has shown it more: it knows what both have.
    expect((await verified(config)).code).toBe(0);
    expect(await publish(copy)).toEqual(["sent"]);
    expect((await verified(copyConfig)).code).toBe(0);
    // It knows as many records as this log has, or more, or fewer of which no head is here.
    const early = await verified(config);
    expect([early.code, places(early.answer)]).toEqual([1, ["forked witness (a witness)"]]);
    await write(original, "more");
    await write(original, "and-more");
    const unsure = await verified(config);
    expect(unsure.code).toBe(0);
    expect(unsure.answer.silent.map(({ why }) => why).join()).toContain("`custody head publish` asks it");
    expect(await publish(original)).toEqual(["failed"]);
    const late = await verified(config);
    expect([late.code, places(late.answer)]).toEqual([1, ["forked witness (a witness)"]]);
    expect(late.answer.findings[0]?.found).toMatch(/^when a head was sent on 20.* it was refused: .*another history/);
    expect((await verified({ ...config, require: "independence" })).code).toBe(1);
    for (const what of ["a", "b", "c", "d"]) await write(copy, what);
    expect(await publish(copy)).toEqual(["sent"]);
    const behind = await verified(config);
    expect([behind.code, places(behind.answer)]).toEqual([1, ["rolled-back witness (a witness)"]]);
    expect(await new Publishing(original).refusals()).toMatchObject([{ place: "witness (a witness)" }]);
    // To ask has not let it sign anything: the copy goes on.
    await write(copy, "e");
    expect(await publish(copy)).toEqual(["sent"]);
  });
});

test("a witness that the log itself names is a claim, told with the key to be asked for, and not once it is trusted", async () => {
  const { custody, root, key, witness, ledger } = await stamped();
  const logged = {
    heads: [
      { use: "witness", url: "https://witness.example.com", key: witness },
      { use: "witness", key: 1 },
    ],
  };
  const blob = await ledger.put(new TextEncoder().encode(JSON.stringify(logged)), "application/json");
  const system = { type: "system", id: "custody" } as const;
  await ledger.append([{ kind: "config", actor: system, config: blob, zone: "UTC", instances: [] }]);
  await ledger.publish();
  const place = join(root, "data/store");
  const { answer } = await verified({ key }, place);
  expect(answer.claimedWitnesses).toMatchObject([{ vkey: witness, index: expect.any(Number) }]);
  expect(words(answer)).toEqual(["intact", "unanchored", "self-attested"]);
  expect(answer.verdicts.independence.reason).toContain(`it says it is by ${witness.split("+").slice(0, 2).join("+")}`);
  expect(verdictLines(answer).join("\n")).toContain(`    ${witness} (record `);
  expect((await verified({ key, witness: [witness] }, place)).answer.claimedWitnesses).toEqual([]);
  await custody.close();
});

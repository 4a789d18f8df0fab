import type { ChildProcess } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Cli, type Workspace } from "./support/cli.ts";
import { freePort } from "./support/free-port.ts";
import { listening } from "./support/http.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-heads");
}, 120_000);
afterAll(() => cli.close());

const CONFIG = (heads: string) => `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
heads: ${heads}
`;

interface HeadList {
  readonly heads: readonly {
    readonly id: string;
    readonly last?: { readonly size: number; readonly root: string };
    readonly next?: string;
    readonly trouble?: { readonly code: string };
  }[];
}

const list = async (workspace: Workspace) => (await workspace.run("head", "list", "--json")).json<HeadList>().heads;
const upload = async (workspace: Workspace) => {
  await workspace.write("note.txt", `evidence ${Math.random()}`);
  const done = await workspace.run("upload", "note.txt", "--control", "A.5.27", "--reason", "a test");
  expect(done.all).not.toContain("custody:");
};

/** A witness served as a process of its own; gives its address and key. */
async function serveWitness(folder: string, dir: string): Promise<{ url: string; stop: () => Promise<number | null> }> {
  const child: ChildProcess = cli.start(folder, ["witness", "serve", dir, "--listen", "127.0.0.1:0"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout ?? expect.fail() }).on("line", (line) => {
      const found = /listens on (http:\S+)/.exec(line)?.[1];
      if (found) resolve(found);
    });
    void ended.then((code) => reject(new Error(`the witness ended with ${code}`)));
  });
  return {
    url,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

describe("custody head", () => {
  test("sends now, says where to, and shows afterwards what left and what is next", async () => {
    const workspace = await cli.workspace(CONFIG("[{ use: file, path: ./published }]"));
    await mkdir(workspace.path("published"));
    expect((await list(workspace))[0]?.last).toBeUndefined();
    const done = await workspace.run("head", "publish");
    expect([done.code, done.stdout]).toEqual([0, expect.stringMatching(/^file: written to .*published \(2:/)]);
    const [file] = await list(workspace);
    expect(file?.last?.size).toBe(2);
    expect(file?.next).toBeUndefined();
    const again = await workspace.run("head", "publish");
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("nothing new")]);
    await upload(workspace);
    expect((await list(workspace))[0]?.next).toBeDefined();
    const status = await workspace.run("status");
    expect(status.stdout).toContain("file (a folder): outside proof");
    expect((await workspace.run("head", "publish", "--target", "no")).code).toBe(2);
    await workspace.verified();
  });

  test("says what was wrong, keeps it for the list, and ends with the code of the worst", async () => {
    const port = await freePort();
    const workspace = await cli.workspace(
      CONFIG(`[{ use: webhook, url: "http://127.0.0.1:${port}/x" }, { use: file, path: ./no/such/place }]`),
    );
    const done = await workspace.run("head", "publish");
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("custody: file: there is no folder");
    expect(done.stderr).toContain(`custody: webhook: http://127.0.0.1:${port} did not answer (ECONNREFUSED)`);
    expect((await list(workspace)).map(({ trouble }) => trouble?.code)).toEqual([
      "SOURCE_UNREACHABLE",
      "SOURCE_MISCONFIGURED",
    ]);
    expect((await workspace.entries()).filter(({ kind }) => kind === "head")).toEqual([]);
  });

  test("killed between sending and its record sends again, and everything verifies", async () => {
    let child: ChildProcess | undefined;
    let asked = 0;
    const url = await listening(
      createServer((request, response) => {
        asked += 1;
        request.resume();
        if (asked > 1) response.writeHead(204).end();
        else child?.kill("SIGKILL");
      }),
    );
    const workspace = await cli.workspace(
      CONFIG(`[{ use: webhook, url: "${url}" }, { use: file, path: ./published }]`),
    );
    await mkdir(workspace.path("published"));
    child = cli.start(workspace.folder, ["head", "publish"]);
    expect(await new Promise((resolve) => child?.once("exit", (_, signal) => resolve(signal)))).toBe("SIGKILL");
    expect((await workspace.entries()).filter(({ kind }) => kind === "head")).toEqual([]);
    expect((await workspace.run("head", "publish")).code).toBe(0);
    expect((await workspace.entries()).filter(({ kind }) => kind === "head")).toHaveLength(2);
    expect(asked).toBe(2);
    await workspace.verified();
  });

  test("makes a rollback of store and guard together seen: the published folder knows better", async () => {
    const workspace = await cli.workspace(CONFIG("[{ use: file, path: ./published }]"));
    await mkdir(workspace.path("published"));
    await upload(workspace);
    await cp(workspace.path("data"), workspace.path("earlier"), { recursive: true });
    await upload(workspace);
    expect((await workspace.run("head", "publish")).code).toBe(0);
    const before = await workspace.run("verify", "--json", "--require", "independence");
    expect([
      before.code,
      before.json<{ verdicts: Record<string, { word: string }> }>().verdicts.independence?.word,
    ]).toEqual([0, "published"]);
    await rm(workspace.path("data"), { recursive: true });
    await cp(workspace.path("earlier"), workspace.path("data"), { recursive: true });
    const after = await workspace.run("verify", "--json");
    expect(after.code).toBe(1);
    expect(after.json<{ findings: { code: string; where: string }[] }>().findings.map(({ code }) => code)).toEqual([
      "rolled-back",
    ]);
    await workspace.write("note.txt", "evidence after the rollback");
    const written = await workspace.run("upload", "note.txt", "--control", "A.5.27", "--reason", "a test");
    expect([written.code, written.stderr]).toEqual([4, expect.stringContaining("published")]);
    // "Nothing new" would be no answer to it.
    const published = await workspace.run("head", "publish");
    expect([published.code, published.stdout]).toEqual([4, ""]);
    expect(published.stderr).toBe(written.stderr);
    const told = await workspace.run("status");
    expect([told.code, told.stdout]).toEqual([4, expect.stringContaining("HALTED")]);
    // Without what is outside it would have looked intact.
    await rm(workspace.path("published"), { recursive: true });
    await mkdir(workspace.path("published"));
    expect((await workspace.run("verify")).code).toBe(0);
  });
});

describe("custody witness", () => {
  test("is begun, served and asked with commands alone, and refuses a log that was set back", async () => {
    const workspace = await cli.workspace(CONFIG("[]"));
    const elsewhere = await cli.place();
    const made = await cli.run(elsewhere, [
      "witness",
      "init",
      "w",
      "--log",
      workspace.path("ledger.vkey"),
      "--name",
      "auditor.example",
      "--json",
    ]);
    expect(made.all).not.toContain("PRIVATE");
    const { vkey } = made.json<{ vkey: string }>();
    expect(vkey).toMatch(/^auditor\.example\+[0-9a-f]{8}\+B/);
    let witness = await serveWitness(elsewhere, "w");
    const point = (url: string) =>
      writeFile(workspace.path("custody.yaml"), CONFIG(`[{ use: witness, url: "${url}", key: "${vkey}" }]`));
    await point(witness.url);
    await upload(workspace);
    expect((await workspace.run("head", "publish")).all).toContain("signed it at");
    expect(await witness.stop()).toBe(0);
    witness = await serveWitness(elsewhere, "w");
    await point(witness.url);
    await cp(workspace.path("data"), workspace.path("earlier"), { recursive: true });
    await upload(workspace);
    await upload(workspace);
    expect((await workspace.run("head", "publish")).code).toBe(0);
    const verdict = await workspace.run("verify", "--json", "--require", "independence");
    expect([
      verdict.code,
      verdict.json<{ verdicts: Record<string, { word: string }> }>().verdicts.independence?.word,
    ]).toEqual([0, "witnessed"]);

    await rm(workspace.path("data"), { recursive: true });
    await cp(workspace.path("earlier"), workspace.path("data"), { recursive: true });
    await upload(workspace);
    const done = await workspace.run("head", "publish");
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/has seen \d+ records of this log, and this store has \d+/);
  });

  test("says what is missing or wrong, and overwrites nothing", async () => {
    const folder = await cli.place();
    const bad = async (...args: string[]) => {
      const done = await cli.run(folder, ["witness", ...args]);
      return [done.code, done.stderr.split("\n")[0]];
    };
    expect(await bad("init", "w")).toEqual([2, "custody: expected --log with the key of the log to be witnessed"]);
    expect(await bad("init", "w", "--log", "x+y")).toEqual([2, expect.stringContaining("not a verifier key")]);
    expect(await bad("init", "w", "--log", "garbage")).toEqual([
      2,
      expect.stringMatching(/--log garbage: expected a key or a file with one; there is no file .*garbage$/),
    ]);
    await writeFile(join(folder, "garbage"), "no key\n");
    expect(await bad("init", "w", "--log", "garbage")).toEqual([
      2,
      expect.stringMatching(/--log garbage: not a verifier/),
    ]);
    await writeFile(join(folder, "garbage"), "-----BEGIN PRIVATE KEY-----");
    expect(await bad("init", "w", "--log", "garbage")).toEqual([2, expect.stringContaining("found a private one")]);
    expect(await bad("serve", "w")).toEqual([2, expect.stringContaining('holds no file "name"')]);
    await mkdir(join(folder, "full"));
    await writeFile(join(folder, "full", "something"), "");
    const workspace = await cli.workspace();
    const key = (await readFile(workspace.path("ledger.vkey"), "utf8")).trim();
    expect(await bad("init", "full", "--log", key)).toEqual([2, expect.stringContaining("is not empty")]);
    expect((await bad("init", "w", "--log", key))[0]).toBe(0);
    expect(await bad("serve", "w", "--listen", "nowhere")).toEqual([2, expect.stringContaining("expected HOST:PORT")]);
    const added = await cli.run(folder, ["witness", "add", "w", "--log", key]);
    expect(added.stdout).toContain("cosigns for");
    expect(added.stdout).toContain("already");
  });
});

import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Cli, configuration, type Done, type Workspace } from "./support/cli.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("privacy-canary");
  // What is shipped beside the code, for packs.
}, 180_000);
afterAll(() => cli.close());

const VALUE = "Canary-7Fq2/+ Zébrowska";
const NAME = "Wilhelmina Przybyszewska";

const INCIDENT = `---
id: INC-2026-001
title: Mail to the wrong person
severity: high
detected: 2026-11-02T08:00:00+01:00
resolved: 2026-11-02T10:00:00+01:00
---

# Mail to the wrong person

${NAME} was told ${VALUE} by mistake.
`;

/** Everything that these words could look like in a file. */
function spellings(text: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  const bytes = Buffer.from(text, "utf8");
  found.set("plain", bytes);
  for (const shift of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replaceAll("=", "");
    const inside = encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
    found.set(`base64 at ${shift}`, Buffer.from(inside));
    found.set(`base64url at ${shift}`, Buffer.from(inside.replaceAll("+", "-").replaceAll("/", "_")));
  }
  found.set("URL", Buffer.from(encodeURIComponent(text)));
  found.set("URL with +", Buffer.from(encodeURIComponent(text).replaceAll("%20", "+")));
  found.set("JSON", Buffer.from(JSON.stringify(text).slice(1, -1)));
  const escaped = text.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  found.set("JSON in ASCII", Buffer.from(escaped));
  found.set(
    "JSON in ASCII, upper case",
    Buffer.from(escaped.replace(/\\u\w{4}/g, (u) => `\\u${u.slice(2).toUpperCase()}`)),
  );
  found.set("JSON with \\/", Buffer.from(text.replaceAll("/", "\\/")));
  found.set("Latin-1", Buffer.from(text, "latin1"));
  found.set("UTF-16 LE", Buffer.from(text, "utf16le"));
  found.set("UTF-16 BE", Buffer.from(text, "utf16le").swap16());
  found.set("hex", Buffer.from(bytes.toString("hex")));
  return new Map([
    ...new Map([...found].map(([how, needle]) => [needle.toString("hex"), [how, needle] as const])).values(),
  ]);
}

/** Every file below these folders that holds one of the texts in any spelling, as `path: spelling`. */
function findIn(folders: readonly string[], texts: readonly string[], without: readonly string[] = []): string[] {
  const needles = texts.flatMap((text) => [...spellings(text)]);
  return folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const named = needles.flatMap(([how, needle]) =>
        path.includes(needle.toString()) ? [`${path}: ${how} in its name`] : [],
      );
      if (!entry.isFile() || without.includes(path)) return named;
      const bytes = readFileSync(path);
      return [...named, ...needles.flatMap(([how, needle]) => (bytes.includes(needle) ? [`${path}: ${how}`] : []))];
    }),
  );
}

/** A workspace whose private Postgres and temporary files lie in folders that can be searched. */
async function searchable(collectors: string, more = "") {
  const workspace = await cli.workspace(configuration(collectors, more));
  const home = await mkdtemp(join(tmpdir(), "custody-canary-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const [server, temporary] = [join(home, "server"), join(home, "tmp")];
  await chmod(home, 0o711); // the server's own id, where these tests run as root
  await mkdir(temporary);
  const env = { CUSTODY_SERVER_HOME: server, TMPDIR: temporary };
  const said: string[] = [];
  const run = async (...args: string[]): Promise<Done> => {
    const done = await cli.run(workspace.folder, args, { env, limit: 200_000 });
    said.push(done.all);
    return done;
  };
  /** The daemon over it, and how to look at a page of its own until it says something. */
  const serve = async () => {
    const child = cli.start(workspace.folder, ["serve"], { env });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    const ended = once(child, "close");
    const lines = createInterface({ input: child.stdout });
    const url = await new Promise<string>((resolve, reject) => {
      lines.on("line", (line) => {
        const found = /http:\/\/[^\s"]+\//.exec(line)?.[0];
        if (found !== undefined) resolve(found);
      });
      child.once("close", () => reject(new Error("it ended")));
    });
    return {
      page: async (path: string) => (await fetch(new URL(path, url))).text(),
      async stop() {
        child.kill("SIGTERM");
        return (await ended)[0] as number | null;
      },
    };
  };
  return { workspace, run, serve, said, folders: [workspace.folder, server, temporary] };
}

const digestOf = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");
const blob = (workspace: Workspace, digest: string) =>
  workspace.path("data/store/blob/sha256", digest.slice(0, 2), digest);

describe("after a disposal", () => {
  test("the plain value is nowhere that Custody controls, and everything verifies and says so", async () => {
    const { workspace, run, serve, folders } = await searchable(
      "- { id: incidents, use: incident-log/markdown, path: ./incidents }",
      'portal: { listen: "127.0.0.1:0" }\n',
    );
    await workspace.write("incidents/2026-001.md", INCIDENT.replace("title: Mail", `title: ${NAME}, ${VALUE} mail`));
    await workspace.write(
      "incidents/2026-002.md",
      INCIDENT.replaceAll("2026-001", "2026-002").replace(NAME, "a").replace(VALUE, "b"),
    );
    expect((await run("collect")).all).toContain("incidents");
    const file = readFileSync(workspace.path("incidents/2026-001.md"));
    const digest = digestOf(file);
    expect((await run("report", "--period", "2026", "--out", "reports/old.json")).code).toBe(0);
    expect((await run("status")).code).toBeLessThanOrEqual(1);
    expect((await run("index", "rebuild")).code).toBe(0);
    // It is there to be found: in the store, in the index and its log, in the report.
    const before = findIn(folders, [VALUE, NAME]);
    for (const place of ["blob/sha256", "server", "old.json"])
      expect(
        before.some((path) => path.includes(place)),
        place,
      ).toBe(true);

    // Pages are drawn from the index while it is taken away and made anew.
    const daemon = await serve();
    for (const path of ["/", "/controls"]) expect(await daemon.page(path)).toContain("A.5.24");

    // The source no longer has it; what is disposed of would come back otherwise.
    await rm(workspace.path("incidents/2026-001.md"));
    const disposed = await run(
      ...[
        "dispose",
        digest,
        "--authority",
        "dpo/2026-17",
        "--reason",
        "erasure-request",
        "--note",
        "as asked",
        "--json",
      ],
    );
    expect(disposed.code, disposed.all).toBe(0);
    const said = disposed.json<{
      files: { digest: string; deleted: number }[];
      reports: string[];
      records: number[];
    }>();
    expect(said.files).toMatchObject([{ digest, deleted: 1, left: [] }]);
    expect(said.reports).toEqual([workspace.path("reports/old.json")]);

    expect((await run("report", "--period", "2026", "--out", "reports/new.json")).code).toBe(0);
    expect((await run("report", "--period", "2026", "--out", "reports/new.pdf")).code).toBe(0);
    expect((await run("index", "rebuild")).code).toBe(0);
    expect((await run("collect")).code).toBe(0);
    expect((await run("export", "--period", "2026", "--out", "new.zip")).code).toBe(0);

    const pages = [await daemon.page("/"), await daemon.page("/controls")];
    expect(pages.join()).not.toMatch(new RegExp(NAME));
    expect(await daemon.stop()).toBe(0);
    // The daemon may have begun to follow the log anew just then; what it made is part of what is searched.
    expect(findIn(folders, [VALUE, NAME], said.reports)).toEqual([]);

    const verified = await run("verify");
    expect(verified.code, verified.all).toBe(0);
    expect(verified.stdout).toMatch(/INTEGRITY +intact .*1 was lawfully deleted/);
    expect(verified.stdout).toContain(`${digest} was disposed of on`);
    expect(verified.stdout).toContain(
      "on the authority of dpo/2026-17, because a person asked for their data to be erased",
    );
    const got = await run("get", digest);
    expect(got.code).toBe(2);
    expect(got.stderr).toContain(`${digest} was disposed of on`);
    const [record = 0] = said.records;
    expect((await run("show", String(record - 1))).code).toBe(0);
    const report = JSON.parse(readFileSync(workspace.path("reports/new.json"), "utf8")) as {
      disposed: { files: number; rows: { digest: string; reason: string }[] };
    };
    expect(report.disposed).toMatchObject({ files: 1, rows: [{ digest, reason: "erasure-request" }] });
  }, 300_000);

  test("a name in the file's name goes with the list and all that it names", async () => {
    const { workspace, run, folders } = await searchable(
      "- { id: incidents, use: incident-log/markdown, path: ./incidents }",
    );
    await workspace.write(`incidents/${NAME}.md`, INCIDENT);
    await run("collect");
    await run("index", "rebuild");
    await rm(workspace.path(`incidents/${NAME}.md`));
    const digest = digestOf(INCIDENT);
    const cause = ["--authority", "dpo", "--reason", "erasure-request"];
    const first = await run("dispose", digest, ...cause);
    expect(first.code, first.all).toBe(0);
    const list = /The list ([0-9a-f]{64}), .* still holds its name/.exec(first.stdout)?.[1] ?? "";
    const refused = await run("dispose", list, ...cause);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`${list} is a list, and names 1 file that would stay`);
    const second = await run("dispose", list, ...cause, "--with-contents");
    expect(second.code, second.all).toBe(0);
    expect(findIn(folders, [VALUE, NAME])).toEqual([]);
    expect((await run("report", "--period", "2026", "--out", "reports/r.json")).code).toBe(0);
    expect((await run("verify")).code).toBe(0);
  }, 300_000);
});

test("what a rule masks appears nowhere", async () => {
  const secret = "wilhelmina.p@zebra-canary.example";
  const { workspace, run, said, folders } = await searchable(
    "- { id: incidents, use: incident-log/markdown, path: ./incidents }",
    `masking:
  - { id: mail, kind: email, collectors: [incidents], title: Addresses of customers }
  - { id: person, kind: pattern, pattern: "Wilhelmina [A-Z][a-z]{3,20}", collectors: [incidents] }
`,
  );
  const source = await mkdtemp(join(tmpdir(), "custody-source-"));
  onTestFinished(() => rm(source, { recursive: true, force: true }));
  await writeFile(join(source, "2026-001.md"), INCIDENT.replace("title: Mail", `title: ${secret} ${NAME} mail`));
  const config = readFileSync(workspace.path("custody.yaml"), "utf8").replace("./incidents", source);
  await workspace.write("custody.yaml", config);
  expect((await run("collect")).code).toBe(0);
  await run("index", "rebuild");
  await run("report", "--period", "2026", "--out", "reports/r.json");
  await run("report", "--period", "2026", "--out", "reports/r.pdf");
  expect(findIn(folders, [secret, NAME])).toEqual([]);
  expect(said.join("\n")).not.toMatch(new RegExp(`${secret}|${NAME}`));
  const entries = await workspace.entries();
  const kinds = entries.map(({ kind }) => kind);
  expect(kinds.indexOf("masking-rule")).toBeLessThan(kinds.indexOf("run"));
  const run0 = entries.find(({ kind }) => kind === "run") as { manifest: { digest: string } };
  const manifest = JSON.parse(readFileSync(blob(workspace, run0.manifest.digest), "utf8"));
  expect(manifest.captures[0].masked).toEqual([
    { rule: "mail", count: 1, title: "Addresses of customers" },
    { rule: "person", count: 2 },
  ]);
  expect(statSync(workspace.path("reports/r.pdf")).size).toBeGreaterThan(1_000);
  expect((await run("verify")).code).toBe(0);
}, 300_000);

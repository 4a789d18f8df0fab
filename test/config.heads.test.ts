import { describe, expect, test } from "vitest";
import { parseConfig } from "../src/config/config.ts";
import { CustodyError } from "../src/lib/errors.ts";

const HEAD = "organisation: { name: A, zone: UTC }\nstore: file:./data/store\n";

const load = (heads: string, env = {}) => parseConfig(`${HEAD}heads:\n${heads}`, "/w/custody.yaml", [], env);

async function mistakes(heads: string): Promise<string[]> {
  try {
    await load(heads);
  } catch (error) {
    if (!(error instanceof CustodyError)) throw error;
    return error.message.split("\n").map((line) => line.replace("/w/", ""));
  }
  return [];
}

describe("where heads go", () => {
  test("is a list whose items are named by their kind and sent once a day unless stated", async () => {
    const { heads } = await load(`  - { use: file, path: ./published }
  - { use: file, id: share, path: /mnt/share, every: 6h }
`);
    expect(heads.map(({ id, every, target, config }) => [id, every, target.use, config])).toEqual([
      ["file", 86_400_000, "file", { path: "./published" }],
      ["share", 21_600_000, "file", { path: "/mnt/share" }],
    ]);
    expect((await parseConfig(HEAD, "/w/custody.yaml", [], {})).heads).toEqual([]);
  });

  test("keeps secrets as references, in what is parsed and in what is logged", async () => {
    const env = { HOOK: "https://hooks.example.com/s3cr3t", KEY: "hm4c-s3cr3t" };
    const config = await load(`  - { use: webhook, url: "\${env:HOOK}", secret: "\${env:KEY}" }\n`, env);
    expect(JSON.stringify([config.heads, config.logged])).not.toContain("s3cr3t");
    expect(config.reveal({ secret: "${env:HOOK}" })).toBe(env.HOOK);
  });

  test("gives programs no more of the environment than they need", async () => {
    const { programs } = await load("  []\n", { PATH: "/bin", HOME: "/h", CUSTODY_MAIL_PASSWORD: "s3cr3t" });
    expect(programs).toEqual({ PATH: "/bin", HOME: "/h" });
  });

  test.each([
    [
      "  - { use: fiel, path: x }",
      `custody.yaml:4: heads.0.use: there is no such way out of the store; did you mean "file"?`,
    ],
    [
      "  - { use: carrier-pigeon }",
      "custody.yaml:4: heads.0.use: there is no such way out of the store; expected timestamp, witness, file, git, webhook, email, s3",
    ],
    ["  - { path: x }", "custody.yaml:4: heads.0.use: is missing; expected text"],
    ["  - { use: file }", "custody.yaml:4: heads.0.path: is missing; expected text"],
    ["  - { use: file, pth: x, path: x }", `custody.yaml:4: heads.0.pth: unknown key of file; did you mean "path"?`],
    [
      "  - { use: file, path: x, evry: 1d }",
      `custody.yaml:4: heads.0.evry: unknown key of file; did you mean "every"?`,
    ],
    ["  - { use: file, path: x, every: 1s }", "custody.yaml:4: heads.0.every: expected a duration of at least 1m"],
    [
      "  - { use: file, path: x }\n  - { use: file, path: y }",
      "custody.yaml:5: heads.1.id: there are two of these; give each an `id`; each place needs an id of its own",
    ],
    [
      "  - { use: file, path: x, id: a }\n  - { use: git, path: y, id: a }",
      `custody.yaml:5: heads.1.id: "a" is used twice; each place needs an id of its own`,
    ],
    [
      "  - { use: webhook, url: https://hooks.example.com, secret: s3cr3t }",
      "custody.yaml:4: heads.0.secret: expected a reference to a secret: ${env:NAME} or ${file:PATH}, never the secret itself",
    ],
    [
      "  - { use: timestamp, url: https://user:s3cr3t@tsa.example.com, roots: r.pem }",
      "custody.yaml:4: heads.0.url: expected an address such as https://tsa.example.com/tsr, without a user or password in it",
    ],
    [
      "  - { use: witness, url: https://w.example.com, key: w+00000000+AAAA }",
      "custody.yaml:4: heads.0.key: a key of another kind; expected a witness's key (Ed25519 cosignature, type 4)",
    ],
    [
      `  - { use: email, server: mail.example.com, from: "a@example.com\\nbcc: x@example.com", to: b@example.com }`,
      "custody.yaml:4: heads.0.from: expected an e-mail address such as audit@example.com",
    ],
  ])("refuses %s", async (text, line) => {
    const found = await mistakes(`${text}\n`);
    expect(found).toEqual([line]);
    expect(found.join()).not.toContain("s3cr3t");
  });
});

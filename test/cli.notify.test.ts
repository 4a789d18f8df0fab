import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cli, type Workspace } from "./support/cli.ts";
import { smtpServer } from "./support/smtp.ts";
import { discordVendor, telegramVendor } from "./support/vendors.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-notify");
}, 120_000);
afterAll(() => cli.close());

const now = () => Date.now();
const CONFIG = (notify: string) => `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
notify: [${notify}]
`;
const MAIL = (port: number, to = "anna@example.com") =>
  `{ use: email, server: "127.0.0.1:${port}", from: custody@example.com, to: ${to} }`;

interface Delivery {
  readonly kind: string;
  readonly notice: string;
  readonly channel: string;
  readonly outcome: string;
  readonly cause?: string;
  readonly attempts: number;
  readonly body: { readonly digest: string };
  readonly receipt?: { readonly digest: string };
}
const deliveries = async (workspace: Workspace) =>
  (await workspace.entries()).filter(({ kind }) => kind === "delivery") as unknown as Delivery[];
const blob = (workspace: Workspace, digest = "") =>
  readFile(workspace.path("data/store/blob/sha256", digest.slice(0, 2), digest), "utf8");

/** Everything that is stored, as text. */
async function stored(workspace: Workspace): Promise<string> {
  const keys = await workspace.keys();
  return (await Promise.all(keys.map((key) => readFile(workspace.path("data/store", key), "latin1")))).join("\n");
}

describe("custody notify test", () => {
  test("sends through each channel, says what arrived, and keeps a receipt of each that names no address", async () => {
    const [mail, discord, telegram] = [await smtpServer(), await discordVendor(now), await telegramVendor(now)];
    const workspace = await cli.workspace(
      CONFIG(`${MAIL(mail.port)}, { use: discord, webhook: "\${file:./hook}" },
  { use: telegram, id: night, token: "\${file:./token}", chat: "-1001234", api: "${telegram.base}" }`),
    );
    await workspace.write("hook", `${discord.address}\n`);
    await workspace.write("token", telegram.token);
    const done = await workspace.run("notify", "test");
    expect([done.code, done.stderr]).toEqual([0, ""]);
    expect(done.stdout).toContain("email (e-mail): delivered; the mail server took it for 1 recipient");
    expect(done.stdout).toContain("discord (Discord): delivered; Discord has it as message 90001");
    expect(done.stdout).toContain("night (Telegram): delivered; Telegram has it as message 1");
    expect([mail.mails.length, discord.arrived.length, telegram.arrived.length]).toEqual([1, 1, 1]);

    const entries = await deliveries(workspace);
    expect(entries.map(({ channel, outcome, attempts }) => [channel, outcome, attempts])).toEqual([
      ["email", "delivered", 1],
      ["discord", "delivered", 1],
      ["night", "delivered", 1],
    ]);
    expect(new Set(entries.map(({ notice }) => notice)).size).toBe(1);
    expect(done.stdout).toContain(entries[0]?.notice);
    expect(await blob(workspace, entries[0]?.body.digest)).toContain("Test notice of Custody for Example GmbH");
    expect(JSON.parse(await blob(workspace, entries[1]?.receipt?.digest))).toEqual({ status: 200, id: "90001" });
    expect(await stored(workspace)).not.toContain("s3cr3t");
    expect(JSON.stringify(entries)).not.toContain("anna@");
    await workspace.verified();
  });

  test("goes only where it is told, and knows when there is no such channel", async () => {
    const [mail, discord] = [await smtpServer(), await discordVendor(now)];
    const workspace = await cli.workspace(CONFIG(`${MAIL(mail.port)}, { use: discord, webhook: "\${file:./hook}" }`));
    await workspace.write("hook", discord.address);
    const done = await workspace.run("notify", "test", "discord", "--json");
    expect(done.json()).toMatchObject({ ok: true, deliveries: [{ channel: "discord", outcome: "delivered" }] });
    expect(mail.mails).toEqual([]);
    const wrong = await workspace.run("notify", "test", "discrod");
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('there is no "discrod" under `notify:`; there is email, discord'),
    ]);
  });

  test("says what a person must mend, with exit code 2, and sends through the others all the same", async () => {
    const [mail, discord] = [await smtpServer({ refuse: ["gone@example.com"] }), await discordVendor(now)];
    discord.faults.push({ kind: "status", status: 404, body: { message: "Unknown Webhook", code: 10015 } });
    const workspace = await cli.workspace(
      CONFIG(`{ use: discord, webhook: "\${file:./hook}" }, { use: slack, webhook: "\${env:NO_SUCH}" },
  ${MAIL(mail.port, "[gone@example.com, anna@example.com]")}, ${MAIL(mail.port).replace("use: email", "use: email, id: owner")}`),
    );
    await workspace.write("hook", discord.address);
    const done = await workspace.run("notify", "test");
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("discord (Discord): NOT delivered: ");
    expect(done.stderr).toContain("(status 404, code 10015)");
    expect(done.stderr).toContain("Make a new webhook there");
    expect(done.stderr).toContain("the environment variable NO_SUCH is not set");
    expect(done.stderr).toContain("1 of 2 recipients were refused; the others have it");
    expect(done.stdout).toContain("owner (e-mail): delivered");
    expect(done.all).not.toMatch(/s3cr3t|gone@/);
    expect((await deliveries(workspace)).map(({ channel, outcome, cause }) => [channel, outcome, cause])).toEqual([
      ["discord", "failed", "gone"],
      ["slack", "failed", "secret"],
      ["email", "failed", "recipients"],
      ["owner", "delivered", undefined],
    ]);
    expect(await stored(workspace)).not.toContain("s3cr3t");
  });

  test("tries again at once what may pass, and ends with 3 where it may work later", async () => {
    const [mail, discord] = [await smtpServer({ replies: ["451 later"] }), await discordVendor(now)];
    discord.faults.push({ kind: "limited", seconds: 3_600 });
    const workspace = await cli.workspace(CONFIG(`${MAIL(mail.port)}, { use: discord, webhook: "\${file:./hook}" }`));
    await workspace.write("hook", discord.address);
    const done = await workspace.run("notify", "test", "--json");
    expect([done.code, done.stderr]).toEqual([3, expect.stringContaining("it asks to wait 3600 s")]);
    expect(done.json()).toMatchObject({
      ok: false,
      deliveries: [
        { channel: "email", outcome: "delivered", attempts: 2 },
        { channel: "discord", outcome: "failed", cause: "busy", attempts: 1, code: "SOURCE_ANSWER" },
      ],
    });
    expect(await deliveries(workspace)).toMatchObject([
      { outcome: "delivered", attempts: 2 },
      { outcome: "failed", cause: "busy", attempts: 1 },
    ]);
  });

  test("without channels says so", async () => {
    const workspace = await cli.workspace();
    const done = await workspace.run("notify", "test");
    expect([done.code, done.stdout]).toEqual([
      2,
      expect.stringContaining("nobody is told when evidence stops flowing"),
    ]);
  });
});

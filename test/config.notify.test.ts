import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../src/config/config.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { channels } from "../src/notify/channels/index.ts";
import { CHANNEL_EXAMPLES } from "./support/configuration-reference.ts";

const HEAD = "organisation: { name: A, zone: UTC }\nstore: file:./data/store\n";

const load = (notify: string, env = {}) => parseConfig(`${HEAD}notify:\n${notify}`, "/w/custody.yaml", [], env);

async function mistakes(notify: string): Promise<string[]> {
  try {
    await load(notify);
  } catch (error) {
    if (!(error instanceof CustodyError)) throw error;
    return error.message.split("\n").map((line) => line.replace("/w/", ""));
  }
  return [];
}

describe("how people are told", () => {
  test("is a list whose items are named by their kind, and get everything but reports unless stated", async () => {
    const { notify } = await load(`  - { use: discord, webhook: "\${env:HOOK}" }
  - { use: discord, id: board, webhook: "\${env:HOOK2}", gets: [report] }
`);
    expect(notify.map(({ id, channel, gets }) => [id, channel.use, gets])).toEqual([
      ["discord", "discord", ["digest", "urgent"]],
      ["board", "discord", ["report"]],
    ]);
    expect((await parseConfig(HEAD, "/w/custody.yaml", [], {})).notify).toEqual([]);
  });

  test("keeps secrets as references, in what is parsed and in what is logged", async () => {
    const env = { HOOK: "https://discord.com/api/webhooks/1/s3cr3t" };
    const config = await load(`  - { use: discord, webhook: "\${env:HOOK}" }\n`, env);
    expect(JSON.stringify([config.notify, config.logged])).not.toContain("s3cr3t");
  });

  test.each(channels.map(({ use }) => use))("takes the example of %s", async (use) => {
    expect(await mistakes(`${stringify([CHANNEL_EXAMPLES[use]]).replaceAll(/^(?=.)/gm, "  ")}\n`)).toEqual([]);
  });

  test.each([
    ["  - { use: discrod }", `custody.yaml:4: notify.0.use: there is no such channel; did you mean "discord"?`],
    [
      "  - { use: pager }",
      "custody.yaml:4: notify.0.use: there is no such channel; expected email, discord, slack, telegram, webhook",
    ],
    ["  - { id: x }", "custody.yaml:4: notify.0.use: is missing; expected text"],
    ["  - { use: slack }", "custody.yaml:4: notify.0.webhook: is missing; expected text"],
    [
      "  - { use: slack, webhook: https://hooks.slack.com/services/s3cr3t }",
      "custody.yaml:4: notify.0.webhook: expected a reference to a secret: ${env:NAME} or ${file:PATH}, never the secret itself",
    ],
    [
      "  - { use: slack, webhok: x, webhook: '${env:A}' }",
      `custody.yaml:4: notify.0.webhok: unknown key of slack; did you mean "webhook"?`,
    ],
    [
      "  - { use: slack, webhook: '${env:A}', gest: [digest] }",
      `custody.yaml:4: notify.0.gest: unknown key of slack; did you mean "gets"?`,
    ],
    [
      "  - { use: slack, webhook: '${env:A}' }\n  - { use: slack, webhook: '${env:B}' }",
      "custody.yaml:5: notify.1.id: there are two of these; give each an `id`; each channel needs an id of its own",
    ],
    [
      "  - { use: slack, id: a, webhook: '${env:A}' }\n  - { use: email, id: a, server: m.example.com, from: a@example.com, to: b@example.com }",
      `custody.yaml:5: notify.1.id: "a" is used twice; each channel needs an id of its own`,
    ],
    [
      "  - { use: telegram, token: '${env:A}', chat: Ops }",
      "custody.yaml:4: notify.0.chat: expected the id of a chat in quotes, such as '-1001234567890', or @name",
    ],
    [
      "  - { use: telegram, token: '${env:A}', chat: '-100', api: http://telegram.example.com }",
      "custody.yaml:4: notify.0.api: expected an address such as https://telegram.example.com, without a user or password in it, unencrypted only on this machine itself",
    ],
    [
      `  - { use: email, server: m.example.com, from: a@example.com, to: "b@example.com\\nbcc: s3cr3t@example.com" }`,
      "custody.yaml:4: notify.0.to: expected an e-mail address such as audit@example.com",
    ],
    [
      "  - { use: webhook, url: https://user:s3cr3t@hooks.example.com, secret: '${env:A}' }",
      "custody.yaml:4: notify.0.url: expected an address such as https://hooks.example.com/notices without a user or password in it, or a reference: ${env:NAME} or ${file:PATH}",
    ],
    [
      "  - { use: webhook, url: https://hooks.example.com }",
      "custody.yaml:4: notify.0.secret: is missing; expected text",
    ],
  ])("refuses %s", async (text, line) => {
    const found = await mistakes(`${text}\n`);
    expect(found).toEqual([line]);
    expect(found.join()).not.toContain("s3cr3t");
  });
});

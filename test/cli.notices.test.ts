import { afterAll, beforeAll, expect, test } from "vitest";
import { mailText } from "./support/channels.ts";
import { Cli } from "./support/cli.ts";
import { smtpServer } from "./support/smtp.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.compile("cli-notices");
}, 120_000);
afterAll(() => cli.close());

test("without a daemon, `collect` tells what is due, once; `status` begins with it and says what was told", async () => {
  const mail = await smtpServer();
  const workspace = await cli.workspace(`organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
index: postgres://127.0.0.1:9/none
people: { ben: { role: operator } }
collectors: [{ id: jobs, use: cron-health/ping, token: "\${env:CUSTODY_TEST_UNSET}" }]
notify: [{ use: email, server: "127.0.0.1:${mail.port}", from: custody@example.com, to: anna@example.com }]
`);
  const first = await workspace.run("collect");
  expect(first.stdout).toMatch(/Told by email: digest-\d{4}-\d\d-\d\d/);
  const again = await workspace.run("collect");
  expect(again.stdout).not.toContain("Told by");
  expect(mail.mails).toHaveLength(1);
  const text = mailText(mail.mails[0]?.data ?? "");
  expect(text).toContain("its inbox turns everybody away");
  expect(text).toContain("Until: at once · Who: ben (operator)");

  const status = await workspace.run("status");
  expect(status.stdout).toMatch(/^1 thing needs you:\n- .*its inbox turns everybody away\n/);
  expect(status.stdout).toMatch(/Notices by email \(e-mail\): digest-\S+ arrived on /);
  const record = (await workspace.run("status", "--json")).json<{ duties: object[]; channels: object[] }>();
  expect(record.duties).toMatchObject([{ id: "inbox:jobs", who: "ben (operator)" }]);
  expect(record.channels).toMatchObject([{ channel: "email", use: "email", last: { outcome: "delivered" } }]);
  expect((await workspace.run("verify")).code).toBe(0);
}, 120_000);

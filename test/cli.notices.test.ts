import { afterAll, beforeAll, expect, test } from "vitest";
import { beginWorkspace } from "../src/cli/init.ts";
import { declareNow } from "../src/work.ts";
import { mailText } from "./support/channels.ts";
import { Cli, Workspace } from "./support/cli.ts";
import { FakeClock } from "./support/clock.ts";
import { smtpServer } from "./support/smtp.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-notices");
}, 120_000);
afterAll(() => cli.close());

test("without a daemon, `collect` tells what is due, once; `status` begins with it and says what was told", async () => {
  const mail = await smtpServer();
  // Of yesterday: the digest of a new one waits for its first morning.
  const workspace = new Workspace(cli, await cli.place());
  await workspace.write(
    "custody.yaml",
    `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
index: postgres://127.0.0.1:9/none
people: { ben: { role: operator } }
collectors: [{ id: jobs, use: cron-health/ping, token: "\${env:CUSTODY_TEST_UNSET}" }]
notify: [{ use: email, server: "127.0.0.1:${mail.port}", from: custody@example.com, to: anna@example.com }]
`,
  );
  const clock = new FakeClock(new Date(Date.now() - 25 * 3_600_000).toISOString());
  const custody = await beginWorkspace(workspace.path("custody.yaml"), clock, {});
  await declareNow(custody);
  await custody.close();
  const first = await workspace.run("collect");
  expect(first.stdout).toMatch(/Told by email: digest-\d{4}-\d\d-\d\d/);
  const again = await workspace.run("collect");
  expect(again.stdout).not.toContain("Told by");
  expect(mail.mails).toHaveLength(1);
  const text = mailText(mail.mails[0]?.data ?? "");
  expect(text).toContain("its inbox turns everybody away");
  expect(text).toContain("Until: at once · Who: ben (operator)");

  const status = await workspace.run("status");
  expect(status.stdout).toMatch(/^\d+ things? needs? you:\n- .*its inbox turns everybody away\n/);
  expect(status.stdout).toMatch(/Notices by email \(e-mail\): digest-\S+ arrived on /);
  const record = (await workspace.run("status", "--json")).json<{ duties: object[]; channels: object[] }>();
  expect(record.duties[0]).toMatchObject({ id: "inbox:jobs", who: "ben (operator)" });
  expect(record.channels).toMatchObject([{ channel: "email", use: "email", last: { outcome: "delivered" } }]);
  expect((await workspace.run("verify")).code).toBe(0);
}, 120_000);

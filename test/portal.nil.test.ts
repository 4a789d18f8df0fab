import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { openSigning, signAll } from "../src/acts/signing.ts";
import { startRunning } from "../src/daemon/running.ts";
import { newToken, tokenLine } from "../src/people.ts";
import { givenPostgres } from "./support/index-postgres.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { quietMonth } from "./support/quiet-month.ts";
import { keptLog } from "./support/workspace.ts";

afterEach(() => {
  delete process.env.CUSTODY_TOKEN;
  delete process.env.CUSTODY_TEST_INDEX;
});

async function aPage(down: readonly number[] = []) {
  const token = newToken();
  const postgres = await givenPostgres();
  onTestFinished(() => postgres.stop());
  process.env.CUSTODY_TOKEN = token;
  process.env.CUSTODY_TEST_INDEX = postgres.url;
  const quiet = await quietMonth(await temporaryFolder(), {
    down,
    index: "${env:CUSTODY_TEST_INDEX}",
    people: `  anna: { role: owner, token: "${tokenLine(token)}" }`,
  });
  const { custody } = quiet;
  const running = await startRunning(custody, keptLog());
  onTestFinished(() => running.stop());
  const page = async () => {
    // The index may still be on its way.
    for (let i = 0; ; i++) {
      const text = await (await fetch(running.url)).text();
      const plain = text
        .replace(/<[^>]+>/g, " ")
        .replace(/&#x27;/g, "'")
        .replace(/\s+/g, " ");
      if (!plain.includes("it is being prepared") || i === 5) return plain;
    }
  };
  const sign = async () => {
    const signing = await openSigning(custody);
    const own = signing.nilReturns(quiet);
    await signAll(custody, signing, [
      { subject: "nil-return", window: quiet, requirements: own.map((one) => one.requirement), statement: "Looked." },
    ]);
  };
  return { ...quiet, page, sign };
}

test("the page asks for what can be confirmed, shows it confirmed, and takes it back", {
  timeout: 120_000,
}, async () => {
  const { page, sign, custody, month, collect } = await aPage();
  const before = await page();
  expect(before).toContain("confirm that nothing happened");
  expect(before).toContain(`custody sign nil-return --month ${month}`);
  expect(before).toContain("can be confirmed");
  await sign();
  const confirmed = await page();
  expect(confirmed).not.toContain("confirm that nothing happened");
  expect(confirmed).toMatch(/no incident was seen, and anna \(owner\) confirmed it on/);
  await writeFile(
    join(custody.config.root, "incidents/INC-9.md"),
    `---\nid: INC-9\ntitle: Late\nseverity: high\ndetected: ${month}-12T08:00:00Z\nresolved: ${month}-12T09:00:00Z\n---\nText.\n`,
  );
  await collect();
  const withdrawn = await page();
  expect(withdrawn).toContain("a confirmation holds no more");
  expect(withdrawn).toMatch(
    /1 incident from register, so nothing to confirm; what anna \(owner\) confirmed on .* is withdrawn/,
  );
});

test("the page names the day that keeps a month from being confirmed", { timeout: 120_000 }, async () => {
  const { page } = await aPage([12]);
  const shown = await page();
  expect(shown).toMatch(/cannot be confirmed: prom was not collected on 12 \w{3} \d{4}/);
  expect(shown).toContain("--requirement a526.register.nil");
});

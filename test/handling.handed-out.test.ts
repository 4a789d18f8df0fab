import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordActs } from "../src/acts/acting.ts";
import { itemsWith, recordAccess } from "../src/acts/handing-out.ts";
import { readKept } from "../src/acts/keeping-custody.ts";
import { get } from "../src/cli/log.ts";
import { systemClock } from "../src/lib/clock.ts";
import { newWorkspace } from "./support/workspace.ts";

test("bytes of incident evidence leave with a name and a reason in the log, others without a record", async () => {
  const custody = await newWorkspace("collectors: []", systemClock);
  const ledger = await custody.ledger();
  const put = (text: string) => ledger.put(new TextEncoder().encode(text), "text/plain");
  const [secret, plain] = [await put("the disk"), await put("a letter")];
  const happened = new Date(systemClock.now()).toISOString();
  const item = (evidence: string, more: object) => ({
    kind: "custody" as const,
    evidence,
    act: "collect" as const,
    to: "p-anna",
    happened,
    ...more,
  });
  await recordActs(custody, [
    item("EVD-2026-001", { incident: "INC-2026-001", evidenceFiles: [secret] }),
    item("EVD-2026-002", { digests: [secret.digest] }),
  ]);
  await ledger.append([
    {
      kind: "upload",
      actor: { type: "system", id: "custody" },
      evidence: [plain],
      controls: ["A.5.27"],
      manifest: await put("{}"),
    },
  ]);
  await ledger.publish();
  const size = async () => (await custody.view()).size;
  const before = await size();

  expect([...(await itemsWith(custody, secret.digest))]).toEqual([
    ["EVD-2026-001", "INC-2026-001"],
    ["EVD-2026-002", undefined],
  ]);
  expect(await recordAccess(custody, plain.digest, undefined)).toBeUndefined();
  const out = join(custody.config.root, "disk.bin");
  const take = (digest: string, reason?: string) =>
    get({ config: custody.config.path, out, ...(reason === undefined ? {} : { reason }) } as never, digest);
  await expect(take(secret.digest, "  ")).rejects.toThrow(
    "kept as evidence (EVD-2026-001, EVD-2026-002), and whoever takes it says why: --reason is missing",
  );
  expect(existsSync(out)).toBe(false);
  expect(await size()).toBe(before);

  expect(await take(secret.digest, "look for the first login")).toBe(0);
  expect(readFileSync(out, "utf8")).toBe("the disk");
  const { items } = await readKept(custody);
  for (const { events } of items)
    expect(events.at(-1)).toMatchObject({
      act: "access",
      reason: "look for the first login",
      digests: [secret.digest],
      by: expect.stringMatching(/^p-/),
    });
});

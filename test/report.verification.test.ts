import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { hex } from "../src/lib/digest.ts";
import { documentOf } from "../src/report/document.ts";
import { buildReport } from "../src/report/model.ts";
import { createFolderStore } from "../src/store/folder.ts";
import { accessDraft, newLedger, temporaryFolder } from "./support/ledger.ts";
import { reportInput, wording } from "./support/report-input.ts";
import { describeWith } from "./support/tools.ts";

const run = promisify(execFile);

/** A store in a folder with some batches, one evidence file, and the commands that a report of it prints. */
async function storeAndSteps() {
  const folder = join(await temporaryFolder(), "store");
  const { ledger } = await newLedger({ store: await createFolderStore(folder) });
  const blob = await ledger.put(new TextEncoder().encode("evidence"), "text/plain");
  for (const purpose of ["one", "two", "three"])
    await ledger.append([accessDraft(purpose), accessDraft(`${purpose}-more`)]);
  const head = await ledger.publish();
  let last = "";
  for await (const { digest } of ledger.read()) last = digest;
  // What comes after the report must not disturb its steps.
  await ledger.append([accessDraft("after")]);
  await ledger.publish();
  const model = buildReport(
    reportInput({ size: head.size, root: head.root, origin: ledger.origin, vkey: ledger.vkey, chainHead: last }),
  );
  const steps = documentOf(model, wording).flatMap((block) =>
    block.kind === "list" && block.ordered ? block.items.map((item) => (item.code ?? []).join("\n")) : [],
  );
  const script = (word: string): string => steps.find((step) => step.includes(word)) ?? "";
  const sh = (text: string) => run("sh", ["-c", text], { cwd: folder, env: { PATH: process.env.PATH, LC_ALL: "C" } });
  return { folder, blob, head, last, script, sh };
}

describeWith(["sh", "sha256sum", "base64", "openssl"], "the printed steps without Custody", () => {
  test("name an evidence file by its sum", async () => {
    const { blob, script, sh } = await storeAndSteps();
    const command = script("sha256sum blob")
      .replace("<first two digits>", blob.digest.slice(0, 2))
      .replace("<sha256>", blob.digest);
    expect((await sh(command)).stdout).toContain(blob.digest);
  });

  test("walk the chain to the head that the report prints", async () => {
    const { head, last, script, sh } = await storeAndSteps();
    expect((await sh(script("seq/*/*"))).stdout.trim()).toBe(`record ${head.size - 1}: ${last}`);
  });

  test("find where the chain is broken", async () => {
    const { folder, script, sh } = await storeAndSteps();
    const path = join(folder, "seq/00000000/000000000001");
    await writeFile(path, (await readFile(path, "utf8")).replace('"purpose":"one"', '"purpose":"uno"'));
    expect((await sh(script("seq/*/*"))).stdout.trim()).toBe("broken at 2");
  });

  test("check the signature with openssl, and refuse an altered fingerprint", async () => {
    const { folder, script, sh } = await storeAndSteps();
    expect((await sh(script("openssl"))).stdout).toContain("Signature Verified Successfully");
    const path = join(folder, "checkpoint");
    await writeFile(path, (await readFile(path, "utf8")).replace("\n8\n", "\n9\n"));
    await expect(sh(script("openssl"))).rejects.toThrow(/Signature Verification Failure|Command failed/);
  });

  test("name the root as the checkpoint does", async () => {
    const { head, script } = await storeAndSteps();
    expect(script("--since")).toContain(`${head.size}:${Buffer.from(hex(head.root), "hex").toString("base64")}`);
  });
});

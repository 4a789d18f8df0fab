import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCosigner } from "../src/tlog/cosignature.ts";
import { generateKey, newSigner } from "../src/tlog/signer.ts";
import { newLedger, temporaryFolder } from "./support/ledger.ts";
import { stampHead, witnessHead } from "./support/outside.ts";
import { builtVerifiers, examplePack, forged, packFrom, type TestPack, zipOf } from "./support/packing.ts";
import { StampService } from "./support/stamp-service.ts";
import { describeWith, findProgram } from "./support/tools.ts";

const text = (words: string) => new TextEncoder().encode(words);

describeWith(["chromium"], "verify.html, from a file, without a network", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: findProgram("chromium") ?? "chromium",
      args: ["--no-sandbox", "--disable-gpu"],
    });
  });
  afterAll(() => browser.close());

  /** The page in a window of its own; everything it asks for and complains about is noted. */
  async function opened(options: Parameters<Browser["newPage"]>[0] = {}) {
    const page = await browser.newPage(options);
    const asked: string[] = [];
    const complaints: string[] = [];
    const address = pathToFileURL(join(await builtVerifiers(), "verify.html")).href;
    page.on("request", (request) => {
      if (request.url() !== address && !request.url().startsWith("blob:")) asked.push(request.url());
    });
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(address);
    return { page, asked, complaints };
  }

  async function check(page: Page, files: readonly { name: string; bytes: Uint8Array }[], keys = ""): Promise<string> {
    await page.setInputFiles(
      "#files",
      files.map(({ name, bytes }) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) })),
    );
    await page.fill("#keys", keys);
    await page.click("#check");
    await page.waitForSelector("#answer:not([hidden])");
    return (await page.textContent("#answer")) ?? "";
  }

  const asZip = (bytes: Uint8Array) => [{ name: "pack.zip", bytes }];
  const flipped = (bytes: Uint8Array | undefined, at: number) =>
    Uint8Array.from(bytes ?? [], (byte, i) => (i === at ? byte ^ 1 : byte));

  test("a good pack is intact in five words, and with the key of the pack it says that the key must be compared", async () => {
    const pack = await examplePack();
    const { page, asked, complaints } = await opened();
    const trusted = await check(page, asZip(pack.zip), pack.vkey);
    expect(trusted).toContain("Intact: pack.zip");
    for (const word of ["intact", "unanchored", "self-attested", "complete", "never"]) expect(trusted).toContain(word);
    expect(trusted).toContain("3 records");
    expect(trusted).not.toContain("came with the pack");
    expect(trusted).toContain("Keep the state");
    // Nothing was due yet, and the words say no more than that.
    expect(trusted).toContain("no expected period is over yet");
    expect(trusted).not.toMatch(/Every expected|was never collected|taken away|--(key|witness|tsa-roots|since)/);
    expect(await page.textContent("#status")).toBe("Intact: everything is as it was signed.");
    // Whoever listens instead of looks is where the answer is.
    expect(await page.evaluate("document.activeElement.id")).toBe("answer-title");
    const untrusted = await check(page, asZip(pack.zip));
    expect(untrusted).toContain("The key came with the pack.");
    expect(untrusted).toContain(pack.vkey);
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("one flipped byte of evidence, record, proof, checkpoint, list or document breaks it", async () => {
    const pack: TestPack = await examplePack();
    const { page, asked, complaints } = await opened();
    const [blob = ""] = [...pack.files.keys()].filter((path) => path.includes("blob/"));
    const [receipt = ""] = [...pack.files.keys()].filter((path) => path.startsWith("receipts/"));
    const expected: Readonly<Record<string, string>> = {
      [blob]: "blob-altered",
      "store/seq/00000000/000000000001": "entry-altered",
      "store/tile/0/000.p/3": "tile-altered",
      "store/tile/entries/000.p/3": "tile-altered",
      "store/checkpoint": "checkpoint",
      [receipt]: "receipt-invalid",
      "heads.txt": "pack-altered",
      "pack.json": "pack-altered",
      "README.txt": "pack-altered",
    };
    for (const [path, code] of Object.entries(expected)) {
      const at = path === "heads.txt" ? (pack.files.get(path)?.length ?? 0) - 20 : 30;
      const bytes = flipped(pack.files.get(path), at);
      // Once as it is, once with lists made to fit, but where it is the list.
      const lists = path === "pack.json" || path === "README.txt" ? [] : [forged(pack.files, { [path]: bytes })];
      for (const files of [new Map([...pack.files, [path, bytes]]), ...lists]) {
        const answer = await check(page, asZip(await zipOf(files)), pack.vkey);
        expect([path, answer.includes("Broken: pack.zip")]).toEqual([path, true]);
        expect(answer).toContain(code);
        expect(answer).not.toContain("Keep the state");
      }
    }
    const cut = await check(page, asZip(pack.zip.subarray(0, 5000)), pack.vkey);
    expect(cut).toContain("It could not be checked");
    expect(cut).toMatch(/byte \d+: expected the end of a ZIP file/);
    expect(cut).toContain("Choose the very file that was handed out");
    expect(cut).not.toContain("verify the folder");
    const stranger = await check(page, asZip(pack.zip), newSigner("example-0a1b2c3d", generateKey()).verifier.vkey);
    expect(stranger).toContain("Broken: pack.zip");
    expect(stranger).toContain("not judged");
    expect(stranger).not.toMatch(/Something is missing|holes|There is none yet|Keep the state/);
    const wrong = "example-0a1b2c3d+00000000+AQAA";
    expect(await check(page, asZip(pack.zip), wrong)).toContain("It could not be checked");
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("a single evidence file is checked by its receipt, and another file is told from it", async () => {
    const pack = await examplePack();
    const { page, asked, complaints } = await opened();
    const receipt = { name: "2.tlog-proof", bytes: pack.files.get("receipts/000000000002.tlog-proof") as Uint8Array };
    const evidence = { name: "contacts.txt", bytes: text("Contact list checked on 20 November.\n") };
    expect(await check(page, [receipt, evidence], pack.vkey)).toContain("This is the recorded evidence file");
    expect(await check(page, [evidence, receipt], pack.vkey)).toContain("This is the recorded evidence file");
    const other = { ...evidence, bytes: flipped(evidence.bytes, 4) };
    expect(await check(page, [receipt, other], pack.vkey)).toContain("This is NOT the recorded evidence file");
    expect(await check(page, [receipt], pack.vkey)).toContain("The receipt is right");
    expect(await check(page, [receipt])).toContain("a receipt does not bring the key with it");
    const forgery = { ...receipt, bytes: flipped(receipt.bytes, 200) };
    expect(await check(page, [forgery, evidence], pack.vkey)).toContain("It could not be checked");
    expect(await check(page, [evidence, evidence], pack.vkey)).toContain("It could not be checked");
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("time stamps and witnesses count where their keys are given, judged in the background of the page", async () => {
    const { ledger, parts } = await newLedger();
    const at = Date.UTC(2026, 10, 20);
    const service = new StampService().certify(Date.UTC(2020, 0), Date.UTC(2090, 0));
    const witness = newCosigner("witness.example", generateKey());
    await stampHead(ledger, parts.store, (bytes) => service.stamp(bytes, at));
    await witnessHead(ledger, parts.store, witness, at);
    await ledger.publish();
    const { vkey } = parts.signer.verifier;
    const pack = await packFrom(parts.store, vkey);
    const { page, asked, complaints } = await opened();
    const workers: string[] = [];
    page.on("worker", (worker) => workers.push(worker.url()));
    const alone = await check(page, asZip(pack.zip), vkey);
    expect(alone).toContain("unanchored");
    expect(alone).toContain("self-attested");
    expect(alone).toContain("under “Witnesses that you trust”");
    expect(alone).toContain("under “Time stamp services that you trust”");
    expect(alone).not.toContain("--");
    await page.click("summary");
    await page.setInputFiles("#roots", { name: "roots.pem", mimeType: "text/plain", buffer: Buffer.from(service.pem) });
    await page.fill("#witnesses", witness.cosigner.vkey);
    const answer = await check(page, asZip(pack.zip), vkey);
    expect(answer).toMatch(/\banchored/);
    expect(answer).toContain("witnessed");
    expect(answer).toContain("earliest 2026-11-20");
    await page.fill("#since", `1:${Buffer.alloc(32).toString("base64")}`);
    expect(await check(page, asZip(pack.zip), vkey)).toContain("(forked)");
    expect(workers).toHaveLength(3);
    expect(workers.every((url) => url.startsWith("blob:"))).toBe(true);
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("words from a pack are only ever text, and the page could not send them anywhere", async () => {
    const pack = await examplePack();
    const { page, asked, complaints } = await opened();
    const files = forged(pack.files, { "README.txt": undefined, "store/x": undefined }, (json) => {
      json.software = "<img src=x onerror=alert(1)><script>alert(2)</script>";
    });
    const answer = await check(page, asZip(await zipOf(files)), pack.vkey);
    expect(answer).toContain("<img src=x");
    expect(await page.locator("#answer img, #answer script").count()).toBe(0);
    // In the page and behind it: the policy lets nothing out.
    const escaped = await page
      .evaluate(`(async () => {
      const tries = [() => fetch("http://127.0.0.1:9/"), () => new Promise((y, n) => { const i = new Image(); i.onload = y; i.onerror = n; i.src = "http://127.0.0.1:9/x.png"; }),
        () => new Promise((y, n) => { const w = new WebSocket("ws://127.0.0.1:9/"); w.onopen = y; w.onerror = n; })];
      const out = [];
      for (const t of tries) out.push(await t().then(() => "out", () => "refused", ));
      return out.join();
    })()`)
      .catch((error: Error) => error.message);
    expect(String(escaped)).not.toContain("out,");
    expect(asked.filter((url) => !url.includes("127.0.0.1:9"))).toEqual([]);
    expect(complaints.every((line) => /Content Security Policy|violates/.test(line))).toBe(true);
  });

  test("can be used by keyboard, is named for a screen reader, and fits a phone, light and dark", async () => {
    const pack = await examplePack();
    const folder = await temporaryFolder();
    await writeFile(join(folder, "pack.zip"), pack.zip);
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await opened({ viewport: { width: 390, height: 800 }, colorScheme });
      await page.setInputFiles("#files", join(folder, "pack.zip"));
      await page.focus("#keys");
      await page.keyboard.type(pack.vkey);
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.id")).toBe("check");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#answer:not([hidden])");
      const widths = await page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
      );
      expect(widths).toEqual([390, 390]);
      expect(await page.locator("input:not([type=hidden]), textarea").count()).toBe(
        (await page.locator("label").count()) - 1,
      );
      for (const landmark of ["header", "main", "footer", "h1"]) expect(await page.locator(landmark).count()).toBe(1);
      expect(await page.locator("th:not([scope])").count()).toBe(0);
      if (process.env.CUSTODY_PICTURES)
        await page.screenshot({ path: join(process.env.CUSTODY_PICTURES, `${colorScheme}.png`), fullPage: true });
      await page.close();
    }
  });
});

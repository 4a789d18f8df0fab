import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bundledFont, findFonts } from "../src/report/font-files.ts";
import { loadFonts } from "../src/report/fonts.ts";
import { Typesetter } from "../src/report/typeset.ts";
import { temporaryFolder } from "./support/ledger.ts";

const fonts = loadFonts({ folders: [] });
const lines = (text: string, width: number, type = new Typesetter(fonts)) =>
  type.wrap(text, "regular", 10, width).map((l) => l.pieces.map((p) => p.text).join(""));

describe("fonts", () => {
  test("are looked for below the folders, best first, each name once", async () => {
    const folder = await temporaryFolder();
    for (const path of [
      "b/DejaVuSans.ttf",
      "a/deep/NotoSansCJK-Regular.ttc",
      "c/NotoSansCJK-Regular.ttc",
      "a/NotoColorEmoji.ttf",
    ]) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), "");
    }
    const found = findFonts([folder, join(folder, "absent")]).map((p) => p.slice(folder.length + 1));
    expect(found).toEqual(["a/deep/NotoSansCJK-Regular.ttc", "b/DejaVuSans.ttf"]);
  });

  test("that were found but cannot be read are passed over", async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, "ipag.ttf"), "not a font");
    expect(loadFonts({ folders: [folder] }).fallback(0x6f22)).toBeUndefined();
  });

  test.each([
    ["that is absent", "absent.ttf", /the font .*absent\.ttf cannot be read/],
    ["that is none", "package.json", /package\.json is not a font/],
  ])("configured one %s is refused with its name", (_, path, message) => {
    expect(() => loadFonts({ configured: [path], folders: [] })).toThrow(message);
  });

  test("a configured one is used before those that were found", () => {
    const path = bundledFont("NotoSansMono-Regular.ttf");
    expect(loadFonts({ configured: [path], folders: [] }).fallback(0x2500)?.file).toBe("NotoSansMono-Regular.ttf");
  });
});

describe("lines", () => {
  test("break at spaces and are never wider than asked", () => {
    const type = new Typesetter(fonts);
    const set = type.wrap("The quick brown fox jumps over the lazy dog", "regular", 10, 80);
    expect(set.map((l) => l.pieces.map((p) => p.text).join(""))).toEqual([
      "The quick brown",
      "fox jumps over",
      "the lazy dog",
    ]);
    for (const { width } of set) expect(width).toBeLessThanOrEqual(80);
  });

  test("break inside a word only where it is wider than the line, and lose nothing", () => {
    const hash = "0123456789abcdef".repeat(4);
    expect(lines(hash, 100).join("")).toBe(hash);
    expect(lines(hash, 100).length).toBeGreaterThan(3);
  });

  test("do not break inside a date", () => {
    expect(lines("since 2026-11-20", 60)).toEqual(["since", "2026-11-20"]);
  });

  test("keep a combining mark with its letter", () => {
    const text = "a\u0308".repeat(60);
    for (const line of lines(text, 50)) expect(line.startsWith("\u0308")).toBe(false);
  });

  test("count what no font has, and what runs from right to left", () => {
    const type = new Typesetter(fonts);
    expect(lines("ก漢 שלום", 500, type)).toEqual(["[U+0E01][U+6F22] [U+05E9][U+05DC][U+05D5][U+05DD]"]);
    expect(type.missing.map((m) => m.times)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(type.rightToLeft).toBe(4);
  });

  test("of nothing are one empty line", () => {
    expect(lines("", 100)).toEqual([""]);
  });
});

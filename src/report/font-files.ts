import { readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CustodyError } from "../lib/errors.ts";
import { sortedBy } from "./order.ts";

/** Largest font file that is read. */
const MAX_FONT_BYTES = 64 * 1024 * 1024;
/** Font folders are searched this deep, and up to so many files. */
const MAX_DEPTH = 6;
const MAX_FILES = 20_000;

/**
 * Fonts that are used when they are on the machine, best first: Chinese, Japanese and Korean, then other scripts, then
 * symbols. Coloured fonts are not among them: a PDF page cannot embed their pictures.
 */
const WELCOME: readonly RegExp[] = [
  /^NotoSansCJK(jp|sc|tc|kr|hk)?-Regular\.(ttc|otf)$/i,
  /^NotoSans(JP|SC|TC|KR|HK)-Regular\.(otf|ttf)$/i,
  /^SourceHanSans.*-Regular\.(ttc|otf)$/i,
  /^(ipag|ipaexg|ipagp)\.ttf$/i,
  /^wqy-(microhei|zenhei)\.ttc$/i,
  /^DroidSansFallback(Full)?\.ttf$/i,
  /^(Hiragino Sans GB|PingFang|AppleSDGothicNeo)\.ttc$/i,
  /^(msgothic|YuGothM|msyh|simsun)\.ttc$/i,
  /^malgun\.ttf$/i,
  /^NotoSans(Arabic|Armenian|Bengali|Ethiopic|Georgian|Gujarati|Gurmukhi|Hebrew|Kannada|Khmer|Lao|Malayalam|Myanmar|Sinhala|Tamil|Telugu|Thai|Tibetan)-Regular\.(ttf|otf)$/i,
  /^NotoSans(Symbols2?|Math)-Regular\.(ttf|otf)$/i,
  /^NotoEmoji-Regular\.ttf$/i,
  /^DejaVuSans\.ttf$/i,
  /^(Arial Unicode|seguisym|Symbola)\.(ttf|otf)$/i,
];

/** Where systems keep fonts. */
export function fontFolders(home: string = homedir()): string[] {
  return [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    join(home, ".fonts"),
    join(home, ".local/share/fonts"),
    "/System/Library/Fonts",
    "/Library/Fonts",
    join(home, "Library/Fonts"),
    "C:\\Windows\\Fonts",
  ];
}

/** The welcome fonts in these folders, best first, of each file name only one. Unreadable folders are passed over. */
export function findFonts(folders: readonly string[]): string[] {
  const found = new Map<string, { path: string; rank: number }>();
  let seen = 0;
  const walk = (folder: string, depth: number): void => {
    let names: string[];
    try {
      names = readdirSync(folder).sort();
    } catch {
      return;
    }
    for (const name of names) {
      if (++seen > MAX_FILES) return;
      const rank = WELCOME.findIndex((pattern) => pattern.test(name));
      if (rank >= 0) {
        if (!found.has(name)) found.set(name, { path: join(folder, name), rank });
      } else if (depth < MAX_DEPTH && !name.includes(".")) {
        walk(join(folder, name), depth + 1);
      }
    }
  };
  for (const folder of folders) walk(folder, 0);
  return sortedBy(
    [...found.values()],
    (f) => f.rank,
    (f) => basename(f.path),
  ).map((f) => f.path);
}

/** The bytes of a font file. Throws INPUT_INVALID naming the file. */
export function readFont(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size <= MAX_FONT_BYTES) return readFileSync(path);
  } catch (cause) {
    throw new CustodyError("INPUT_INVALID", `the font ${path} cannot be read: ${(cause as Error).message}`, {
      cause,
      remedy: "Correct its path under report.fonts, or remove it there.",
    });
  }
  throw new CustodyError("INPUT_TOO_LARGE", `the font ${path} is larger than 64 MiB`, {
    remedy: "Name another font under report.fonts.",
  });
}

/** A font that comes with Custody, from source or built. */
export function bundledFont(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let i = 0; i < 8; i++) {
    const path = join(folder, "assets", "fonts", name);
    if (statSync(path, { throwIfNoEntry: false })) return path;
    folder = dirname(folder);
  }
  throw new CustodyError("REPORT_IMPOSSIBLE", `the font ${name} that belongs to Custody is missing`, {
    remedy: "Install Custody again: the folder assets/fonts is incomplete.",
  });
}

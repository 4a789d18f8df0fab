import { basename } from "node:path";
import { create, type Face } from "fontkit";
import { type Digest, digestOf } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { bundledFont, findFonts, fontFolders, readFont } from "./font-files.ts";

/** One face of a font file, as text is set and embedded with it. */
export interface FontFace {
  /** Unique in one set of fonts. */
  readonly id: string;
  /** File name without its folder: the same font gives the same report wherever it lies. */
  readonly file: string;
  readonly digest: Digest;
  readonly face: Face;
}

/** The fonts at hand: three that come with Custody, and others that are opened only when a character needs them. */
export interface Fonts {
  readonly regular: FontFace;
  readonly bold: FontFace;
  readonly mono: FontFace;
  /** The first further font that has this character. */
  fallback(codePoint: number): FontFace | undefined;
}

/** Outlines that a PDF can embed; coloured bitmaps alone are not. Makers' bans on embedding are kept. */
function isUsable(face: Face): boolean {
  const { tables } = face.directory;
  const rights = face["OS/2"]?.fsType;
  return (
    (tables.glyf !== undefined || tables["CFF "] !== undefined) &&
    !rights?.noEmbedding &&
    !rights?.noSubsetting &&
    !rights?.bitmapOnly
  );
}

function open(path: string, id: string): FontFace {
  const bytes = readFont(path);
  let face: Face | undefined;
  try {
    const opened = create(bytes);
    // Of a collection the first face: all faces of the known ones have the same characters.
    face = "fonts" in opened ? opened.fonts[0] : opened;
  } catch (cause) {
    throw new CustodyError("INPUT_INVALID", `${path} is not a font that can be read`, {
      cause,
      remedy: "Name a .ttf, .otf or .ttc file under report.fonts.",
    });
  }
  if (!face || !isUsable(face)) {
    throw new CustodyError(
      "INPUT_INVALID",
      `the font ${path} cannot be embedded: it has no outlines, or its maker forbids it`,
      { remedy: "Name another font under report.fonts." },
    );
  }
  return { id, file: basename(path), digest: digestOf(bytes), face };
}

/**
 * Opens the fonts of a report. `configured` come first and must be usable (INPUT_INVALID otherwise); then welcome fonts
 * found in `folders`, of which unusable ones are passed over.
 */
export function loadFonts(
  options: { readonly configured?: readonly string[]; readonly folders?: readonly string[] } = {},
): Fonts {
  const configured = (options.configured ?? []).map((path, i) => open(path, `configured-${i}`));
  let found: string[] | undefined;
  const opened: FontFace[] = [];
  const known = new Map<number, FontFace | undefined>();

  const search = (codePoint: number): FontFace | undefined => {
    const has = (f: FontFace) => f.face.hasGlyphForCodePoint(codePoint);
    const ready = configured.find(has) ?? opened.find(has);
    if (ready) return ready;
    found ??= findFonts(options.folders ?? fontFolders());
    for (let path = found.shift(); path !== undefined; path = found.shift()) {
      try {
        const next = open(path, `found-${opened.length}`);
        opened.push(next);
        if (has(next)) return next;
      } catch {
        // Nobody asked for this one; what no font has is counted and printed as a code.
      }
    }
    return undefined;
  };
  return {
    regular: open(bundledFont("NotoSans-Regular.ttf"), "regular"),
    bold: open(bundledFont("NotoSans-Bold.ttf"), "bold"),
    mono: open(bundledFont("NotoSansMono-Regular.ttf"), "mono"),
    fallback(codePoint) {
      if (!known.has(codePoint)) known.set(codePoint, search(codePoint));
      return known.get(codePoint);
    },
  };
}

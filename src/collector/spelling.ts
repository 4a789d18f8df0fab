/** Spellings of one secret that are still the secret: whoever can read one of them can use it. */

const PERCENT = /%[0-9A-F]{2}/g;

/** Base64 of a text that stands anywhere inside a longer encoded one: one spelling per alignment, without the digits it shares with its neighbours. */
function insideBase64(secret: string): string[] {
  const bytes = Buffer.from(secret, "utf8");
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replaceAll("=", "");
    const bits = (shift + bytes.length) * 8;
    return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(bits / 6));
  });
}

const unicode = (upper: boolean) => (char: string) => {
  const hex = char.charCodeAt(0).toString(16).padStart(4, "0");
  return `\\u${upper ? hex.toUpperCase() : hex}`;
};

/** As JSON writers spell it: PHP escapes the slash, Python all but ASCII, Go what HTML could misread, in hexadecimal of either case. */
function insideJson(text: string): string[] {
  let spellings = [JSON.stringify(text).slice(1, -1)];
  const alternatives: ((spelling: string) => string)[][] = [
    [(s) => s.replaceAll("/", "\\/")],
    [false, true].map((upper) => (s) => s.replace(/[^\x20-\x7e]/g, unicode(upper))),
    [false, true].map((upper) => (s) => s.replace(/[<>&']/g, unicode(upper))),
  ];
  for (const rules of alternatives) {
    spellings = [...new Set([...spellings, ...rules.flatMap((rule) => spellings.map(rule))])];
  }
  return spellings;
}

const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** All spellings to look for: plain, trimmed, JSON, URL, HTML, hexadecimal, base64 and base64url at each alignment. */
export function spellingsOf(secret: string): string[] {
  const found = new Set<string>();
  for (const plain of new Set([secret, secret.trim()])) {
    const url = Buffer.from(plain, "utf8").toString("utf8");
    const percent = encodeURIComponent(url);
    const base64 = insideBase64(plain);
    for (const spelling of [
      plain,
      ...insideJson(plain),
      percent,
      percent.replace(PERCENT, (byte) => byte.toLowerCase()),
      percent.replaceAll("%20", "+"),
      encodeURI(url),
      escapeHtml(plain),
      Buffer.from(plain, "utf8").toString("hex"),
      ...base64,
      ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    ]) {
      found.add(spelling);
    }
  }
  return [...found].filter((spelling) => spelling.length >= 6);
}

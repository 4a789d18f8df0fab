import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMask, marker } from "../src/collector/mask.ts";
import { spellingsOf } from "../src/collector/spelling.ts";
import { TOKEN_SHAPES } from "../src/collector/token-shapes.ts";

const SECRET = 'p@ss/wörd& "4711"+x';
const mask = createMask([SECRET]);
const bytesOf = (text: string, encoding: BufferEncoding = "utf8") => Uint8Array.from(Buffer.from(text, encoding));
const masked = (text: string) => Buffer.from(mask.bytes(bytesOf(text)).bytes).toString("utf8");

describe("a secret is hidden", () => {
  const forms: Record<string, string> = {
    plain: SECRET,
    "in JSON": JSON.stringify(SECRET).slice(1, -1),
    "in JSON of PHP": JSON.stringify(SECRET).slice(1, -1).replaceAll("/", "\\/").replaceAll("ö", "\\u00f6"),
    "in a URL": encodeURIComponent(SECRET),
    "in a URL, lower case": encodeURIComponent(SECRET).replace(/%../g, (c) => c.toLowerCase()),
    "in a form": new URLSearchParams({ a: SECRET }).toString().slice(2),
    "in JSON of Go": JSON.stringify(SECRET).slice(1, -1).replaceAll("&", "\\u0026"),
    "in HTML": SECRET.replaceAll("&", "&amp;").replaceAll('"', "&quot;"),
    "in hexadecimal": Buffer.from(SECRET).toString("hex"),
  };
  test.each(Object.entries(forms))("%s", (_, form) => {
    expect(masked(`{"a":"${form}","b":1}`)).toBe('{"a":"(masked:secret)","b":1}');
  });

  test.each([0, 1, 2, 3, 4, 5])("inside base64 behind %i other bytes, in both alphabets", (before) => {
    for (const encoding of ["base64", "base64url"] as const) {
      const text = Buffer.from(`${"u".repeat(before)}${SECRET}:tail`).toString(encoding);
      const left = masked(`<${text}>`);
      expect(left).toContain("(masked:secret)");
      const around = left.slice(1, -1).split("(masked:secret)");
      expect(around.join("").length).toBeLessThan(text.length - Math.floor((SECRET.length * 8) / 6) + 4);
    }
  });

  test("in UTF-16 of either order, in Latin-1, and inside what is no text at all", () => {
    const text = `\ufeffa;${SECRET};ü\n`;
    const little = mask.bytes(bytesOf(text, "utf16le")).bytes;
    expect(Buffer.from(little).toString("utf16le")).toBe("\ufeffa;(masked:secret);ü\n");
    const big = Uint8Array.from(Buffer.from(text, "utf16le").swap16());
    expect(Buffer.from(mask.bytes(big).bytes).swap16().toString("utf16le")).toBe("\ufeffa;(masked:secret);ü\n");
    expect(Buffer.from(mask.bytes(bytesOf(`ü${SECRET}`, "latin1")).bytes).toString("latin1")).toBe("ü(masked:secret)");
    const binary = Buffer.concat([Buffer.from([0xff, 0x00, 0xfe]), Buffer.from(SECRET), Buffer.from([0x80])]);
    expect([...mask.bytes(binary).bytes]).toEqual([0xff, 0, 0xfe, ...Buffer.from(marker("secret")), 0x80]);
  });

  test("however often it stands there, and counted", () => {
    expect(mask.bytes(bytesOf(`${SECRET}${SECRET} ${SECRET}`)).masked).toEqual([{ rule: "secret", count: 3 }]);
  });

  test("also with the line break that files end with", () => {
    expect(createMask(["sesame-1\n"]).text("key sesame-1, sesame-1")).toBe("key (masked:secret), (masked:secret)");
  });
});

test("every byte outside of what is hidden stays what it was", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (before, after) => {
      // A byte-order mark of UTF-16 makes the rest UTF-16, in which the UTF-8 bytes of the secret are none.
      fc.pre(before.length < 2 || ((before[0] ?? 0) < 0xfe && (before[1] ?? 0) < 0xfe));
      const { bytes } = mask.bytes(Buffer.concat([before, Buffer.from(SECRET), after]));
      expect([...bytes]).toEqual([...before, ...Buffer.from(marker("secret")), ...after]);
    }),
  );
});

test("bytes without a secret are handed back as the very same", () => {
  const bytes = bytesOf("nothing here");
  expect(mask.bytes(bytes)).toEqual({ bytes, masked: [] });
  expect(mask.bytes(bytes).bytes).toBe(bytes);
});

test("values too short to be told from innocent text are not searched", () => {
  expect(createMask(["12345", ""]).text("12345")).toBe("12345");
});

// Put together at run time, so that no scanner of repositories takes them for real ones.
const TOKENS: Record<string, readonly [before: string, token: string, after: string]> = {
  "private-key": ["x ", `-----BEGIN RSA PRIVATE${" KEY-----\nMIIEow"}IBAAKCAQEA\n-----END RSA PRIVATE KEY-----`, " y"],
  "aws-key": ["id=", `AKIA${"ABCDEFGHIJKLMNOP"}`, " y"],
  "aws-secret": ["aws_secret_access_key = ", "w".repeat(20) + "J/+4".repeat(5), "\n"],
  "github-token": ["", `ghp_${"a1B2".repeat(9)}`, "."],
  "gitlab-token": ["", `glpat-${"a1B2".repeat(5)}`, "."],
  "npm-token": ["", `npm_${"a1B2".repeat(9)}`, "."],
  "slack-token": ["", `xoxb-${"123456789-abcdef"}`, "."],
  "slack-webhook": ["https://hooks.slack.com/services/", `T0000/B0000/${"x1".repeat(12)}`, '"'],
  "discord-webhook": ["https://discord.com/api/webhooks/", `${"1".repeat(18)}/${"aB_-".repeat(16)}`, " "],
  "telegram-token": ["https://api.telegram.org/bot", `123456789:AA${"bC3".repeat(11)}`, "/sendMessage"],
  "stripe-key": ["", `sk_live_${"a1B2".repeat(6)}`, "."],
  "google-key": ["key=", `AIza${"a1B2_".repeat(7)}`, "&"],
  jwt: ["", `eyJ${"hbGciOiJI"}Uz.eyJ${"zdWIiOiIx"}Mj.${"c2lnbmF0dXJl"}`, " "],
  bearer: ["authorization: Bearer ", `abcdef0123456789${"xyz"}`, "\n"],
  authorization: ['"Authorization": "Basic ', `dXNlcjpwYXNz`, '"'],
  "url-password": ["postgres://app:", `hunter2`, "@db/app"],
};

test.each(TOKEN_SHAPES.map(({ rule }) => rule))(
  "a token of the shape %s is hidden by that rule, and nothing around it",
  (rule) => {
    const [before, token, after] = TOKENS[rule] ?? ["", "", ""];
    const none = createMask([]);
    expect(none.bytes(bytesOf(before + token + after))).toEqual({
      bytes: bytesOf(before + marker(rule) + after),
      masked: [{ rule, count: 1 }],
    });
    // What was hidden is not found again: masking is stable.
    expect(none.text(before + marker(rule) + after)).toBe(before + marker(rule) + after);
  },
);

test.each([
  "The bearer of responsibilities-for-everything is named in basic incident-management procedures.",
  "-----BEGIN PRIVATE KEY----- is how such a file begins.",
  "see https://example.org:8443/a@b and mailto:a@example.org",
  "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
])("innocent text stays: %s", (text) => {
  expect(createMask([]).text(text)).toBe(text);
});

test.each([
  "eyJ".repeat(700_000),
  "-----BEGIN PRIVATE KEY-----".repeat(80_000),
  "://a:".repeat(400_000),
  "a".repeat(2_000_000),
  "Bearer ".repeat(300_000),
])("hostile text of 2 MB is searched in a second (%#)", (text) => {
  const started = performance.now();
  createMask([SECRET]).text(text);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("no spelling is shorter than what may be searched", () => {
  expect(spellingsOf("abcdef").every((spelling) => spelling.length >= 6)).toBe(true);
});

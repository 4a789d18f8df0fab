import type { Json } from "../lib/canonical.ts";
import { type MaskingRule, searchOf, stretches } from "./masking-rule.ts";
import { spellingsOf } from "./spelling.ts";
import { TOKEN_SHAPES } from "./token-shapes.ts";

/** How often a rule hid something. Nothing else is kept of what was hidden, above all no digest: a short secret could be guessed from it. */
export interface Masked {
  readonly rule: string;
  readonly count: number;
  /** What a configured rule is called. */
  readonly title?: string;
}

export interface MaskedBytes {
  /** The same object where nothing was hidden. */
  readonly bytes: Uint8Array;
  /** By name of the rule; empty for an original. */
  readonly masked: readonly Masked[];
}

/**
 * Hides secrets, and personal data by rule, before anything is stored. Spans of the text are replaced by `(masked:<rule>)`; every other byte stays
 * what it was, because nothing is parsed or written anew.
 */
export interface Mask {
  bytes(bytes: Uint8Array): MaskedBytes;
  text(text: string): string;
  /** Every string of a value, names of members included. */
  json(value: Json): Json;
}

/** Shorter values are not searched: they would hit innocent text everywhere. */
export const MIN_SECRET_LENGTH = 6;

/** What stands in place of a secret: plain ASCII that JSON, CSV, YAML and URLs carry without quoting. */
export function marker(rule: string): string {
  return `(masked:${rule})`;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly rule: string;
}

function* literalSpans(text: string, needles: readonly string[]): Generator<Span> {
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) {
      yield { from: at, to: at + needle.length, rule: "secret" };
    }
  }
}

function* shapeSpans(text: string): Generator<Span> {
  for (const { rule, literal, pattern } of TOKEN_SHAPES) {
    if (!literal.some((part) => text.includes(part))) continue;
    for (const match of text.matchAll(pattern)) {
      yield { from: match.index + (match.groups?.keep?.length ?? 0), to: match.index + match[0].length, rule };
    }
  }
}

/** In order and without overlap: where two meet, both are hidden under the name of the one that begins first. */
function join(spans: readonly Span[]): Span[] {
  const joined: { from: number; to: number; rule: string }[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = joined.at(-1);
    if (last && span.from < last.to) last.to = Math.max(last.to, span.to);
    else joined.push({ ...span });
  }
  return joined;
}

function count(spans: readonly Span[]): Masked[] {
  const counts = new Map<string, number>();
  for (const { rule } of spans) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts].map(([rule, n]) => ({ rule, count: n })).sort((a, b) => (a.rule < b.rule ? -1 : 1));
}

function replace(text: string, spans: readonly Span[], instead: (rule: string) => string = marker): string {
  let result = "";
  let at = 0;
  for (const { from, to, rule } of spans) {
    result += text.slice(at, from) + instead(rule);
    at = to;
  }
  return result + text.slice(at);
}

interface Decoded {
  readonly text: string;
  encode(text: string): Buffer;
  /** How a needle looks in this text. */
  needle(spelling: string): string[];
}

/**
 * Text in which one character is one unit of the bytes, whatever they are: UTF-16 where a byte-order mark says so,
 * otherwise one character per byte, in which the UTF-8 (and the Latin-1) form of a secret is found as well as in
 * anything that is no text at all.
 */
function decode(bytes: Uint8Array): Decoded {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const utf16 = buffer.length % 2 === 0 && buffer.length >= 2 ? buffer.readUInt16BE(0) : 0;
  if (utf16 === 0xfffe) {
    return { text: buffer.toString("utf16le"), encode: (t) => Buffer.from(t, "utf16le"), needle: (s) => [s] };
  }
  if (utf16 === 0xfeff) {
    const swapped = Buffer.from(buffer).swap16().toString("utf16le");
    return { text: swapped, encode: (t) => Buffer.from(t, "utf16le").swap16(), needle: (s) => [s] };
  }
  return {
    text: buffer.toString("latin1"),
    encode: (t) => Buffer.from(t, "latin1"),
    needle: (s) => [Buffer.from(s, "utf8").toString("latin1"), s],
  };
}

/** Text as people read it, for what is told by its form: proper characters where the bytes are UTF-8, one per byte where not. */
function decodeText(bytes: Uint8Array): Omit<Decoded, "needle"> {
  const decoded = decode(bytes);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  // The encoder gives the same bytes only for valid UTF-8; UTF-16 with a byte-order mark never is.
  return Buffer.from(text, "utf8").equals(buffer) ? { text, encode: (t) => Buffer.from(t, "utf8") } : decoded;
}

/** A mask for these secrets, for tokens of well-known shapes, and for what the rules say. Throws INPUT_INVALID for a bad rule. */
export function createMask(secrets: Iterable<string>, rules: readonly MaskingRule[] = []): Mask {
  const long = [...new Set(secrets)].filter((secret) => secret.trim().length >= MIN_SECRET_LENGTH);
  const spellings = [...new Set(long.flatMap(spellingsOf))];
  const spansOf = (text: string, needles: readonly string[]) =>
    join([...literalSpans(text, needles), ...shapeSpans(text)]);

  const searches = rules.map((rule) => ({ rule: rule.id, search: searchOf(rule) }));
  const ruled = (text: string) => join([...stretches(text, searches)]);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const instead = (rule: string) => byId.get(rule)?.replace ?? marker(rule);

  const text = (source: string): string => {
    const safe = replace(source, spansOf(source, spellings));
    return replace(safe, ruled(safe), instead);
  };
  const json = (value: Json): Json => {
    if (typeof value === "string") return text(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(json);
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [text(key), json(member as Json)]));
  };
  const withoutSecrets = (bytes: Uint8Array): MaskedBytes => {
    const decoded = decode(bytes);
    const needles = [...new Set(spellings.flatMap(decoded.needle))];
    const spans = spansOf(decoded.text, needles);
    if (spans.length === 0) return { bytes, masked: [] };
    return { bytes: new Uint8Array(decoded.encode(replace(decoded.text, spans))), masked: count(spans) };
  };
  return {
    text,
    json,
    bytes(bytes) {
      const first = withoutSecrets(bytes);
      if (searches.length === 0) return first;
      const decoded = decodeText(first.bytes);
      const spans = ruled(decoded.text);
      if (spans.length === 0) return first;
      const named = count(spans).map((one) => {
        const title = byId.get(one.rule)?.title;
        return title === undefined ? one : { ...one, title };
      });
      const masked = [...first.masked, ...named].sort((a, b) => (a.rule < b.rule ? -1 : 1));
      return { bytes: new Uint8Array(decoded.encode(replace(decoded.text, spans, instead))), masked };
    },
  };
}

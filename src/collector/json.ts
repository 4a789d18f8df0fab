import { z } from "zod";
import type { Problem } from "../evidence/fact.ts";
import type { Capture } from "./define.ts";

/** UTF-8 text of bytes, without a byte-order mark; undefined for what is no UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What bytes seem to be, for the words "found …" in a problem. Never repeats the bytes themselves. */
export function nameBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "nothing (0 bytes)";
  const text = textOf(bytes);
  if (text === undefined) return "bytes that are no text in UTF-8";
  if (/^\s*<(!doctype|html|head|body)/i.test(text.slice(0, 200))) return "a web page (HTML)";
  return `${bytes.length} bytes of text`;
}

/** Reads a JSON capture of a known shape, or says what is there instead. For readers: never throws. */
export function readJsonCapture<S extends z.ZodType>(
  capture: Pick<Capture, "bytes" | "origin">,
  schema: S,
): { value: z.output<S> } | Problem {
  const problem = (message: string): Problem => ({ kind: "problem", where: capture.origin, message });
  let value: unknown;
  try {
    value = JSON.parse(textOf(capture.bytes) ?? "");
  } catch {
    return problem(`expected JSON, found ${nameBytes(capture.bytes)}`);
  }
  const checked = schema.safeParse(value);
  return checked.success ? { value: checked.data } : problem(z.prettifyError(checked.error).slice(0, 1_000));
}

import { z } from "zod";
import { textOf } from "../src/collector/json.ts";

/** The value of JSON in UTF-8, or undefined for anything else; no JSON says undefined. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes) ?? "");
  } catch {
    return undefined;
  }
}

/** NUL and half UTF-16 pairs: legal as JSON escapes, but no source writes them, and neither canonical JSON nor a database takes them. */
const UNKEEPABLE = /[\0\p{Cs}]/u;

/** Text that can be kept everywhere. */
export const KeepableText = z
  .string()
  .refine((text) => !UNKEEPABLE.test(text), "expected text without NUL and without half UTF-16 pairs");

/** Labels of an alert, as Prometheus and Alertmanager write them. */
export const Labels = z.record(KeepableText, KeepableText);

import { CustodyError } from "../lib/errors.ts";
import type { Findings } from "./finding.ts";
import type { LogReader } from "./reader.ts";

/**
 * A reader of a store that somebody may have prepared: what lies under a name and is no ordinary object, or is too large to
 * be one of ours, is a finding and reads as missing. What says nothing about the store (it does not answer, this user may
 * not read it) is thrown on: "could not look" must never pass for "was changed", nor for "is right".
 */
export function carefulReader(reader: LogReader, findings: Findings): LogReader {
  const refuse = (key: string, thrown: unknown): undefined => {
    if (!speaksOfTheObject(thrown)) throw thrown;
    findings.add("stray", key, "an ordinary object of at most 64 MiB", thrown.message);
  };
  return {
    get: async (key) => {
      try {
        return await reader.get(key);
      } catch (thrown) {
        return refuse(key, thrown);
      }
    },
    read: async (key) => {
      try {
        const parts = await reader.read(key);
        return parts && untilRefused(parts, (thrown) => refuse(key, thrown));
      } catch (thrown) {
        return refuse(key, thrown);
      }
    },
    list: (prefix) => reader.list(prefix),
  };
}

async function* untilRefused(
  parts: AsyncIterable<Uint8Array>,
  refuse: (thrown: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* parts;
  } catch (thrown) {
    refuse(thrown);
  }
}

const NOT_ALLOWED: readonly unknown[] = ["EACCES", "EPERM"];

function speaksOfTheObject(thrown: unknown): thrown is CustodyError {
  if (!(thrown instanceof CustodyError) || NOT_ALLOWED.includes((thrown.cause as { code?: unknown } | undefined)?.code))
    return false;
  return thrown.code === "STORE_UNFIT" || thrown.code === "INPUT_TOO_LARGE" || thrown.code === "INPUT_INVALID";
}

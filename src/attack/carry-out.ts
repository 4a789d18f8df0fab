import type { LogReader } from "../verify/reader.ts";
import { verifyLedger } from "../verify/verify.ts";
import type { Attack } from "./attack.ts";
import type { Objects, Range } from "./range.ts";

/** What is known outside of the store when an attack is looked at. */
export interface Knowledge {
  readonly range: Range;
  readonly given: Attack["given"];
}

/** A program that verifies stores. Gives the codes it found, each once; none for a store that it holds for intact. */
export interface Judge {
  readonly name: string;
  judge(objects: Objects, known: Knowledge): Promise<readonly string[]>;
}

/** What one judge said of one attack. */
export interface Said {
  readonly judge: string;
  readonly codes: readonly string[];
  /** Every expected code is among them, or, for what cannot be seen, none at all. */
  readonly right: boolean;
}

/** Carries out an attack on a copy and lets every judge look at it. */
export async function carryOut(attack: Attack, range: Range, judges: readonly Judge[]): Promise<Said[]> {
  const objects = await attack.carryOut(range);
  const said: Said[] = [];
  for (const judge of judges) {
    const codes = await judge.judge(objects, { range, given: attack.given });
    said.push({ judge: judge.name, codes, right: isRight(attack, codes) });
  }
  return said;
}

function isRight({ expected }: Attack, codes: readonly string[]): boolean {
  return expected.length === 0 ? codes.length === 0 : expected.every((code) => codes.includes(code));
}

/** Heads that whoever verifies knows, by what is given. */
export function knownHeads({ range, given }: Knowledge) {
  if (given === "guard") return [range.guard];
  return given === "printed head" ? [range.printed] : [];
}

/** Custody's own verification, in this process. */
export const ownJudge: Judge = {
  name: "custody",
  async judge(objects, known) {
    const { pinned, outside } = known.range;
    const result = await verifyLedger(readerOf(objects), { keys: [pinned], since: knownHeads(known), outside });
    return [...new Set(result.findings.map(({ code }) => code))];
  },
};

/** Objects in memory as a store to be read. */
export function readerOf(objects: Objects): LogReader {
  return {
    get: async (key) => objects.get(key),
    read: async (key) => {
      const bytes = objects.get(key);
      return (
        bytes &&
        (async function* () {
          yield bytes;
        })()
      );
    },
    list: async function* (prefix) {
      for (const key of [...objects.keys()].sort())
        if (key.startsWith(prefix)) yield { key, size: objects.get(key)?.length ?? 0 };
    },
  };
}

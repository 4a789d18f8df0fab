import { actsOfKind, type RecordedAct, wordOf } from "../evidence/act.ts";
import type { BlobRef } from "../evidence/blob.ts";
import { isProven } from "../evidence/proof.ts";
import { fromIso, type Instant, type Interval } from "../lib/time.ts";

/** Samples as their records tell them: what was frozen, what was chosen and how, and what somebody found. Pure. */

export type MarkWord = "accepted" | "flagged" | "not-applicable";

interface By {
  readonly index: number;
  readonly at: Instant;
  /** Random ID, role, and whether they proved who they are. */
  readonly by: string;
  readonly role: string | undefined;
  readonly proven: boolean;
}

export interface Mark extends By {
  readonly row: string;
  readonly result: MarkWord;
  readonly note: string | undefined;
}

export interface HandPick extends By {
  readonly rows: readonly string[];
  /** Why these, in words. */
  readonly reason: string | undefined;
}

export interface Draw extends By {
  readonly rows: readonly string[];
  readonly asked: number;
  readonly seed: { readonly size: number; readonly root: string };
  /** The auditor's own; undefined where they are gone. */
  readonly words: string | undefined;
}

export interface Sample {
  readonly id: string;
  readonly frozen: By;
  readonly population: BlobRef;
  readonly size: number;
  readonly seen: { readonly size: number; readonly root: string };
  readonly window: Interval | undefined;
  readonly picks: readonly HandPick[];
  readonly draws: readonly Draw[];
  /** The mark that counts of each row that has one: the auditor's, where an auditor has marked it. */
  readonly marks: ReadonlyMap<string, Mark>;
  /** All marks, in order. */
  readonly allMarks: readonly Mark[];
}

export interface Samples {
  readonly samples: readonly Sample[];
  /** Records that do not fit: kept and told, and counting for nothing. */
  readonly troubles: readonly { readonly index: number; readonly id: string; readonly text: string }[];
}

type Act = RecordedAct<"sample">;
interface Building extends Sample {
  readonly picks: HandPick[];
  readonly draws: Draw[];
  readonly marks: Map<string, Mark>;
  readonly allMarks: Mark[];
}

function byOf({ index, at, entry: { actor } }: Act): By {
  return {
    index,
    at,
    by: actor.id,
    role: actor.role,
    proven: isProven(actor),
  };
}

/** Every sample of the acts, in the order in which they were frozen. */
export function foldSamples(acts: readonly RecordedAct[]): Samples {
  const troubles: { index: number; id: string; text: string }[] = [];
  const found = new Map<string, Building>();
  // Nothing here is corrected: what was frozen or drawn was, and a later mark follows on the one before.
  for (const act of actsOfKind(acts, "sample")) {
    const { entry, index } = act;
    const wrong = (text: string) => troubles.push({ index, id: entry.sample, text });
    const known = found.get(entry.sample);
    if (entry.act === "freeze") {
      const { population, seen, size, window } = entry;
      if (known !== undefined) wrong(`there is a ${known.id} already, by record ${known.frozen.index}`);
      else if (population === undefined || seen === undefined)
        wrong("it names no population, or not what was looked at");
      else if (seen.size > index) wrong("it speaks of records that came after it");
      else
        found.set(entry.sample, {
          id: entry.sample,
          frozen: byOf(act),
          population,
          size: size ?? 0,
          seen,
          window: window && { from: fromIso(window.from), to: fromIso(window.to) },
          picks: [],
          draws: [],
          marks: new Map(),
          allMarks: [],
        });
      continue;
    }
    if (known === undefined) wrong("its population was never frozen");
    else {
      const refused = take(known, act);
      if (refused !== undefined) wrong(refused);
    }
  }
  return { samples: [...found.values()], troubles };
}

/** Adds an act to a sample; says why not where it does not fit. */
function take(sample: Building, act: Act): string | undefined {
  const { entry } = act;
  const rows = entry.chosen ?? [];
  const by = byOf(act);
  if (rows.length === 0) return "it names no row";
  if (entry.act === "pick") {
    sample.picks.push({ ...by, rows, reason: wordOf(act, "reason") });
    return undefined;
  }
  if (entry.act === "draw") {
    const { seed, size = rows.length } = entry;
    if (seed === undefined) return "it names no fingerprint of the log";
    if (seed.size <= sample.frozen.index) return "its fingerprint is from before the population was frozen";
    if (seed.size > act.index) return "its fingerprint is of records that came after it";
    sample.draws.push({ ...by, rows, asked: size, seed, words: wordOf(act, "words") });
    return undefined;
  }
  if (entry.result === undefined) return "it says nothing about the row";
  for (const row of rows) {
    const mark: Mark = { ...by, row, result: entry.result, note: wordOf(act, "note") };
    sample.allMarks.push(mark);
    // What an auditor said stands, whatever the organisation says after it.
    const known = sample.marks.get(row);
    if (known === undefined || !isAuditors(known) || isAuditors(mark)) sample.marks.set(row, mark);
  }
  return undefined;
}

const isAuditors = ({ role, proven }: By): boolean => proven && role === "auditor";

/** A row that was chosen, and how. */
export interface ChosenRow {
  readonly row: string;
  /** Indexes of the records that picked it, and that drew it. */
  readonly picked: readonly number[];
  readonly drawn: readonly number[];
  readonly mark: Mark | undefined;
}

/** The rows of a sample in the order in which they were first chosen. */
export function chosenRows({ picks, draws, marks }: Pick<Sample, "picks" | "draws" | "marks">): ChosenRow[] {
  const rows = new Map<string, { picked: number[]; drawn: number[] }>();
  const all = [
    ...picks.map((one) => ({ ...one, how: "picked" as const })),
    ...draws.map((one) => ({ ...one, how: "drawn" as const })),
  ];
  for (const { rows: own, index, how } of all.sort((a, b) => a.index - b.index))
    for (const row of own) {
      const known = rows.get(row) ?? { picked: [], drawn: [] };
      known[how].push(index);
      rows.set(row, known);
    }
  return [...rows].map(([row, how]) => ({ row, ...how, mark: marks.get(row) }));
}

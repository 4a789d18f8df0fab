import type { Entry } from "../evidence/entry.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Hold } from "../trust/holds.ts";
import { indexesOf, lastNamed, type NamedFile, type Naming } from "./naming.ts";

/** What may be disposed of. Pure: everything it goes by is in the ledger. */

/**
 * Kinds of records whose files may be disposed of: evidence, and the words of people with what they attached. All others
 * hold the ledger up: without its configurations, catalogues, rules, keys, heads and masking rules nobody could say what was
 * expected, by what was judged or what the proofs stand on. A file that such a record names is refused, and so is one named
 * by a record of a kind that this version does not know.
 */
const DISPOSABLE = new Set([
  "run",
  "intake",
  "import",
  "upload",
  "plan",
  "gap",
  "identity",
  "report",
  "correction",
  "hold",
  "disposal",
  "sign-off",
  "delivery",
  "incident",
  "event",
  "event-decision",
  "action",
  "link",
  "waiver",
  "finding",
  "sample",
  "custody",
  "activity",
]);

const STRUCTURAL: Readonly<Record<string, string>> = {
  genesis: "the beginning of the log",
  config: "a configuration or catalogue, by which is known what was expected",
  key: "a statement about a key of the log",
  head: "a proof that a head of the log left the store",
  "masking-rule": "a masking rule, by which is known what evidence files are without",
  policy: "rules of the organisation, by which was judged",
  "self-check": "what Custody found when it looked after itself",
};

/** Why a file cannot be disposed of, in words; undefined where it can, as far as the records alone tell. */
export function structural(records: readonly Entry[]): string | undefined {
  const entry = records.find(({ kind }) => !DISPOSABLE.has(kind));
  if (entry === undefined) return undefined;
  const what =
    STRUCTURAL[entry.kind] ?? `part of a record of the kind "${entry.kind}", which this version does not know`;
  return `it is ${what} (record ${entry.index})`;
}

/** Incidents that a file tells of, by the ids the source gives them. */
export type Incidents = (file: NamedFile) => ReadonlySet<string>;

/** The first standing hold over a file or, for a list, over anything it lists. */
export function holdOver(naming: Naming, file: NamedFile, incidents: Incidents): Hold | undefined {
  const { digest } = file;
  return naming.holds.over({ digest, records: naming.records(file), incidents: incidents(file) });
}

const BARE = { mediaType: "application/octet-stream", contents: undefined, isList: false } as const;

export interface Judgement {
  /** To be recorded as disposed of, and deleted. */
  readonly fresh: readonly NamedFile[];
  /** Recorded already; only the deletion may be left. */
  readonly recorded: readonly NamedFile[];
}

/**
 * Sorts what is to be disposed of, or refuses all of it: a disposal is done as a whole or not at all. Throws NOT_FOUND for a
 * file that no record names, and DISPOSAL_REFUSED for one that holds the ledger up, is under a hold, or is a list of files
 * that would stay.
 */
export function judgeDisposal(naming: Naming, digests: readonly string[], incidents: Incidents): Judgement {
  refuseUnreadableHolds(naming);
  const wanted = new Set(digests);
  const fresh: NamedFile[] = [];
  const recorded: NamedFile[] = [];
  const problems: string[] = [];
  for (const digest of wanted) {
    const file = naming.files.get(digest);
    if (file === undefined) {
      const unnamed = naming.disposals.explains(digest, -1);
      if (unnamed !== undefined) {
        // Only a list that is gone itself named it.
        recorded.push({ ...BARE, digest, size: unnamed.size, entries: new Set(), lists: new Set() });
        continue;
      }
      throw new CustodyError("NOT_FOUND", `no record names an evidence file ${digest}`, {
        remedy: "`custody show NUMBER` prints the digests of a record; compare them with `sha256sum FILE`.",
      });
    }
    const why = structural(naming.records(file));
    if (why !== undefined) {
      problems.push(`${digest} cannot be disposed of: ${why}`);
      continue;
    }
    const hold = holdOver(naming, file, incidents);
    if (hold !== undefined) problems.push(underHold(digest, hold));
    const done = naming.disposals.explains(digest, lastNamed(file)) !== undefined;
    const staying = done ? [] : stayingContents(naming, file, wanted);
    if (staying.length > 0) {
      problems.push(
        `${digest} is a list, and names ${staying.length} ${staying.length === 1 ? "file" : "files"} that would stay (${staying[0]} first): without the list nobody could tell that they belong there. --with-contents disposes of them too`,
      );
    }
    (done ? recorded : fresh).push(file);
  }
  if (problems.length > 0) {
    throw new CustodyError("DISPOSAL_REFUSED", problems.slice(0, 20).join("\n"), {
      remedy: "Nothing was disposed of. `custody hold list` shows the holds.",
    });
  }
  return { fresh, recorded };
}

export function underHold(digest: string, hold: Hold): string {
  return `${digest} is under the hold ${hold.id}, placed on ${hold.at.slice(0, 10)} by the authority ${hold.authority} (record ${hold.index})`;
}

/** Throws DISPOSAL_REFUSED where a later version has written about holds. */
function refuseUnreadableHolds({ holds }: Naming): void {
  const [first] = holds.unreadable;
  if (first === undefined) return;
  throw new CustodyError("DISPOSAL_REFUSED", `record ${first} is about a hold, and this version cannot read it`, {
    remedy: "Update Custody on this machine first: what must not be deleted is not known.",
  });
}

/** What a list names and neither was nor will be disposed of. */
export function stayingContents(naming: Naming, list: NamedFile, wanted: ReadonlySet<string>): string[] {
  return (list.contents ?? []).filter((digest) => {
    const file = naming.files.get(digest);
    return (
      !wanted.has(digest) && file !== undefined && naming.disposals.explains(digest, lastNamed(file)) === undefined
    );
  });
}

/** The files, and everything that those of them which are lists name, at any depth. */
export function withContents(naming: Naming, digests: Iterable<string>): string[] {
  const all = new Set(digests);
  // A set grows while it is iterated.
  for (const digest of all) for (const inside of naming.files.get(digest)?.contents ?? []) all.add(inside);
  return [...all];
}

/** The files, and the lists that name nothing else any more once these are gone: they hold the names and addresses. */
export function withLists(naming: Naming, digests: Iterable<string>): string[] {
  const all = new Set(digests);
  for (const digest of all) {
    for (const list of naming.files.get(digest)?.lists ?? []) {
      const file = naming.files.get(list);
      if (
        file !== undefined &&
        structural(naming.records(file)) === undefined &&
        stayingContents(naming, file, all).length === 0
      )
        all.add(list);
    }
  }
  return [...all];
}

const MISTAKE_WITHIN = 72 * 3_600_000;

/**
 * A file that was uploaded by mistake: one upload alone names it, at most 72 hours ago. Throws DISPOSAL_REFUSED for anything
 * else, which takes an authority.
 */
export function requireMistake(naming: Naming, digests: readonly string[], now: number): void {
  for (const digest of digests) {
    const file = naming.files.get(digest);
    if (file === undefined) continue;
    const records = naming.records(file);
    const [first] = records;
    const alone = records.length === 1 && first?.kind === "upload";
    const why = !alone
      ? `records ${indexesOf(file).slice(0, 5).join(", ")} name it, and only what one upload alone names can be taken back so`
      : now - Date.parse(first.at) > MISTAKE_WITHIN
        ? `it was uploaded on ${first.at.slice(0, 10)}, more than 72 hours ago`
        : undefined;
    if (why === undefined) continue;
    throw new CustodyError("DISPOSAL_REFUSED", `${digest} is not taken back as a mistake: ${why}`, {
      remedy: "Dispose of it with --authority and --reason instead.",
    });
  }
}

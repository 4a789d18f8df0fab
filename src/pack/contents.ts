import { type BlobRef, blobKey, blobRefs } from "../evidence/blob.ts";
import { type Entry, type EntryOf, isKind } from "../evidence/entry.ts";
import { base64, digestOf } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Interval, iso } from "../lib/time.ts";
import { encodeReceipt } from "../tlog/proof.ts";
import { claimedWitnesses } from "../verify/claims.ts";
import type { LogReader } from "../verify/reader.ts";
import { LogCopy, memberOf } from "./log-copy.ts";
import { encodePackJson, type Omitted, PACK_FILES, PACK_FORMAT, type PackJson } from "./pack-json.ts";
import { type NamedBlob, type Selection, Selector } from "./select.ts";
import { headsText, type ListedHead, readmeText } from "./words.ts";
import type { ZipMember } from "./zip-write.ts";

/** Missing files that an error names. */
const MAX_TOLD = 10;
/** Configurations that are looked into for keys of witnesses. */
const MAX_CONFIGS = 20;

export interface PackPeriod extends Interval {
  readonly label: string;
  readonly zone: string;
}

/** What a pack is made from, beside the log itself. */
export interface PackRequest {
  readonly organisation: string;
  readonly origin: string;
  readonly period: PackPeriod;
  /** Records in the pack. */
  readonly size: number;
  readonly software: string;
  /** Evidence files that are held back, with the reason. */
  readonly withhold: ReadonlyMap<string, string>;
  /** Records whose evidence goes along though they do not concern the period, because the report cites them. */
  readonly cited: ReadonlySet<number>;
}

/** What comes from elsewhere than the log. */
export interface PackDocuments {
  /** The signed checkpoint of exactly the pack's size. */
  readonly checkpoint: Uint8Array;
  /** The key that signed it. */
  readonly vkey: string;
  readonly pdf: Uint8Array;
  readonly json: Uint8Array;
  readonly program: Uint8Array;
  readonly page: Uint8Array;
  readonly steps: Uint8Array;
}

export interface PackContents {
  /** The one top folder, with a slash. */
  readonly folder: string;
  readonly pack: PackJson;
  readonly members: readonly ZipMember[];
  readonly evidence: number;
  readonly disposed: number;
  readonly receipts: number;
}

/** The log as a pack needs it: read once from its beginning, also past the pack's size, where later records tell of deletions. */
export class PackSource {
  readonly log: LogCopy;
  readonly #request: PackRequest;
  readonly #reader: LogReader;
  readonly #found: Found;

  private constructor(log: LogCopy, request: PackRequest, reader: LogReader, found: Found) {
    this.log = log;
    this.#request = request;
    this.#reader = reader;
    this.#found = found;
  }

  /** `published` is the size of the store's checkpoint. */
  static async read(reader: LogReader, request: PackRequest, published: number): Promise<PackSource> {
    const found = new Found(request);
    const log = await LogCopy.of(reader, request.size, published, ({ index, entry }) => found.add(index, entry));
    return new PackSource(log, request, reader, found);
  }

  /** Every `head` entry of the published log, also those past the pack's size. */
  get heads(): readonly { readonly index: number; readonly entry: EntryOf<"head"> }[] {
    return this.#found.heads;
  }

  /** The keys that ever signed for this log, as its records say, the first one first. */
  get keys(): readonly string[] {
    return this.#found.keys;
  }

  /** Keys that its records revoke. */
  get revoked(): ReadonlySet<string> {
    return this.#found.revoked;
  }

  /** Decides what goes into the pack and lists it; the bytes are read when the members are written. Throws VERIFICATION_FAILED for evidence that is gone. */
  async contents(documents: PackDocuments): Promise<PackContents> {
    const { period, size, withhold } = this.#request;
    const gone = await this.#deletedLater();
    const selection = await this.#found.selector.select((blob) =>
      blob.wanted && !withhold.has(blob.digest) && !gone.has(blob.digest)
        ? this.#reader.get(blobKey(blob.digest))
        : Promise.resolve(undefined),
    );
    const { here, omitted } = this.#divide(selection, gone);
    await this.#requireThere(here);

    const label = fileName(period.label);
    const folder = `${fileName(this.#request.origin)}-${label}/`;
    const report = `${PACK_FILES.report}${label}.pdf`;
    const receipts = this.#receipts(documents.checkpoint);
    const about = {
      origin: this.#request.origin,
      size,
      root: base64(this.log.tree.root()),
      asOf: this.#found.asOf,
      period: { from: iso(period.from), to: iso(period.to), label: period.label, zone: period.zone },
      software: this.#request.software,
    };
    const witnesses = await this.#witnesses();
    const text = (words: string) => new TextEncoder().encode(words);
    const readme = readmeText({
      organisation: this.#request.organisation,
      pack: about,
      omitted,
      vkey: documents.vkey,
      report,
      evidence: here.length,
      disposed: selection.disposed.size,
      receipts: this.#found.receipts.length,
      isRotated: this.#found.keys.indexOf(documents.vkey) > 0,
      witnesses,
    });
    const outside = [
      memberOf(PACK_FILES.readme, text(readme)),
      memberOf(PACK_FILES.verify, documents.steps),
      memberOf(PACK_FILES.program, documents.program),
      memberOf(PACK_FILES.page, documents.page),
      memberOf(PACK_FILES.key, text(`${documents.vkey}\n`)),
      memberOf(PACK_FILES.heads, text(headsText(about, this.#listedHeads(), witnesses))),
      memberOf(report, documents.pdf),
      memberOf(`${PACK_FILES.report}${label}.json`, documents.json),
      ...(await receipts),
    ].sort(byPath);
    const pack: PackJson = {
      v: 1,
      format: PACK_FORMAT,
      ...about,
      files: outside.map(({ path, size: bytes, digest }) => ({ path, size: bytes, digest })),
      omitted,
    };
    const members = [
      ...outside,
      memberOf(PACK_FILES.json, encodePackJson(pack)),
      memberOf(`${PACK_FILES.store}checkpoint`, documents.checkpoint),
      ...this.log.members(PACK_FILES.store),
      ...here.map((blob) => this.#blobMember(blob)),
    ].sort(byPath);
    const sums = memberOf(PACK_FILES.sums, text(members.map(({ path, digest }) => `${digest}  ${path}\n`).join("")));
    return {
      folder,
      pack,
      members: [...members, sums].map((member) => ({ ...member, path: `${folder}${member.path}` })),
      evidence: here.length,
      disposed: selection.disposed.size,
      receipts: this.#found.receipts.length,
    };
  }

  /** What of the named blobs goes along, and what is listed as left out. */
  #divide(selection: Selection, gone: ReadonlySet<string>): { here: NamedBlob[]; omitted: Omitted[] } {
    const { withhold } = this.#request;
    const here: NamedBlob[] = [];
    const omitted: Omitted[] = [];
    for (const blob of selection.blobs.values()) {
      const { digest, size } = blob;
      if (selection.disposed.has(digest)) continue;
      const why = withhold.get(digest);
      if (why !== undefined) omitted.push({ digest, size, reason: "withheld", why });
      else if (!blob.wanted) omitted.push({ digest, size, reason: "outside-period" });
      else if (gone.has(digest)) omitted.push({ digest, size, reason: "disposed" });
      else here.push(blob);
    }
    for (const digest of withhold.keys()) {
      if (!selection.blobs.has(digest))
        throw new CustodyError("USAGE", `--withhold ${digest}: no record of this pack names such an evidence file`, {
          remedy: "Compare the digits with the evidence index of the report.",
        });
    }
    return { here, omitted: omitted.sort((a, b) => (a.digest < b.digest ? -1 : 1)) };
  }

  /** What records after the pack's last one delete. A file that was recorded anew after its deletion is there again. */
  async #deletedLater(): Promise<ReadonlySet<string>> {
    const { whole } = this.#found;
    if (whole === undefined) return new Set();
    return (await whole.select((blob) => this.#reader.get(blobKey(blob.digest)))).disposed;
  }

  /** All evidence that is gone or has another size, told at once. */
  async #requireThere(here: readonly NamedBlob[]): Promise<void> {
    const sizes = new Map<string, number>();
    for await (const { key, size } of this.#reader.list("blob/")) sizes.set(key, size);
    const bad = here.filter(({ digest, size }) => sizes.get(blobKey(digest)) !== size);
    if (bad.length === 0) return;
    const told = bad.slice(0, MAX_TOLD).map(({ digest, size }) => {
      const found = sizes.get(blobKey(digest));
      return `\n  ${digest}: ${size} bytes expected, ${found === undefined ? "no such file" : `${found} bytes`} found`;
    });
    const more = bad.length > MAX_TOLD ? `\n  … and ${bad.length - MAX_TOLD} more` : "";
    throw new CustodyError(
      "VERIFICATION_FAILED",
      `${bad.length} evidence files that belong into the pack are gone or altered:${told.join("")}${more}`,
      {
        remedy:
          "Put them back from a backup or the mirror; `custody verify` names everything that was changed. To hand out the rest, name each with --withhold and say why with --reason: the pack lists them.",
      },
    );
  }

  #blobMember({ digest, size }: NamedBlob): ZipMember {
    const key = blobKey(digest);
    const reader = this.#reader;
    return {
      path: `${PACK_FILES.store}${key}`,
      size,
      digest,
      open: async function* () {
        yield* (await reader.read(key)) ?? [];
      },
    };
  }

  /** One for each record that concerns the period, or is cited, and names evidence. */
  async #receipts(checkpoint: Uint8Array): Promise<ZipMember[]> {
    const note = new TextDecoder().decode(checkpoint);
    const made = async (index: number) => {
      const extra = await this.log.entry(index);
      return new TextEncoder().encode(
        encodeReceipt({ extra, index, proof: this.log.tree.proof(index), checkpoint: note }),
      );
    };
    const members: ZipMember[] = [];
    for (const index of this.#found.receipts) {
      const bytes = await made(index);
      members.push({
        path: `${PACK_FILES.receipts}${String(index).padStart(12, "0")}.tlog-proof`,
        size: bytes.length,
        digest: digestOf(bytes),
        // Made again when it is written: there may be very many.
        open: async function* () {
          yield await made(index);
        },
      });
    }
    return members;
  }

  /** Keys of witnesses as the configurations up to the pack's last record name them. */
  async #witnesses(): Promise<string[]> {
    const blob = async (digest: string) => {
      const bytes = await this.#reader.get(blobKey(digest));
      return bytes !== undefined && digestOf(bytes) === digest ? bytes : undefined;
    };
    return (await claimedWitnesses([...this.#found.configs].reverse(), blob)).map(({ vkey }) => vkey);
  }

  #listedHeads(): ListedHead[] {
    return this.#found.heads
      .filter(({ index }) => index < this.#request.size)
      .map(({ index, entry }) => ({
        index,
        size: entry.size,
        root: entry.root,
        at: entry.sent ?? entry.at,
        use: entry.use ?? "unknown",
        target: entry.target ?? "-",
      }));
  }
}

/** What one pass over the log finds. */
class Found {
  readonly selector: Selector;
  /** Over all published records, only where one of those past the pack's size deletes something. */
  whole: Selector | undefined;
  readonly heads: { index: number; entry: EntryOf<"head"> }[] = [];
  readonly keys: string[] = [];
  readonly revoked = new Set<string>();
  readonly receipts: number[] = [];
  /** The newest configurations. */
  readonly configs: { index: number; ref: BlobRef }[] = [];
  asOf = "";
  readonly #request: PackRequest;
  readonly #all: Selector;

  constructor(request: PackRequest) {
    this.#request = request;
    this.selector = new Selector(request.period);
    this.#all = new Selector(request.period);
  }

  add(index: number, entry: Entry): void {
    const { size, cited } = this.#request;
    this.#all.add(index, entry);
    if (isKind(entry, "genesis")) this.keys.push(entry.key);
    if (isKind(entry, "key") && entry.action === "introduce") this.keys.push(entry.key);
    if (isKind(entry, "key") && entry.action === "revoke") this.revoked.add(entry.key);
    if (isKind(entry, "head")) this.heads.push({ index, entry });
    if (index >= size) {
      if (isKind(entry, "disposal")) this.whole = this.#all;
      return;
    }
    this.asOf = entry.at;
    if (isKind(entry, "config")) {
      if (this.configs.length >= MAX_CONFIGS) this.configs.shift();
      this.configs.push({ index, ref: entry.config });
    }
    const concerned = this.selector.add(index, entry, cited.has(index));
    if ((concerned || cited.has(index)) && blobRefs(entry).length > 0) this.receipts.push(index);
  }
}

/** A label or an origin as a part of a file name. */
export function fileName(text: string): string {
  return text
    .replaceAll("..", "--")
    .replaceAll(/[^A-Za-z0-9.-]/g, "_")
    .replace(/^\.+/, "_");
}

function byPath(a: ZipMember, b: ZipMember): number {
  return a.path < b.path ? -1 : 1;
}

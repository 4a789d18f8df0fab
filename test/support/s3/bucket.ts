import { createHash, randomBytes } from "node:crypto";
import { S3Error } from "./answer.ts";

export interface Retention {
  readonly mode: string;
  /** Epoch ms. */
  readonly until: number;
}

/** One version of an object; in a bucket without versioning there is one, named `null`. */
export interface Version {
  readonly key: string;
  readonly id: string;
  readonly bytes: Buffer;
  readonly etag: string;
  readonly modified: number;
  /** A deletion in a versioned bucket. */
  readonly marker: boolean;
  readonly checksum: string | undefined;
  retention: Retention | undefined;
}

/** What a server does less well than S3, as found in the wild. */
export interface Weaknesses {
  /** Takes `If-None-Match` and `If-Match` and does not apply them. */
  readonly ignoreConditions?: boolean;
  /** Does so in buckets with versioning only, as Ceph does. */
  readonly ignoreConditionsOnVersioned?: boolean;
  /** Looks whether the object is there before it reads the body, so that several racers win. */
  readonly decideEarly?: boolean;
  /** Refuses to make a bucket in a region named by the client, as Ceph does. */
  readonly knowsNoRegions?: boolean;
}

export interface Conditions {
  readonly ifNoneMatch: string | undefined;
  readonly ifMatch: string | undefined;
}

/** A bucket: versions by key, and when a writer or a deletion is refused. Every method is one step, so it is atomic. */
export class Bucket {
  readonly name: string;
  readonly lockable: boolean;
  versioning: "" | "Enabled" | "Suspended";
  defaultRetention: { mode: string; days: number } | undefined;
  readonly #weak: Weaknesses;
  readonly #now: () => number;
  /** Newest last. */
  readonly #versions = new Map<string, Version[]>();

  constructor(name: string, lockable: boolean, weak: Weaknesses, now: () => number) {
    this.name = name;
    this.lockable = lockable;
    this.versioning = lockable ? "Enabled" : "";
    this.#weak = weak;
    this.#now = now;
  }

  get isEmpty(): boolean {
    return this.#versions.size === 0;
  }

  /** The newest version, or undefined when there is none or it is a deletion. */
  current(key: string): Version | undefined {
    const newest = this.#versions.get(key)?.at(-1);
    return newest?.marker ? undefined : newest;
  }

  version(key: string, id: string): Version {
    const found = this.#versions.get(key)?.find((version) => version.id === id);
    if (!found) throw new S3Error(404, "NoSuchVersion");
    return found;
  }

  /** Throws 412 unless the conditions of a write hold; `*` in `If-None-Match` is the only value that S3 takes. */
  checkConditions(key: string, { ifNoneMatch, ifMatch }: Conditions): void {
    if (this.#weak.ignoreConditions || (this.#weak.ignoreConditionsOnVersioned && this.versioning !== "")) return;
    const current = this.current(key);
    if (ifNoneMatch !== undefined && ifNoneMatch !== "*") throw new S3Error(501, "NotImplemented");
    if (ifNoneMatch === "*" && current)
      throw new S3Error(412, "PreconditionFailed", "At least one condition did not hold");
    if (ifMatch === undefined) return;
    if (!current) throw new S3Error(404, "NoSuchKey");
    if (ifMatch.replaceAll('"', "") !== current.etag) throw new S3Error(412, "PreconditionFailed");
  }

  put(key: string, bytes: Buffer, options: { retention?: Retention; checksum?: string; etag?: string } = {}): Version {
    const now = this.#now();
    const byDefault = this.defaultRetention && {
      mode: this.defaultRetention.mode,
      until: now + this.defaultRetention.days * 86_400_000,
    };
    const version: Version = {
      key,
      id: this.versioning === "Enabled" ? randomBytes(16).toString("hex") : "null",
      bytes,
      etag: options.etag ?? createHash("md5").update(bytes).digest("hex"),
      modified: now,
      marker: false,
      checksum: options.checksum,
      retention: options.retention ?? byDefault,
    };
    this.#add(version);
    return version;
  }

  /** Deletes a version for good; or, without its ID, puts a marker in a versioned bucket and deletes in any other. */
  delete(key: string, id: string | undefined, bypassGovernance: boolean): { id: string; marker: boolean } | undefined {
    if (id !== undefined) {
      const version = this.#versions.get(key)?.find((v) => v.id === id);
      if (!version) return undefined;
      this.#refuseLocked(version, bypassGovernance);
      this.#remove(version);
      return { id, marker: version.marker };
    }
    if (this.versioning === "") {
      this.#versions.delete(key);
      return undefined;
    }
    const newId = this.versioning === "Enabled" ? randomBytes(16).toString("hex") : "null";
    const rest = { bytes: Buffer.alloc(0), etag: "", checksum: undefined, retention: undefined };
    this.#add({ key, id: newId, modified: this.#now(), marker: true, ...rest });
    return { id: newId, marker: true };
  }

  /** Compliance is only ever made longer, governance shorter only by those who may bypass it. */
  retain(version: Version, retention: Retention, bypassGovernance: boolean): void {
    if (!this.lockable) throw new S3Error(400, "InvalidRequest", "Bucket is missing Object Lock Configuration");
    const old = version.retention;
    if (old && (retention.until < old.until || retention.mode !== old.mode))
      this.#refuseLocked(version, bypassGovernance);
    version.retention = retention;
  }

  /** The newest versions by key, without deletions. */
  objects(prefix: string): Version[] {
    return this.keys(prefix).flatMap((key) => this.current(key) ?? []);
  }

  /** All versions, by key, the newest of a key first. */
  allVersions(prefix: string): (Version & { readonly latest: boolean })[] {
    return this.keys(prefix).flatMap((key) =>
      [...(this.#versions.get(key) ?? [])].reverse().map((version, n) => ({ ...version, latest: n === 0 })),
    );
  }

  keys(prefix: string): string[] {
    return [...this.#versions.keys()]
      .filter((key) => key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  #add(version: Version): void {
    const others = (this.#versions.get(version.key) ?? []).filter((v) => v.id !== version.id);
    this.#versions.set(version.key, [...others, version]);
  }

  #remove(version: Version): void {
    const others = (this.#versions.get(version.key) ?? []).filter((v) => v !== version);
    if (others.length > 0) this.#versions.set(version.key, others);
    else this.#versions.delete(version.key);
  }

  #refuseLocked({ retention }: Version, bypassGovernance: boolean): void {
    if (!retention || retention.until <= this.#now()) return;
    if (retention.mode === "GOVERNANCE" && bypassGovernance) return;
    throw new S3Error(403, "AccessDenied", "Access Denied because object protected by object lock.");
  }
}

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRequest } from "../../src/tsp/request.ts";

export type KeyKind = "rsa" | "rsa-1024" | "p256" | "p384" | "p521" | "ed25519";

/** `YYYYMMDDHHMMSSZ`, as openssl takes it. */
const stampOf = (at: number): string => `${new Date(at).toISOString().replaceAll(/[-:T]/g, "").slice(0, 14)}Z`;

const DAY = 86_400_000;

export interface IssueOptions {
  readonly key?: KeyKind;
  /** Name of the certificate whose key signs; without it the certificate signs itself. */
  readonly by?: string;
  readonly from?: number;
  readonly to?: number;
  /** Lines of an openssl extension section. */
  readonly extensions: readonly string[];
  /** Hash of the issuer's signature. */
  readonly md?: string;
  /** Common name, when it is not the name it is filed under. */
  readonly cn?: string;
  /** Uses the key of another certificate. */
  readonly keyOf?: string;
  /** More options for `openssl ca`. */
  readonly options?: readonly string[];
}

export const ROOT_EXTENSIONS = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
export const TSA_EXTENSIONS = [
  "basicConstraints=critical,CA:FALSE",
  "keyUsage=critical,digitalSignature",
  "extendedKeyUsage=critical,timeStamping",
];

/** A certificate authority and a time stamp service made of openssl commands and files in a folder of its own. */
export class Pki {
  readonly folder = mkdtempSync(join(tmpdir(), "custody-tsp-"));
  #serial = 1000;

  path(name: string): string {
    return join(this.folder, name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  openssl(...args: string[]): Buffer {
    return execFileSync("openssl", args, { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
  }

  /** Exit status of an openssl command: what it says to a question. */
  agrees(...args: string[]): boolean {
    try {
      this.openssl(...args);
      return true;
    } catch (thrown) {
      if (typeof (thrown as { status?: unknown }).status === "number") return false;
      throw thrown;
    }
  }

  /** Makes `<name>.key` and `<name>.pem`. */
  issue(name: string, options: IssueOptions): this {
    const { by = name, from = Date.now() - DAY, to = Date.now() + 30 * DAY, extensions, md = "sha256" } = options;
    if (options.keyOf) writeFileSync(this.path(`${name}.key`), readFileSync(this.path(`${options.keyOf}.key`)));
    else this.openssl(...keyCommand(options.key ?? "p256"), "-out", `${name}.key`);
    this.openssl(
      "req",
      "-new",
      "-key",
      `${name}.key`,
      "-subj",
      `/O=Test/CN=${options.cn ?? name}`,
      "-out",
      `${name}.csr`,
    );
    const database = this.path(`${name}.ca`);
    mkdirSync(database);
    writeFileSync(join(database, "index"), "");
    writeFileSync(join(database, "serial"), (this.#serial++).toString(16).padStart(4, "0"));
    writeFileSync(
      this.path(`${name}.cnf`),
      `[ca]\ndefault_ca=it\n[it]\ndatabase=${database}/index\nserial=${database}/serial\nnew_certs_dir=${database}\npolicy=any\n[any]\norganizationName=supplied\ncommonName=supplied\n[ext]\n${extensions.join("\n")}\n`,
    );
    const signer = by === name ? ["-selfsign"] : ["-cert", `${by}.pem`];
    const kind = readFileSync(this.path(`${by}.key`), "utf8");
    this.openssl(
      ...["ca", "-batch", "-notext", "-config", `${name}.cnf`, "-extensions", "ext", "-in", `${name}.csr`],
      ...["-keyfile", `${by}.key`, ...signer, "-md", isEd25519(kind) ? "default" : md],
      ...["-startdate", stampOf(from), "-enddate", stampOf(to), "-out", `${name}.pem`, ...(options.options ?? [])],
    );
    return this;
  }

  pem(name: string): Uint8Array {
    return readFileSync(this.path(`${name}.pem`));
  }

  der(name: string): Uint8Array {
    return this.openssl("x509", "-in", `${name}.pem`, "-outform", "DER");
  }

  /** One PEM file of these certificates; openssl takes only the last of several files. */
  bundle(names: readonly string[]): string {
    const file = `${names.join("+") || "none"}.bundle`;
    writeFileSync(this.path(file), names.map((name) => readFileSync(this.path(`${name}.pem`), "utf8")).join(""));
    return file;
  }

  /** A configuration for `openssl ts -reply`; `chain` names certificates to be sent along. */
  service(signer: string, chain: readonly string[] = [], lines: readonly string[] = []): string {
    const config = `${signer}.ts.cnf`;
    if (!existsSync(this.path(`${signer}.serial`))) writeFileSync(this.path(`${signer}.serial`), "01");
    const along = this.bundle(chain);
    writeFileSync(
      this.path(config),
      [
        "[tsa]",
        `serial=${this.path(`${signer}.serial`)}`,
        `signer_cert=${this.path(`${signer}.pem`)}`,
        `signer_key=${this.path(`${signer}.key`)}`,
        ...(chain.length > 0 ? [`certs=${this.path(along)}`] : []),
        "signer_digest=sha256",
        "default_policy=1.3.6.1.4.1.99999.1",
        "other_policies=1.3.6.1.4.1.99999.2",
        "digests=sha256,sha384,sha512,sha1",
        "ess_cert_id_alg=sha256",
        ...lines,
        "",
      ].join("\n"),
    );
    return config;
  }

  /** `openssl ts -reply` to a query, as a file beside the others. */
  reply(config: string, query: Uint8Array): Uint8Array {
    writeFileSync(this.path("q.tsq"), query);
    this.openssl("ts", "-reply", "-config", config, "-section", "tsa", "-queryfile", "q.tsq", "-out", "r.tsr");
    return readFileSync(this.path("r.tsr"));
  }

  /** A response for a digest, with our own request. */
  stamp(config: string, digest: Uint8Array, nonce?: bigint): Uint8Array {
    return this.reply(config, encodeRequest({ digest, ...(nonce === undefined ? {} : { nonce }) }));
  }

  /** A token around any TSTInfo, by `openssl cms`, which asks less of the signer than `openssl ts`. */
  sign(tstInfo: Uint8Array, signer: string, ...options: string[]): Uint8Array {
    writeFileSync(this.path("tst.der"), tstInfo);
    this.openssl(
      ...["cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-outform", "DER", "-in", "tst.der"],
      ...["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-signer", `${signer}.pem`, "-inkey", `${signer}.key`],
      ...["-out", "cms.der", ...options],
    );
    return readFileSync(this.path("cms.der"));
  }

  /** What `openssl ts -verify` says of a token, at a time in seconds where one is given. */
  verifies(
    token: Uint8Array,
    digest: Uint8Array,
    root: string,
    at?: number,
    untrusted: readonly string[] = [],
  ): boolean {
    writeFileSync(this.path("v.tst"), token);
    return this.agrees(
      ...["ts", "-verify", "-token_in", "-in", "v.tst", "-digest", Buffer.from(digest).toString("hex")],
      ...["-CAfile", `${root}.pem`, ...(at === undefined ? [] : ["-attime", String(Math.floor(at / 1000))])],
      ...(untrusted.length > 0 ? ["-untrusted", this.bundle(untrusted)] : []),
    );
  }

  /** What `openssl cms -verify` says of signature and path alone; `openssl ts` knows neither RSA-PSS nor key identifiers. */
  verifiesAsCms(token: Uint8Array, root: string, at: number): boolean {
    writeFileSync(this.path("v.tst"), token);
    return this.agrees(
      ...["cms", "-verify", "-binary", "-inform", "DER", "-in", "v.tst", "-out", "v.out", "-purpose", "timestampsign"],
      ...["-CAfile", `${root}.pem`, "-attime", String(Math.floor(at / 1000))],
    );
  }
}

const isEd25519 = (pem: string): boolean =>
  Buffer.from(pem.split("\n")[1] ?? "", "base64").includes(Buffer.from("2b6570", "hex"));

function keyCommand(kind: KeyKind): string[] {
  if (kind === "ed25519") return ["genpkey", "-algorithm", "ed25519"];
  if (kind.startsWith("rsa"))
    return ["genpkey", "-algorithm", "rsa", "-pkeyopt", `rsa_keygen_bits:${kind === "rsa" ? 2048 : 1024}`];
  const curve = { p256: "P-256", p384: "P-384", p521: "P-521" }[kind as "p256"];
  return [
    "genpkey",
    "-algorithm",
    "EC",
    "-pkeyopt",
    `ec_paramgen_curve:${curve}`,
    "-pkeyopt",
    "ec_param_enc:named_curve",
  ];
}

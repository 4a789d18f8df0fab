import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCertificates } from "../src/tsp/certificate.ts";
import { OID } from "../src/tsp/oid.ts";
import { encodeRequest } from "../src/tsp/request.ts";
import { parseResponse } from "../src/tsp/response.ts";
import { parseToken } from "../src/tsp/token.ts";
import { type StampExpectation, verifyToken } from "../src/tsp/verify.ts";
import { describeWith } from "./support/tools.ts";
import { Pki, ROOT_EXTENSIONS, TSA_EXTENSIONS } from "./support/tsp-pki.ts";
import { timeText, tstInfo } from "./support/tsp-token.ts";

const DAY = 86_400_000;
const now = Date.now();
const digest = createHash("sha256").update("a checkpoint\n").digest();
const other = createHash("sha256").update("another one\n").digest();

describeWith(["openssl"], "time stamps beside openssl", () => {
  let pki: Pki;
  const roots = (...names: string[]) => names.flatMap((name) => readCertificates(pki.pem(name)));
  const tokenOf = (response: Uint8Array): Uint8Array => parseResponse(response).token ?? new Uint8Array();
  const codes = async (token: Uint8Array, expected: StampExpectation) => {
    const verdict = await verifyToken(token, expected);
    return verdict.verified ? "verified" : [...new Set(verdict.problems.map((p) => p.code))];
  };

  beforeAll(() => {
    pki = new Pki();
    const eku = (line: string) => [...TSA_EXTENSIONS.slice(0, 2), ...(line === "" ? [] : [line])];
    pki
      .issue("root", { key: "rsa", extensions: ROOT_EXTENSIONS, from: now - 4000 * DAY, to: now + 4000 * DAY })
      .issue("tsa", { key: "rsa", by: "root", extensions: TSA_EXTENSIONS, to: now + 30 * DAY })
      .issue("ecroot", {
        key: "p384",
        extensions: ROOT_EXTENSIONS,
        from: now - 4000 * DAY,
        to: now + 4000 * DAY,
        md: "sha384",
      })
      .issue("middle", {
        by: "ecroot",
        extensions: [...ROOT_EXTENSIONS.slice(1), "basicConstraints=critical,CA:TRUE,pathlen:0"],
        md: "sha384",
      })
      .issue("ectsa", { key: "p384", by: "middle", extensions: TSA_EXTENSIONS })
      .issue("p521", { key: "p521", by: "ecroot", extensions: TSA_EXTENSIONS, md: "sha512" })
      .issue("edroot", { key: "ed25519", extensions: ROOT_EXTENSIONS })
      .issue("edtsa", { by: "edroot", extensions: TSA_EXTENSIONS })
      .issue("pssroot", { keyOf: "root", extensions: ROOT_EXTENSIONS, options: ["-sigopt", "rsa_padding_mode:pss"] })
      .issue("psstsa", {
        keyOf: "tsa",
        by: "pssroot",
        extensions: TSA_EXTENSIONS,
        options: ["-sigopt", "rsa_padding_mode:pss"],
      })
      .issue("expired", { by: "ecroot", extensions: TSA_EXTENSIONS, from: now - 20 * DAY, to: now - 10 * DAY })
      .issue("early", { by: "ecroot", extensions: TSA_EXTENSIONS, from: now + 10 * DAY, to: now + 20 * DAY })
      .issue("server", { by: "ecroot", extensions: eku("extendedKeyUsage=critical,serverAuth") })
      .issue("both", { by: "ecroot", extensions: eku("extendedKeyUsage=critical,timeStamping,serverAuth") })
      .issue("optional", { by: "ecroot", extensions: eku("extendedKeyUsage=timeStamping") })
      .issue("purposeless", { by: "ecroot", extensions: eku("") })
      .issue("encipher", {
        by: "ecroot",
        extensions: [TSA_EXTENSIONS[2] ?? "", "keyUsage=critical,digitalSignature,keyAgreement"],
      })
      .issue("strange", {
        by: "ecroot",
        extensions: [...TSA_EXTENSIONS, "1.3.6.1.4.1.99999.7=critical,ASN1:UTF8String:x"],
      })
      .issue("mute", {
        by: "ecroot",
        extensions: ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,digitalSignature"],
      })
      .issue("undermute", { by: "mute", extensions: TSA_EXTENSIONS })
      .issue("web", { by: "ecroot", extensions: [...ROOT_EXTENSIONS, "extendedKeyUsage=serverAuth"] })
      .issue("underweb", { by: "web", extensions: TSA_EXTENSIONS })
      .issue("rolled", { by: "middle", cn: "middle", extensions: ROOT_EXTENSIONS })
      .issue("underrolled", { by: "rolled", extensions: TSA_EXTENSIONS })
      .issue("self", { extensions: TSA_EXTENSIONS })
      .issue("stranger", { cn: "ecroot", extensions: ROOT_EXTENSIONS })
      .issue("leaf", {
        by: "ecroot",
        extensions: ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,keyCertSign"],
      })
      .issue("underleaf", { by: "leaf", extensions: TSA_EXTENSIONS })
      .issue("deeper", { by: "middle", extensions: ROOT_EXTENSIONS })
      .issue("toodeep", { by: "deeper", extensions: TSA_EXTENSIONS })
      .issue("weak", { key: "rsa-1024", by: "ecroot", extensions: TSA_EXTENSIONS })
      .issue("sha1", { by: "ecroot", extensions: TSA_EXTENSIONS, md: "sha1" });
  });
  afterAll(() => pki.remove());

  test("openssl reads our request as its own of the same content", () => {
    const nonce = BigInt(`0x${randomBytes(8).toString("hex")}`);
    const query = encodeRequest({ digest, nonce, policy: "1.3.6.1.4.1.99999.2" });
    const token = parseToken(tokenOf(pki.reply(pki.service("tsa"), query)));
    expect(token).toMatchObject({ policy: "1.3.6.1.4.1.99999.2", nonce, ordering: false });
    expect(Buffer.from(token.digest)).toEqual(digest);
    pki.openssl("ts", "-query", "-digest", digest.toString("hex"), "-sha256", "-cert", "-no_nonce", "-out", "own.tsq");
    expect(Buffer.from(encodeRequest({ digest }))).toEqual(readFileSync(pki.path("own.tsq")));
  });

  test("a token of an RSA service verifies, with its chain, time and end", async () => {
    const config = pki.service(
      "tsa",
      ["root"],
      ["accuracy=secs:1,millisecs:500,microsecs:1", "ordering=yes", "tsa_name=yes"],
    );
    const token = tokenOf(pki.stamp(config, digest, 77n));
    expect(pki.verifies(token, digest, "root")).toBe(true);
    const verdict = await verifyToken(token, { digest, nonce: 77n, roots: roots("root") });
    if (!verdict.verified) throw new Error(JSON.stringify(verdict.problems));
    expect(verdict.signer).toBe("O=Test, CN=tsa");
    expect(verdict.chain.map((c) => c.subjectText)).toEqual(["O=Test, CN=tsa", "O=Test, CN=root"]);
    expect([verdict.genTime - verdict.earliest, verdict.latest - verdict.genTime]).toEqual([1501, 1501]);
    expect(Math.abs(verdict.genTime - Date.now())).toBeLessThan(60_000);
    expect(verdict.validUntil).toBe(Math.floor((now + 30 * DAY) / 1000) * 1000);
    expect(verdict.standing).toBe("anchored");
    expect(verdict.token).toMatchObject({ tsa: "O=Test, CN=tsa", ordering: true });
  });

  /** Signer, root, what we say; whether openssl says yes. The chain is sent along but for the root. */
  const services: readonly {
    readonly name: string;
    readonly signer: string;
    readonly root: string;
    readonly along?: readonly string[];
    readonly options?: readonly string[];
    readonly at?: number;
    readonly says: "verified" | readonly string[];
    /** Where openssl is laxer than we are, and why. */
    readonly openssl?: boolean;
    /** `openssl ts` cannot read it, `openssl cms` can. */
    readonly cms?: true;
  }[] = [
    { name: "RSA", signer: "tsa", root: "root", says: "verified" },
    { name: "RSA, SHA-512", signer: "tsa", root: "root", options: ["-md", "sha512"], says: "verified" },
    {
      name: "RSA-PSS",
      signer: "tsa",
      root: "root",
      options: ["-keyopt", "rsa_padding_mode:pss"],
      says: "verified",
      cms: true,
    },
    {
      name: "RSA-PSS all the way",
      signer: "psstsa",
      root: "pssroot",
      options: ["-md", "sha384", "-keyopt", "rsa_padding_mode:pss"],
      says: "verified",
      cms: true,
    },
    {
      name: "P-384 below an intermediate",
      signer: "ectsa",
      root: "ecroot",
      along: ["middle"],
      options: ["-md", "sha384"],
      says: "verified",
    },
    { name: "P-384 with SHA-256", signer: "ectsa", root: "ecroot", along: ["middle"], says: "verified" },
    { name: "P-521", signer: "p521", root: "ecroot", options: ["-md", "sha512"], says: "verified" },
    { name: "a root with Ed25519", signer: "edtsa", root: "edroot", says: "verified" },
    { name: "signer named by its key", signer: "tsa", root: "root", options: ["-keyid"], says: "verified", cms: true },
    { name: "expired since, stamped in time", signer: "expired", root: "ecroot", at: now - 15 * DAY, says: "verified" },
    { name: "expired when stamped", signer: "expired", root: "ecroot", says: ["outside-validity"] },
    { name: "not yet valid", signer: "early", root: "ecroot", says: ["outside-validity"] },
    { name: "before its root", signer: "tsa", root: "root", at: now - 5000 * DAY, says: ["outside-validity"] },
    { name: "for servers", signer: "server", root: "ecroot", says: ["purpose-wrong"] },
    { name: "for time stamps and servers", signer: "both", root: "ecroot", says: ["purpose-wrong"] },
    { name: "purpose not critical", signer: "optional", root: "ecroot", says: ["purpose-wrong"] },
    { name: "no purpose", signer: "purposeless", root: "ecroot", says: ["purpose-wrong"] },
    { name: "key usage beyond signatures", signer: "encipher", root: "ecroot", says: ["purpose-wrong"] },
    { name: "unknown critical extension", signer: "strange", root: "ecroot", says: ["certificate-unusable"] },
    { name: "self-signed, not trusted", signer: "self", root: "root", says: ["chain-untrusted"] },
    { name: "self-signed, trusted itself", signer: "self", root: "self", says: "verified" },
    { name: "another root", signer: "tsa", root: "ecroot", says: ["chain-untrusted"] },
    {
      name: "a root of the same name",
      signer: "p521",
      root: "stranger",
      options: ["-md", "sha512"],
      says: ["chain-untrusted"],
    },
    { name: "intermediate missing", signer: "ectsa", root: "ecroot", says: ["chain-untrusted"] },
    { name: "issued by a leaf", signer: "underleaf", root: "ecroot", along: ["leaf"], says: ["certificate-unusable"] },
    {
      name: "issued by a key that may not certify",
      signer: "undermute",
      root: "ecroot",
      along: ["mute"],
      says: ["certificate-unusable"],
    },
    {
      name: "issued by an authority for servers",
      signer: "underweb",
      root: "ecroot",
      along: ["web"],
      says: ["certificate-unusable"],
      openssl: true,
    },
    {
      name: "an authority that renewed its own key",
      signer: "underrolled",
      root: "ecroot",
      along: ["middle", "rolled"],
      says: "verified",
    },
    {
      name: "path longer than allowed",
      signer: "toodeep",
      root: "ecroot",
      along: ["middle", "deeper"],
      says: ["certificate-unusable"],
    },
    { name: "1024 bit key", signer: "weak", root: "ecroot", says: ["algorithm-refused"], openssl: true },
    {
      name: "certificate signed with SHA-1",
      signer: "sha1",
      root: "ecroot",
      says: ["algorithm-refused"],
      openssl: true,
    },
    {
      name: "token signed with SHA-1",
      signer: "tsa",
      root: "root",
      options: ["-md", "sha1"],
      says: ["algorithm-refused"],
      openssl: true,
    },
  ];

  test.each(services)(
    "$name: our verdict is openssl's",
    async ({ signer, root, along = [], options = [], at = now, says, openssl, cms }) => {
      const md = options.includes("-md") ? [] : ["-md", "sha256"];
      const chain = along.length > 0 ? ["-certfile", pki.bundle(along)] : [];
      const token = pki.sign(tstInfo({ digest, time: timeText(at) }), signer, "-cades", ...md, ...options, ...chain);
      expect(await codes(token, { digest, roots: roots(root) })).toEqual(says);
      if (cms) expect(pki.verifiesAsCms(token, root, at)).toBe(true);
      else expect(pki.verifies(token, digest, root, at)).toBe(openssl ?? says === "verified");
    },
  );

  test("bytes other than the stamped ones, or another nonce, are refused", async () => {
    const token = tokenOf(pki.stamp(pki.service("tsa"), digest, 77n));
    expect(pki.verifies(token, other, "root")).toBe(false);
    expect(await codes(token, { digest: other, roots: roots("root") })).toEqual(["imprint-mismatch"]);
    expect(await codes(token, { digest, nonce: 78n, roots: roots("root") })).toEqual(["nonce-mismatch"]);
    const without = tokenOf(pki.stamp(pki.service("tsa"), digest));
    expect(await codes(without, { digest, nonce: 77n, roots: roots("root") })).toEqual(["nonce-mismatch"]);
  });

  test("SHA-384 and SHA-512 imprints count, SHA-1 does not", async () => {
    for (const [hash, says] of [
      ["sha384", "verified"],
      ["sha512", "verified"],
      ["sha1", ["algorithm-refused"]],
    ] as const) {
      const hashed = createHash(hash).update("a checkpoint\n").digest();
      const token = pki.sign(tstInfo({ digest: hashed, hash: OID[hash] }), "tsa", "-cades", "-md", "sha256");
      expect(await codes(token, { digest: hashed, roots: roots("root") }), hash).toEqual(says);
    }
  });

  test("the older reference to the certificate, by SHA-1, still binds", async () => {
    const token = tokenOf(pki.stamp(pki.service("tsa", [], ["ess_cert_id_alg=sha1"]), digest));
    expect([...parseToken(token).signer.attributes.keys()]).toContain(OID.signingCertificate);
    expect(await codes(token, { digest, roots: roots("root") })).toEqual("verified");
  });

  test("without a signed reference to the certificate a token is refused", async () => {
    const token = pki.sign(tstInfo({ digest }), "tsa", "-md", "sha256");
    expect(pki.verifies(token, digest, "root")).toBe(false);
    expect(await codes(token, { digest, roots: roots("root") })).toEqual(["signer-unbound"]);
  });

  test("without its certificate a token needs it from elsewhere", async () => {
    const token = pki.sign(tstInfo({ digest }), "ectsa", "-cades", "-md", "sha256", "-nocerts");
    const intermediates = [pki.der("middle"), pki.der("ectsa")];
    expect(await codes(token, { digest, roots: roots("ecroot") })).toEqual(["signer-missing"]);
    expect(await codes(token, { digest, roots: roots("ecroot"), intermediates })).toEqual("verified");
    expect(pki.verifies(token, digest, "ecroot", now, ["middle", "ectsa"])).toBe(true);
  });

  test("after its end a stamp verifies by its own time, and says so", async () => {
    const stamped = now - 15 * DAY;
    const token = pki.sign(tstInfo({ digest, time: timeText(stamped) }), "expired", "-cades", "-md", "sha256");
    const end = Math.floor((now - 10 * DAY) / 1000) * 1000;
    for (const [at, standing] of [
      [stamped, "anchored"],
      [end, "anchored"],
      [end + 1, "expired"],
      [now, "expired"],
    ] as const) {
      const verdict = await verifyToken(token, { digest, roots: roots("ecroot"), at });
      expect(verdict).toMatchObject({ verified: true, standing, validUntil: end });
    }
    expect(pki.verifies(token, digest, "ecroot")).toBe(false);
    expect(pki.verifies(token, digest, "ecroot", stamped)).toBe(true);
  });

  test("a service that refuses says why, and there is no token", () => {
    const query = encodeRequest({ digest, policy: "1.3.6.1.4.1.99999.3" });
    const response = parseResponse(pki.reply(pki.service("tsa"), query));
    expect(response).toMatchObject({ status: "rejection", token: undefined });
    expect(response.failure).toMatch(/^the policy is not supported; .*policy/i);
  });
});

import { sameBytes } from "../lib/digest.ts";
import { type Instant, iso } from "../lib/time.ts";
import { type Certificate, KEY_USAGE } from "./certificate.ts";
import { algorithmName, OID } from "./oid.ts";
import { problem, type StampProblem } from "./problem.ts";
import { verifySignature } from "./signature.ts";

/** From the signer to the root; real ones have two to four. */
const MAX_PATH = 8;
/** Work bound: certificates made to look like each other's issuers can form very many paths. */
const MAX_LINKS = 64;

export interface PathAnswer {
  /** Signer first, trusted root last; undefined when there is none. */
  readonly path: readonly Certificate[] | undefined;
  /** Why not, when there is none. */
  readonly problems: readonly StampProblem[];
}

/**
 * A certification path from a signer to one of the roots, every certificate of it valid at the given time (RFC 5280 §6.1,
 * without policies, name constraints and revocation). A root is whatever the person who checks trusts: it is not asked who
 * signed it, but its times and its right to issue are respected.
 */
export async function findPath(
  signer: Certificate,
  others: readonly Certificate[],
  roots: readonly Certificate[],
  at: Instant,
): Promise<PathAnswer> {
  const problems: StampProblem[] = [];
  let links = 0;

  const extend = async (path: readonly Certificate[]): Promise<readonly Certificate[] | undefined> => {
    const last = path.at(-1) ?? signer;
    if (roots.some((root) => sameBytes(root.bytes, last.bytes))) return path;
    // Roots first: a copy of a root that came along is not better than the one that is trusted.
    const issuers = [...roots, ...others].filter((c) => sameBytes(c.subject, last.issuer) && !isIn(path, c));
    if (issuers.length === 0) {
      problems.push(
        problem("chain-untrusted", `${last.subjectText}: expected its issuer ${last.issuerText} among the roots`),
      );
    }
    for (const issuer of issuers) {
      links += 1;
      if (links > MAX_LINKS) return undefined;
      if (path.length === MAX_PATH) {
        problems.push(
          problem("chain-untrusted", `expected a path of at most ${MAX_PATH} certificates, found longer ones`),
        );
        return undefined;
      }
      const wrong = await checkLink(last, issuer, path, at);
      problems.push(...wrong);
      const found = wrong.length === 0 ? await extend([...path, issuer]) : undefined;
      if (found) return found;
    }
    return undefined;
  };

  const own = checkUse(signer, at);
  const path = await extend([signer]);
  if (own.length === 0 && path) return { path, problems: [] };
  // Nobody can use the list of all the wrong turns of a maze.
  const gaveUp = problem("chain-untrusted", `expected a path within ${MAX_LINKS} attempts, found none`);
  return { path: undefined, problems: distinct([...own, ...(links > MAX_LINKS ? [gaveUp] : problems)]) };
}

/** The same certificate, or the same subject with the same key under another name: going round in circles. */
function isIn(path: readonly Certificate[], certificate: Certificate): boolean {
  return path.some((c) => sameBytes(c.spki, certificate.spki) && sameBytes(c.subject, certificate.subject));
}

/** Whether `issuer` may have issued the last certificate of a path, and did. */
async function checkLink(
  certificate: Certificate,
  issuer: Certificate,
  path: readonly Certificate[],
  at: Instant,
): Promise<StampProblem[]> {
  const wrong = [...checkUse(issuer, at), ...checkAuthority(issuer, path)];
  if (wrong.length > 0) return wrong;
  const { scheme } = certificate;
  const { key } = issuer;
  if (scheme === undefined) {
    const name = algorithmName(certificate.algorithm.oid);
    return [problem("algorithm-refused", `certificate of ${certificate.subjectText}: ${name} is not accepted`)];
  }
  if (key === undefined) {
    return [
      problem("algorithm-refused", `certificate of ${issuer.subjectText}: its key is too weak or of no known kind`),
    ];
  }
  if (await verifySignature(key, scheme, certificate.tbs, certificate.signature)) return [];
  return [
    problem("chain-untrusted", `certificate of ${certificate.subjectText}: not signed by this ${issuer.subjectText}`),
  ];
}

/** Time and critical extensions, of every certificate of a path. */
function checkUse(certificate: Certificate, at: Instant): StampProblem[] {
  const { notBefore, notAfter, subjectText, unknownCritical } = certificate;
  const problems = unknownCritical.map((oid) =>
    problem("certificate-unusable", `certificate of ${subjectText}: critical extension ${oid} is not understood`),
  );
  // Both ends belong to it (RFC 5280 §4.1.2.5); it ends with its last second.
  if (at < notBefore || at >= notAfter + 1000) {
    const term = `${iso(notBefore)} to ${iso(notAfter)}`;
    problems.push(
      problem("outside-validity", `certificate of ${subjectText}: valid ${term}, the time stamp says ${iso(at)}`),
    );
  }
  return problems;
}

/** The right to issue what lies below it in the path (RFC 5280 §4.2.1.3, §4.2.1.9, §6.1.4). */
function checkAuthority(issuer: Certificate, path: readonly Certificate[]): StampProblem[] {
  const unusable = (reason: string): StampProblem =>
    problem("certificate-unusable", `certificate of ${issuer.subjectText}: ${reason}`);
  const problems: StampProblem[] = [];
  // Before version 3 there was no way to say so, and no certificate of today lacks it.
  if (issuer.authority?.ca !== true) problems.push(unusable("may not issue certificates"));
  if (issuer.keyUsage && !issuer.keyUsage.has(KEY_USAGE.keyCertSign))
    problems.push(unusable("its key may not sign certificates"));
  const below = path.slice(1).filter((c) => !sameBytes(c.issuer, c.subject)).length;
  if (issuer.authority?.pathLength !== undefined && below > issuer.authority.pathLength) {
    problems.push(unusable(`may have ${issuer.authority.pathLength} issuers below it, found ${below}`));
  }
  const purposes = issuer.purposes?.oids;
  if (purposes && !purposes.includes(OID.timeStamping) && !purposes.includes(OID.anyExtendedKeyUsage)) {
    problems.push(unusable("issues certificates for other purposes than time stamps"));
  }
  return problems;
}

const MAX_REASONS = 10;

function distinct(problems: readonly StampProblem[]): StampProblem[] {
  return problems.filter((p, i) => problems.findIndex((q) => q.message === p.message) === i).slice(0, MAX_REASONS);
}

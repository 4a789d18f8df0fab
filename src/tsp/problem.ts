/** Why a time stamp does not count: a closed list, for tests, JSON and the table of attacks. */
export const STAMP_PROBLEMS = {
  malformed: "it is no time stamp that can be read",
  "imprint-mismatch": "it stamps something else",
  "nonce-mismatch": "it answers another request",
  "algorithm-refused": "it relies on an algorithm or key that is too weak or not known",
  "content-altered": "what the service stated was changed",
  "signature-invalid": "the service's signature does not match",
  "signer-missing": "the certificate of the service is not there",
  "signer-unbound": "the signature does not name this certificate",
  "purpose-wrong": "the certificate is not one for time stamps",
  "outside-validity": "a certificate was not valid at the time stated",
  "certificate-unusable": "a certificate may not be used in this way",
  "chain-untrusted": "no path leads to a trusted root",
  "extension-unknown": "it has a critical extension that is not understood",
} as const;

export type StampProblemCode = keyof typeof STAMP_PROBLEMS;

export interface StampProblem {
  readonly code: StampProblemCode;
  /** Where, what was expected, what was found; one line. */
  readonly message: string;
}

export function problem(code: StampProblemCode, message: string): StampProblem {
  return { code, message };
}

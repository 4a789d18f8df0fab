import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import type { Instant } from "../lib/time.ts";

/** Something that stops being believed at some moment. */
export interface Expiry {
  /** For people: a host and port, or what it is. */
  readonly what: string;
  readonly ends: Instant;
}

/** A server whose certificate could not be looked at. */
export interface Unseen {
  readonly what: string;
  readonly why: string;
}

const DAY = 24 * 3_600_000;
/** Less than that is told: renewing may need a person, and a person may be on holiday. */
export const WARN_DAYS = 21;
const HTTPS_PORT = 443;
/** More addresses than any workspace has; bounds the time. */
const MAX_ADDRESSES = 50;
const ANSWER_WITHIN = 5_000;
const MAX_CHAIN = 10;

/** Host and port of each https address, once; user, path and query are not in it. */
export function tlsAddresses(urls: readonly string[]): { readonly host: string; readonly port: number }[] {
  const found = new Map<string, { host: string; port: number }>();
  for (const text of urls) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== "https:") continue;
    const port = Number(url.port) || HTTPS_PORT;
    found.set(`${url.hostname}:${port}`, { host: url.hostname.replace(/^\[|\]$/g, ""), port });
  }
  return [...found.values()].slice(0, MAX_ADDRESSES);
}

/**
 * When the certificates that a server shows end: the first of its chain to do so. Whether they are to be believed is the
 * business of whoever sends something there; here nothing is sent.
 */
export function certificateOf({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<Expiry | Unseen> {
  const what = `${host}:${port}`;
  return new Promise((resolve) => {
    const isName = !/^[\d.]+$|:/.test(host);
    const socket = connect({ host, port, rejectUnauthorized: false, ...(isName ? { servername: host } : {}) });
    const end = (result: Expiry | Unseen) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(ANSWER_WITHIN, () => end({ what, why: "no answer" }));
    socket.once("error", (error: NodeJS.ErrnoException) => end({ what, why: error.code ?? "the connection failed" }));
    socket.once("secureConnect", () => {
      const ends: number[] = [];
      let one = socket.getPeerCertificate(true);
      for (let i = 0; i < MAX_CHAIN && one?.raw !== undefined; i++) {
        ends.push(Date.parse(new X509Certificate(one.raw).validTo));
        if (one.issuerCertificate === one) break;
        one = one.issuerCertificate;
      }
      const first = Math.min(...ends);
      end(Number.isFinite(first) ? { what, ends: first } : { what, why: "it shows no certificate" });
    });
  });
}

/** Whole days until then; negative once it is over. */
export const daysUntil = (ends: Instant, now: Instant): number => Math.floor((ends - now) / DAY);

/** Codes for what ends soon or has ended. Pure. */
export function expiryCodes(all: readonly Expiry[], now: Instant): ("certificate-expired" | "certificate-expiring")[] {
  const days = all.map(({ ends }) => daysUntil(ends, now));
  const expired = days.some((left) => left < 0) ? (["certificate-expired"] as const) : [];
  const soon = days.some((left) => left >= 0 && left < WARN_DAYS) ? (["certificate-expiring"] as const) : [];
  return [...expired, ...soon];
}

/** One sentence about those that need somebody. */
export function expiryInWords(all: readonly Expiry[], now: Instant): string {
  return all
    .map(({ what, ends }) => ({ what, left: daysUntil(ends, now) }))
    .filter(({ left }) => left < WARN_DAYS)
    .sort((a, b) => a.left - b.left)
    .slice(0, 5)
    .map(({ what, left }) =>
      left < 0 ? `${what} has run out` : `${what} runs out in ${left} ${left === 1 ? "day" : "days"}`,
    )
    .join("; ");
}

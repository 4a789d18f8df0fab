import type { Clock } from "../lib/clock.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import { type Instant, iso } from "../lib/time.ts";
import { checkHeaders, urlBelow } from "./address.ts";
import { accepts, looksLikeHtml, networkCode, readBody } from "./body.ts";
import type { Answer, Run, Source } from "./define.ts";
import type { Mask } from "./mask.ts";
import { backoff, isPassing, LONGEST_RETRY_AFTER, MAX_ATTEMPTS, retryAfter } from "./retry.ts";

/** One answer, headers to last byte. */
export const REQUEST_TIMEOUT = 30_000;
const MAX_REDIRECTS = 3;
const JSON_TYPES = ["application/json"];
/** Kept beside the bytes: what dates and names an answer. Cookies and everything else stay out. */
const KEPT_HEADERS = [
  "content-type",
  "date",
  "etag",
  "last-modified",
  "link",
  "x-request-id",
  "cf-ray",
  "x-github-request-id",
  "x-total-count",
];
/** Certificates that do not convince; another attempt would not either. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;

export interface HttpOptions {
  readonly source: Source;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly mask: Mask;
  /** Bytes of one answer. */
  readonly maxBytes: number;
  readonly timeout?: number;
  readonly random?: () => number;
}

export interface HttpSession {
  readonly get: Run<unknown>["get"];
  /** Requests sent so far, repeated ones included. */
  requests(): number;
  /** How far the source's clock is ahead of ours in milliseconds, by the quickest answer with a Date; good to a second. */
  clockOffset(): number | undefined;
  /** Of the newest request, where it has no answer so far that can be used: where, and what came instead. No secret is in it. */
  trouble(): string | undefined;
  /** Until when the source asked to be left alone, where that is longer than a run waits. */
  notBefore(): Instant | undefined;
}

/**
 * GET below one base URL, as `Run.get` promises it. Credentials go to that origin only: a redirect elsewhere is refused,
 * and with credentials every redirect.
 */
export function openHttp(options: HttpOptions): HttpSession {
  const { source, clock, signal, mask } = options;
  let requests = 0;
  let notBefore: Instant | undefined;
  let trouble: string | undefined;
  let best: { offset: number; roundTrip: number } | undefined;
  const credentials = Object.keys(source.headers ?? {}).length > 0;
  checkHeaders(source.headers ?? {});

  function noteClock(response: Response, sent: number): void {
    const date = Date.parse(response.headers.get("date") ?? "");
    const received = clock.now();
    const roundTrip = received - sent;
    if (Number.isNaN(date) || roundTrip < 0 || (best && best.roundTrip <= roundTrip)) return;
    // The header has whole seconds: half of one is the best guess at what was cut off.
    best = { offset: Math.round(date + 500 - (sent + received) / 2), roundTrip };
  }

  async function send(url: URL, accept: readonly string[], gaveUp: AbortSignal): Promise<Response> {
    let target = url;
    for (let hops = 0; ; hops++) {
      requests++;
      const sent = clock.now();
      const response = await fetch(target, {
        redirect: "manual",
        signal: gaveUp,
        headers: {
          accept: accept.join(", "),
          "accept-encoding": "identity",
          "user-agent": "custody",
          ...source.headers,
        },
      });
      noteClock(response, sent);
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || location === null) return response;
      await response.body?.cancel();
      target = follow(target, location, hops);
    }
  }

  function follow(from: URL, location: string, hops: number): URL {
    const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
    const where = to ? mask.text(to.origin === from.origin ? to.pathname : to.origin) : "nowhere";
    if (!to || to.origin !== from.origin || to.username !== "" || credentials || hops >= MAX_REDIRECTS) {
      throw new CustodyError(
        "SOURCE_MISCONFIGURED",
        `${shown(from)} redirects to ${where}, and Custody does not take ${credentials ? "credentials" : "its question"} there`,
        { remedy: "Enter the address that answers without a redirect." },
      );
    }
    return to;
  }

  const shown = (url: URL): string => mask.text(url.href);

  async function attempt(url: URL, accept: readonly string[]): Promise<Answer | Passing> {
    const gaveUp = new AbortController();
    const stop = () => gaveUp.abort(signal.reason);
    const timeout = options.timeout ?? REQUEST_TIMEOUT;
    const timer = setTimeout(() => gaveUp.abort(new Error(`no complete answer within ${timeout / 1000} s`)), timeout);
    signal.addEventListener("abort", stop, { once: true });
    try {
      const response = await send(url, accept, gaveUp.signal);
      if (isPassing(response.status)) {
        const wait = retryAfter(response.headers, clock.now());
        await response.body?.cancel();
        return { status: response.status, found: "", wait };
      }
      return await answerOf(url, response, accept);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof CustodyError) throw cause;
      const code = networkCode(cause);
      if (CERTIFICATE.test(code)) {
        throw new CustodyError(
          "SOURCE_MISCONFIGURED",
          `${url.origin} shows a certificate that is not trusted (${code})`,
          {
            remedy: "Renew the certificate, or give Node the authority that signed it with NODE_EXTRA_CA_CERTS.",
            cause,
          },
        );
      }
      return { found: gaveUp.signal.aborted ? messageOf(gaveUp.signal.reason) : mask.text(code), wait: undefined };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  async function answerOf(url: URL, response: Response, accept: readonly string[]): Promise<Answer> {
    const fail = async (error: CustodyError): Promise<never> => {
      await response.body?.cancel().catch(() => undefined);
      throw error;
    };
    if (response.status === 401 || response.status === 403 || response.status === 407) {
      return fail(
        new CustodyError("SOURCE_REFUSED", `${shown(url)} refused the credentials (status ${response.status})`, {
          remedy: "Renew the token, or give it the permissions that the collector names.",
        }),
      );
    }
    const mediaType = response.headers.get("content-type") ?? "application/octet-stream";
    if (response.status !== 200) {
      return fail(wrongAnswer(shown(url), `status 200`, `status ${response.status} (${mask.text(mediaType)})`));
    }
    const isHtml = /^\s*(text\/html|application\/xhtml)/i.test(mediaType);
    if (isHtml && !accepts(accept, mediaType)) {
      return fail(wrongAnswer(shown(url), accept.join(" or "), "a web page (HTML), perhaps a sign-in page"));
    }
    const bytes = await readBody(response, options.maxBytes, shown(url));
    if (bytes.length === 0) throw wrongAnswer(shown(url), accept.join(" or "), "nothing (0 bytes)");
    const isNamed = response.headers.has("content-type");
    if (isNamed ? !accepts(accept, mediaType) : looksLikeHtml(bytes)) {
      const found = isNamed ? mask.text(mediaType) : "a web page (HTML) without a media type";
      throw wrongAnswer(shown(url), accept.join(" or "), found);
    }
    const headers = KEPT_HEADERS.flatMap((name) => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    const modified = Date.parse(response.headers.get("last-modified") ?? "");
    return {
      bytes,
      mediaType,
      origin: url.href,
      request: { method: "GET", url: url.href },
      status: response.status,
      headers: Object.fromEntries(headers),
      ...(Number.isNaN(modified) ? {} : { modifiedAt: modified }),
    };
  }

  async function get(
    path: string,
    query: Readonly<Record<string, string | number>> = {},
    accept: readonly string[] = JSON_TYPES,
  ): Promise<Answer> {
    const url = urlBelow(source.base, path, query);
    for (let tried = 1; ; tried++) {
      signal.throwIfAborted();
      trouble ??= `${shown(url)} did not answer`;
      const result = await attempt(url, accept);
      trouble =
        "bytes" in result || result.status === undefined
          ? undefined
          : `${shown(url)} answered with errors only (status ${result.status})`;
      if ("bytes" in result) return result;
      const wait = result.wait ?? backoff(tried - 1, options.random ?? Math.random);
      if (tried >= MAX_ATTEMPTS || wait > LONGEST_RETRY_AFTER) {
        if (wait > LONGEST_RETRY_AFTER) notBefore = clock.now() + wait;
        const until = notBefore === undefined ? "" : `; it asks to be left alone until ${iso(notBefore)}`;
        throw new CustodyError(
          "SOURCE_UNREACHABLE",
          result.status === undefined
            ? `${shown(url)} did not answer (${result.found}, ${tried} ${tried === 1 ? "attempt" : "attempts"})`
            : `${shown(url)} answered with an error (status ${result.status}) ${tried === 1 ? "" : `${tried} times`}`.trimEnd() +
                until,
          { remedy: "Check that the source runs and can be reached from here; the next run tries again." },
        );
      }
      await clock.sleep(wait, signal);
    }
  }

  return {
    get,
    requests: () => requests,
    clockOffset: () => best?.offset,
    notBefore: () => notBefore,
    trouble: () => trouble,
  };
}

/** An attempt that failed in a way that may pass. */
interface Passing {
  readonly found: string;
  /** Where it did answer. */
  readonly status?: number;
  readonly wait: number | undefined;
}

function wrongAnswer(where: string, expected: string, found: string): CustodyError {
  return new CustodyError("SOURCE_ANSWER", `${where}: expected ${expected}, found ${found}`, {
    remedy: "Open the address with the same credentials and compare; the configured URL may name another service.",
  });
}

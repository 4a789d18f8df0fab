import { networkCode, readBody } from "../collector/body.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";

/** A request over HTTP whose answer may have `maxBytes` at most. */
export interface Post {
  readonly url: string;
  /** The address as messages may name it. */
  readonly shown: string;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

/** An answer over HTTP, within the limits of what was asked. */
export interface HttpAnswer {
  readonly status: number;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly headers: Headers;
}

/**
 * One POST to an address of the operator's configuration. Redirects are not followed: whoever answers there must not choose
 * where a head, a notice, or a secret with it, goes. No text of the answer is repeated in an error. Throws
 * SOURCE_UNREACHABLE, SOURCE_MISCONFIGURED, SOURCE_TOO_LARGE.
 */
export async function postOnce(post: Post, signal: AbortSignal): Promise<HttpAnswer> {
  const { url, shown, body, headers, maxBytes } = post;
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      signal,
      body: Uint8Array.from(body),
      headers: { "user-agent": "custody", "accept-encoding": "identity", ...headers },
    });
    if (response.status >= 300 && response.status <= 399) {
      await response.body?.cancel();
      throw new CustodyError(
        "SOURCE_MISCONFIGURED",
        `${shown} redirects (status ${response.status}); it is not followed`,
        {
          remedy: "Enter the address that answers without a redirect.",
        },
      );
    }
    const bytes = await readBody(response, maxBytes, shown);
    const { status, headers: answered } = response;
    return { status, mediaType: answered.get("content-type") ?? "", bytes, headers: answered };
  } catch (cause) {
    if (cause instanceof CustodyError) throw cause;
    const why = signal.aborted ? messageOf(signal.reason) : codeOf(cause);
    throw new CustodyError("SOURCE_UNREACHABLE", `${shown} did not answer (${why})`, {
      remedy: "Check the address and that it can be reached from here; it is tried again.",
    });
  }
}

/** A code such as ECONNREFUSED; anything longer could repeat the address. */
function codeOf(cause: unknown): string {
  const code = networkCode(cause);
  return /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? code : "the connection failed";
}

/** An address for messages: what lies behind the host may be a secret. */
export function shownAddress(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "the address";
}

import { networkCode, readBody } from "../collector/body.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import type { PostAnswer } from "../witness/client.ts";
import type { Post } from "./define.ts";

/**
 * One POST to an address of the operator's configuration. Redirects are not followed: whoever answers there must not choose
 * where a head, or a secret with it, goes. No text of the answer is repeated in an error.
 */
export async function postOnce(post: Post, signal: AbortSignal): Promise<PostAnswer> {
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
    return { status: response.status, mediaType: response.headers.get("content-type") ?? "", bytes };
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

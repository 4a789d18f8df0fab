import { CustodyError, messageOf } from "../lib/errors.ts";

/** Whether a media type is one of those asked for; a vendor's own type of JSON is JSON. */
export function accepts(accept: readonly string[], mediaType: string): boolean {
  const type = (mediaType.split(";")[0] ?? "").trim().toLowerCase();
  return accept.some((wanted) => {
    if (wanted === "*/*" || wanted === type) return true;
    return wanted === "application/json" && /^application\/[a-z0-9.-]+\+json$/.test(type);
  });
}

export function looksLikeHtml(bytes: Uint8Array): boolean {
  return /^\s*<(!doctype|html|head|body)/i.test(Buffer.from(bytes.subarray(0, 200)).toString("latin1"));
}

/** The whole body, or SOURCE_TOO_LARGE as soon as it is clear that it will not fit. */
export async function readBody(response: Response, maxBytes: number, where: string): Promise<Uint8Array> {
  const tooLarge = () =>
    new CustodyError("SOURCE_TOO_LARGE", `${where} answers with more than ${maxBytes} bytes`, {
      remedy: "Ask for less at once: a shorter window or a smaller page.",
    });
  if (!response.body) return new Uint8Array();
  const announced = Number(response.headers.get("content-length") ?? 0);
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    if (announced > maxBytes) throw tooLarge();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Uint8Array(Buffer.concat(parts, size));
      size += value.length;
      if (size > maxBytes) throw tooLarge();
      parts.push(value);
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw error;
  }
}

/** The innermost code of a network error: ECONNREFUSED, ENOTFOUND, UND_ERR_SOCKET, CERT_HAS_EXPIRED … */
export function networkCode(thrown: unknown): string {
  let code = "";
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ("code" in error && typeof error.code === "string") code = error.code;
  }
  return code || messageOf(thrown);
}

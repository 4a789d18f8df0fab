/** What the server says to one request. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** An error as S3 words it; `extra` are further elements, in which real servers quote keys and signatures. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  readonly extra: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message = code, extra: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.extra = extra;
  }
}

export function errorAnswer(error: S3Error): Answer {
  const body = element("Error", [
    element("Code", error.code),
    element("Message", error.message),
    ...Object.entries(error.extra).map(([name, value]) => element(name, value)),
  ]);
  return xml(body, error.status);
}

export function xml(body: string, status = 200): Answer {
  return {
    status,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}

/** An element around a text, or around elements. */
export function element(name: string, content: string | number | boolean | readonly string[]): string {
  const inner = Array.isArray(content) ? content.join("") : escaped(String(content));
  return `<${name}>${inner}</${name}>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** The text of the first element of this name; enough for the few small documents that clients send. */
export function textOf(document: string, name: string): string | undefined {
  const found = new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}>`).exec(document)?.[1];
  return found?.replaceAll("&quot;", '"').replaceAll("&#34;", '"').replaceAll("&amp;", "&");
}

/** The texts of all elements of this name. */
export function textsOf(document: string, name: string): string[] {
  const parts = document.match(new RegExp(`<${name}>[^<]*</${name}>`, "g")) ?? [];
  return parts.map((part) => textOf(part, name) ?? "");
}

import { CustodyError } from "../lib/errors.ts";

/** The base URL of a source. Throws SOURCE_MISCONFIGURED for anything but http(s), and for one with a user or password in it. */
export function baseUrl(base: string | undefined): URL {
  if (base === undefined || !URL.canParse(base)) {
    throw new CustodyError("SOURCE_MISCONFIGURED", "the source has no usable URL", {
      remedy: "Enter one like https://prometheus.example.org.",
    });
  }
  const url = new URL(base);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new CustodyError("SOURCE_MISCONFIGURED", `expected a URL with http or https, found ${url.protocol}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new CustodyError("SOURCE_MISCONFIGURED", `the URL of ${url.host} has a user or password in it`, {
      remedy: "Take them out of the URL and refer to them as a secret.",
    });
  }
  return url;
}

/** `path` below the base, or a full URL that a source gave for its next page; never another origin. */
export function urlBelow(
  base: string | undefined,
  path: string,
  query: Readonly<Record<string, string | number>>,
): URL {
  const root = baseUrl(base);
  const text = /^https?:\/\//i.test(path)
    ? path
    : `${root.origin}${root.pathname.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.origin !== root.origin || url.username !== "" || url.password !== "") {
    throw new CustodyError("SOURCE_ANSWER", `${root.origin} names a page that lies elsewhere; it is not followed`);
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return url;
}

/** A secret with a line break in it would end up in the words of fetch's own error. */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) continue;
    throw new CustodyError(
      "SOURCE_MISCONFIGURED",
      `the value for the header ${name} has a character no header can hold`,
      {
        remedy: "Look for a line break or a typographic character in the secret.",
      },
    );
  }
}

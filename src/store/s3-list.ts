import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { CustodyError } from "../lib/errors.ts";
import { quote } from "./key.ts";
import type { StoredObject } from "./store.ts";

/** Pages in a row without a single key, after which the server is not believed to be getting anywhere. */
const MAX_EMPTY_PAGES = 100;

/**
 * The objects of all pages, keys in full. Every key must come after the one before it: the order is promised to the caller,
 * and it makes sure that a server that repeats itself comes to an end.
 */
export async function* listObjects(
  page: (token: string | undefined) => Promise<ListObjectsV2CommandOutput>,
  prefix: string,
  place: string,
): AsyncGenerator<StoredObject> {
  let token: string | undefined;
  let last: string | undefined;
  let empty = 0;
  do {
    const answer = await page(token);
    const objects = answer.Contents ?? [];
    empty = objects.length === 0 ? empty + 1 : 0;
    for (const object of objects) {
      const key = decodeListed(object.Key ?? "", answer.EncodingType);
      if (!key.startsWith(prefix)) throw unfit(place, `lists ${quote(key)}, which was not asked for`);
      // Servers order by the bytes of UTF-8, which differs from code units for keys that only somebody else can have made.
      if (last !== undefined && Buffer.compare(Buffer.from(key), Buffer.from(last)) <= 0)
        throw unfit(place, `lists ${quote(key)} after ${quote(last)}`);
      last = key;
      yield { key, size: object.Size ?? 0 };
    }
    token = answer.IsTruncated ? answer.NextContinuationToken : undefined;
    if (answer.IsTruncated && (token === undefined || empty > MAX_EMPTY_PAGES))
      throw unfit(place, "lists without an end");
  } while (token !== undefined);
}

/** A key as a list names it, percent-encoded or not. */
export function decodeListed(key: string, encoding: string | undefined): string {
  if (encoding !== "url") return key;
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key;
  }
}

function unfit(place: string, found: string): CustodyError {
  return new CustodyError("STORE_UNFIT", `${place} ${found}`, {
    remedy: "Custody needs a server that lists keys in order, as S3 does. Use another one.",
  });
}

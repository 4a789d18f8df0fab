import { type Element, elementsOf, open, readOid, TAG } from "./der.ts";

const SHORT: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.97": "organizationIdentifier",
};

/** BMPString, the one string type here that is no superset of ASCII. */
const BMP = 0x1e;

/** Text from a stranger as one bounded line: nothing in it can move a terminal's cursor or turn the writing round. */
export function plainText(bytes: Uint8Array, encoding: "utf-8" | "utf-16be" = "utf-8"): string {
  const text = new TextDecoder(encoding).decode(bytes.subarray(0, 400));
  return [...text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd")].slice(0, 200).join("");
}

/** A distinguished name for people, `CN=…, O=…`. Names are compared as bytes, never in this form. */
export function readName(element: Element, where: string): string {
  return elementsOf(element, TAG.set, 32, where)
    .flatMap((set) => elementsOf(set, TAG.sequence, 8, where))
    .map((pair) => {
      const cursor = open(pair, where);
      const type = readOid(cursor.next(TAG.oid, "type"), where);
      const value = cursor.any("value");
      cursor.end();
      return `${SHORT[type] ?? type}=${plainText(value.content, value.tag === BMP ? "utf-16be" : "utf-8")}`;
    })
    .join(", ")
    .slice(0, 500);
}

import { fingerprintOf, nameAndId } from "../../verify/say.ts";
import { element, paragraph, bytes as shownBytes } from "./elements.ts";
import type { Answer, ShownKey } from "./engine.ts";

type PackAnswer = Extract<Answer, { kind: "pack" }>;

/** What nobody but a person can compare: the key, newer keys that it leads to, the state, and the keys of witnesses. */
export function toCompare({ result, keys, enclosed }: PackAnswer): HTMLElement[] {
  const { steps } = result.keys;
  const newest = steps.at(-1)?.key;
  const isKept = result.ok && result.root !== undefined;
  const facts = [
    ...keys.flatMap((key) => fact(enclosed ? "key in the pack" : "key you gave", keyText(key))),
    ...steps.flatMap(({ index, key, by }) =>
      fact("newer key", [
        ...keyText({ vkey: key, fingerprint: fingerprintOf({ vkey: key }) }),
        `, introduced by record ${index}, signed by ${by.map(nameAndId).join(", ")}`,
      ]),
    ),
    ...(isKept ? fact("state of the log", [shownBytes(`${result.size}:${result.root}`)]) : []),
  ];
  const key =
    newest === undefined
      ? "The key must be the one that the organisation publishes."
      : "The key was replaced by a newer one, which signed this pack: the newer key must be the one that the organisation publishes now. Keep it for the next time.";
  const state = isKept
    ? " Keep the state: a later pack must continue it, and an earlier report or pack may name a state that this one must continue (“More that you may know”, above). An older state that is whole in itself can be told from the newest one only in that way."
    : " No state of the log is named here to be kept, because of what differs.";
  return [
    element("h2", "", "What only you can compare"),
    element("dl", "facts", ...facts),
    paragraph(`${key}${state}`),
    ...witnesses(result),
  ];
}

function witnesses({ claimedWitnesses: claims }: PackAnswer["result"]): HTMLElement[] {
  if (claims.length === 0) return [];
  return [
    paragraph(
      "The log itself names these keys of witnesses. That is a claim of the operator: ask each witness for its key, and paste it under “Witnesses that you trust”, above, if it is the same.",
    ),
    ...claims.map(({ vkey, index }) => paragraph(shownBytes(vkey), ` (record ${index})`)),
  ];
}

function keyText({ vkey, fingerprint }: ShownKey): (Node | string)[] {
  return [shownBytes(vkey), ` (fingerprint ${fingerprint})`];
}

function fact(term: string, text: readonly (Node | string)[]): HTMLElement[] {
  return [element("dt", "", term), element("dd", "", ...text)];
}

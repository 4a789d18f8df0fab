import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter } from "yaml";

export { type Mistake, mistakesOf, unwrap } from "../lib/mistakes.ts";

type Path = readonly PropertyKey[];

/** Place of a path in a file, as `custody.yaml:12`: the key itself, or the deepest part of the path that stands there. */
export function placeOf(file: string, document: Document, lines: LineCounter): (path: Path) => string {
  return (path) => {
    let node: unknown = document.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const key of path) {
      let next: unknown;
      let from: unknown;
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
        from = pair?.key;
        next = pair?.value;
      } else if (isSeq(node)) {
        next = node.items[Number(key)];
        from = next;
      }
      if (!isNode(from) || !from.range) break;
      offset = from.range[0];
      node = next;
    }
    return `${file}:${lines.linePos(offset).line}`;
  };
}

import { isMap, LineCounter, type Node, parseDocument } from "yaml";

/** YAML that people write, read so that whatever is wrong with it can be said with its line. */

export interface LinedYaml {
  readonly value: unknown;
  /** Line of the deepest node on the way that is there; a missing key is reported where it should stand. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Reads it. `problems` where it is no YAML, or unfolds into more than a person wrote: a finished line of text each. */
export function readLinedYaml(text: string):
  | LinedYaml
  | {
      readonly problems: readonly string[] /** What stands there all the same, where keys are only there twice. */;
      readonly rest?: LinedYaml;
    } {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    if (document.errors.length > 0) {
      const problems = document.errors.map((e) => {
        const twice = e.code === "DUPLICATE_KEY" ? `: "${keyAt(text, e.pos[0])}" is there twice` : "";
        return `line ${lines.linePos(e.pos[0]).line}: not YAML: ${e.message}${twice}`;
      });
      if (!document.errors.every(({ code }) => code === "DUPLICATE_KEY")) return { problems };
      return { problems, rest: { value: document.toJS(), lineOf: lineFinder(document.contents, lines) } };
    }
    return { value: document.toJS(), lineOf: lineFinder(document.contents, lines) };
  } catch (cause) {
    // Aliases nested to grow without end are refused by the parser, and so is what is nested without end.
    const message = cause instanceof RangeError ? "nested too deep" : (cause as Error).message;
    return { problems: [`not YAML: ${message}`] };
  }
}

const keyAt = (text: string, at: number) => /^[^:\s{}[\],]{0,60}/.exec(text.slice(at, at + 60))?.[0] ?? "";

function lineFinder(contents: Node | null, lines: LineCounter): LinedYaml["lineOf"] {
  return (path) => {
    let at: number = contents?.range?.[0] ?? 0;
    let node: unknown = contents;
    for (const step of path) {
      if (isMap(node))
        at = (node.items.find((p) => String(p.key) === String(step))?.key as Node | undefined)?.range?.[0] ?? at;
      node = (node as { get?: (key: unknown, keep: true) => unknown } | undefined)?.get?.(step, true);
      if (node === undefined) break;
      if (!isMap(node)) at = (node as Node).range?.[0] ?? at;
      else if (typeof step === "number") at = node.range?.[0] ?? at;
    }
    return lines.linePos(at).line;
  };
}

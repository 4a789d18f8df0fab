/** What must be known besides many results is said once, below the list, and each line names it by a number. */

export interface Legend {
  /** `  [1 3]` behind the name of a requirement; empty where none of its notes is in the legend. */
  readonly marks: (notes: readonly string[]) => string;
  readonly lines: readonly string[];
}

/** Details that a line of the legend names; of more it says where they are. */
const NAMED = 3;

/** A note as `what is said (of what)`; the same said of something else has the same number. */
function partsOf(note: string): { readonly said: string; readonly details: readonly string[] } {
  const [, said = note, inside] = /^(.*?) \((.*)\)$/s.exec(note) ?? [];
  return { said, details: inside?.split(/[,;] (?=[^,;]+ (?:since|until) |[^\s,;]+-\d)/) ?? [] };
}

/** The legend of all requirements that are listed, in the order in which their notes come up. */
export function legendOf(all: readonly (readonly string[])[]): Legend {
  const known = new Map<string, Set<string>>();
  for (const note of all.flat()) {
    const { said, details } = partsOf(note);
    const set = known.get(said) ?? new Set();
    for (const detail of details) set.add(detail);
    known.set(said, set);
  }
  const numbers = [...known.keys()];
  return {
    marks: (notes) => {
      const found = notes.map((note) => numbers.indexOf(partsOf(note).said) + 1).filter((n) => n > 0);
      return found.length === 0 ? "" : `  [${[...new Set(found)].sort((a, b) => a - b).join(" ")}]`;
    },
    lines: numbers.map((said, index) => `[${index + 1}] ${said}${detailsInWords([...(known.get(said) ?? [])])}`),
  };
}

function detailsInWords(details: readonly string[]): string {
  if (details.length === 0) return "";
  if (details.length <= NAMED) return ` (${details.join(", ")})`;
  return "; name a requirement to see where";
}

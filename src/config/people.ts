import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";
import { CustodyError } from "../lib/errors.ts";

/**
 * Puts the `token:` line of a person into the text of a configuration, and leaves every other character as it stands,
 * comments and alignment included. Throws CONFIG_INVALID where the text gives no safe place for it.
 */
export function withTokenLine(text: string, name: string, line: string, path: string): string {
  const document = parseDocument(text, { keepSourceTokens: true });
  const person = document.getIn(["people", name], true);
  const edited = isMap(person) && document.errors.length === 0 ? edit(text, person, line) : undefined;
  if (edited !== undefined && isOnlyChange(text, edited, name, line)) return edited;
  throw new CustodyError("CONFIG_INVALID", `${path}: the line for ${name} cannot be put in without changing more`, {
    remedy: `Add it yourself under \`people:\`, to \`${name}:\`, and run the command without --write.`,
  });
}

function edit(text: string, person: YAMLMap, line: string): string | undefined {
  const pairs = person.items as Pair[];
  const keyed = pairs.find(({ key }) => isScalar(key) && key.value === "token");
  if (keyed !== undefined) {
    const range = isScalar(keyed.value) ? keyed.value.range : undefined;
    return range ? text.slice(0, range[0]) + line + text.slice(range[1]) : undefined;
  }
  if (person.flow) {
    const open = person.range ? text.indexOf("{", person.range[0]) : -1;
    return open < 0
      ? undefined
      : `${text.slice(0, open + 1)} token: ${line}${pairs.length > 0 ? "," : " "}${text.slice(open + 1)}`;
  }
  const first = pairs[0]?.key;
  if (!isScalar(first) || !first.range) return undefined;
  const at = first.range[0];
  const indent = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return /^ +$/.test(indent) ? `${text.slice(0, at)}token: ${line}\n${indent}${text.slice(at)}` : undefined;
}

/** An anchor or a merge key could carry the line to somebody else. */
function isOnlyChange(before: string, after: string, name: string, line: string): boolean {
  const read = (text: string) => parseDocument(text, { uniqueKeys: true });
  const [old, changed] = [read(before), read(after)];
  if (changed.errors.length > 0 || changed.getIn(["people", name, "token"]) !== line) return false;
  const plain = (document: ReturnType<typeof read>) => {
    const data = document.toJS({ maxAliasCount: 100 }) as { people: Record<string, Record<string, unknown>> };
    const { token: _, ...rest } = data.people[name] ?? {};
    return JSON.stringify({ ...data, people: { ...data.people, [name]: rest } });
  };
  return plain(old) === plain(changed);
}

/** Writes the line into the file, all of it or nothing; its mode stays. */
export async function writeTokenLine(path: string, name: string, line: string): Promise<void> {
  const text = await readFile(path, "utf8");
  const edited = withTokenLine(text, name, line, path);
  const { mode } = await stat(path);
  const part = `${path}.${process.pid}.part`;
  await writeFile(part, edited, { mode: mode & 0o777, flag: "wx" });
  await rename(part, path);
}

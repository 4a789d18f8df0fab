import type { z } from "zod";

/** What is right in a file with mistakes, so that everything else in it can be checked all the same. */

/** One item of a list: its keys that are right, and whether all of it is. */
export interface Right<T> {
  readonly keys: Partial<T>;
  readonly whole: boolean;
}

/** Keys of an item that its schema takes, each by itself; undefined for what has no keys. An open schema keeps the others. */
export function rightKeys<S extends z.ZodObject>(schema: S, item: unknown): Right<z.output<S>> | undefined {
  const parsed = schema.safeParse(item);
  if (parsed.success) return { keys: parsed.data, whole: true };
  if (typeof item !== "object" || item === null || Array.isArray(item)) return undefined;
  const isOpen = schema.def.catchall?._zod.def.type === "unknown";
  const keys = Object.entries(item).flatMap(([key, value]) => {
    const own = Object.hasOwn(schema.shape, key) ? (schema.shape[key] as z.ZodType).safeParse(value) : undefined;
    if (own !== undefined) return own.success ? [[key, own.data]] : [];
    return isOpen ? [[key, value]] : [];
  });
  return { keys: Object.fromEntries(keys) as Partial<z.output<S>>, whole: false };
}

/** The same of each item of a list; nothing of what is no list. */
export function rightItems<S extends z.ZodObject>(schema: S, list: unknown): (Right<z.output<S>> | undefined)[] {
  return Array.isArray(list) ? list.map((item) => rightKeys(schema, item)) : [];
}

/** True for an item with an id of its own, right or wrong. */
export const hasId = (item: unknown): boolean => typeof item === "object" && item !== null && Object.hasOwn(item, "id");

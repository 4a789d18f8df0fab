/** Names that a policy gives to its parts, as far as they stand there, right or wrong beside them. */

export interface Names {
  readonly severities: readonly string[];
  readonly calendars: readonly string[];
  readonly channels: readonly string[];
  readonly natures: readonly string[];
  readonly sources: readonly string[];
  readonly contracts: readonly string[];
  readonly chain: readonly string[];
}

/** Collects them from whatever was read. A name that is misspelled in its own place is taken as it stands. */
export function namesIn(value: unknown): Names {
  const inSection = (...path: string[]) => path.reduce<unknown>((inner, key) => memberOf(inner, key), value);
  const listed = (section: unknown, key: string) =>
    Array.isArray(section) ? section.map((one) => memberOf(one, key)).filter(isText) : [];
  const chain = inSection("escalation", "chain");
  return {
    severities: listed(inSection("severities"), "label"),
    calendars: keysOf(inSection("calendars")),
    channels: listed(inSection("communications", "channels"), "id"),
    natures: listed(inSection("natures"), "id"),
    sources: listed(inSection("sources"), "id"),
    contracts: listed(inSection("contracts"), "id"),
    chain: Array.isArray(chain) ? chain.filter(isText) : [],
  };
}

const isText = (one: unknown): one is string => typeof one === "string";

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

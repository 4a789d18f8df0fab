import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { noticeChannelTrouble } from "../src/policy/notice-channel.ts";
import { PolicyFile } from "../src/policy/policy.ts";
import { SHIPPED_POLICIES } from "../src/policy/shipped.ts";
import { UNLOOKED, unlooked } from "../src/policy/unlooked.ts";
import { shippedPolicy } from "./support/rules.ts";

/** Every key of a policy is judged, used or printed as what no check looks at; nobody takes a line of it for proof by mistake. */

/** Words for people, wherever they stand: names, quotations, what is printed and decides nothing. */
const WORDS = new Set(
  "id title says refs aliases means examples note rule reason why about question taken alternatives document law".split(
    " ",
  ),
);

const A = "assess/conduct-";
/** The files in which the keys of a section are read. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  $schema: [],
  policy: [],
  version: [`${A}document`],
  zone: [`${A}document`],
  document: [`${A}document`, `${A}shown`],
  calendars: ["calendar/calendar", "calendar/business"],
  severities: [`${A}severity`, "assess/running", "assess/targets"],
  targets: ["assess/targets"],
  updates: ["assess/updates"],
  roles: [`${A}people`],
  escalation: [`${A}people`],
  communications: [`${A}messages`, `${A}telling`, "assess/binding", "policy/attested"],
  measures: [`${A}measures`],
  recovery: [`${A}measures`, `${A}outcome`],
  evidence: [`${A}evidence`, `${A}measures`],
  natures: [`${A}people`],
  sources: ["policy/gap-rule", `${A}origin`],
  severityChanges: [`${A}severity`],
  minimumSeverity: [`${A}severity`],
  signals: [`${A}signals`],
  gaps: ["policy/gap-rule", "daemon/gap-incidents"],
  intake: [
    `${A}decisions`,
    `${A}telling`,
    `${A}vulnerabilities`,
    "events/bulk",
    "events/rules",
    "events/rule",
    "acts/intake-rules",
    "cli/event-rules",
    "policy/intake-rule#export function spanOfRule",
  ],
  review: ["assess/review-clock", `${A}review`, `${A}form`, "acts/reviewing", "policy/attested"],
  publicReview: ["assess/review-clock", "assess/target-checks"],
  closing: [`${A}closing`, `${A}outcome`],
  breach: ["law/own-notice", "law/case", "law/contracts", `${A}people`],
  contracts: ["law/contracts"],
  datasets: ["law/case", "law/contracts"],
  laws: ["law/steps", "report/rules-laws"],
  upkeep: [`${A}upkeep`, `${A}shown`, `${A}signals`, `${A}document`, "assess/logs-expiring"],
  exceptions: [`${A}document`],
  acceptedGaps: [`${A}document`],
  choices: ["policy/remarks"],
};
/** A file, or of one that has the schema as well what stands behind a line of it. */
function textOf(place: string): string {
  const [file = "", behind] = place.split("#");
  const text = readFileSync(new URL(`../src/${file}.ts`, import.meta.url), "utf8");
  return behind === undefined ? text : (text.split(behind)[1] ?? "");
}
const WHEN = textOf("policy/condition#export function holds");

interface Node {
  readonly $ref?: string;
  readonly properties?: Record<string, Node>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: Node[];
  readonly allOf?: Node[];
}

function keysOf(): { readonly key: string; readonly isCondition: boolean }[] {
  const root = z.toJSONSchema(PolicyFile, { io: "input", unrepresentable: "any" }) as Node;
  const found = new Map<string, boolean>();
  const walk = (given: Node, path: string, isCondition: boolean) => {
    const steps = given.$ref?.split("/").slice(1);
    const node = (steps?.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], root) ?? given) as Node;
    for (const one of [...(node.anyOf ?? []), ...(node.allOf ?? [])]) walk(one, path, isCondition);
    const properties = Object.entries(node.properties ?? {});
    const condition = node.properties?.longerThan !== undefined && node.properties.natures !== undefined;
    for (const [name, inner] of properties) {
      const key = path === "" ? name : `${path}.${name}`;
      found.set(key, isCondition || condition);
      walk(inner, key, isCondition || condition);
    }
    if (node.items) walk(node.items, `${path}[]`, isCondition);
    if (typeof node.additionalProperties === "object") walk(node.additionalProperties, `${path}.NAME`, isCondition);
  };
  walk(root, "", false);
  return [...found].map(([key, isCondition]) => ({ key, isCondition }));
}

const isUnlooked = (key: string) =>
  Object.keys(UNLOOKED).some((one) => key === one || key.startsWith(`${one}.`) || key.startsWith(`${one}[]`));

test("each key of the schema has a reader, or a line that says that no check looks at it", () => {
  const keys = keysOf();
  expect(keys.length).toBeGreaterThan(250);
  const lost = keys.flatMap(({ key, isCondition }) => {
    const [section = ""] = key.split(/[.[]/);
    const leaf = key.split(".").at(-1) ?? "";
    if (isUnlooked(key) || (key !== section && WORDS.has(leaf)) || (key === section && WORDS.has(key))) return [];
    const read = isCondition && key !== section ? [WHEN] : READERS[section]?.map(textOf);
    if (read?.length === 0) return [];
    return read?.some((text) => new RegExp(`\\b${leaf.replace("[]", "")}\\b`).test(text)) ? [] : [key];
  });
  expect(lost, "name its reader in this test, or tell it in src/policy/unlooked.ts").toEqual([]);
  // A line for a key that is gone, or that is read by now, misleads.
  for (const key of Object.keys(UNLOOKED)) expect(keys.map((one) => one.key)).toContain(key);
});

test("what stands in the rules that ship and no check looks at is told, each at its place", () => {
  const told = SHIPPED_POLICIES.flatMap((name) => unlooked(shippedPolicy(name)));
  for (const one of told) expect(one.text).toMatch(/^no check looks at this; a person has to show that it is kept: "./);
  const places = new Set(told.map(({ path }) => path.filter((step) => typeof step === "string").join(".")));
  for (const place of [
    "gapNotices",
    "intake.filters",
    "communications.summary.leavesOut",
    "upkeep.practices",
    "upkeep.retention",
  ])
    expect(places).toContain(place);
});

test("the channel for notices about gaps is held against the channels of the configuration", () => {
  const policy = shippedPolicy("sev1-4");
  const trouble = (...channels: Parameters<typeof noticeChannelTrouble>[1]) => noticeChannelTrouble(policy, channels);
  const both = ["digest", "urgent"];
  expect(trouble({ id: "chat", use: "discord", gets: both })).toBeUndefined();
  expect(trouble({ id: "chat", use: "discord", gets: ["urgent"] })).toBeUndefined();
  expect(trouble()).toMatch(/by "chat" .*has no channel/);
  expect(trouble({ id: "email", use: "email", gets: both })).toMatch(/has only email; .*id: chat/);
  expect(trouble({ id: "chat", use: "discord", gets: ["report"] })).toMatch(/chat under .* neither digest nor urgent/);
  expect(noticeChannelTrouble(shippedPolicy("p1-p4"), [])).toBeUndefined();
});

import { expect, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { parseConfig } from "../src/config/config.ts";

const HEAD = `organisation: { name: A, zone: UTC }
store: file:./data/store
collectors:
  - { id: incidents, use: incident-log/markdown, path: ./incidents }
  - { id: alerts, use: alert-history/prometheus, url: "http://127.0.0.1:9090" }
`;
const parse = (more: string) => parseConfig(`${HEAD}${more}\n`, "/nowhere/custody.yaml", collectors, {});

test.each([
  ["masking: [{ id: a, kind: pattern }]", "custody.yaml:6: masking.0.pattern: is missing"],
  ["masking: [{ id: a, kind: pattern, pattern: '(a+)+b' }]", "say how often at most"],
  ["masking: [{ id: a, kind: email, pattern: abc }]", "is only for kind `pattern`"],
  ["masking: [{ id: jwt, kind: email }]", "is the name of a built-in rule"],
  ["masking: [{ id: a, kind: email }, { id: a, kind: ip }]", "is used twice"],
  ["masking: [{ id: a, kind: email, collectors: [incident] }]", 'there is no collector with the id "incident"'],
  ["masking: [{ id: a, kind: email, replace: 'x y' }]", "expected 1 to 40 of the characters"],
  ["masking: [{ id: a, kind: mail }]", "expected email, iban, phone, ip, pattern"],
  ["retention: [{ keep: 3 years }]", "expected how long, such as 3y or 400d"],
  ["retention: [{ keep: 3y, family: incident-logs }]", 'there is no family "incident-logs"'],
  ["retention: [{ keep: 3y, family: incident-log, collectors: [incidents] }]", "either `collectors` or `family`"],
  ["disposal: { accessKey: '${env:A}' }", "expected both `accessKey` and `secretKey`"],
  ["disposal: { accessKey: plain, secretKey: plain }", "expected a reference to a secret"],
])("%s is refused with its place", (more, why) => expect(parse(more)).rejects.toThrow(why));

test("each collector gets the rules that hold for it", async () => {
  const { instances } = await parse(`masking:
  - { id: mail, kind: email }
  - { id: names, kind: pattern, pattern: "Herr [A-Z][a-z]{1,30}", collectors: [incidents] }`);
  expect(instances.map(({ id, masking = [] }) => [id, masking.map((rule) => rule.id)])).toEqual([
    ["incidents", ["names"]],
    ["alerts", ["mail"]],
  ]);
});

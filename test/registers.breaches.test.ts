import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readFile } from "../collectors/markdown/file.ts";
import { keepRules, readRows } from "../collectors/postgres/rows.ts";
import { type FactInput, type FactOf, type Problem, wholeFact } from "../src/evidence/fact.ts";
import { keyFor, writeThere } from "../src/incidents/written-elsewhere.ts";
import { judgeStep } from "../src/law/judge.ts";
import { stepNamed } from "../src/law/steps.ts";
import { shippedLaws } from "../src/laws.ts";
import { canonicalBytes } from "../src/lib/canonical.ts";
import type { Policy } from "../src/policy/policy.ts";
import { breach, type Incident, incident, on, rules } from "./support/breaches.ts";
import { t } from "./support/entries.ts";

/** A register that is kept elsewhere tells all of a breach, and what it does not tell is missing. */

const usual = rules({ laws: [on("gdpr"), on("nis2")], breach: { usualRole: "controller" } } as Partial<Policy>);

function judge(step: string, about: Incident, { tells = true, policy = usual, asOf = "2026-12-01" } = {}) {
  const named = stepNamed(shippedLaws(), step);
  if (named === undefined) throw new Error(step);
  return judgeStep(named.law, named.id, about, { policy, asOf: t(asOf), zone: "Europe/Berlin", tells });
}
const words = (...all: Parameters<typeof judge>) => judge(...all).map(({ id, word }) => `${id} ${word}`);

function read(all: Iterable<FactInput | Problem>) {
  const found = [...all];
  const [fact] = found.flatMap((one) => (one.kind === "problem" ? [] : [wholeFact(one)]));
  return { fact: fact as FactOf<"incident">, problems: found.flatMap((one) => (one.kind === "problem" ? [one] : [])) };
}
const markdown = (text: string) => read(readFile(Buffer.from(text), "INC-8.md", { zone: "Europe/Berlin", words: {} }));

function table(columns: Record<string, string>) {
  const names = ["id", ...Object.keys(columns)];
  const page = {
    v: 1,
    first: 1,
    columns: names.map((name) => ({ name, oid: 25, type: "text" })),
    rows: [["INC-8", ...Object.values(columns)]],
  };
  const mapped = Object.fromEntries(names.map((name) => [name, name])) as Parameters<typeof keepRules>[0];
  return read(readRows(canonicalBytes(page), "rows", keepRules(mapped, "Europe/Berlin")));
}

describe("a breach in a file", () => {
  test("is told whole, as the example of the documentation does", () => {
    const { fact, problems } = markdown(readFileSync(new URL("../docs/example-incident.md", import.meta.url), "utf8"));
    expect(problems).toEqual([]);
    expect(fact.breaches).toEqual([
      expect.objectContaining({
        role: "controller",
        dataset: "newsletter",
        awareAt: t("2026-11-03T07:30:00Z"),
        risk: "risk",
        riskBy: "Anna Smith",
        riskAt: t("2026-11-03T11:00:00Z"),
        riskReason: "addresses and names, nothing more",
        authorityAt: t("2026-11-05T15:00:00Z"),
        authorityBy: "Anna Smith",
        authorityReference: "LDA-2026-4711",
        people: 40,
      }),
      expect.objectContaining({ role: "processor", dataset: "acme", controllerAt: t("2026-11-03T14:00:00Z") }),
    ]);
    expect(words("gdpr.authority", fact)).toEqual([
      "INC-8#controller/newsletter met",
      "INC-8#processor/acme not_applicable",
    ]);
    expect(judge("gdpr.authority", fact)[0]?.reason).toMatch(/told by Anna Smith; reference LDA-2026-4711/);
    expect(words("gdpr.register", fact)[0]).toBe("INC-8#controller/newsletter met");
  });

  test("says what is wrong in it, with its line, and reports under other laws as well", () => {
    const { fact, problems } = markdown(
      "---\ndetected: 2026-11-03T08:12:00Z\nbreaches:\n  - { role: owner, told: 2026-11-04 }\n  - { role: processor, people: 3, exemption_ground: averted, exemption: keys replaced }\nlaw_steps:\n  - { step: nis2.early-warning, at: 2026-11-03T10:00:00Z }\n  - { step: Early }\n---\n",
    );
    expect(fact.breaches).toEqual([expect.objectContaining({ people: 3, exemption: "averted: keys replaced" })]);
    expect(fact.lawSteps).toEqual([{ step: "nis2.early-warning", at: t("2026-11-03T10:00:00Z") }]);
    expect(problems.map(({ where }) => where)).toEqual(["INC-8.md:4", "INC-8.md:4", "INC-8.md:4", "INC-8.md:8"]);
  });

  test("stands in a column of a table just so, and only such a column says that there was none", () => {
    const { fact, problems } = table({ breaches: '[{"role":"controller","authority_told":"2026-11-04T10:00:00Z"}]' });
    expect([problems, fact.breaches[0]?.authorityAt, fact.tellsOf]).toEqual([
      [],
      t("2026-11-04T10:00:00Z"),
      ["breaches"],
    ]);
    expect(table({ title: "x" }).fact.tellsOf).toBeUndefined();
  });
});

describe("a message is the telling", () => {
  const at = t("2026-11-04T10:00:00Z");
  const message = (audience: string, more: object = {}) =>
    ({
      at,
      channel: "email",
      audience,
      purpose: null,
      reached: null,
      of: null,
      ...more,
    }) as Incident["messages"][number];
  const base = { detectedAt: t("2026-11-03T08:00:00Z"), closedAt: t("2026-11-10T08:00:00Z") };
  const one = (messages: Incident["messages"], more: Partial<Incident> = {}) =>
    incident({ ...base, messages, ...more });

  test("to the authority, where nothing else is recorded", () => {
    expect(words("gdpr.authority", one([message("authority")]))).toEqual(["INC-1 met"]);
    expect(judge("gdpr.authority", one([message("authority")]))[0]?.reason).toMatch(/time is that of the message/);
    expect(words("gdpr.authority", one([message("internal")]))).toEqual(["INC-1 not_met"]);
    expect(words("gdpr.authority", one([message("authority", { at: null })]))).toEqual(["INC-1 not_met"]);
    // That it was told is no documentation of it.
    expect(words("gdpr.register", one([message("authority")]))).toEqual(["INC-1 not_met"]);
  });

  test("as exactly as the message is known, and never instead of a time that is recorded", () => {
    const late = one([message("authority")], { breaches: [breach({ authorityAt: t("2026-11-20T10:00:00Z") })] });
    expect(words("gdpr.authority", late)).toEqual(["INC-1#controller not_met"]);
    const vague = one([message("authority", { at: t("2026-11-06T00:00:00Z") })], {
      precision: { "messages.0": 864e5 },
    });
    expect(words("gdpr.authority", vague)).toEqual(["INC-1 indeterminate"]);
  });

  test("to a customer only as a notice, once somebody knew; of several breaches only for the one that it fits", () => {
    const processor = (messages: Incident["messages"]) => one(messages, { breaches: [breach({ role: "processor" })] });
    const told = (messages: Incident["messages"]) => judge("gdpr.controller", processor(messages))[0]?.done;
    expect(told([message("controller")])).toBe(true);
    expect(told([message("customers")])).toBe(false);
    expect(told([message("customers", { purpose: "formal" })])).toBe(true);
    expect(told([message("customers", { purpose: "formal", at: t("2026-11-03T07:00:00Z") })])).toBe(false);
    const two = [breach({ dataset: "a" }), breach({ dataset: "b" })];
    expect(words("gdpr.authority", one([message("authority")], { breaches: two }))).toEqual([
      "INC-1#controller/a not_met",
      "INC-1#controller/b not_met",
    ]);
  });
});

describe("nothing recorded of a breach", () => {
  const bare = incident({ detectedAt: t("2026-02-05T15:32:00Z"), closedAt: t("2026-02-20T10:00:00Z") });

  test("after closing is no documentation, whatever its source can tell; of a processor the law asks none", () => {
    expect(words("gdpr.register", bare, { tells: false })).toEqual(["INC-1 not_met"]);
    expect(words("gdpr.register", bare, { tells: false, policy: rules() })).toEqual(["INC-1 not_met"]);
    const processor = rules({ breach: { usualRole: "processor" } } as Partial<Policy>);
    expect(words("gdpr.register", bare, { policy: processor })).toEqual(["INC-1 not_applicable"]);
  });

  test("leaves the time by which the authority had to be told, from when it was noticed", () => {
    const [answer] = judge("gdpr.authority", bare, { tells: false });
    expect([answer?.word, answer?.due]).toEqual(["no_data", t("2026-02-08T15:32:00Z")]);
    expect(words("gdpr.authority", bare)).toEqual(["INC-1 not_met"]);
  });
});

test("what a command would record is named as the key of the file, and of a table in words", () => {
  expect(keyFor("custody incident stamp INC-1 contained")).toBe("contained: TIME");
  expect(keyFor("incident breach INC-1 --role controller --dataset acme --authority-told TIME")).toBe(
    "breaches: - { role: controller, dataset: acme, authority_told: TIME }",
  );
  expect(keyFor("incident law-step INC-1 nis2.early-warning")).toBe(
    "law_steps: - { step: nis2.early-warning, at: TIME }",
  );
  expect(keyFor("custody incident communicate ID --channel email --audience customers --purpose update")).toBe(
    "messages: - { at: TIME, channel: email, audience: customers, purpose: update }",
  );
  expect(keyFor("incident note INC-1")).toBeUndefined();
  expect(writeThere("incident resolve ID", { instance: "log", origin: "a/INC-1.md" })).toBe(
    "add `resolved: TIME` to a/INC-1.md",
  );
  expect(writeThere("incident resolve ID", { instance: "log" })).toMatch(/record in the register that log collects/);
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { isCustodyError } from "../src/lib/errors.ts";
import { loadPolicy, mistakesInWords, readPolicy } from "../src/policy/load.ts";

/** The least that is a policy. */
const LEAST = {
  policy: "ours",
  version: "1",
  title: "Ours",
  document: {},
  severities: [
    { label: "High", rank: "high", means: "bad", says: "bad" },
    { label: "Low", rank: "low", means: "less bad", says: "less bad" },
  ],
};
const OFFICE = { hours: { mon: [["09:00", "17:00"]] }, holidays: [{ date: "2026-01-01", name: "New Year" }] };
const RESPOND = { from: "detectedAt", to: "respondedAt", says: "answer in time" };
const TODAY = Date.parse("2026-11-21T12:00:00Z");

const reading = (more: object) => readPolicy(stringify({ ...LEAST, ...more }), { zone: "Europe/Berlin", asOf: TODAY });
const mistakes = (more: object) => mistakesInWords(reading(more).mistakes);
const remarks = (more: object) => {
  const { mistakes: wrong, remarks: found } = reading(more);
  expect(mistakesInWords(wrong)).toEqual([]);
  return mistakesInWords(found);
};

describe("what cannot be used", () => {
  test("the least there can be is a policy, in the zone of the organisation", () => {
    expect(reading({}).policy?.zone).toBe("Europe/Berlin");
    expect(mistakes({})).toEqual([]);
  });

  test.each<[string, object, RegExp]>([
    [
      "a severity that nothing defines",
      { targets: { respond: { ...RESPOND, terms: { Hihg: "within 1h" } } } },
      /there is no severity "Hihg" under `severities`; there is High, Low; did you mean "High"\?/,
    ],
    [
      "one in a condition",
      { review: { required: [{ severities: ["Sev1"] }], from: "resolvedAt", says: "x" } },
      /review\.required\.0\.severities\.0: there is no severity "Sev1"/,
    ],
    [
      "one after which the procedure is reviewed",
      { document: { review: { after: ["Sev1"], says: "x" } } },
      /document\.review\.after\.0: there is no severity "Sev1"/,
    ],
    [
      "one of a rule",
      { gaps: [{ id: "stale", kind: "stale-evidence", severity: "Medium", opensIncident: true, says: "x" }] },
      /gaps\.0\.severity: there is no severity "Medium"/,
    ],
    [
      "a calendar that nothing defines",
      {
        calendars: { office: OFFICE },
        targets: { respond: { ...RESPOND, calendar: "offise", terms: { High: "within 1bd" } } },
      },
      /there is no calendar "offise" under `calendars`; there is office; did you mean "office"\?/,
    ],
    [
      "a channel that nothing defines",
      {
        communications: {
          channels: [{ id: "status-page", title: "Status" }],
          forbidden: [{ channel: "social", says: "x" }],
        },
      },
      /forbidden\.0\.channel: there is no channel "social"/,
    ],
    [
      "business time without a calendar",
      { targets: { respond: { ...RESPOND, terms: { High: "within 4bh" } } } },
      /targets\.respond\.terms\.High: "within 4bh" counts business time, and no calendar says when that is; add one/,
    ],
    [
      "business time in a contract without a calendar",
      {
        calendars: { office: OFFICE },
        contracts: [{ id: "ACME-7", role: "processor", term: "within 2bd", says: "x" }],
      },
      /contracts\.0\.term: .*such as `calendar: office`/,
    ],
    [
      "a lesser severity that must be quicker",
      { targets: { respond: { ...RESPOND, terms: { High: "within 4h", Low: "within 239m" } } } },
      /terms\.Low: Low has within 239m, which leaves less time than the worse High with within 4h/,
    ],
    [
      "a lesser severity that must be quicker by its last moment",
      { targets: { respond: { ...RESPOND, terms: { High: "within 4h", Low: "under 4h" } } } },
      /Low has under 4h, which leaves less time/,
    ],
    [
      "severities in the wrong order",
      { severities: [...LEAST.severities].reverse() },
      /severities\.1\.rank: High \(high\) stands below Low \(low\); severities are listed worst first/,
    ],
    [
      "two severities of one name",
      { severities: [LEAST.severities[0], { ...LEAST.severities[1], label: "HIGH" }] },
      /"HIGH" and "High" cannot be told apart/,
    ],
    [
      "an alias of two severities",
      {
        severities: [
          { ...LEAST.severities[0], aliases: ["P 1"] },
          { ...LEAST.severities[1], aliases: ["p-1"] },
        ],
      },
      /aliases\.0: "p-1" stands for High already/,
    ],
    [
      "a clock that ends before it begins",
      { targets: { back: { from: "resolvedAt", to: "detectedAt", terms: { High: "within 1h" }, says: "x" } } },
      /targets\.back\.to: detectedAt comes before resolvedAt/,
    ],
    [
      "a clock without length",
      { targets: { back: { from: "resolvedAt", to: "resolvedAt", terms: { High: "within 1h" }, says: "x" } } },
      /it begins and ends with resolvedAt/,
    ],
    [
      "a channel that is required and forbidden",
      {
        communications: {
          channels: [{ id: "phone", title: "Phone" }],
          required: [{ id: "call", channels: ["phone"], audience: "customers", says: "x" }],
          forbidden: [{ channel: "phone", says: "x" }],
        },
      },
      /"phone" is forbidden here and required by call/,
    ],
    [
      "a processor that tells nobody",
      { breach: { decision: { says: "x" }, usualRole: "processor" } },
      /a processor tells the controllers, and `controllers` is missing/,
    ],
    [
      "a set of data in another role than its contract",
      {
        contracts: [{ id: "c", role: "processor", term: "within 48h", says: "x" }],
        datasets: [{ id: "d", role: "controller", contract: "c", says: "x" }],
      },
      /controller here, processor in the contract c/,
    ],
    [
      "two things of one name",
      {
        sources: [
          { id: "alert", title: "A" },
          { id: "alert", title: "B" },
        ],
      },
      /sources\.1\.id: "alert" is there twice/,
    ],
    [
      "one law twice",
      {
        laws: [
          { law: "gdpr", on: true, why: "x" },
          { law: "gdpr", on: false, why: "x" },
        ],
      },
      /laws\.1\.law: "gdpr" is there twice/,
    ],
    [
      "a number in the id of a rule",
      { natures: [{ id: "type-1", title: "x", says: "x" }] },
      /no digits, such as status-page; found "type-1"/,
    ],
    [
      "an umlaut in a severity",
      { severities: [{ ...LEAST.severities[0], label: "Störung" }] },
      /write ae, oe, ue for umlauts.*found "Störung"/,
    ],
    [
      "a day that does not exist",
      { document: { effectiveFrom: "2026-02-30" } },
      /document\.effectiveFrom: there is no day 2026-02-30/,
    ],
    ["29 February of a common year", { document: { lastReviewed: "2026-02-29" } }, /there is no day 2026-02-29/],
    ["a month that does not exist", { document: { lastEdited: "2025-13" } }, /there is no day 2025-13/],
    [
      "a holiday that does not exist",
      { calendars: { office: { ...OFFICE, holidays: [{ date: "2026-06-31", name: "x" }] } } },
      /calendars\.office\.holidays\.0.*2026-06-31/,
    ],
    [
      "a rank that is none",
      { severities: [{ ...LEAST.severities[0], rank: "criticl" }] },
      /severities\.0\.rank: expected critical, high, medium, low, found "criticl"; did you mean "critical"\?/,
    ],
    ["an unknown key", { targetz: {} }, /line \d+: targetz: unknown key; did you mean "targets"\?/],
    ["a version that is a number", { version: 1.1 }, /version: expected text, found a number; put it in quotes/],
    [
      "a deadline in words",
      { targets: { respond: { ...RESPOND, terms: { High: "soonish" } } } },
      /targets\.respond\.terms\.High: "soonish" is no term; expected `within 15m`/,
    ],
    [
      "a rhythm where a deadline belongs",
      { targets: { respond: { ...RESPOND, terms: { High: "every 60m" } } } },
      /"every 60m" is how often; expected a deadline/,
    ],
    [
      "a deadline where a rhythm belongs",
      {
        communications: { channels: [{ id: "a", title: "A" }] },
        updates: { public: { ...RESPOND, channels: ["a"], terms: { High: "within 60m" } } },
      },
      /"within 60m" is a deadline; expected how often/,
    ],
    [
      "a time that no incident has",
      { targets: { respond: { ...RESPOND, to: "answeredAt", terms: {} } } },
      /targets\.respond\.to: expected occurredAt, detectedAt.*found "answeredAt"/,
    ],
    ["a zone that is none", { zone: "Europe/Berlni" }, /zone: expected a time zone.*did you mean Europe\/Berlin/],
    [
      "a condition that asks nothing",
      { review: { required: [{}], from: "resolvedAt", says: "x" } },
      /review\.required\.0: expected at least one of severities, tags/,
    ],
    [
      "text that would act on a terminal",
      { title: "a\u001b[2Jb" },
      /title: holds a line break or a character that cannot be seen/,
    ],
  ])("%s", (_, more, words) => {
    const found = mistakes(more);
    expect(found.join("\n")).toMatch(words);
    for (const one of found) expect(one).toMatch(/^line \d+: /);
    expect(found.length).toBeLessThanOrEqual(3);
  });

  test("29 February of a leap year is a day", () => {
    expect(mistakes({ document: { effectiveFrom: "2028-02-29" } })).toEqual([]);
  });

  test("what is wrong in one place hides nothing in another", () => {
    const found = mistakes({
      version: 2,
      calendars: { office: OFFICE },
      severities: [{ ...LEAST.severities[0], rank: "worst" }, LEAST.severities[1]],
      targets: {
        respond: { ...RESPOND, to: "nowhere", terms: { High: "within 1h" } },
        resolve: { from: "detectedAt", to: "resolvedAt", terms: { High: "within 2h", Hgih: "within 1h" }, says: "x" },
      },
    }).join("\n");
    expect(found).toMatch(/version: expected text/);
    expect(found).toMatch(/severities\.0\.rank/);
    expect(found).toMatch(/targets\.respond\.to/);
    expect(found).toMatch(/there is no severity "Hgih"/);
    // A severity that is misspelled elsewhere is still one: nobody is told twice of one mistake.
    expect(found).not.toMatch(/there is no severity "High"/);
  });

  test("a hundred mistakes are told at once, each with its own line", () => {
    const sources = Array.from({ length: 100 }, (_, i) => ({ id: `source-${i}`, title: "x" }));
    const found = reading({ sources }).mistakes;
    expect(found).toHaveLength(100);
    expect(new Set(found.map(({ line }) => line)).size).toBe(100);
  });

  test("more than two hundred are counted", () => {
    const sources = Array.from({ length: 300 }, (_, i) => ({ id: `source-${i}`, title: "x" }));
    expect(mistakes({ sources }).at(-1)).toBe("and 100 more");
  });

  test.each(["", "just words", "[]", "42", "null", "- a\n- b"])("%j is no policy", (text) => {
    expect(mistakesInWords(readPolicy(text).mistakes)[0]).toMatch(/^line 1: the file: expected keys with values/);
  });

  test("what is no YAML is told with its line", () => {
    expect(mistakesInWords(readPolicy("policy: x\ntargets: [\n  }").mistakes)[0]).toMatch(
      /^line [23]: the file: not YAML/,
    );
  });

  test("aliases that grow without end are refused", () => {
    const rows = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 0; i < 8; i++) {
      const [name, before] = [98 + i, 97 + i].map((code) => String.fromCharCode(code));
      rows.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(", ")}]`);
    }
    expect(mistakesInWords(readPolicy(rows.join("\n")).mistakes).join()).toMatch(/not YAML: .*alias/i);
  });

  test("what is nested without end is refused", () => {
    expect(mistakesInWords(readPolicy(`a: ${"[".repeat(100_000)}`).mistakes).join()).toMatch(/not YAML/);
  });

  test("more than 1 MiB is refused before it is parsed, under a code of its own", () => {
    expect(readPolicy("#".repeat(1024 * 1024 + 1)).mistakes[0]?.text).toMatch(/at most 1 MiB/);
    try {
      loadPolicy("#".repeat(1024 * 1024 + 1));
      expect.fail("accepted");
    } catch (thrown) {
      expect(isCustodyError(thrown, "INPUT_TOO_LARGE")).toBe(true);
    }
  });

  test("a key of every object's own is no key of a policy", () => {
    expect(mistakes({ constructor: { a: 1 } }).join()).toMatch(/constructor: unknown key/);
    expect(mistakesInWords(readPolicy(`${stringify(LEAST)}\n__proto__: { a: 1 }\n`).mistakes).join()).toMatch(
      /__proto__/,
    );
  });
});

describe("what an auditor would ask", () => {
  test.each<[string, object, RegExp]>([
    [
      "a place that is not filled in",
      { document: { owner: "[assign name/role]" } },
      /document\.owner: not filled in yet: \[assign name\/role\]/,
    ],
    ["TBD", { document: { approvedBy: "TBD" } }, /document\.approvedBy: not filled in yet: TBD/],
    [
      "who approved what they own",
      { document: { owner: "CTO", approvedBy: "cto " } },
      /whoever owns it approved it as well/,
    ],
    [
      "an edit since the last review",
      { document: { lastEdited: "2026-05-02", lastReviewed: "2026-05-01" } },
      /edited \(2026-05-02\) since it was last reviewed/,
    ],
    ["a review in the future", { document: { lastReviewed: "2027-01-01" } }, /2027-01-01 is in the future/],
    [
      "a review that is due",
      { document: { lastReviewed: "2025-11-20", review: { every: "1y", says: "x" } } },
      /its review has been due since 2026-11-20/,
    ],
    [
      "no number",
      { targets: { respond: { ...RESPOND, terms: { High: "no number", Low: "at once" } } } },
      /no measurable target for High, Low/,
    ],
    [
      "a number for the lesser only",
      { targets: { respond: { ...RESPOND, terms: { High: "no number", Low: "within 1h" } } } },
      /High has no number while the lesser Low has within 1h/,
    ],
    [
      "a review without a deadline",
      { review: { required: [{ severities: ["High"] }], from: "resolvedAt", says: "x" } },
      /a review is required and has no deadline/,
    ],
    [
      "a calendar without holidays",
      {
        calendars: { office: { ...OFFICE, holidays: [] } },
        targets: { respond: { ...RESPOND, calendar: "office", terms: { High: "within 1bd" } } },
      },
      /calendars\.office\.holidays: no holidays are listed/,
    ],
    [
      "a year without holidays",
      {
        calendars: { office: OFFICE },
        targets: { respond: { ...RESPOND, calendar: "office", terms: { High: "within 1bd" } } },
      },
      /no holidays are listed for 2027/,
    ],
    [
      "a calendar that ends",
      {
        calendars: { office: { ...OFFICE, validTo: "2026-12-31" } },
        targets: { respond: { ...RESPOND, calendar: "office", terms: { High: "within 1bd" } } },
      },
      /validTo: ends on 2026-12-31/,
    ],
    [
      "a calendar that nobody counts with",
      { calendars: { office: OFFICE } },
      /calendars\.office: no rule counts with it/,
    ],
    [
      "closing that waits for what is never written",
      {
        closing: { conditions: [{ needs: "review-published", says: "x" }] },
        publicReview: { required: [{ severities: ["High"] }], deadline: "within 7d", from: "resolvedAt", says: "x" },
      },
      /none is required for Low: by these words such an incident never closes/,
    ],
    [
      "an exception that ended",
      { exceptions: [{ id: "old", rule: "r", reason: "x", owner: "CTO", until: "2026-10" }] },
      /the exception old ended with 2026-10/,
    ],
    [
      "a gap accepted without end",
      { acceptedGaps: [{ id: "open", about: "r", reason: "x", owner: "CTO" }] },
      /open is accepted without an end/,
    ],
    [
      "an intake rule that ended, approved by its owner",
      {
        intake: {
          rules: [
            {
              id: "r",
              version: "1",
              owner: "Ops",
              approvedBy: "Ops",
              until: "2026-01-01",
              when: { name: "x" },
              decision: "event-only",
              reason: "x",
            },
          ],
        },
      },
      /the rule r ended on 2026-01-01/,
    ],
    ["one level on call", { upkeep: { onCall: { levels: ["first"], says: "x" } } }, /one level only/],
    [
      "a law that is off although notices go out",
      {
        laws: [{ law: "gdpr", on: false, why: "x" }],
        breach: { decision: { says: "x" }, authority: { term: "within 72h", from: "awareAt", says: "x" } },
      },
      /off, although breaches are notified/,
    ],
  ])("%s", (_, more, words) => {
    expect(remarks(more).join("\n")).toMatch(words);
  });

  test("an exception for a month holds to its last day", () => {
    const more = { exceptions: [{ id: "now", rule: "r", reason: "x", owner: "CTO", until: "2026-11" }] };
    expect(remarks(more).join("\n")).not.toMatch(/the exception now/);
  });

  test("a review of a month is old only when all of the month is", () => {
    const review = { every: "12mo", says: "x" };
    expect(remarks({ document: { lastReviewed: "2025-11", review } }).join("\n")).not.toMatch(/due since/);
    expect(remarks({ document: { lastReviewed: "2025-10", review } }).join("\n")).toMatch(/due since 2026-10-31/);
  });

  test("a review on 29 February is due on 28 February", () => {
    const more = { document: { lastReviewed: "2024-02-29", review: { every: "1y", says: "x" } } };
    expect(remarks(more).join("\n")).toMatch(/due since 2025-02-28/);
  });

  test("nothing ended where no day is given", () => {
    const text = stringify({
      ...LEAST,
      exceptions: [{ id: "old", rule: "r", reason: "x", owner: "CTO", until: "2001-01" }],
    });
    expect(mistakesInWords(readPolicy(text).remarks).join("\n")).not.toMatch(/ended/);
  });
});

test("the same text gives the same rules", () => {
  const text = readFileSync(new URL("../controls/policies/p1-p4.yaml", import.meta.url), "utf8");
  expect(loadPolicy(text, { zone: "UTC" })).toEqual(loadPolicy(text, { zone: "UTC" }));
});

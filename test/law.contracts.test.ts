import { describe, expect, test } from "vitest";
import { openCalendar } from "../src/calendar/calendar.ts";
import { judgeContracts, strictestOf } from "../src/law/contracts.ts";
import { iso } from "../src/lib/time.ts";
import type { Policy } from "../src/policy/policy.ts";
import { type Breach, breach, type Incident, incident, rules } from "./support/breaches.ts";
import { t } from "./support/entries.ts";

const contract = (id: string, term: string, more: object = {}): Policy["contracts"][number] => ({
  id,
  role: "processor",
  term,
  from: "awareAt",
  says: "x",
  ...more,
});
const policy = rules({
  contracts: [
    contract("acme", "within 24h"),
    contract("globex", "within 5bd", { calendar: "office" }),
    contract("initech", "no number"),
    contract("old", "within 4h", { validTo: "2026-10-31" }),
    contract("new", "within 48h", { validFrom: "2026-11-17" }),
    contract("partner", "within 12h", { role: "controller" }),
  ],
  datasets: [{ id: "acme-backups", role: "processor", contract: "acme", says: "x" }],
});
const general = rules({
  ...policy,
  breach: {
    controllers: { term: "within 48h", from: "awareAt", orFrom: "detectedAt", basis: "contract", says: "x" },
  } as NonNullable<Policy["breach"]>,
});

const data = (dataset: string | null, more: Partial<Breach> = {}, over: Partial<Incident> = {}) =>
  incident({
    breaches: [breach({ role: "processor", dataset, awareAt: t("2026-11-16T09:30Z"), ...more })],
    ...over,
  });
const judge = (about: Incident, by: Policy | undefined = policy, asOf = "2027-06-01") =>
  judgeContracts(about, { policy: by, asOf: t(asOf), zone: "Europe/Berlin" });
const told = (at: string) => ({ controllerAt: t(at) });

describe("contracts", () => {
  test.each<[why: string, about: Incident, by: Policy | undefined, word: string, reason: RegExp]>([
    [
      "in time to the second",
      data("acme", told("2026-11-17T09:30Z")),
      policy,
      "met",
      /acme, within 24h: done just when/,
    ],
    [
      "a second late: no margin of law counts for a contract",
      data("acme", told("2026-11-17T09:30:01Z")),
      policy,
      "not_met",
      /done 1 s after/,
    ],
    ["nobody was told", data("acme"), policy, "not_met", /not done, and due/],
    ["nobody was told, closed", data("acme", {}, { closedAt: t("2026-11-16T10:00Z") }), policy, "not_met", /not done/],
    ["found by the set of data", data("acme-backups", told("2026-11-18")), policy, "not_met", /acme, within 24h/],
    [
      "business days by the calendar: the fifth one's end",
      data("globex", told("2026-11-23T22:59Z")),
      policy,
      "met",
      /globex/,
    ],
    ["business days by the calendar: after it", data("globex", told("2026-11-23T23:00Z")), policy, "not_met", /globex/],
    ["no number, told", data("initech", told("2026-11-17")), policy, "no_target", /no number is set/],
    [
      "no number, not told, over",
      data("initech", {}, { resolvedAt: t("2026-11-17") }),
      policy,
      "not_met",
      /not done, and the incident is over/,
    ],
    [
      "terms that had ended",
      data("old", told("2026-11-17")),
      policy,
      "no_data",
      /terms of old did not hold on 2026-11-16/,
    ],
    ["terms that begin a day later", data("new", told("2026-11-17")), policy, "no_data", /terms of new did not hold/],
    [
      "terms on their first day",
      data("new", { awareAt: t("2026-11-16T23:00Z"), ...told("2026-11-18") }),
      policy,
      "met",
      /new/,
    ],
    ["no contract of that name", data("umbrella"), policy, "no_data", /no contract of your rules is named umbrella/],
    [
      "no contract of that name, with general terms",
      data("umbrella", told("2026-11-18T09:30Z")),
      general,
      "met",
      /your general terms, within 48h/,
    ],
    [
      "the other role has its own terms",
      data("acme", { role: "controller", dataset: "partner", ...told("2026-11-16T22:00Z") }),
      policy,
      "not_met",
      /partner, within 12h/,
    ],
    ["no rules at all", data("acme"), undefined, "not_applicable", /name no contract/],
    ["no contract in the rules", data("acme"), rules(), "not_applicable", /name no contract/],
    ["no personal data", incident({ personalData: "no" }), policy, "not_applicable", /no personal data/],
    [
      "undecided and closed",
      incident({ personalData: null, closedAt: t("2026-11-17") }),
      policy,
      "no_data",
      /nobody decided/,
    ],
    ["undecided and open", incident({ personalData: null }), policy, "pending", /nobody decided yet/],
  ])("%s", (_, about, by, word, reason) => {
    const [found] = judgeContracts(about, { policy: by, asOf: t("2027-06-01"), zone: "Europe/Berlin" });
    expect([found?.word, found?.reason]).toEqual([word, expect.stringMatching(reason)]);
  });

  test("several customers have clocks of their own, and the first to be due is known", () => {
    const all = judge(data(null), policy, "2026-11-16T10:00Z");
    expect(all.map(({ contract: name, word }) => [name, word])).toEqual([
      ["acme", "pending"],
      ["globex", "pending"],
      ["initech", "pending"],
    ]);
    expect(strictestOf(all)).toMatchObject({ contract: "acme", due: t("2026-11-17T09:30Z") });
    expect(iso(all[1]?.due ?? 0)).toBe("2026-11-23T23:00:00.000Z");
    expect(openCalendar(policy.calendars.office as never).data.zone).toBe("Europe/Berlin");
  });

  test("where it was not recorded when somebody knew, the time counts from when it was noticed", () => {
    const unknown = data(
      "acme",
      { awareAt: null, ...told("2026-11-17T09:00Z") },
      { detectedAt: t("2026-11-16T08:00Z") },
    );
    expect(judge(unknown)[0]).toMatchObject({
      word: "not_met",
      reason: expect.stringMatching(/counted from when it was noticed/),
    });
  });

  test("a closed incident without any time and without a notice is missed, not unknown", () => {
    expect(judge(data("acme", { awareAt: null }, { closedAt: t("2026-11-17") }))[0]?.word).toBe("not_met");
  });
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordIncident } from "../src/acts/registering.ts";
import { composeFor, type ReviewRequest, readActivities, recordReview, reviewFacts } from "../src/acts/reviewing.ts";
import { FakeClock } from "./support/clock.ts";
import { newWorkspace } from "./support/workspace.ts";

const HOUR = 3_600_000;

async function aPlace(policy = "") {
  const clock = new FakeClock("2026-11-20T08:00:00Z");
  const custody = await newWorkspace(`${policy}collectors: []`, clock);
  const path = (name: string) => join(custody.config.root, name);
  const open = async (title: string, detectedAt = "2026-11-19T20:00:00.000Z") => {
    clock.advance(HOUR);
    return (await recordIncident(custody, { act: "open", words: { title }, values: { detectedAt } })).incident;
  };
  const record = async (text: string, request: Omit<ReviewRequest, "file">) => {
    clock.advance(HOUR);
    await writeFile(path("review.md"), text);
    return recordReview(custody, { file: path("review.md"), incomplete: "a test", ...request });
  };
  const review = async (id: string) => {
    const { acts, activities } = await readActivities(custody);
    const fact = reviewFacts(acts.acts).find((one) => one.fact.id === id)?.fact;
    return { one: activities.all.get(id), fact, troubles: activities.troubles };
  };
  return { clock, custody, path, open, record, review };
}

test("the wrong file is corrected by another record, which counts instead and as late as it came", async () => {
  const { open, record, review, clock } = await aPlace();
  const [login, mail] = [await open("Login"), await open("Mail")];
  const wrong = await record("# Mail\n\nAbout the mail.\n", { incidents: [mail] });
  const because = "the file of another incident";
  for (const [request, why] of [
    [{ corrects: "999", because }, "there is no record of a review with this number"],
    [{ corrects: String(wrong.entry) }, "--because is missing"],
    [{ corrects: String(wrong.entry), because, as: wrong.id }, "leave out --as and --id"],
    [{ because }, "--because belongs to --corrects"],
  ] as const)
    await expect(record("# Login\n\nx\n", { incidents: [login], ...request })).rejects.toThrow(why);

  const right = await record("# Login\n\nAbout the login.\n", {
    incidents: [login],
    corrects: String(wrong.entry),
    because,
  });
  expect(right.id).toBe(wrong.id);
  const { one, fact, troubles } = await review(wrong.id);
  expect(troubles).toEqual([]);
  expect(one?.incidents).toEqual([login]);
  expect(one?.versions.map(({ entry, corrected }) => [entry, corrected])).toEqual([
    [wrong.entry, right.entry],
    [right.entry, undefined],
  ]);
  expect(one?.newest.words.correction).toBe(because);
  expect(fact).toMatchObject({ incident: login, date: clock.now(), title: "Login" });
  await expect(
    record("# Login\n\nAgain.\n", { incidents: [login], corrects: String(wrong.entry), because }),
  ).rejects.toThrow(`it was corrected already, by record ${right.entry}; correct that one`);
});

test("what is written about an incident is in the zone of the rules of then", async () => {
  const { custody, open, path } = await aPlace("policy: ./rules.yaml\n");
  const rules = {
    policy: "ours",
    version: "one",
    title: "Ours",
    document: { effectiveFrom: "2026-01-01" },
    zone: "Asia/Tokyo",
    severities: [{ label: "Bad", rank: "critical", means: "Bad.", says: "x" }],
  };
  await writeFile(path("rules.yaml"), JSON.stringify(rules));
  const { text } = await composeFor(custody, { incident: await open("Login") });
  // In Tokyo it was the next day already.
  expect(text).toContain("noticed: 2026-11-19 20:00:00 UTC (20 Nov 2026, 05:00:00 Asia/Tokyo)");
});

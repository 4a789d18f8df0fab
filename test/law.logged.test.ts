import { expect, test } from "vitest";
import { type EntryOf, isKind } from "../src/evidence/entry.ts";
import { lawFiles, lawTexts } from "../src/laws.ts";
import { assessmentOf, catalogueIn, readLedger } from "../src/views/gathering.ts";
import { declareNow } from "../src/work.ts";
import { FakeClock } from "./support/clock.ts";
import { newWorkspace } from "./support/workspace.ts";

test("the laws by which is judged are in the log, once, and each size of it is judged by those of then", async () => {
  const clock = new FakeClock();
  const custody = await newWorkspace("collectors: []", clock);
  const configs = async () => {
    const found: EntryOf<"config">[] = [];
    for await (const { entry } of (await custody.view()).read()) if (isKind(entry, "config")) found.push(entry);
    return found;
  };
  await declareNow(custody);
  await declareNow(custody);
  const [first, ...none] = await configs();
  expect(none).toEqual([]);
  const digests = lawFiles().map(({ digest }) => digest);
  expect(first?.laws?.map(({ digest }) => digest)).toEqual(digests);
  expect(digests).toHaveLength(4);

  // What another build had: a law of another title.
  const ledger = await custody.ledger();
  const texts = lawTexts().map((bytes) =>
    new TextDecoder().decode(bytes).replace("title: NIS2", "title: NIS2 of then"),
  );
  const laws = await Promise.all(texts.map((text) => ledger.put(new TextEncoder().encode(text), "application/yaml")));
  const {
    v: _v,
    index: _i,
    prev: _p,
    batch: _b,
    at: _a,
    software: _s,
    once: _o,
    ...draft
  } = first as EntryOf<"config"> & { once?: string };
  await ledger.append([{ ...draft, laws }]);
  const size = (await custody.view()).size;
  await declareNow(custody);
  expect(await configs()).toHaveLength(3);

  const titles = async (at: number) => {
    const found = await readLedger(custody, at);
    const { catalogue } = await catalogueIn(custody, found);
    const input = assessmentOf(custody, found, catalogue, { from: 0, to: clock.now() }, new Map());
    return input.laws?.map(({ title }) => title);
  };
  expect(await titles(size)).toContain("NIS2 of then");
  expect(await titles(size + 1)).not.toContain("NIS2 of then");
  // A log of before: those of this build.
  expect(await titles(1)).toHaveLength(4);
});

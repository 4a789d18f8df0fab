import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RecordedAct } from "../src/evidence/act.ts";
import { type EntryOf, encodeEntry, isKind } from "../src/evidence/entry.ts";
import { doubtInWords, doubtsOf } from "../src/handling/doubts.ts";
import type { EvidenceItem, Hole } from "../src/handling/item.ts";
import { evidenceItems } from "../src/handling/items.ts";
import { eventAct, holeInWords, remarksOn } from "../src/handling/words.ts";
import { iso } from "../src/lib/time.ts";
import { dateForPeople, forPeople } from "../src/lib/zone.ts";
import { Disposals } from "../src/trust/disposals.ts";
import { Holds } from "../src/trust/holds.ts";

const ZONE = "Europe/Berlin";
const DAY = 86_400_000;
const at = (text: string) => Date.parse(text);
const speaking = {
  person: (id: string) => id.replace(/^p-/, ""),
  moment: (when: number) => forPeople(when, ZONE),
  day: (when: number) => dateForPeople(when, ZONE),
};

type Fields = Partial<EntryOf<"custody">>;
interface Written extends Omit<Fields, "at" | "happened"> {
  /** When it happened, and when it was logged where that was later. */
  readonly on: string | number;
  readonly logged?: string | number;
  readonly who?: string;
  readonly words?: Record<string, string>;
}

const moment = (when: string | number) => (typeof when === "number" ? when : at(when));

/** Acts as the log would hold them: each is checked by the very schema that a record must pass. */
function logOf(...written: Written[]): RecordedAct[] {
  return written.map(({ on, logged = on, who = "p-anna", words = {}, ...fields }, index) => {
    const entry = {
      v: 1,
      index,
      prev: "0".repeat(64),
      batch: "0".repeat(32),
      at: iso(moment(logged)),
      software: "custody/test",
      kind: "custody",
      actor: { type: "person", id: who, role: "owner", auth: "token" },
      evidence: "EVD-2026-001",
      act: "access",
      happened: iso(moment(on)),
      ...fields,
    } as EntryOf<"custody">;
    encodeEntry(entry);
    if (!isKind(entry, "custody")) throw new Error("not as a record must be");
    return { index, at: moment(logged), entry, words };
  });
}

const itemsOf = (acts: RecordedAct[]) =>
  evidenceItems({ acts, holds: new Holds(), disposals: new Disposals(), accesses: [] });

function itemOf(...written: Written[]): EvidenceItem {
  const [item] = itemsOf(logOf(...written));
  if (item === undefined) throw new Error("nothing is kept");
  return item;
}

const said = (item: EvidenceItem) => item.holes.map((hole) => holeInWords(hole, speaking));
const kinds = (item: EvidenceItem) => item.holes.map(({ kind }) => kind);

const collect = (on: string | number, more: Partial<Written> = {}): Written => ({
  on,
  act: "collect",
  to: "p-anna",
  ...more,
});
const hand = (on: string | number, from: string, to: string, more: Partial<Written> = {}): Written => ({
  on,
  act: "transfer",
  from,
  to,
  words: { reason: "because" },
  ...more,
});
const MARCH = (day: number, time = "10:00") => `2026-03-${String(day).padStart(2, "0")}T${time}:00.000+01:00`;

describe("whose hands a thing passed through", () => {
  const table: [string, Written[], Hole["kind"][], string | RegExp | undefined, string | undefined][] = [
    ["collected and kept", [collect(MARCH(1))], [], undefined, "p-anna"],
    [
      "handed on twice",
      [collect(MARCH(1)), hand(MARCH(2), "p-anna", "p-ben"), hand(MARCH(3), "p-ben", "p-cleo")],
      [],
      undefined,
      "p-cleo",
    ],
    [
      "a transfer between is missing",
      [collect(MARCH(1)), hand(MARCH(3), "p-anna", "p-ben"), hand(MARCH(5), "p-cleo", "p-dora")],
      ["other-hands"],
      "Between 3 Mar 2026 and 5 Mar 2026 it came from ben to cleo, and nobody recorded how: cleo handed it on to dora, but ben had it last (records 1 and 2).",
      "p-dora",
    ],
    [
      "handed over one day, received two days later",
      [
        collect(MARCH(1)),
        hand(MARCH(3), "p-anna", "p-ben"),
        { on: MARCH(5), act: "receive", from: "p-anna", to: "p-ben", who: "p-ben" },
      ],
      ["on-its-way"],
      "Between 3 Mar 2026 and 5 Mar 2026 nobody is recorded as holding it: anna had handed it over, ben had not received it (records 1 and 2).",
      "p-ben",
    ],
    [
      "handed over and received within minutes",
      [
        collect(MARCH(1)),
        hand(MARCH(3), "p-anna", "p-ben"),
        { on: MARCH(3, "10:09"), act: "receive", from: "p-anna", who: "p-ben" },
      ],
      [],
      undefined,
      "p-ben",
    ],
    [
      "handed over on a day, received in the course of it: the times do not tell of a hole",
      [
        collect(MARCH(1)),
        hand(MARCH(3, "00:00"), "p-anna", "p-ben", { precision: DAY }),
        { on: MARCH(3, "17:00"), act: "receive", from: "p-anna", who: "p-ben" },
      ],
      [],
      undefined,
      "p-ben",
    ],
    [
      "given back, and back again a week later",
      [
        collect(MARCH(1)),
        { on: MARCH(3), act: "return", words: { reason: "owner asked" } },
        { on: MARCH(10), act: "receive", who: "p-ben" },
      ],
      ["nobody"],
      "Between 3 Mar 2026 and 10 Mar 2026 nobody is recorded as holding it: it had been given away, and came back to ben (records 1 and 2).",
      "p-ben",
    ],
    [
      "looked at after it was given back",
      [collect(MARCH(1)), { on: MARCH(3), act: "return" }, { on: MARCH(4), act: "access", who: "p-ben" }],
      ["after-end"],
      /it was handled by ben after its record had ended/,
      undefined,
    ],
    [
      "looked at by an auditor after it was released",
      [
        collect(MARCH(1)),
        { on: MARCH(3), act: "release" },
        {
          on: MARCH(4),
          act: "access",
          actor: { type: "person", id: "p-vera", role: "auditor", auth: "token" },
          words: { reason: "sampling" },
        },
      ],
      [],
      undefined,
      undefined,
    ],
    [
      "looked at before it was collected",
      [{ on: MARCH(1), act: "access", who: "p-ben" }, collect(MARCH(2))],
      ["before-beginning"],
      /Between 1 Mar 2026 and 2 Mar 2026 it was handled by ben before it was collected/,
      "p-anna",
    ],
    [
      "nobody says how it was collected",
      [hand(MARCH(2), "p-anna", "p-ben")],
      ["no-beginning"],
      "Nobody recorded how it was collected, when and by whom (record 0).",
      "p-ben",
    ],
    [
      "collected twice",
      [collect(MARCH(1)), collect(MARCH(2), { to: "p-ben", who: "p-ben" })],
      ["twice"],
      /collected a second time, by ben/,
      "p-anna",
    ],
    [
      "the record names nobody who gave it",
      [collect(MARCH(1)), { on: MARCH(2), act: "transfer", to: "p-ben" }],
      ["no-giver"],
      /it came to ben, and the record does not say from whom; anna had it last/,
      "p-ben",
    ],
    [
      "the record names nobody who took it",
      [collect(MARCH(1)), { on: MARCH(2), act: "transfer", from: "p-anna" }],
      ["no-receiver"],
      /handed on by anna, and the record does not say to whom/,
      undefined,
    ],
    [
      "received from somebody who did not have it",
      [collect(MARCH(1)), { on: MARCH(2), act: "receive", from: "p-ben", to: "p-cleo" }],
      ["other-hands"],
      /came from anna to ben, and nobody recorded how/,
      "p-cleo",
    ],
    [
      "its bytes differ",
      [collect(MARCH(1)), { on: MARCH(2), act: "verify", result: "differs" }],
      ["altered"],
      /found ALTERED/,
      "p-anna",
    ],
    [
      "files said to be disposed of without the record that deletes them",
      [collect(MARCH(1)), { on: MARCH(2), act: "dispose" }],
      ["disposal-unrecorded"],
      /no disposal of its files is recorded/,
      "p-anna",
    ],
    [
      "a physical thing that was destroyed",
      [collect(MARCH(1), { physical: true }), { on: MARCH(2), act: "dispose", physical: true }],
      [],
      undefined,
      undefined,
    ],
    [
      "touched after it was destroyed",
      [
        collect(MARCH(1), { physical: true }),
        { on: MARCH(2), act: "dispose", physical: true },
        { on: MARCH(3), act: "store", who: "p-ben" },
      ],
      ["after-end"],
      /after its record had ended/,
      undefined,
    ],
    [
      "handed on after it was released",
      [collect(MARCH(1)), { on: MARCH(2), act: "release" }, hand(MARCH(4), "p-anna", "p-ben")],
      ["nobody"],
      /Between 2 Mar 2026 and 4 Mar 2026 nobody is recorded as holding it/,
      "p-ben",
    ],
    [
      "recorded in the wrong order, right by its times",
      [
        collect(MARCH(1)),
        hand(MARCH(5), "p-ben", "p-cleo", { logged: MARCH(5) }),
        hand(MARCH(3), "p-anna", "p-ben", { logged: MARCH(6) }),
      ],
      [],
      undefined,
      "p-cleo",
    ],
    [
      "two transfers at the very same time: the persons tell the order",
      [collect(MARCH(1)), hand(MARCH(3), "p-ben", "p-cleo"), hand(MARCH(3), "p-anna", "p-ben")],
      [],
      undefined,
      "p-cleo",
    ],
    [
      "two transfers at the very same time that no order joins",
      [collect(MARCH(1)), hand(MARCH(3), "p-ben", "p-cleo"), hand(MARCH(3), "p-anna", "p-dora")],
      ["other-hands"],
      /ben handed it on to cleo, but dora had it last/,
      "p-cleo",
    ],
    [
      "a day beside a minute of that day",
      [
        collect(MARCH(1)),
        hand(MARCH(3, "09:00"), "p-ben", "p-cleo", { precision: 60_000 }),
        hand(MARCH(3, "00:00"), "p-anna", "p-ben", { precision: DAY }),
      ],
      [],
      undefined,
      "p-cleo",
    ],
    [
      "the order of times is certain, and wrong",
      [collect(MARCH(1)), hand(MARCH(3), "p-ben", "p-cleo"), hand(MARCH(4), "p-anna", "p-ben")],
      ["other-hands", "other-hands"],
      undefined,
      "p-ben",
    ],
    [
      "a night in which the clocks change takes nothing",
      [
        collect("2026-03-29T01:59:59.000+01:00"),
        hand("2026-03-29T03:00:00.000+02:00", "p-anna", "p-ben"),
        { on: "2026-03-29T03:10:00.000+02:00", act: "receive", who: "p-ben" },
      ],
      [],
      undefined,
      "p-ben",
    ],
  ];
  for (const [name, written, holes, words, holder] of table) {
    test(name, () => {
      const item = itemOf(...written);
      expect(kinds(item), said(item).join("\n")).toEqual(holes);
      if (words !== undefined) expect(said(item).join("\n")).toMatch(words);
      expect(item.holder).toBe(holder);
    });
  }

  test("any chain of transfers closes, and any one that is left out is named with both persons", () => {
    const people = fc.constantFrom("p-anna", "p-ben", "p-cleo", "p-dora");
    const chains = fc
      .array(fc.record({ to: people, wait: fc.integer({ min: 0, max: 5 * DAY }) }), { minLength: 2, maxLength: 25 })
      .map((hops) => {
        let holder = "p-anna";
        let when = at(MARCH(1));
        const acts: Written[] = [collect(when)];
        for (const { to, wait } of hops) {
          if (to === holder) continue;
          when += wait + 1;
          acts.push(hand(when, holder, to));
          holder = to;
        }
        return acts;
      })
      .filter((acts) => acts.length > 2);
    fc.assert(
      fc.property(chains, fc.nat(), (acts, n) => {
        expect(itemOf(...acts).holes).toEqual([]);
        // The last one leaves nothing behind that could tell.
        const dropped = 1 + (n % (acts.length - 2));
        const item = itemOf(...acts.filter((_, i) => i !== dropped));
        const [first] = item.holes;
        const { from, to, on } = acts[dropped] as Written;
        expect(first).toMatchObject({ kind: "other-hands", holder: from, named: to });
        expect(first && first.from <= moment(on) && moment(on) <= first.to).toBe(true);
        expect(item.holes).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });

  test("the order in which records are written changes nothing where the times tell it", () => {
    const acts = [
      collect(at(MARCH(1))),
      hand(at(MARCH(2)), "p-anna", "p-ben"),
      { on: at(MARCH(3)), act: "access", who: "p-cleo" } as Written,
      hand(at(MARCH(4)), "p-ben", "p-cleo"),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(acts, { minLength: 4 }), (shuffled) => {
        const item = itemOf(...shuffled);
        expect(item.holes).toEqual([]);
        expect(item.holder).toBe("p-cleo");
        expect(item.events.map(({ stamp }) => stamp.at)).toEqual(acts.map(({ on }) => on));
      }),
    );
  });
});

describe("corrections", () => {
  test("a transfer with a wrong name is replaced, and both records stay readable", () => {
    const item = itemOf(
      collect(MARCH(1)),
      hand(MARCH(2), "p-ben", "p-cleo"),
      hand(MARCH(2), "p-anna", "p-cleo", { corrects: 1, logged: MARCH(3) }),
    );
    expect(item.holes).toEqual([]);
    expect(item.holder).toBe("p-cleo");
    expect(item.events.map(({ entry, replaced }) => [entry, replaced])).toEqual([
      [0, []],
      [2, [1]],
    ]);
    expect(remarksOn(item.events[1] as EvidenceItem["events"][number], speaking)).toContain("corrects record 1");
  });

  test("one that says that a record was a mistake takes it out of the chain", () => {
    const item = itemOf(collect(MARCH(1)), hand(MARCH(2), "p-anna", "p-ben"), {
      on: MARCH(3),
      act: "describe",
      corrects: 1,
      words: { reason: "it never left" },
    });
    expect(item.holes).toEqual([]);
    expect(item.holder).toBe("p-anna");
  });

  test("one that names another thing's record, or a later one, counts by itself and is told", () => {
    const acts = logOf(
      collect(MARCH(1)),
      collect(MARCH(1), { evidence: "EVD-2026-002" }),
      hand(MARCH(2), "p-anna", "p-ben", { corrects: 1 }),
      hand(MARCH(3), "p-ben", "p-cleo", { corrects: 99 }),
    );
    const [one, two] = itemsOf(acts);
    expect(one?.holder).toBe("p-cleo");
    expect(one?.troubles.map(({ entry, text }) => [entry, text])).toEqual([
      [2, "claims to correct record 1, but record 1 is about EVD-2026-002; it counts by itself"],
      [3, "claims to correct record 99, but no earlier record about evidence has the number 99; it counts by itself"],
    ]);
    expect(two?.holes).toEqual([]);
  });

  test("the time of the collection can be corrected without losing its files", () => {
    const file = { digest: "a".repeat(64), size: 3, mediaType: "text/plain" };
    const item = itemOf(
      collect(MARCH(2), { evidenceFiles: [file], digests: [file.digest] }),
      collect(MARCH(1), { digests: [file.digest], corrects: 0, logged: MARCH(5) }),
    );
    expect(item.files.map(({ digest, hashedAt }) => [digest, hashedAt])).toEqual([[file.digest, at(MARCH(2))]]);
    expect(item.collected?.at).toBe(at(MARCH(1)));
    expect(item.holes).toEqual([]);
    expect(item.events[0]?.late).toBe("yes");
  });
});

describe("what was recorded later, and by a clock that went back", () => {
  test.each([
    [MARCH(1), MARCH(2), 1, "no"],
    [MARCH(1), MARCH(2, "10:01"), 1, "yes"],
    [MARCH(1, "00:00"), MARCH(2, "18:00"), DAY, "perhaps"],
    [MARCH(1, "00:00"), MARCH(3, "00:00"), DAY, "yes"],
  ])("happened %s, logged %s, known to %i ms: %s", (on, logged, precision, late) => {
    expect(itemOf(collect(on, { logged, precision })).events[0]?.late).toBe(late);
  });

  test("a machine whose clock is behind the log is told of", () => {
    const item = itemOf(collect(MARCH(1)), {
      ...hand(MARCH(2), "p-anna", "p-ben"),
      clock: iso(at(MARCH(2)) - 7_200_000),
    });
    expect(item.events[1]?.clockBehind).toBe(7_200_000);
    expect(remarksOn(item.events[1] as EvidenceItem["events"][number], speaking).join()).toContain(
      "7200 s behind the log",
    );
  });
});

describe("who may handle it", () => {
  const allowed = (item: EvidenceItem) =>
    item.events.map(({ allowed: { word, why } }) => (why ? `${word}: ${why}` : word));
  const listed = (...handlers: string[]) => collect(MARCH(1), { values: { handlers } });

  test("those on its list, at the time; a receiver too", () => {
    const item = itemOf(
      listed("p-anna", "p-ben"),
      { on: MARCH(2), act: "access", who: "p-ben" },
      { on: MARCH(2), act: "access", who: "p-cleo" },
      hand(MARCH(3), "p-anna", "p-cleo"),
      { on: MARCH(4), act: "authorise", values: { handlers: ["p-cleo"] } },
      { on: MARCH(5), act: "access", who: "p-cleo" },
      { on: MARCH(6), act: "authorise", values: { handlers: ["p-cleo"], withdraw: true } },
      { on: MARCH(7), act: "access", who: "p-cleo" },
    );
    expect(allowed(item)).toEqual([
      "yes",
      "yes",
      "no: authorised-later",
      "no: receiver-not-authorised",
      "yes",
      "yes",
      "yes",
      "no: not-authorised",
    ]);
  });

  test("an authorisation counts from when it was recorded, however early it is said to have been", () => {
    const item = itemOf(
      listed("p-anna"),
      { on: MARCH(3), act: "access", who: "p-ben" },
      { on: MARCH(2), logged: MARCH(4), act: "authorise", values: { handlers: ["p-ben"] } },
    );
    expect(allowed(item)).toEqual(["yes", "yes", "no: authorised-later"]);
  });

  test("without a list by role, and nobody knows of a shell", () => {
    const actor = (role: string | undefined, auth: string) => ({
      actor: { type: "person", id: "p-ben", auth, ...(role ? { role } : {}) },
    });
    const item = itemOf(
      collect(MARCH(1)),
      { on: MARCH(2), act: "access", ...actor("auditor", "token") },
      { on: MARCH(3), act: "return", ...actor("auditor", "token") },
      { on: MARCH(4), act: "verify", ...actor("owner", "unauthenticated") },
      { on: MARCH(5), act: "verify", ...actor(undefined, "session") },
    );
    expect(allowed(item)).toEqual(["yes", "yes", "no: role", "unknown: unproven", "unknown: no-role"]);
  });
});

test("of a thing without bytes nobody says that its hash was checked", () => {
  expect(eventAct({ act: "verify", digests: [] })).toBe("looked over");
  expect(eventAct({ act: "verify", digests: ["a".repeat(64)] })).toBe("hash checked");
});

test("a handing over that was never confirmed keeps the chain open, and whoever had it meanwhile is named", () => {
  const given = [collect("2026-11-05T08:00Z"), hand("2026-11-07T13:00Z", "p-anna", "p-ruth")];
  const doubts = (...more: Written[]) => doubtsOf(itemOf(...given, ...more)).map((one) => doubtInWords(one, speaking));
  expect(doubts()).toEqual([
    expect.stringMatching(/^Handed over to ruth .*\(record 1\), who never confirmed to have it\.$/),
  ]);
  const looked = { on: "2026-11-10T09:00Z", act: "access", who: "p-otto", words: { reason: "to see" } } as const;
  expect(doubts(looked)).toEqual([
    expect.stringMatching(/without a return, it was looked at by otto .*\(record 2\)\.$/),
  ]);
  const own = { on: "2026-11-09T09:00Z", act: "receive", from: "p-anna", to: "p-ruth", who: "p-ruth" } as const;
  expect(doubts(own, looked)).toEqual([]);
  // At a bare shell anybody could say it for them.
  const unproven = { type: "person", id: "p-ruth", auth: "unauthenticated" } as const;
  expect(doubts({ ...own, actor: unproven })).toHaveLength(1);
});

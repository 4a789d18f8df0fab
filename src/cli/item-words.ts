import { FIELDS, type FieldValue } from "../handling/fields.ts";
import type { EvidenceItem, ItemEvent } from "../handling/item.ts";
import { eventAct, holeInWords, missingInWords, remarksOn, type Speaking, stateInWords } from "../handling/words.ts";
import { fromIso, iso } from "../lib/time.ts";
import { clean } from "../report/clean.ts";
import type { Output } from "./output.ts";

/** The record of a thing as lines of text and as `--json` has it. */

export const shownTitle = ({ title }: EvidenceItem): string => (title === "" ? "(no title)" : clean(title, 120));

/** People's names are chosen by people: cleaned wherever they are printed. */
export const carefully = (speaking: Speaking): Speaking => ({
  ...speaking,
  person: (id) => clean(speaking.person(id), 120),
});

/** One line each, what is wrong first. */
export function listLine(item: EvidenceItem, speaking: Speaking): string {
  const faults = faultsOf(item, speaking);
  const wrong = faults.length === 0 ? "" : `  ${faults.length} ${faults.length === 1 ? "thing" : "things"} to look at`;
  return `${item.id}  ${item.incident ?? "no incident"}  ${shownTitle(item)}; ${stateInWords(item, speaking)}${wrong}`;
}

/** Holes, troubles and acts that were not allowed: what an auditor would stop at. */
export function faultsOf(item: EvidenceItem, speaking: Speaking): string[] {
  return [
    ...item.holes.map((hole) => holeInWords(hole, speaking)),
    ...item.events.flatMap((event) =>
      event.allowed.word === "no"
        ? [
            `Record ${event.entry}, ${eventAct(event)} by ${speaking.person(event.by)}: ${remarksOn(event, speaking)[0]}.`,
          ]
        : [],
    ),
    ...(item.originalKept === false ? ["What a derived file was made of is not kept any more, or was altered."] : []),
    ...item.troubles.map(({ entry, text }) => `Record ${entry} ${clean(text)}.`),
  ];
}

/** The sheet for a terminal: what is wrong, then what it is, then what happened to it. */
export function printItem(item: EvidenceItem, spoken: Speaking, output: Output): void {
  const speaking = carefully(spoken);
  output.line(`${item.id}  ${shownTitle(item)}`);
  output.line(
    `  ${item.incident === undefined ? "Belongs to no incident." : `Kept for ${item.incident}.`} Now: ${stateInWords(item, speaking)}.`,
  );
  const faults = faultsOf(item, speaking);
  output.line();
  if (faults.length === 0)
    output.line(
      "No hole: by its records it was in somebody's hands from its collection on, and nothing else is wrong.",
    );
  else {
    output.line("To look at first:");
    for (const fault of faults) output.line(`  ! ${fault}`);
  }
  if (item.missing.length > 0) {
    output.line(`Not said: ${missingInWords(item.missing).join("; ")}.`);
    output.line(
      `  custody evidence describe ${item.id} FIELD=VALUE …   (fields: ${item.missing.filter((name) => name !== "files").join(", ")})`,
    );
  }
  output.line();
  for (const line of holdLines(item, speaking)) output.line(line);
  for (const line of fileLines(item, speaking)) output.line(line);
  for (const { name, label } of FIELDS) {
    const said = item.fields.get(name);
    if (said !== undefined && name !== "title") output.line(`${label}: ${valueInWords(said.value, speaking)}`);
  }
  output.line();
  output.line("What happened to it, in order:");
  for (const event of item.events) {
    output.line(`  ${eventInWords(event, speaking)}`);
    for (const remark of remarksOn(event, speaking)) output.line(`      ${remark}`);
  }
}

export function holdLines({ holds }: EvidenceItem, { day }: Speaking): string[] {
  const standing = holds.filter(({ to }) => to === undefined);
  if (standing.length === 0)
    return [holds.length === 0 ? "No hold is on it." : "No hold is on it any more.", ...ended(holds, day)];
  return [
    `Must not be disposed of: ${standing.map(({ id, from, index }) => `hold ${clean(id)} since ${day(from)} (record ${index})`).join("; ")}.`,
    ...ended(holds, day),
  ];
}

const ended = (holds: EvidenceItem["holds"], day: Speaking["day"]): string[] =>
  holds.flatMap(({ id, from, to }) =>
    to === undefined ? [] : [`Was held by ${clean(id)} from ${day(from)} to ${day(to)}.`],
  );

export function fileLines({ files }: EvidenceItem, { person, moment }: Speaking): string[] {
  return files.flatMap(({ digest, size, mediaType, name, derived, disposed, verified, hashedAt, hashedBy, entry }) => [
    `${digest}  ${size} bytes, ${mediaType}${name === undefined || name === "" ? "" : `, ${clean(name, 200)}`}`,
    `    hash computed ${moment(hashedAt)} by ${person(hashedBy)}; record ${entry}`,
    ...(derived === undefined
      ? []
      : [
          `    made by ${clean(derived.change)} of ${derived.from.map((one) => one.slice(0, 12)).join(", ") || "nothing that is named"}`,
        ]),
    ...(disposed !== undefined
      ? [
          `    DISPOSED of on ${moment(Date.parse(disposed.at))} by ${person(disposed.by)}, authority ${clean(disposed.authority)}, record ${disposed.index}`,
        ]
      : verified === undefined
        ? ["    not hashed again since"]
        : [
            `    ${verified.result === "matches" ? "hashed again and the same" : "hashed again and NOT the same"}: ${moment(verified.at)}, record ${verified.entry}`,
          ]),
  ]);
}

export function valueInWords(value: FieldValue, { person, moment }: Speaking): string {
  if (Array.isArray(value)) return value.map((one) => clean(person(String(one)))).join(", ");
  const text = String(value);
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return moment(fromIso(text));
  return clean(person(text), 1_000);
}

/** When, what, by whom, from whom to whom, why, and the record. */
export function eventInWords(event: ItemEvent, { person, moment }: Speaking): string {
  const { stamp, by, from, to, reason, note, purpose, result, entry } = event;
  return [
    `${moment(stamp.at, stamp.precision)}  ${eventAct(event)}`,
    ...(from === undefined ? [] : [`from ${person(from)}`]),
    ...(to === undefined ? [] : [`to ${person(to)}`]),
    [
      `(recorded by ${person(by)}, record ${entry})`,
      ...(result === "matches" ? ["the same as recorded"] : []),
      ...(purpose === undefined ? [] : [`for: ${clean(purpose)}`]),
      ...(reason === undefined ? [] : [`why: ${clean(reason)}`]),
      ...(note === undefined ? [] : [clean(note)]),
    ].join("; "),
  ].join(" ");
}

/** The whole state for `--json`; people by ID and by name. */
export function itemRecord(item: EvidenceItem, speaking: Speaking) {
  const who = (id: string | undefined) => (id === undefined ? null : { id, name: speaking.person(id) });
  const time = (at: number | undefined) => (at === undefined ? null : iso(at));
  return {
    id: item.id,
    incident: item.incident ?? null,
    physical: item.physical,
    title: item.title,
    state: item.state,
    holder: who(item.holder),
    holderSince: time(item.holderSince),
    collected:
      item.collected === undefined ? null : { at: iso(item.collected.at), precision: item.collected.precision },
    collectedBy: who(item.collectedBy),
    ended: time(item.ended?.at),
    fields: Object.fromEntries([...item.fields].map(([name, { value, entry }]) => [name, { value, entry }])),
    missing: item.missing,
    files: item.files.map(({ hashedAt, hashedBy, verified, derived, disposed, ...file }) => ({
      ...file,
      hashedAt: iso(hashedAt),
      hashedBy: who(hashedBy),
      derived: derived ?? null,
      verified: verified === undefined ? null : { ...verified, at: iso(verified.at) },
      disposed: disposed ?? null,
    })),
    holes: item.holes.map((hole) => ({
      ...hole,
      from: iso(hole.from),
      to: iso(hole.to),
      text: holeInWords(hole, speaking),
    })),
    faults: faultsOf(item, speaking),
    holds: item.holds.map(({ from, to, ...hold }) => ({ ...hold, from: iso(from), to: time(to) })),
    handlers: item.handlers.map(({ person, from, to, entry }) => ({
      ...who(person),
      from: iso(from),
      to: time(to),
      entry,
    })),
    events: item.events.map((event) => ({
      act: event.act,
      at: iso(event.stamp.at),
      precision: event.stamp.precision,
      loggedAt: iso(event.loggedAt),
      entry: event.entry,
      by: who(event.by),
      auth: event.auth ?? null,
      from: who(event.from),
      to: who(event.to),
      reason: event.reason ?? event.purpose ?? null,
      note: event.note ?? null,
      result: event.result ?? null,
      digests: event.digests,
      allowed: event.allowed.word,
      late: event.late,
      remarks: remarksOn(event, speaking),
      corrects: event.replaced,
    })),
    troubles: item.troubles,
    originalKept: item.originalKept ?? null,
  };
}

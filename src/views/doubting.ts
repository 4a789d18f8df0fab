import { capturesOf, readFacts } from "../collector/facts.ts";
import type { Custody } from "../custody.ts";
import { INCIDENT_TIMES, type IncidentTime } from "../evidence/case-facts.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import { type Policy, severityOf } from "../policy/policy.ts";
import { momentInWords } from "../policy/spoken.ts";
import { liveRecords } from "./live-acts.ts";

/** What the registers of others say that cannot be right: for whoever keeps them, while it is easily mended. It judges nothing. */

export interface Doubt {
  readonly instance: string;
  /** File and line, where the source has these. */
  readonly where: string;
  readonly text: string;
}

/** A record with the text that it was read from, where it is a text. */
export interface Written {
  readonly seen: Observed & { readonly fact: FactOf<"incident"> };
  readonly text: string | undefined;
}

/** Of one look at a register. Pure. */
export function doubtsOf(records: readonly Written[], policy: Policy | undefined): Doubt[] {
  return [
    ...records.flatMap((record) => [...unknownSeverity(record, policy), ...endBeforeStart(record)]),
    ...oneIdTwice(records),
  ];
}

/** The file, and the line on which something stands, where that can be found. */
function placeOf({ seen: { origin, fact }, text }: Written, wanted: RegExp): string {
  if (origin === undefined) return fact.id;
  const line = (text ?? "").split(/\r\n?|\n/).findIndex((one) => wanted.test(one));
  return line < 0 ? origin : `${origin}:${line + 1}`;
}

const exactly = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function unknownSeverity(record: Written, policy: Policy | undefined): Doubt[] {
  const { fact, instance } = record.seen;
  if (policy === undefined || fact.severity === null || severityOf(policy, fact.severity) !== undefined) return [];
  const where = placeOf(record, new RegExp(`:\\W*${exactly(fact.severity)}\\W*$`, "i"));
  const known = policy.severities.map(({ label }) => label).join(", ");
  return [
    { instance, where, text: `${fact.id}: "${fact.severity}" is not a severity of your rules; they have ${known}` },
  ];
}

/** What nothing of an incident can come before. */
const STARTS: readonly IncidentTime[] = ["occurredAt", "detectedAt"];
const ENDS: readonly IncidentTime[] = ["resolvedAt", "closedAt"];

function endBeforeStart(record: Written): Doubt[] {
  const { fact, instance } = record.seen;
  const stamp = (name: IncidentTime) => {
    const at = fact[name] as Instant | null;
    return at === null ? undefined : { name, at, until: at + (fact.precision[name] ?? 1) };
  };
  const start = stamp("detectedAt") ?? stamp("occurredAt");
  // What somebody did about it comes after it was noticed; that it was entered late or early says nothing.
  const later = INCIDENT_TIMES.filter((name) => !STARTS.includes(name) && name !== "createdAt" && name !== "awareAt");
  const wrong = later.flatMap((name) => {
    const end = stamp(name);
    return end !== undefined && start !== undefined && end.until <= start.at ? [{ end, before: start }] : [];
  });
  const [resolved, closed] = ENDS.map(stamp);
  if (resolved !== undefined && closed !== undefined && closed.until <= resolved.at)
    wrong.push({ end: closed, before: resolved });
  // A word that stands for two times, such as a response that also acknowledges, is one mistake.
  const once = wrong.filter(({ end }, i) => wrong.findIndex((one) => one.end.at === end.at) === i);
  return once.map(({ end, before }) => ({
    instance,
    where: placeOf(record, new RegExp(`^\\W*${end.name.replace(/At$/, "")}\\b`, "i")),
    text: `${fact.id}: by its times ${momentInWords(end.name)} before ${momentInWords(before.name)}`,
  }));
}

function oneIdTwice(records: readonly Written[]): Doubt[] {
  const byId = new Map<string, Written[]>();
  for (const record of records) {
    const key = JSON.stringify([record.seen.instance, record.seen.entry, record.seen.fact.id]);
    byId.set(key, [...(byId.get(key) ?? []), record]);
  }
  return [...byId.values()].flatMap((own) => {
    const [first] = own;
    const files = [...new Set(own.map(({ seen }) => seen.origin ?? seen.item))];
    if (first === undefined || files.length < 2) return [];
    const { fact, instance } = first.seen;
    const idLine = new RegExp(`:\\W*${exactly(fact.id)}\\W*$`, "i");
    const where = own.map((one) => placeOf(one, idLine));
    return [
      {
        instance,
        where: where.slice(0, 3).join(", "),
        text: `${own.length} records are called ${fact.id}; give each a number of its own`,
      },
    ];
  });
}

/** What is doubtful in the newest look at each register, of these instances or of all. */
export async function doubtsIn(custody: Custody, only?: ReadonlySet<string>): Promise<Doubt[]> {
  const history = await custody.history();
  const disposals = await custody.disposals();
  const ledger = await custody.view();
  const { timeline } = await liveRecords(custody);
  const policy = timeline.policyAt(custody.clock.now())?.policy;
  const found: Doubt[] = [];
  for (const { id, record, runs } of history.instances.values()) {
    const collector = custody.config.collectors.find(({ name }) => name === record.use);
    if (only?.has(id) === false || !collector?.facts.includes("incident")) continue;
    const newest = runs.findLast(({ items }) => items > 0);
    if (newest === undefined) continue;
    for await (const { entry } of ledger.read(newest.index)) {
      const blob = async (digest: string) =>
        disposals.explains(digest, entry.index) === undefined ? await ledger.blob(digest) : undefined;
      const { facts } = await readFacts(entry, blob, custody.config.collectors, (digest, named) =>
        disposals.explains(digest, named),
      );
      const texts = new Map<string, string>();
      for await (const { record: kept, capture } of capturesOf(entry, blob)) {
        if (capture === undefined || !capture.mediaType.startsWith("text/")) continue;
        texts.set(kept.digest, new TextDecoder().decode(capture.bytes));
        for (const { where, message } of collector.doubts?.(capture) ?? [])
          found.push({ instance: id, where, text: message });
      }
      const records = facts.flatMap((seen): Written[] =>
        seen.fact.kind === "incident" ? [{ seen: { ...seen, fact: seen.fact }, text: texts.get(seen.item) }] : [],
      );
      found.push(...doubtsOf(records, policy));
      break;
    }
  }
  return found;
}

/** So many are shown. */
const SHOWN = 8;

/** In lines for people, short; none where there is nothing. */
export function doubtLines(doubts: readonly Doubt[]): string[] {
  if (doubts.length === 0) return [];
  const rest = doubts.length - SHOWN;
  return [
    "In the registers, and probably mistakes:",
    ...doubts.slice(0, SHOWN).map(({ instance, where, text }) => `- ${instance}, ${where}: ${text}.`),
    ...(rest > 0 ? [`- and ${rest} more; \`custody status --json\` has them all`] : []),
  ].map((line) => line.replace(/\?\.$/, "?"));
}

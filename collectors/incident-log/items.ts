import type { FactInput } from "../../src/evidence/fact.ts";
import { readBreaches, readLawSteps } from "./breaches.ts";
import type { Exactness } from "./exactness.ts";
import { ItemReader, type ItemRules, type ListName, type WrittenItem } from "./item-reader.ts";

export { type ItemRules, LISTS, type ListName, type WrittenItem, type WrittenValue } from "./item-reader.ts";

type Incident = Extract<FactInput, { kind: "incident" }>;
type Message = NonNullable<Incident["messages"]>[number];
type Field = "severities" | "escalations" | "messages" | "measures" | "measuresAt" | "breaches" | "lawSteps" | "impact";
/** As a fact carries them. */
export type Lists = { [F in Field]: Exclude<Incident[F], undefined> };

/** More entries than an incident has; what is beyond them is a mistake. */
const MAX_ITEMS = 200;

const AUDIENCES = {
  customers: true,
  public: true,
  internal: true,
  authority: true,
  subjects: true,
  controller: true,
  supplier: true,
} satisfies Record<NonNullable<Message["audience"]>, true>;
const PURPOSES = {
  acknowledgement: true,
  update: true,
  notice: true,
  resolution: true,
  summary: true,
  formal: true,
} satisfies Record<NonNullable<Message["purpose"]>, true>;

/** What the lists of one record say; what is wrong in them is reported with its line, and the rest of an entry counts. */
export function readLists(
  written: Readonly<Partial<Record<ListName | "impact", readonly WrittenItem[]>>>,
  rules: ItemRules,
  exactness: Exactness,
): Lists {
  const severities: Lists["severities"] = [];
  for (const item of itemsOf(written, "severities", "level", rules)) {
    const at = item.time("at");
    const severity = item.text("level", "severity");
    const said = { by: item.text("by"), reason: item.text("reason") };
    item.end();
    if (severity === null) item.report("expected a level, such as { level: Sev2, at: 2026-11-20T17:40+01:00 }");
    else severities.push({ at: exactness.at(`severities.${severities.length}`, at), severity, ...said });
  }
  const escalations: Lists["escalations"] = [];
  for (const item of itemsOf(written, "escalations", "to", rules)) {
    const at = item.time("at");
    const said = { from: item.text("from"), to: item.text("to"), reason: item.text("reason") };
    item.end();
    if (at === null && said.from === null && said.to === null)
      item.report("expected to whom or when, such as { to: leadership, at: 2026-11-20T17:40+01:00 }");
    else escalations.push({ at: exactness.at(`escalations.${escalations.length}`, at), ...said });
  }
  const messages: Lists["messages"] = [];
  for (const item of itemsOf(written, "messages", "channel", rules)) {
    const at = item.time("at");
    const said: Omit<Message, "at"> = {
      channel: item.text("channel"),
      audience: item.word(AUDIENCES, "audience"),
      purpose: item.word(PURPOSES, "purpose"),
      reached: item.count("reached", "recipients"),
      of: item.count("of"),
    };
    item.end();
    if (at === null && said.channel === null)
      item.report("expected when and how, such as { at: 2026-11-20T17:40+01:00, channel: email, audience: customers }");
    else messages.push({ at: exactness.at(`messages.${messages.length}`, at), ...said });
  }
  const measures: string[] = [];
  const measuresAt: Lists["measuresAt"] = [];
  for (const item of itemsOf(written, "measures", "name", rules)) {
    const at = item.time("at");
    const name = item.text("name");
    item.end();
    if (name === null) {
      item.report("expected a name, such as { name: rotate-credentials, at: 2026-11-20T17:40+01:00 }");
      continue;
    }
    measuresAt.push(exactness.at(`measuresAt.${measures.length}`, at));
    measures.push(name);
  }
  const [impact] = written.impact ?? [];
  return {
    severities,
    escalations,
    messages,
    measures,
    measuresAt,
    breaches: readBreaches(itemsOf(written, "breaches", "dataset", rules), exactness),
    lawSteps: readLawSteps(itemsOf(written, "lawSteps", "step", rules), exactness),
    impact: impact ? readImpact(impact, rules) : null,
  };
}

function readImpact(written: WrittenItem, rules: ItemRules): Lists["impact"] {
  const item = new ItemReader(written, rules, "impact", "impact", "");
  const impact = {
    confidentiality: item.text("confidentiality"),
    integrity: item.text("integrity"),
    availability: item.text("availability"),
  };
  item.end();
  return Object.values(impact).some((level) => level !== null) ? impact : null;
}

function itemsOf(
  written: Readonly<Partial<Record<ListName, readonly WrittenItem[]>>>,
  name: ListName,
  bare: string,
  rules: ItemRules,
): ItemReader[] {
  const items = written[name] ?? [];
  const beyond = items[MAX_ITEMS];
  if (beyond) {
    rules.report(beyond.line, `${name}: ${items.length} entries; only the first ${MAX_ITEMS} were read`, name);
  }
  return items.slice(0, MAX_ITEMS).map((item, i) => new ItemReader(item, rules, name, `${name}, entry ${i + 1}`, bare));
}

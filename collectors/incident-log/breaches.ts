import { EXEMPTION_GROUNDS, type ExemptionGround, exemptionText } from "../../src/evidence/exemption.ts";
import type { FactInput } from "../../src/evidence/fact.ts";
import type { Exactness } from "./exactness.ts";
import type { ItemReader } from "./item-reader.ts";

/** What a record says of breaches of personal data, one entry for each role and set of data, and of reports under other laws. */

type Incident = Extract<FactInput, { kind: "incident" }>;
type Breach = NonNullable<Incident["breaches"]>[number];
type LawStep = NonNullable<Incident["lawSteps"]>[number];

const ROLES = { controller: true, processor: true } satisfies Record<NonNullable<Breach["role"]>, true>;
const RISKS = { unlikely: true, risk: true, high: true } satisfies Record<NonNullable<Breach["risk"]>, true>;
const GROUNDS = Object.fromEntries(EXEMPTION_GROUNDS.map((ground) => [ground, true])) as Record<ExemptionGround, true>;

export function readBreaches(items: readonly ItemReader[], exactness: Exactness): Breach[] {
  const found: Breach[] = [];
  for (const item of items) {
    const breach = readBreach(item, exactness, `breaches.${found.length}`);
    if (Object.values(breach).some((said) => said !== null && said !== undefined)) found.push(breach);
    else item.report("expected what is known, such as { role: controller, aware: 2026-11-20T17:40+01:00 }");
  }
  return found;
}

function readBreach(item: ItemReader, exactness: Exactness, place: string): Breach {
  const time = (field: string, ...keys: readonly [string, ...string[]]) =>
    exactness.at(`${place}.${field}`, item.time(...keys));
  const by = item.text("authority told by", "authority by");
  const reference = item.text("authority reference", "reference");
  const breach = {
    role: item.word(ROLES, "role"),
    dataset: item.text("dataset", "contract"),
    awareAt: time("awareAt", "aware", "aware at", "aware since"),
    risk: item.word(RISKS, "risk"),
    riskBy: item.text("risk by", "risk decided by"),
    riskAt: time("riskAt", "risk at", "risk decided", "risk decided at"),
    riskReason: item.text("risk reason"),
    authorityAt: time("authorityAt", "authority told", "authority told at"),
    ...(by === null ? {} : { authorityBy: by }),
    ...(reference === null ? {} : { authorityReference: reference }),
    controllerAt: time("controllerAt", "controller told", "controller told at", "customer told", "contract notice"),
    subjectsAt: time("subjectsAt", "people told", "people told at", "subjects told", "subjects told at"),
    exemption: exemptionText(item.word(GROUNDS, "exemption ground"), item.text("exemption")),
    delayReason: item.text("delay reason", "reason for delay"),
    facts: item.text("facts", "what happened"),
    effects: item.text("effects"),
    remedy: item.text("remedy", "measures"),
    people: item.count("people", "people concerned"),
  };
  item.end();
  return breach;
}

/** Reports under laws that are about incidents, by the names of their steps. */
export function readLawSteps(items: readonly ItemReader[], exactness: Exactness): LawStep[] {
  const found: LawStep[] = [];
  for (const item of items) {
    const at = item.time("at");
    const step = item.text("step");
    item.end();
    if (step === null || !/^[a-z0-9]+\.[a-z]+(?:-[a-z]+)*$/.test(step))
      item.report("expected the step as `law.step`, such as { step: nis2.early-warning, at: 2026-11-20T17:40+01:00 }");
    else found.push({ step, at: exactness.at(`lawSteps.${found.length}`, at) });
  }
  return found;
}

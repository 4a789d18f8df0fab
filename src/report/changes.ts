import { type Actor, type Entry, type EntryOf, type InstanceRecord, isKind } from "../evidence/entry.ts";
import type { Json } from "../lib/canonical.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { byText } from "./order.ts";
import { settingsChanges } from "./settings-changes.ts";
import { plural } from "./words.ts";

/** Something that was changed about what is collected or by which rules it is judged. */
export interface Change {
  readonly entry: number;
  readonly at: Instant;
  readonly kind: "config" | "plan" | "policy" | "masking-rule" | "key";
  readonly actor: Actor;
  /** In words, from identifiers only. */
  readonly what: readonly string[];
}

/** Every change, from the entries of a log in order. The first configuration is told as such. */
export class Changes {
  readonly #all: Change[] = [];
  #config: EntryOf<"config"> | undefined;
  #settings: Json | undefined;

  /** `settings`: of an entry about the configuration, what is in it, where that is still there. */
  add(index: number, entry: Entry, settings?: Json): void {
    const what = this.#what(entry, settings);
    if (what.length === 0) return;
    const kind = entry.kind as Change["kind"];
    this.#all.push({ entry: index, at: fromIso(entry.at), kind, actor: entry.actor, what });
  }

  get all(): readonly Change[] {
    return this.#all;
  }

  #what(entry: Entry, settings: Json | undefined): readonly string[] {
    if (isKind(entry, "config")) {
      const [before, old] = [this.#config, this.#settings];
      this.#config = entry;
      this.#settings = settings;
      return before === undefined
        ? [`first configuration, ${plural(entry.instances.length, "collector")}`]
        : configChanges(before, entry, old, settings);
    }
    if (isKind(entry, "plan")) {
      const until = entry.to === undefined ? "" : ` to ${entry.to}`;
      return [`collector ${entry.instance}: ${PLANS[entry.action]} from ${entry.from}${until}`];
    }
    if (isKind(entry, "policy")) {
      // Rules never reach back behind the moment they were logged, whatever day stands in them.
      const ahead = fromIso(entry.effective) > fromIso(entry.at);
      const since = ahead ? forPeople(fromIso(entry.effective), this.#config?.zone ?? "UTC") : "then on";
      return [`rules ${entry.policy} ${entry.version}, in force from ${since}`];
    }
    if (isKind(entry, "masking-rule"))
      return [`masking rule ${entry.rule} ${entry.action === "introduce" ? "introduced" : "retired"}`];
    if (isKind(entry, "key") && entry.action !== "attest")
      return [`key ${entry.key.split("+")[1] ?? ""} ${KEYS[entry.action]}`];
    return [];
  }
}

const PLANS = { pause: "paused", resume: "resumed", retire: "retired" } as const;
const KEYS = { introduce: "introduced", retire: "retired", revoke: "revoked" } as const;

function configChanges(
  before: EntryOf<"config">,
  after: EntryOf<"config">,
  was: Json | undefined,
  settings: Json | undefined,
): string[] {
  const [old, now] = [byId(before), byId(after)];
  const found: string[] = [];
  for (const id of [...new Set([...old.keys(), ...now.keys()])].sort(byText)) {
    const [was, is] = [old.get(id), now.get(id)];
    if (was === undefined && is !== undefined) found.push(`collector ${id} added (${is.use}, ${is.cadence})`);
    else if (was !== undefined && is === undefined) found.push(`collector ${id} removed`);
    else if (was !== undefined && is !== undefined) found.push(...instanceChanges(was, is));
  }
  if (before.zone !== after.zone) found.push(`zone ${before.zone} became ${after.zone}`);
  if ((before.register ?? false) !== (after.register ?? false))
    found.push(
      after.register ? "the register of incidents is kept in this log" : "the register is no longer kept in this log",
    );
  if (before.catalogue?.digest !== after.catalogue?.digest) found.push("another catalogue of controls");
  if (before.software !== after.software) found.push(`software ${before.software} became ${after.software}`);
  found.push(...settingsChanges(was, settings, found));
  return found.length > 0 || before.config.digest === after.config.digest
    ? found
    : ["other settings; which collectors, how often and the catalogue stayed as they were"];
}

const byId = ({ instances }: EntryOf<"config">): Map<string, InstanceRecord> =>
  new Map(instances.map((one) => [one.id, one]));

function instanceChanges(was: InstanceRecord, is: InstanceRecord): string[] {
  return (["use", "mode", "cadence", "grace", "zone"] as const).flatMap((field) =>
    was[field] === is[field] ? [] : [`collector ${is.id}: ${field} ${was[field]} became ${is[field]}`],
  );
}

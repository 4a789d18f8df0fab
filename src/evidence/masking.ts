import type { Actor, Draft, EntryOf } from "./entry.ts";

/** A masking rule as the ledger has it. */
export interface RecordedRule {
  readonly rule: string;
  /** Digest of its definition. */
  readonly definition: string;
  /** The collectors it holds for; undefined where the record names none. */
  readonly instances: readonly string[] | undefined;
}

/** Which masking rules are in force, from `masking-rule` entries in order. */
export class MaskingRules {
  readonly #inForce = new Map<string, { readonly recorded: RecordedRule; readonly entry: EntryOf<"masking-rule"> }>();

  add(entry: EntryOf<"masking-rule">): void {
    const { rule, action, definition, instances } = entry;
    if (action === "retire") this.#inForce.delete(rule);
    else this.#inForce.set(rule, { recorded: { rule, definition: definition.digest, instances }, entry });
  }

  get inForce(): readonly RecordedRule[] {
    return [...this.#inForce.values()].map(({ recorded }) => recorded);
  }

  /**
   * What must be recorded before the first capture under these rules: those that are new or changed, and the end of those
   * that are gone. Nothing where the ledger says the same.
   */
  changes(
    wanted: readonly Omit<Draft & { kind: "masking-rule" }, "kind" | "actor" | "action">[],
    actor: Actor,
  ): Draft[] {
    const kept = new Set(wanted.map(({ rule }) => rule));
    const gone = [...this.#inForce.values()].filter(({ recorded }) => !kept.has(recorded.rule));
    const fresh = wanted.filter(({ rule, definition, instances }) => {
      const known = this.#inForce.get(rule)?.recorded;
      return known?.definition !== definition.digest || `${known.instances}` !== `${instances}`;
    });
    return [
      ...gone.map(({ entry: { rule, definition } }): Draft => {
        return { kind: "masking-rule", actor, rule, action: "retire", definition };
      }),
      ...fresh.map((one): Draft => ({ kind: "masking-rule", actor, action: "introduce", ...one })),
    ];
  }
}

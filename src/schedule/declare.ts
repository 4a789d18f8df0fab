import type { InstanceConfig } from "../collector/define.ts";
import { encodeRule, type MaskingRule, rulesFor } from "../collector/masking-rule.ts";
import type { BlobRef } from "../evidence/blob.ts";
import type { Draft, InstanceRecord } from "../evidence/entry.ts";
import type { MaskingRules } from "../evidence/masking.ts";
import { canonical, canonicalBytes, type Json } from "../lib/canonical.ts";
import { digestOf } from "../lib/digest.ts";
import type { History } from "../slots/history.ts";

/** A configured collector as the ledger has it. */
function instanceRecord(instance: InstanceConfig): InstanceRecord {
  const { id, collector, cadence, grace, zone } = instance;
  return { id, use: collector.name, family: collector.family, mode: collector.mode, cadence, grace, zone };
}

export interface Declaration {
  readonly zone: string;
  readonly instances: readonly InstanceConfig[];
  /** The configuration with secrets as references. */
  readonly logged: Json;
  /** The catalogue's bytes. */
  readonly catalogue: Uint8Array;
  /** The laws as data, each as its file. */
  readonly laws?: readonly Uint8Array[];
  /** True where the register of incidents is kept in this log. */
  readonly register?: boolean;
}

/**
 * The `config` entry for what is configured now, or undefined when the ledger's newest one says the same. What was
 * expected is therefore always in the ledger, from before the first run under it.
 */
export async function declareConfig(
  declaration: Declaration,
  newest:
    | {
        readonly index: number;
        readonly config: BlobRef;
        readonly catalogue?: BlobRef | undefined;
        readonly laws?: readonly BlobRef[] | undefined;
        readonly register?: boolean | undefined;
      }
    | undefined,
  history: History,
  put: (bytes: Uint8Array, mediaType: string) => Promise<BlobRef>,
): Promise<Draft | undefined> {
  const logged = canonicalBytes(declaration.logged);
  const lawFiles = declaration.laws ?? [];
  const instances = declaration.instances.map(instanceRecord);
  const known = [...history.instances.values()].filter((i) => i.configured).map((i) => i.record);
  // What is logged already is not stored again: a store that lost it must not keep anybody from finding that out.
  const same =
    newest?.config.digest === digestOf(logged) &&
    newest.catalogue?.digest === digestOf(declaration.catalogue) &&
    canonical(digestsOf(newest.laws ?? [])) === canonical(lawFiles.map(digestOf)) &&
    (newest.register ?? false) === (declaration.register ?? false) &&
    canonical(sorted(known)) === canonical(sorted(instances));
  if (same) return undefined;
  const config = await put(logged, "application/json");
  const catalogue = await put(declaration.catalogue, "application/yaml");
  const laws = await Promise.all(lawFiles.map((bytes) => put(bytes, "application/yaml")));
  // Several replicas that start at once have the same to say after the same record.
  const said = digestOf(canonicalBytes([config.digest, catalogue.digest, digestsOf(laws), sorted(instances)]));
  return {
    kind: "config",
    actor: { type: "system", id: "custody" },
    once: `config:${newest?.index ?? 0}:${said}`,
    config,
    catalogue,
    ...(laws.length > 0 ? { laws } : {}),
    zone: declaration.zone,
    ...(declaration.register ? { register: true } : {}),
    instances,
  };
}

const digestsOf = (refs: readonly BlobRef[]): Json => refs.map(({ digest }) => digest);

/** Most collectors that a record names; a rule for more is recorded without the list. */
const MAX_INSTANCES = 256;

/** The `masking-rule` entries for what is configured now; none when the ledger has the same rules for the same collectors. */
export async function declareMasking(
  rules: readonly MaskingRule[],
  instances: readonly InstanceConfig[],
  recorded: MaskingRules,
  put: (bytes: Uint8Array, mediaType: string) => Promise<BlobRef>,
): Promise<Draft[]> {
  const wanted = await Promise.all(
    rules.map(async (rule) => {
      const definition = await put(encodeRule(rule), "application/json");
      const about = instances.map(({ id, collector }) => ({ id, family: collector.family }));
      const ids = about.filter((one) => rulesFor([rule], one).length > 0).map(({ id }) => id);
      return { rule: rule.id, definition, ...(ids.length > MAX_INSTANCES ? {} : { instances: ids }) };
    }),
  );
  return recorded.changes(wanted, { type: "system", id: "custody" });
}

function sorted(records: readonly InstanceRecord[]): Json {
  return [...records].sort((a, b) => (a.id < b.id ? -1 : 1)) as unknown as Json;
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ownRunsIn, receivedIn } from "./collector/history.ts";
import type { RunLog } from "./collector/run.ts";
import type { Custody } from "./custody.ts";
import type { Draft } from "./evidence/entry.ts";
import { gapNotes } from "./gaps/note.ts";
import type { Instant } from "./lib/time.ts";
import type { RunParts } from "./schedule/collect.ts";
import { declareConfig, declareMasking } from "./schedule/declare.ts";
import { bridged, readListening } from "./schedule/listening.ts";
import { PACKAGE_ROOT } from "./software.ts";
import { clockReference } from "./telling-time.ts";

/** What command and daemon do alike: declare the configuration, note gaps, give runs what they need. */

/** The catalogue that ships with Custody. */
export function catalogueBytes(): Promise<Uint8Array> {
  return readFile(join(PACKAGE_ROOT, "controls/iso27001-2022.yaml"));
}

/** Logs configuration and masking rules if they are not what the ledger has already: a rule stands there before it hides anything. */
export async function declareNow(custody: Custody): Promise<void> {
  const ledger = await custody.ledger();
  const history = await custody.history();
  const { organisation, instances, logged, masking } = custody.config;
  const put = (bytes: Uint8Array, type: string) => ledger.put(bytes, type);
  const rules = await declareMasking(masking, instances, custody.maskingRules, put);
  const draft = await declareConfig(
    { zone: organisation.zone, instances, logged, catalogue: await catalogueBytes() },
    custody.newestConfig,
    history,
    put,
  );
  const after = custody.newestConfig?.index ?? 0;
  const drafts = [...rules.map((rule) => onceAfter(rule, after)), ...(draft ? [draft] : [])];
  if (drafts.length > 0) await ledger.append(drafts);
}

/** Several replicas that start at once say it once. */
function onceAfter(draft: Draft, record: number): Draft {
  if (draft.kind !== "masking-rule") return draft;
  const { rule, action, definition } = draft;
  return { ...draft, once: `masking:${record}:${rule}:${action}:${definition.digest}` };
}

/** Logs gaps that are new or whose acceptance ran out, and the end of those that were closed. */
export async function noteGaps(custody: Custody): Promise<Draft[]> {
  const history = await custody.history();
  const asOf = Math.max(history.asOf, custody.clock.now());
  const { gaps, notify } = custody.config;
  const channels = notify.map(({ id }) => id);
  const notes = gapNotes(history, await custody.conditions(), asOf, gaps, channels);
  if (notes.length > 0) await (await custody.ledger()).append(notes);
  return notes;
}

const SILENT: RunLog = { info() {}, warn() {} };

/** Parts of a run in this workspace. */
export function runParts(custody: Custody, signal: AbortSignal, log: RunLog = SILENT): RunParts {
  const secrets = custody.secrets();
  const { config, clock } = custody;
  return {
    clock,
    of: (instance, window) => ({
      ledger: {
        put: async (bytes, type) => (await custody.ledger()).put(bytes, type),
        append: async (drafts) => (await custody.ledger()).append(drafts),
      },
      clock,
      signal,
      reveal: (ref) => config.reveal(ref),
      secrets,
      folder: config.root,
      reference: () => clockReference(custody, signal),
      listening: () => bridged(readListening(config.folders.state)),
      ownRuns: async function* () {
        yield* ownRunsIn(await entriesSince(custody, window.from), window);
      },
      received: async function* (since) {
        const ledger = await custody.ledger();
        yield* receivedIn(await entriesSince(custody, since), (digest) => ledger.blob(digest), instance.id, since);
      },
      log,
    }),
  };
}

/** Entries of the ledger that may have been logged at or after this time: from the last run before it on. */
async function entriesSince(custody: Custody, since: Instant) {
  const history = await custody.history();
  const before = [...history.instances.values()].map((i) => i.runs.findLast((run) => run.at < since)?.index ?? 0);
  return (await custody.view()).read(Math.max(0, ...before));
}

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { catalogueOf, MAX_CATALOGUE_BYTES } from "./assess/catalogue.ts";
import { ownRunsIn, receivedIn } from "./collector/history.ts";
import type { RunLog } from "./collector/run.ts";
import type { Custody } from "./custody.ts";
import { openForGaps } from "./daemon/gap-incidents.ts";
import type { Draft } from "./evidence/entry.ts";
import { gapNotes } from "./gaps/note.ts";
import { lawTexts } from "./laws.ts";
import type { Ledger } from "./ledger/ledger.ts";
import { canonicalBytes } from "./lib/canonical.ts";
import { digestOf } from "./lib/digest.ts";
import { CustodyError, isCustodyError } from "./lib/errors.ts";
import type { Instant } from "./lib/time.ts";
import { policyDraft } from "./policies.ts";
import type { RunParts } from "./schedule/collect.ts";
import { declareConfig, declareMasking } from "./schedule/declare.ts";
import { bridged, readListening } from "./schedule/listening.ts";
import { PACKAGE_ROOT } from "./software.ts";
import { clockReference } from "./telling-time.ts";

/** What command and daemon do alike: declare the configuration, note gaps, give runs what they need. */

/**
 * The catalogue of controls: the one under `catalogue:`, else the one that ships. Throws what is wrong with an own one, every
 * mistake with its line, so that none is logged that cannot be used.
 */
export async function catalogueBytes({ catalogue }: Pick<Custody["config"], "catalogue">): Promise<Uint8Array> {
  if (catalogue === undefined) return readFile(join(PACKAGE_ROOT, "controls/iso27001-2022.yaml"));
  const found = await stat(catalogue).catch((cause: NodeJS.ErrnoException) => {
    throw new CustodyError("NOT_FOUND", `there is no catalogue of controls at ${catalogue}`, {
      cause,
      remedy: "Check the path under `catalogue:`; without it the one that ships is used.",
    });
  });
  if (!found.isFile() || found.size > MAX_CATALOGUE_BYTES)
    throw new CustodyError("INPUT_INVALID", `${catalogue}: expected a YAML file of 1 MiB at most`, {
      remedy: "Check the path under `catalogue:`.",
    });
  const bytes = await readFile(catalogue);
  try {
    catalogueOf(new TextDecoder().decode(bytes));
  } catch (error) {
    if (!isCustodyError(error)) throw error;
    const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
    throw new CustodyError(error.code, `${catalogue}: ${error.message}`, { cause: error, ...remedy });
  }
  return bytes;
}

/**
 * Logs configuration, masking rules and the organisation's own policy if they are not what the ledger has already: a rule
 * stands there before it hides anything. A policy that cannot be used is thrown before anything is logged, or given to
 * `refused`, and the rest is logged without it.
 */
export async function declareNow(custody: Custody, refused?: (error: CustodyError) => void): Promise<void> {
  const ledger = await custody.ledger();
  const history = await custody.history();
  const { organisation, instances, logged, masking, register } = custody.config;
  const put = (bytes: Uint8Array, type: string) => ledger.put(bytes, type);
  const rules = await declareMasking(masking, instances, custody.maskingRules, put);
  const [catalogue, laws] = [await catalogueBytes(custody.config), lawTexts()];
  const draft = await declareConfig(
    { zone: organisation.zone, instances, logged, catalogue, laws, register },
    custody.newestConfig,
    history,
    put,
  );
  if (draft === undefined) await requireUnaltered(ledger, [canonicalBytes(logged), catalogue, ...laws]);
  const after = custody.newestConfig?.index ?? 0;
  const policy = await policyDraft(custody).catch((error: unknown) => {
    if (refused === undefined || !isCustodyError(error) || error.kind !== "input") throw error;
    refused(error);
    return undefined;
  });
  const drafts = [
    ...rules.map((rule) => onceAfter(rule, after)),
    ...(draft ? [draft] : []),
    ...(policy ? [policy] : []),
  ];
  if (drafts.length > 0) await ledger.append(drafts);
}

/**
 * What is logged already lies in the store as it was logged: throws LEDGER_ALTERED where other bytes are in its place. Where it is
 * gone it is not stored again, for verification to tell so.
 */
async function requireUnaltered(ledger: Ledger, logged: readonly Uint8Array[]): Promise<void> {
  for (const bytes of logged)
    if ((await ledger.blob(digestOf(bytes))) !== undefined) await ledger.put(bytes, "application/octet-stream");
}

/** Several replicas that start at once say it once. */
function onceAfter(draft: Draft, record: number): Draft {
  if (draft.kind !== "masking-rule") return draft;
  const { rule, action, definition } = draft;
  return { ...draft, once: `masking:${record}:${rule}:${action}:${definition.digest}` };
}

/**
 * Logs gaps that are new or whose acceptance ran out, and the end of those that were closed; and the incidents that the
 * organisation's own rules ask for.
 */
export async function noteGaps(custody: Custody): Promise<Draft[]> {
  const history = await custody.history();
  const asOf = Math.max(history.asOf, custody.clock.now());
  const { gaps, notify } = custody.config;
  const channels = notify.map(({ id }) => id);
  const notes = gapNotes(history, await custody.conditions(), asOf, gaps, channels);
  if (notes.length > 0) await (await custody.ledger()).append(notes);
  return [...notes, ...(await openForGaps(custody))];
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

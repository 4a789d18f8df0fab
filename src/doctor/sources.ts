import type { InstanceConfig } from "../collector/define.ts";
import { hasInbox } from "../collector/intake.ts";
import { type RunLedger, runCollector } from "../collector/run.ts";
import type { Custody } from "../custody.ts";
import { MANIFEST_TYPE } from "../evidence/blob.ts";
import { countPlaces } from "../evidence/place.ts";
import { digestOf } from "../lib/digest.ts";
import { ERROR_CODES } from "../lib/errors.ts";
import { runParts } from "../work.ts";
import { type Check, type Diagnosis, failed, good, many, skipped, warn, withLog } from "./define.ts";

/** Whether each source can be asked: a real run over the last minute, of which nothing is kept. */

const WINDOW = 60_000;
const RUN_WITHIN = 15_000;
/** Asks the log itself. */
const OWN = "cron-health/custody";

export function sourceChecks({ config }: Custody): Check[] {
  return config.instances
    .filter(({ collector }) => collector.mode !== "inbox")
    .map((instance) => ({
      name: `source:${instance.id}`,
      title: `${instance.collector.title} (${instance.id})`,
      limit: RUN_WITHIN + 5_000,
      run: (custody, signal) => {
        const look = () => tryOut(instance, custody, signal);
        return instance.collector.name === OWN ? withLog(custody, look) : look();
      },
    }));
}

async function tryOut(instance: InstanceConfig, custody: Custody, signal: AbortSignal): Promise<Diagnosis> {
  const now = custody.clock.now();
  const window = { from: now - WINDOW, to: now };
  const { ledger, detail } = nowhere();
  const own = new AbortController();
  const parts = runParts(custody, AbortSignal.any([signal, own.signal])).of(instance, window);
  const result = await runCollector({
    ...parts,
    ledger,
    received: async function* () {},
    instance,
    window,
    trigger: "interim",
    limits: { runTimeout: RUN_WITHIN },
  }).finally(() => own.abort());
  const { outcome, draft, facts, problems } = result;
  const counts = `${many(draft.items, "file")}, ${many(facts, "fact")} in the last minute`;
  const [mend] = problems;
  if (outcome === "collected" && mend === undefined) return good(`answers: ${counts}`);
  if (outcome === "collected") {
    return warn(
      `answers, with ${many(countPlaces(problems), "problem")}, such as ${mend?.where}: ${mend?.message}`,
      "Mend this at the source.",
    );
  }
  const why = detail();
  const found = why ?? result.message;
  const remedy =
    remedyIn(result.message, why) || `Mend it, then try again with \`custody doctor --only source:${instance.id}\`.`;
  // A minute is too short for some sources to show that they saw all of it, and a daemon that is not running listens to nothing.
  if (outcome === "partial") return warn(`answers, but not about all of the last minute: ${found}`, remedy);
  const later = outcome === "unavailable" || ERROR_CODES[draft.reason as keyof typeof ERROR_CODES] === "temporary";
  return { state: "bad", found, remedy, ...(later ? { later } : {}) };
}

/** A run's sentence ends with what to do, after what was wrong. */
function remedyIn(message: string, detail: string | undefined): string {
  if (detail === undefined) return "";
  return message.slice(message.indexOf(detail) + detail.length).replace(/^\.\s*/, "");
}

/** A ledger that keeps nothing, but for why a run has not seen everything. */
function nowhere(): { readonly ledger: RunLedger; detail(): string | undefined } {
  let detail: string | undefined;
  const ledger: RunLedger = {
    async put(bytes, mediaType) {
      if (mediaType === MANIFEST_TYPE) {
        const said = (JSON.parse(new TextDecoder().decode(bytes)) as { detail?: unknown }).detail;
        if (typeof said === "string") detail = said;
      }
      return { digest: digestOf(bytes), size: bytes.length, mediaType };
    },
    append: async (drafts) => drafts.map((_, index) => ({ index, digest: "", repeated: false })),
  };
  return { ledger, detail: () => detail };
}

/** Inboxes: each has its token, so that its senders can be told apart. */
export function closedInboxes({ config }: Custody): Diagnosis {
  const open = config.instances.filter(hasInbox);
  if (open.length === 0) return skipped("no collector has one");
  const closed: string[] = [];
  for (const instance of open) {
    const ref = instance.collector.inboxToken?.(instance.config as never);
    if (ref === undefined) {
      // Who can be asked as well does not need one.
      if (instance.collector.mode === "inbox") closed.push(`${instance.id} has no token`);
      continue;
    }
    try {
      config.reveal(ref);
    } catch (error) {
      closed.push(`${instance.id}: ${failed(error).found}`);
    }
  }
  if (closed.length > 0)
    return {
      state: "bad",
      found: closed.join("; "),
      remedy: "`custody hooks` says what to add; until then nobody can report.",
    };
  return good(open.map(({ id }) => id).join(", "));
}

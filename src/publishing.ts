import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createMask } from "./collector/mask.ts";
import { type Custody, openPlace } from "./custody.ts";
import type { HeadConfig, Tools } from "./heads/define.ts";
import { type LastSent, nextDue, type Rhythm, type Trouble, type Why, whyDue } from "./heads/due.ts";
import { postOnce } from "./heads/post.ts";
import { type Errand, type Outcome, sendHeads } from "./heads/send.ts";
import { readTroubles, writeTroubles } from "./heads/troubles.ts";
import { CustodyError, isCustodyError, messageOf } from "./lib/errors.ts";
import type { Instant } from "./lib/time.ts";
import type { Head } from "./tlog/checkpoint.ts";
import { checkNote, parseVkey, type Verifier } from "./tlog/note.ts";
import { consistencyProof } from "./tlog/proof.ts";
import type { KnownHead } from "./verify/verify.ts";

/** One target as people see it. */
export interface TargetState {
  readonly target: HeadConfig;
  readonly last: LastSent | undefined;
  /** There is something that it has not. */
  readonly isNew: boolean;
  /** Up to when its newest receipt stands by itself, where it runs out. */
  readonly ends: Instant | "lapsed" | undefined;
  /** When the next head leaves if nothing goes wrong; undefined while there is nothing to send. */
  readonly next: Instant | undefined;
  readonly trouble: Trouble | undefined;
}

/** Why a head is to be sent although it is not its time: somebody said so. */
interface Chosen {
  readonly state: TargetState;
  readonly why: Why;
}

const READ_WITHIN = 60_000;
const MAX_KEY_BYTES = 1024;

/** Brings heads of the log to where the configuration says, and reads them back. */
export class Publishing {
  readonly #custody: Custody;
  readonly #publish: () => Promise<Head>;
  /** Ends of receipts by their digest: what was kept never changes. */
  readonly #ends = new Map<string, Instant | "lapsed">();

  /** `publish` signs what was appended, and does what is to be done after that. */
  constructor(custody: Custody, publish: () => Promise<Head> = async () => (await custody.ledger()).publish()) {
    this.#custody = custody;
    this.#publish = publish;
  }

  /** Every target: what it has, and what is next. */
  async states(): Promise<TargetState[]> {
    const { config, clock } = this.#custody;
    if (config.heads.length === 0) return [];
    const log = await this.#custody.headLog();
    const troubles = await readTroubles(config.folders.state);
    return Promise.all(
      config.heads.map(async (target) => {
        const last = log.last(target.id, target.target.use);
        const ends = await this.#endsOf(target, last);
        const isNew = log.isNewSince(last?.size ?? 0);
        const rhythm = rhythmOf({ target, last, ends, isNew });
        const next = nextDue(rhythm, clock.now());
        return { target, last, isNew, ends, next, trouble: troubles.get(target.id) };
      }),
    );
  }

  /** Sends what is due. Throws what the ledger throws. */
  async sendDue(signal: AbortSignal): Promise<Outcome[]> {
    const now = this.#custody.clock.now();
    const chosen = (await this.states()).flatMap((state): Chosen[] => {
      const why = whyDue(rhythmOf(state), state.trouble, now);
      return why === undefined ? [] : [{ state, why }];
    });
    return this.#send(chosen, signal);
  }

  /**
   * Sends now, whatever is due, to all targets or those named, but for those that have everything already. Throws USAGE for
   * a name that no target has.
   */
  async sendNow(ids: readonly string[], signal: AbortSignal): Promise<{ outcomes: Outcome[]; current: TargetState[] }> {
    const states = await this.states();
    const unknown = ids.find((id) => !states.some(({ target }) => target.id === id));
    if (unknown !== undefined) {
      const known = states.map(({ target }) => target.id).join(", ");
      throw new CustodyError("USAGE", `there is no "${unknown}" under \`heads:\`; there is ${known || "nothing"}`);
    }
    const asked = ids.length === 0 ? states : states.filter(({ target }) => ids.includes(target.id));
    const [fresh, current] = [asked.filter((one) => one.isNew), asked.filter((one) => !one.isNew)];
    const chosen = fresh.map((state) => ({ state, why: "new" as const }));
    return { outcomes: await this.#send(chosen, signal), current };
  }

  /**
   * Heads that lie where they were brought, signed by this log; the places that could not be asked; and the ids of those
   * where none lies. Needs no ledger.
   */
  async readBack(): Promise<{ heads: KnownHead[]; silent: { place: string; why: string }[]; empty: string[] }> {
    const { config } = this.#custody;
    const readable = config.heads.filter(({ target }) => target.readBack !== undefined);
    if (readable.length === 0) return { heads: [], silent: [], empty: [] };
    const keys = await this.#pins();
    const heads: KnownHead[] = [];
    const silent: { place: string; why: string }[] = [];
    const empty: string[] = [];
    for (const target of readable) {
      try {
        const tools = this.#tools(target, AbortSignal.timeout(READ_WITHIN), 0, keys);
        const found = (await target.target.readBack?.(tools as never)) ?? [];
        if (found.length === 0) empty.push(target.id);
        heads.push(...found.map(({ size, root, where }) => ({ size, root, from: where, held: "outside" as const })));
      } catch (error) {
        if (!isCustodyError(error)) throw error;
        silent.push({ place: `${target.id} (${target.target.title})`, why: messageOf(error) });
      }
    }
    return { heads, silent, empty };
  }

  async #send(chosen: readonly Chosen[], signal: AbortSignal): Promise<Outcome[]> {
    if (chosen.length === 0) return [];
    const custody = this.#custody;
    const ledger = await custody.ledger();
    const store = await custody.store();
    const keys = await this.#pins();
    const sizes = new Map(chosen.map(({ state }) => [state.target.id, state.last?.size ?? 0]));
    const errands = chosen.map(
      ({ state: { target, ends }, why }): Errand => ({ target, why, ...(typeof ends === "number" ? { ends } : {}) }),
    );
    const outcomes = await sendHeads(errands, {
      clock: custody.clock,
      signal,
      ledger: {
        origin: ledger.origin,
        publish: this.#publish,
        put: (bytes, mediaType) => ledger.put(bytes, mediaType),
        append: (drafts) => ledger.append(drafts),
      },
      checkpoint: () => store.get("checkpoint"),
      tools: (target, own) => this.#tools(target, own, sizes.get(target.id) ?? 0, keys),
    });
    // Who was stopped has not failed.
    if (!signal.aborted) await this.#noteTroubles(outcomes);
    return outcomes;
  }

  #tools(target: HeadConfig, signal: AbortSignal, lastSize: number, keys: readonly Verifier[]): Tools<unknown> {
    const { config, clock } = this.#custody;
    const mask = createMask(this.#custody.secrets());
    return {
      config: target.config,
      origin: keys[0]?.name ?? "",
      folder: config.root,
      clock,
      signal,
      lastSize,
      environment: config.programs,
      reveal: (ref) => config.reveal(ref),
      mask: (text) => mask.text(text),
      post: (post) => postOnce(post, signal),
      proof: async (first, second) => {
        const store = await this.#custody.store();
        return consistencyProof((key) => store.get(key), first, second);
      },
      signed: (note) => {
        const { signedBy, bad } = checkNote(note, keys);
        return signedBy.length > 0 && bad.length === 0;
      },
      bucket: (place) => openPlace(config, clock, { kind: "s3", ...place }, { attempts: 2 }),
    };
  }

  /** The pinned key, those that were pinned before it here, and those that the log leads to from it. */
  async #pins(): Promise<Verifier[]> {
    const pinned = await this.#custody.pinnedKey();
    const path = this.#custody.config.vkey;
    const names = await readdir(dirname(path)).catch(() => []);
    const earlier = names.filter((name) => name.startsWith(`${basename(path)}.`) && /\.[0-9a-f]{8}$/.test(name));
    const keys = await Promise.all(
      earlier.map(async (name) => {
        try {
          const text = await readFile(join(dirname(path), name), "utf8");
          const key = parseVkey(text.slice(0, MAX_KEY_BYTES));
          return key.name === pinned.name ? [key] : [];
        } catch {
          return [];
        }
      }),
    );
    // A store that cannot be read just now is no reason to know less than the files here say.
    const reached = await this.#custody.knownKeys().catch(() => []);
    const known = [pinned, ...keys.flat(), ...reached];
    return [...new Map(known.map((key) => [key.vkey, key])).values()];
  }

  async #endsOf(target: HeadConfig, last: LastSent | undefined): Promise<Instant | "lapsed" | undefined> {
    if (target.target.endsAt === undefined || last === undefined) return undefined;
    const { receipt, checkpoint } = last;
    if (receipt === undefined || checkpoint === undefined) return "lapsed";
    const known = this.#ends.get(receipt);
    if (known !== undefined) return known;
    const view = await this.#custody.view();
    const [proof, bytes] = [await view.blob(receipt), await view.blob(checkpoint)];
    if (proof === undefined || bytes === undefined) return "lapsed";
    try {
      const keys = await this.#pins();
      const tools = this.#tools(target, AbortSignal.timeout(READ_WITHIN), last.size, keys);
      const ends = (await target.target.endsAt(proof, bytes, tools as never)) ?? "lapsed";
      this.#ends.set(receipt, ends);
      return ends;
    } catch (error) {
      // What keeps it from being judged keeps a new one from being made, and is said there.
      if (isCustodyError(error)) return undefined;
      throw error;
    }
  }

  async #noteTroubles(outcomes: readonly Outcome[]): Promise<void> {
    const { config, clock } = this.#custody;
    const before = await readTroubles(config.folders.state);
    const after = new Map(before);
    const at = clock.now();
    for (const outcome of outcomes) {
      if (outcome.result === "sent") {
        after.delete(outcome.id);
        continue;
      }
      const { code, message } = outcome;
      const every = config.heads.find(({ id }) => id === outcome.id)?.every ?? 0;
      const until = outcome.result === "no-gain" ? { until: at + every } : {};
      after.set(outcome.id, { failures: (before.get(outcome.id)?.failures ?? 0) + 1, at, code, message, ...until });
    }
    if (after.size > 0 || before.size > 0) await writeTroubles(config.folders.state, after);
  }
}

function rhythmOf({ target, last, isNew, ends }: Pick<TargetState, "target" | "last" | "isNew" | "ends">): Rhythm {
  return { id: target.id, every: target.every, last, isNew, ...(ends === undefined ? {} : { ends }) };
}

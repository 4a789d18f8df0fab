import { createMask } from "../collector/mask.ts";
import { type Custody, openPlace } from "../custody.ts";
import type { HeadConfig, SentHead, Standing, Tools } from "../heads/define.ts";
import { type LastSent, nextDue, type Rhythm, type Trouble, type Why, whyDue } from "../heads/due.ts";
import { type Errand, type Outcome, sendHeads } from "../heads/send.ts";
import { isContradiction, readTroubles, writeTroubles } from "../heads/troubles.ts";
import { earlierPins } from "../ledger/pin.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import { type Instant, iso } from "../lib/time.ts";
import { postOnce } from "../outbound/post.ts";
import { type Head, parseCheckpoint } from "../tlog/checkpoint.ts";
import { checkNote, type Verifier } from "../tlog/note.ts";
import { consistencyProof } from "../tlog/proof.ts";
import type { KnownHead } from "../verify/verify.ts";

/** One target as people see it. */
export interface TargetState {
  readonly target: HeadConfig;
  readonly last: LastSent | undefined;
  /** There is something that it has not. */
  readonly isNew: boolean;
  /** Up to when its newest receipt stands by itself, where it runs out. */
  readonly ends: Instant | "lapsed" | undefined;
  /** When the next head leaves, or is tried again after what went wrong; undefined while there is nothing to send. */
  readonly next: Instant | undefined;
  readonly trouble: Trouble | undefined;
}

/** Why a head is to be sent although it is not its time: somebody said so. */
interface Chosen {
  readonly state: TargetState;
  readonly why: Why;
}

/** A place that holds or has seen another history of this log, in words for a finding. */
export interface Contradiction {
  readonly code: "forked" | "rolled-back";
  readonly where: string;
  readonly expected: string;
  readonly found: string;
}

const READ_WITHIN = 60_000;
/** A checkpoint that was signed while a place was asked explains why it knows more; this often at most. */
const ASKED_AGAIN = 2;

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
        const trouble = troubles.get(target.id);
        return { target, last, isNew, ends, next: nextDue(rhythm, trouble, clock.now()), trouble };
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
   * a name that no target has, and what opening for writing throws, above all when a head was brought somewhere that this log
   * does not continue: then "nothing new" would be no answer.
   */
  async sendNow(ids: readonly string[], signal: AbortSignal): Promise<{ outcomes: Outcome[]; current: TargetState[] }> {
    const states = await this.states();
    const unknown = ids.find((id) => !states.some(({ target }) => target.id === id));
    if (unknown !== undefined) {
      const known = states.map(({ target }) => target.id).join(", ");
      throw new CustodyError("USAGE", `there is no "${unknown}" under \`heads:\`; there is ${known || "nothing"}`);
    }
    if (states.length > 0) await this.#custody.ledger();
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

  /**
   * What places that show no heads say when they are asked, and what they refused when a head was last sent to them: a refusal
   * counts until the place takes the newest head. Needs no ledger; the places that could not be asked are in `silent`.
   */
  async contradictions(): Promise<{ found: Contradiction[]; silent: { place: string; why: string }[] }> {
    const { config } = this.#custody;
    const troubles = await readTroubles(config.folders.state);
    const found: Contradiction[] = [];
    const silent: { place: string; why: string }[] = [];
    for (const target of config.heads) {
      // What can be read back is judged as it lies there.
      if (target.target.readBack !== undefined) continue;
      const where = `${target.id} (${target.target.title})`;
      const { head, standing } = await this.#ask(target).catch((error: unknown) => {
        if (!isCustodyError(error)) throw error;
        const why = messageOf(error);
        return { head: undefined, standing: { is: "unsure", why } as Standing };
      });
      if (standing?.is === "contradicts") {
        const { code, expected, found: there } = standing;
        found.push({ code, where, expected, found: there });
        continue;
      }
      if (standing?.is === "unsure") silent.push({ place: where, why: standing.why });
      const trouble = troubles.get(target.id);
      const isOver = standing?.is === "same" && standing.size === head?.size;
      if (trouble === undefined || !isContradiction(trouble) || isOver) continue;
      found.push({
        code: "forked",
        where,
        expected: "a place that has seen no other history of this log",
        found: `when a head was sent on ${iso(trouble.at)} it was refused: ${trouble.message}`,
      });
    }
    return { found, silent };
  }

  /** Places that refused a head because they hold or have seen another history of this log, as it was noted when it was sent. */
  async refusals(): Promise<{ place: string; at: Instant; message: string }[]> {
    const { config } = this.#custody;
    const troubles = await readTroubles(config.folders.state);
    return config.heads.flatMap(({ id, target }) => {
      const trouble = troubles.get(id);
      if (trouble === undefined || !isContradiction(trouble)) return [];
      return [{ place: `${id} (${target.title})`, at: trouble.at, message: trouble.message }];
    });
  }

  /** `standing` is undefined for a place that cannot be asked, or where there is nothing to show to it. */
  async #ask(target: HeadConfig): Promise<{ head: SentHead | undefined; standing: Standing | undefined }> {
    const { ask, use } = target.target;
    if (ask === undefined) return { head: undefined, standing: undefined };
    const keys = await this.#pins();
    const tools = this.#tools(target, AbortSignal.timeout(READ_WITHIN), 0, keys);
    const newest = async () => sentHead((await (await this.#custody.store()).get("checkpoint")) ?? EMPTY, tools);
    const kept = await this.#lastOf(target.id, use, tools);
    let head = await newest();
    for (let again = 0; head !== undefined; again += 1) {
      const standing = await ask(head, kept, tools as never);
      const now = standing.is === "same" || again === ASKED_AGAIN ? head : await newest();
      if (now === undefined || now.size === head.size) return { head, standing };
      head = now;
    }
    return { head: undefined, standing: undefined };
  }

  /** The newest head that a target has, as the log keeps it; undefined too where the log cannot be read now. */
  async #lastOf(id: string, use: string, tools: Tools<unknown>): Promise<SentHead | undefined> {
    try {
      const digest = (await this.#custody.headLog()).last(id, use)?.checkpoint;
      const bytes = digest === undefined ? undefined : await (await this.#custody.view()).blob(digest);
      return bytes && sentHead(bytes, tools);
    } catch (error) {
      if (!isCustodyError(error)) throw error;
      return undefined;
    }
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
    const earlier = await earlierPins(this.#custody.config.vkey, pinned.name);
    // A store that cannot be read just now is no reason to know less than the files here say.
    const reached = await this.#custody.knownKeys().catch(() => []);
    const known = [pinned, ...earlier, ...reached];
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

const EMPTY = new Uint8Array();

/** A checkpoint of this log as it is sent; undefined for anything else. */
function sentHead(bytes: Uint8Array, { origin, signed }: Tools<unknown>): SentHead | undefined {
  const checkpoint = parseCheckpoint(bytes);
  if (checkpoint?.origin !== origin || !signed(checkpoint.note)) return undefined;
  return { origin, size: checkpoint.size, root: checkpoint.root, checkpoint, bytes };
}

function rhythmOf({ target, last, isNew, ends }: Pick<TargetState, "target" | "last" | "isNew" | "ends">): Rhythm {
  return { id: target.id, every: target.every, last, isNew, ...(ends === undefined ? {} : { ends }) };
}

import { isProven } from "../evidence/proof.ts";
import type { Instant } from "../lib/time.ts";
import type { EvidenceItem, HandlingAct, Hole, ItemEvent } from "./item.ts";
import { inOrder } from "./order.ts";

/** What walking along the acts on one thing needs of each of them. */
export type Step = Omit<ItemEvent, "confirmed">;

export interface Chain extends Pick<EvidenceItem, "state" | "holder" | "holderSince" | "ended" | "holes"> {
  readonly events: readonly ItemEvent[];
  readonly began: Step | undefined;
}

/** Acts that say something about the thing itself; the others only about its record. */
const HANDS_ON: ReadonlySet<HandlingAct> = new Set([
  "store",
  "access",
  "transfer",
  "export",
  "verify",
  "copy",
  "return",
  "release",
  "dispose",
]);

/**
 * Follows a thing from hand to hand. Each `from` must be whoever had it before; whatever does not close is a hole with the
 * records between which it lies, and the walk goes on with what the later record says.
 */
export function walk(steps: readonly Step[], physical: boolean): Chain {
  const walker = new Walker(physical);
  inOrder(
    steps,
    (step) => walker.fits(step),
    (step) => walker.take(step),
  );
  return walker.end();
}

class Walker {
  readonly #physical: boolean;
  readonly #holes: Hole[] = [];
  readonly #events: { step: Step; confirmed: ItemEvent["confirmed"] }[] = [];
  #began: Step | undefined;
  /** What happened before anybody collected it; told once the beginning is known. */
  readonly #early: Step[] = [];
  #holder: string | undefined;
  /** The step by which the holder came to it. */
  #since: Step | undefined;
  #ended: Step | undefined;
  /** A transfer that the receiver may still confirm. */
  #handed: { step: Step; confirmed: ItemEvent["confirmed"] } | undefined;

  constructor(physical: boolean) {
    this.#physical = physical;
  }

  /** Whether a step closes the chain where it stands. */
  fits({ act, from, to, by }: Step): boolean {
    if (act === "collect") return this.#began === undefined;
    if (act === "describe" || act === "authorise") return true;
    if (this.#began === undefined) return act === "receive";
    if (act === "receive") return from === this.#holder || (to ?? by) === this.#holder;
    if (this.#ended !== undefined) return false;
    if (act === "transfer") return from === this.#holder;
    return from === undefined || from === this.#holder || !isHandingOff(act);
  }

  take(step: Step): void {
    const event = { step, confirmed: undefined as ItemEvent["confirmed"] };
    this.#events.push(event);
    if (step.result === "differs") this.#hole("altered", step, step, {});
    if (step.act === "collect") this.#collect(step);
    else if (step.act === "receive") this.#receive(step);
    else if (!HANDS_ON.has(step.act)) return;
    else if (this.#began === undefined) {
      this.#early.push(step);
      if (step.act === "transfer") this.#hand(event);
    } else if (this.#ended !== undefined) this.#afterEnd(event);
    else if (step.act === "transfer") this.#hand(event);
    else if (isHandingOff(step.act)) this.#handOff(step);
  }

  end(): Chain {
    const began = this.#began;
    for (const step of this.#early) {
      if (began === undefined) continue;
      this.#hole("before-beginning", step, began, { named: step.by });
    }
    if (began === undefined && this.#events.length > 0) {
      const first = (this.#events.find(({ step }) => HANDS_ON.has(step.act)) ?? this.#events[0])?.step as Step;
      this.#hole("no-beginning", first, first, {});
    }
    const ended = this.#ended;
    return {
      events: this.#events.map(({ step, confirmed }) => ({ ...step, confirmed })),
      began,
      holes: this.#holes,
      holder: this.#holder,
      holderSince: this.#holder === undefined ? undefined : this.#since?.stamp.at,
      ended: ended?.stamp,
      state: ended !== undefined ? END_STATES[ended.act as keyof typeof END_STATES] : began ? "held" : "unknown",
    };
  }

  #collect(step: Step): void {
    const holder = step.to ?? step.by;
    if (this.#began === undefined) this.#begin(step, holder);
    else this.#hole("twice", this.#since ?? this.#began, step, { named: holder });
  }

  #begin(step: Step, holder: string): void {
    this.#began = step;
    // A transfer before it has told already who holds it.
    if (this.#early.every(({ act }) => act !== "transfer")) this.#hold(step, holder);
  }

  #hold(step: Step, holder: string | undefined): void {
    this.#holder = holder;
    this.#since = step;
    this.#handed = undefined;
  }

  #receive(step: Step): void {
    const to = step.to ?? step.by;
    if (this.#began === undefined) {
      this.#begin(step, to);
      return;
    }
    const handed = this.#handed;
    if (handed !== undefined && to === this.#holder) {
      this.#handed = undefined;
      if (isReceiver(step, to)) handed.confirmed = "receiver";
      const left = handed.step.stamp.at + handed.step.stamp.precision;
      if (step.stamp.at > left && step.stamp.at - handed.step.stamp.at > TOGETHER)
        this.#hole("on-its-way", handed.step, step, { holder: handed.step.from, next: to });
      return;
    }
    if (this.#ended !== undefined) {
      this.#hole("nobody", this.#ended, step, { next: to });
      this.#ended = undefined;
      this.#hold(step, to);
      return;
    }
    if (to === this.#holder && (step.from === undefined || step.from === to)) return;
    this.#requireGiver(step, to);
    this.#hold(step, to);
  }

  #hand(event: { step: Step; confirmed: ItemEvent["confirmed"] }): void {
    const { step } = event;
    const { to } = step;
    if (this.#began !== undefined || this.#since !== undefined) this.#requireGiver(step, to);
    if (to === undefined) {
      this.#hole("no-receiver", step, step, { holder: this.#holder });
      this.#hold(step, undefined);
      return;
    }
    event.confirmed = isReceiver(step, to) ? "receiver" : step.by === step.from ? "giver-only" : "third-person";
    this.#hold(step, to);
    this.#handed = event;
  }

  /** Whoever hands it on must have it. */
  #requireGiver(step: Step, next: string | undefined): void {
    const before = this.#since ?? this.#began ?? step;
    if (step.from === undefined) this.#hole("no-giver", before, step, { holder: this.#holder, next });
    else if (step.from !== this.#holder)
      this.#hole("other-hands", before, step, { holder: this.#holder, named: step.from, next });
  }

  #handOff(step: Step): void {
    if (step.from !== undefined && step.from !== this.#holder)
      this.#hole("other-hands", this.#since ?? step, step, { holder: this.#holder, named: step.from });
    if (step.act === "dispose" && !this.#physical) {
      this.#hole("disposal-unrecorded", step, step, { holder: this.#holder });
      return;
    }
    this.#ended = step;
    this.#hold(step, undefined);
  }

  #afterEnd(event: { step: Step; confirmed: ItemEvent["confirmed"] }): void {
    const { step } = event;
    const ended = this.#ended as Step;
    // The bytes of a file stay where they are: to hash them again touches nobody's hands.
    if (step.act === "verify") return;
    // Nor does an auditor who looks at the kept bytes of what was released: that is what they are kept for.
    if (step.act === "access" && isAudit(step) && !this.#physical && ended.act !== "dispose") return;
    if (step.act === "transfer") {
      this.#hole("nobody", ended, step, { named: step.from, next: step.to });
      this.#ended = undefined;
      this.#hold(step, step.to);
      this.#handed = event;
      return;
    }
    if (step.act === "dispose" && ended.act !== "dispose" && this.#physical) {
      this.#hole("nobody", ended, step, {});
      this.#ended = step;
      return;
    }
    this.#hole("after-end", ended, step, { named: step.by });
  }

  #hole(kind: Hole["kind"], after: Step, before: Step, people: Pick<Partial<Hole>, "holder" | "named" | "next">): void {
    const from = Math.min(after.stamp.at, before.stamp.at);
    const to: Instant = Math.max(after.stamp.at, before.stamp.at);
    this.#holes.push({
      kind,
      from,
      to,
      entries: [...new Set([after.entry, before.entry])],
      holder: people.holder,
      named: people.named,
      next: people.next,
    });
  }
}

/** Whoever has it says so, and showed who they are: anybody at a shell could say it for them. */
const isReceiver = ({ by, auth }: Step, to: string): boolean => by === to && isProven({ type: "person", auth });

const isAudit = ({ role, auth }: Step): boolean => role === "auditor" && isProven({ type: "person", auth });

/** Two people who record one handing over, each by themselves, need no longer for it. */
const TOGETHER = 15 * 60_000;

const END_STATES = { return: "returned", release: "released", dispose: "disposed" } as const;

const isHandingOff = (act: HandlingAct): boolean => Object.hasOwn(END_STATES, act);

import type { ActKind, RecordedAct, Words } from "../../src/evidence/act.ts";
import type { Actor } from "../../src/evidence/entry.ts";
import { type Instant, iso } from "../../src/lib/time.ts";
import { entry, t, type When } from "./entries.ts";

/** Somebody known by a token, and somebody whom nobody checked. */
export const OWNER: Actor = { type: "person", id: "p-anna", role: "owner", auth: "token" };
export const AUDITOR: Actor = { type: "person", id: "p-audi", role: "auditor", auth: "token" };
export const OPERATOR: Actor = { type: "person", id: "p-otto", role: "operator", auth: "token" };
export const SHELL: Actor = { type: "person", id: "p-shell", role: "owner", auth: "unauthenticated" };

/** Acts as the log would have them: numbered as they come, an hour apart from `from` on unless each says when. */
export class ActLog {
  readonly acts: RecordedAct[] = [];
  #at: Instant;

  constructor(from: When = "2026-11-01T08:00Z") {
    this.#at = t(from);
  }

  add<K extends ActKind>(
    kind: K,
    fields: Record<string, unknown>,
    over: { readonly at?: When; readonly by?: Actor; readonly words?: Words } = {},
  ): RecordedAct<K> {
    this.#at = over.at === undefined ? this.#at + 3_600_000 : t(over.at);
    const index = this.acts.length;
    const happened = iso(this.#at);
    const made = { ...entry(kind, this.#at, { happened, ...fields }), index, actor: over.by ?? OWNER };
    const act = { index, at: this.#at, entry: made, words: over.words ?? {} } as unknown as RecordedAct<K>;
    this.acts.push(act as unknown as RecordedAct);
    return act;
  }
}

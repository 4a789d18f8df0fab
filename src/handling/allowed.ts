import { isProven } from "../evidence/proof.ts";
import type { Instant } from "../lib/time.ts";
import type { Allowed, Authorisation, HandlingAct } from "./item.ts";

/** Who may handle a thing: those whom its own records authorise, or by role where they authorise nobody. */

const HANDLERS: ReadonlySet<string> = new Set(["owner", "operator"]);
const READERS: ReadonlySet<string> = new Set(["owner", "operator", "auditor"]);

/** Acts of looking: these are open to auditors too. */
const LOOKING: ReadonlySet<HandlingAct> = new Set(["access", "export", "verify"]);
/** Acts that touch the record and not the thing. */
const ON_PAPER: ReadonlySet<HandlingAct> = new Set(["describe", "authorise"]);

interface Handling {
  readonly act: HandlingAct;
  readonly at: Instant;
  readonly by: string;
  readonly role: string | undefined;
  readonly auth: string | undefined;
  readonly to: string | undefined;
}

/** Whether an act was open to whoever recorded it, and a transfer to whoever received it, at the time when it happened. */
export function allowedTo({ act, at, by, role, auth, to }: Handling, list: readonly Authorisation[]): Allowed {
  if (ON_PAPER.has(act))
    return isProven({ type: "person", auth }) ? { word: "yes" } : { word: "unknown", why: "unproven" };
  // The list speaks once it was begun; what was before it is judged by role.
  const listed = list.some(({ from }) => from <= at);
  if (listed) {
    if (!isOn(list, by, at)) {
      const later = list.some(({ person, from }) => person === by && from > at);
      return { word: "no", why: later ? "authorised-later" : "not-authorised" };
    }
    if ((act === "transfer" || act === "receive") && to !== undefined && !isOn(list, to, at))
      return { word: "no", why: "receiver-not-authorised" };
    return isProven({ type: "person", auth }) ? { word: "yes" } : { word: "unknown", why: "unproven" };
  }
  if (!isProven({ type: "person", auth })) return { word: "unknown", why: "unproven" };
  if (role === undefined) return { word: "unknown", why: "no-role" };
  return (LOOKING.has(act) ? READERS : HANDLERS).has(role) ? { word: "yes" } : { word: "no", why: "role" };
}

const isOn = (list: readonly Authorisation[], who: string, at: Instant): boolean =>
  list.some(({ person, from, to }) => person === who && from <= at && (to === undefined || at < to));

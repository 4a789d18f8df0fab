import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { osUser } from "./config/config.ts";
import type { Custody } from "./custody.ts";
import type { Actor } from "./evidence/entry.ts";
import { canonicalBytes } from "./lib/canonical.ts";
import { CustodyError } from "./lib/errors.ts";
import { requireClock } from "./telling-time.ts";

/**
 * Who acts. In the ledger people are random IDs; the name is in an `identity` blob, which can be disposed of. Whoever shows
 * a personal token is known by it; on a bare shell nobody proved who they are, the entry says so, and such an act is never
 * a sign-off.
 */

export type Role = Custody["config"]["people"][string]["role"];

/** What somebody is about to do: each act is open to some roles. */
export type Act = keyof typeof ALLOWED;

/** Without a token nobody's role is known, so only a sign-off asks for one; the others record what they know. */
const ALLOWED = {
  "sign-off": { roles: ["owner"], text: "sign what is recorded" },
  record: { roles: ["owner", "operator"], text: "write something into the log" },
  "hand-out": { roles: ["owner", "operator", "auditor"], text: "hand out evidence" },
} as const satisfies Record<string, { roles: readonly Role[]; text: string }>;

/** The acts that a role may carry out, in words. */
export function actsOf(role: Role): string[] {
  return Object.values(ALLOWED).flatMap(({ roles, text }) => ((roles as readonly Role[]).includes(role) ? [text] : []));
}

/** The short name under `people:` of whoever shows a token, and their role. */
export interface KnownPerson {
  readonly name: string;
  readonly role: Role;
}

/** A token as `custody people token` makes it: 256 random bits, so that its hash gives nothing away. */
const TOKEN = /^custody_[A-Za-z0-9_-]{43}$/;

export function newToken(): string {
  return `custody_${randomBytes(32).toString("base64url")}`;
}

/** What stands under `token:` in the configuration. */
export function tokenLine(token: string): string {
  return `sha256:${createHash("sha256").update(token).digest("hex")}`;
}

/**
 * Whose token was shown; undefined where none was. Throws NOT_ALLOWED for one that belongs to nobody. Takes the same time
 * whichever it is.
 */
export function personShown({ people, personalToken }: Custody["config"]): KnownPerson | undefined {
  const token = personalToken();
  if (token === undefined) return undefined;
  const shown = Buffer.from(tokenLine(token));
  const found = Object.entries(people).filter(([, { token: line = "" }]) => {
    const known = Buffer.alloc(shown.length);
    known.write(line);
    return timingSafeEqual(shown, known);
  });
  const [one] = found;
  if (TOKEN.test(token) && one !== undefined && found.length === 1) return { name: one[0], role: one[1].role };
  throw new CustodyError("NOT_ALLOWED", "the personal token that was shown belongs to nobody under `people:`", {
    remedy:
      "Look at CUSTODY_TOKEN or the file of --token-file; `custody people token NAME` makes a new one. Nothing was recorded.",
  });
}

/**
 * Whoever is about to do something, if they showed a token. Throws NOT_ALLOWED for a wrong one, for a role that may not do
 * it, and for a sign-off by nobody. Writes nothing.
 */
export function personFor(config: Custody["config"], act: Act): KnownPerson | undefined {
  const person = personShown(config);
  if (person === undefined) {
    if (act === "sign-off") throw notKnown();
    return undefined;
  }
  const { roles, text } = ALLOWED[act];
  if ((roles as readonly Role[]).includes(person.role)) return person;
  throw new CustodyError("NOT_ALLOWED", `${person.name} is ${person.role} and may not ${text}`, {
    remedy: `This is for ${roles.join(" or ")}; roles stand under \`people:\` in ${config.path}.`,
  });
}

/** Who acts is not kept waiting longer than this for somebody who knows the time. */
const CLOCK_WITHIN = 10_000;

/**
 * The acting person, for the entry that records the act; writes an `identity` entry where they have none yet. Throws
 * NOT_ALLOWED for a wrong token, for a role that may not do it, and for a sign-off without a token; CLOCK_WRONG where our clock
 * is known to be ahead.
 */
export async function actor(custody: Custody, act: Act = "record"): Promise<Actor> {
  const person = personFor(custody.config, act);
  await requireClock(custody, AbortSignal.timeout(CLOCK_WITHIN));
  if (person === undefined) return shellActor(custody);
  const actorOf = (id: string): Actor => ({ type: "person", id, role: person.role, auth: "token" });
  const known = await idOf(custody, person.name);
  if (known !== undefined) return actorOf(known);
  const made = newId();
  const ledger = await custody.ledger();
  const identity = await ledger.put(canonicalBytes({ v: 1, person: made, name: person.name }), "application/json");
  await ledger.append([{ kind: "identity", actor: actorOf(made), person: made, identity }]);
  // Another machine may have been faster: the first one in the log is theirs for ever.
  return actorOf((await idOf(custody, person.name)) ?? made);
}

function notKnown(): CustodyError {
  return new CustodyError("NOT_ALLOWED", "a sign-off counts only from somebody who shows who they are", {
    remedy:
      "`custody people token NAME` makes a personal token; put it into CUSTODY_TOKEN, or into a file that you name with --token-file. Nothing was recorded.",
  });
}

/** The ID of somebody with a token, without writing anything; undefined while they have none. */
export async function idOf(custody: Custody, name: string): Promise<string | undefined> {
  for (const [id, known] of await namesOf(custody, (auth) => auth === "token")) if (known === name) return id;
  return undefined;
}

const Identity = z.looseObject({ person: z.string(), name: z.string().optional(), osUser: z.string().optional() });

/**
 * The names behind the random IDs, in the order of the log, as far as their `identity` blobs are still there. `wanted` picks
 * by how the person was recognised when the ID was made.
 */
export async function namesOf(
  custody: Custody,
  wanted: (auth: string | undefined) => boolean = () => true,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const disposals = await custody.disposals();
  const ledger = await custody.view();
  for (const { index, entry } of await custody.identities()) {
    if (!wanted(entry.actor.auth) || names.has(entry.person)) continue;
    if (disposals.explains(entry.identity.digest, index) !== undefined) continue;
    const bytes = await ledger.blob(entry.identity.digest);
    const found = Identity.safeParse(bytes && parseJson(bytes)).data;
    const name = found?.name ?? found?.osUser;
    if (found?.person === entry.person && name !== undefined) names.set(entry.person, name);
  }
  return names;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

const newId = () => `p-${randomBytes(6).toString("hex")}`;

const Known = z.record(z.string(), z.string());

/** The person at this shell, whom nobody checked. */
async function shellActor(custody: Custody): Promise<Actor> {
  const user = osUser();
  const path = join(custody.config.folders.state, "people.json");
  const known = await readKnown(path);
  const configured = Object.entries(custody.config.people).find(([, person]) => person.osUser === user);
  const actorOf = (id: string): Actor => ({
    type: "person",
    id,
    auth: "unauthenticated",
    ...(configured ? { role: configured[1].role } : {}),
  });
  const id = known[user];
  if (id !== undefined) return actorOf(id);
  const made = newId();
  const ledger = await custody.ledger();
  const identity = await ledger.put(
    canonicalBytes({ v: 1, person: made, osUser: user, ...(configured ? { name: configured[0] } : {}) }),
    "application/json",
  );
  await ledger.append([{ kind: "identity", actor: actorOf(made), person: made, identity }]);
  // Another process may read it meanwhile.
  await writeFile(`${path}.${process.pid}`, JSON.stringify({ ...known, [user]: made }), { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
  return actorOf(made);
}

/** Who is known is a matter of convenience: without the file a person gets a second ID, and nothing is lost. */
async function readKnown(path: string): Promise<Record<string, string>> {
  try {
    return Known.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return {};
  }
}

/** How an act is recorded, as a line for whoever did it; undefined for somebody with a token. */
export function unprovenWords({ auth }: Actor): string | undefined {
  return auth === "unauthenticated"
    ? "Nobody proved who they are on this shell, so this is recorded as unauthenticated and counts as no sign-off."
    : undefined;
}

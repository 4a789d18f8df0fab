import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { osUser } from "./config/config.ts";
import type { Custody, LedgerView } from "./custody.ts";
import type { Actor } from "./evidence/entry.ts";
import { canonicalBytes } from "./lib/canonical.ts";
import { matching } from "./lib/digest.ts";
import { CustodyError, messageOf } from "./lib/errors.ts";
import { nearest } from "./lib/nearest.ts";
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
  sample: { roles: ["owner", "operator", "auditor"], text: "draw and mark samples" },
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

/**
 * The ID of somebody under `people:`, without writing anything; undefined while they have none: the one they got with their
 * token, or the one by which others named them before that. Never the one of a bare shell.
 */
export async function idOf(custody: Custody, name: string): Promise<string | undefined> {
  for (const { id, auth, name: known, named } of await identified(custody))
    if (known === name && (named === undefined ? auth === "token" : named === "member")) return id;
  return undefined;
}

const Identity = z.looseObject({
  person: z.string(),
  name: z.string().optional(),
  osUser: z.string().optional(),
  /** For somebody whom others named: one of `people:`, or anybody else. */
  named: z.enum(["member", "outside"]).optional().catch(undefined),
});

/** What a person may be called in a record. */
const MAX_NAME = 200;

/**
 * The ID of a person who is named in a record (an owner, a commander, a holder), made where they have none yet: a short name
 * under `people:`, a name of anybody else, or an ID that is known. It says nothing about who acts. Throws INPUT_INVALID for
 * what is no name, and for a single word that is most likely a mistyped short name.
 */
export async function personId(custody: Custody, name: string): Promise<string> {
  const given = readName(custody, name);
  const known = await namedBefore(custody, given);
  if (known !== undefined) return known;
  if (/^p-[0-9a-f]{12}$/.test(given))
    throw new CustodyError("INPUT_INVALID", `nobody in this log has the ID ${given}`, {
      remedy: "Name the person by their name. Nothing was recorded.",
    });
  const by = await actor(custody);
  const made = newId();
  const ledger = await custody.ledger();
  const named = isMember(custody, given) ? "member" : "outside";
  const identity = await ledger.put(canonicalBytes({ v: 1, person: made, name: given, named }), "application/json");
  await ledger.append([{ kind: "identity", actor: by, person: made, identity }]);
  // Another process may have been faster: the first one in the log is theirs for ever.
  return (await namedBefore(custody, given)) ?? made;
}

/** What is wrong with a name for `personId`, in words; undefined where it will do. Writes nothing. */
export function nameProblem(custody: Custody, name: string): string | undefined {
  try {
    readName(custody, name);
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

const isMember = ({ config }: Custody, name: string) => Object.hasOwn(config.people, name);

function readName(custody: Custody, name: string): string {
  const given = name.normalize("NFC").trim();
  const wrong = (why: string) =>
    new CustodyError("INPUT_INVALID", `"${given.slice(0, 40).replace(UNPRINTED, "?")}" ${why}`, {
      remedy: "Name a person: a short name under `people:`, or their full name. Nothing was recorded.",
    });
  if (given === "" || UNPRINTED.test(given)) throw wrong("is no name of a person");
  if (given.length > MAX_NAME) throw wrong(`… is longer than the ${MAX_NAME} characters of a name`);
  const called = Object.entries(custody.config.people).filter(
    ([, one]) => one.name && alike(one.name) === alike(given),
  );
  const [member, another] = called.map(([short]) => short);
  if (isMember(custody, given)) return given;
  if (another !== undefined) throw wrong(`is the name of ${member} and of ${another} under \`people:\``);
  if (member !== undefined) return member;
  if (/[\s@]/.test(given) || /^p-[0-9a-f]{12}$/.test(given)) return given;
  const meant = nearest(given, Object.keys(custody.config.people));
  if (meant !== undefined)
    throw wrong(`is nobody under \`people:\`; did you mean "${meant}"? Somebody else is named in full, with a space`);
  return given;
}

const alike = (name: string) => name.normalize("NFC").trim().replace(/\s+/g, " ").toLowerCase();

/**
 * The short name under `people:` of whom a full name most likely means although nothing says so: they would be two people in
 * every record. Undefined where there is none.
 */
export function likelyMember({ config: { people } }: Pick<Custody, "config">, name: string): string | undefined {
  const words = alike(name).split(" ");
  if (words.length < 2 || Object.values(people).some((one) => one.name && alike(one.name) === words.join(" "))) return;
  return Object.keys(people).find((short) => people[short]?.name === undefined && words.includes(short.toLowerCase()));
}

/** The same as a line for whoever named them. */
export function likelyMemberWords(custody: Pick<Custody, "config">, name: string): string | undefined {
  const short = likelyMember(custody, name);
  return short === undefined
    ? undefined
    : `"${name.trim()}" is recorded as somebody else than ${short} under \`people:\`. If they are one, write \`name: ${name.trim()}\` at ${short} there, and record it again as a correction.`;
}

/** Control characters, and what reorders or hides the text around it. */
const UNPRINTED = /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

async function namedBefore(custody: Custody, given: string): Promise<string | undefined> {
  if (isMember(custody, given)) return idOf(custody, given);
  if (/^p-[0-9a-f]{12}$/.test(given))
    return (await custody.identities()).some(({ entry }) => entry.person === given) ? given : undefined;
  for (const { id, name, named } of await identified(custody)) if (named === "outside" && name === given) return id;
  return undefined;
}

/**
 * The names behind the random IDs, in the order of the log, as far as their `identity` blobs are still there. `wanted` picks
 * by how the person was recognised when the ID was made.
 */
export async function namesOf(
  custody: Custody,
  wanted: (auth: string | undefined) => boolean = () => true,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const { id, auth, name } of await identified(custody)) if (wanted(auth) && !names.has(id)) names.set(id, name);
  return names;
}

interface Identified {
  readonly id: string;
  readonly name: string;
  /** How whoever recorded it was recognised. */
  readonly auth: string | undefined;
  /** As who others named them; undefined for those who acted themselves. */
  readonly named: "member" | "outside" | undefined;
}

/** Identities that were read already, by their digests: who acts asks for them again and again. */
const identities = new WeakMap<Custody, Map<string, z.output<typeof Identity>>>();

async function readIdentity(ledger: LedgerView, digest: string): Promise<z.output<typeof Identity> | undefined> {
  const bytes = matching(await ledger.blob(digest), digest);
  return Identity.safeParse(bytes && parseJson(bytes)).data;
}

/** Everybody whose name is still there, in the order of the log. */
async function identified(custody: Custody): Promise<Identified[]> {
  const all: Identified[] = [];
  const disposals = await custody.disposals();
  const ledger = await custody.view();
  const read = identities.get(custody) ?? new Map<string, z.output<typeof Identity>>();
  identities.set(custody, read);
  for (const { index, entry } of await custody.identities()) {
    if (disposals.explains(entry.identity.digest, index) !== undefined) continue;
    const found = read.get(entry.identity.digest) ?? (await readIdentity(ledger, entry.identity.digest));
    if (found !== undefined) read.set(entry.identity.digest, found);
    const name = found?.name ?? found?.osUser;
    if (found?.person !== entry.person || name === undefined) continue;
    all.push({ id: entry.person, name, auth: entry.actor.auth, named: found.named });
  }
  return all;
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

import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { osUser } from "./config/config.ts";
import type { Custody } from "./custody.ts";
import type { Actor } from "./evidence/entry.ts";
import { canonicalBytes } from "./lib/canonical.ts";

const Known = z.record(z.string(), z.string());

/**
 * The person at this shell. In the ledger people are random IDs; the name is in an `identity` blob, which can be disposed
 * of. Nobody proved who they are on a bare shell, and the entry says so: such an act is never a sign-off.
 */
export async function shellActor(custody: Custody): Promise<Actor> {
  const user = osUser();
  const path = join(custody.config.folders.state, "people.json");
  const known = await readKnown(path);
  const configured = Object.entries(custody.config.people).find(([, person]) => person.osUser === user);
  const actor = (id: string): Actor => ({
    type: "person",
    id,
    auth: "unauthenticated",
    ...(configured ? { role: configured[1].role } : {}),
  });
  const id = known[user];
  if (id !== undefined) return actor(id);
  const made = `p-${randomBytes(6).toString("hex")}`;
  const ledger = await custody.ledger();
  const identity = await ledger.put(
    canonicalBytes({ v: 1, person: made, osUser: user, ...(configured ? { name: configured[0] } : {}) }),
    "application/json",
  );
  await ledger.append([{ kind: "identity", actor: actor(made), person: made, identity }]);
  // Another process may read it meanwhile.
  await writeFile(`${path}.${process.pid}`, JSON.stringify({ ...known, [user]: made }), { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
  return actor(made);
}

/** Who is known is a matter of convenience: without the file a person gets a second ID, and nothing is lost. */
async function readKnown(path: string): Promise<Record<string, string>> {
  try {
    return Known.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return {};
  }
}

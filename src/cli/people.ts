import { writeTokenLine } from "../config/people.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { actsOf, idOf, newToken, personShown, tokenLine } from "../people.ts";
import { type GlobalFlags, withCustody } from "./context.ts";

interface Flags extends GlobalFlags {
  readonly write?: boolean;
}

/** `custody people`: who is named in the configuration, in which role, and whether they can be known. */
export function people(flags: GlobalFlags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const all = Object.entries(custody.config.people);
    for (const [name, { role, token, osUser }] of all) {
      const known = token === undefined ? `no token; \`custody people token ${name}\` makes one` : "has a token";
      output.line(`${name}  ${role}  ${known}${osUser === undefined ? "" : `; ${osUser} on this machine`}`);
    }
    if (all.length === 0)
      output.line(
        `Nobody is named. Add yourself to ${custody.config.path}, for example \`people: { anna: { role: owner } }\`.`,
      );
    else if (!all.some(([, { role, token }]) => role === "owner" && token !== undefined))
      output.line("Nobody can sign yet: that needs an owner with a token.");
    output.object({
      ok: true,
      people: all.map(([name, { role, token, osUser }]) => ({
        name,
        role,
        token: token !== undefined,
        ...(osUser === undefined ? {} : { osUser }),
      })),
    });
    return 0;
  });
}

/** `custody people token NAME`: a new personal token, shown this once; what is kept of it is its hash. */
export function token(flags: Flags, name: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { people: known, path } = custody.config;
    const person = Object.hasOwn(known, name) ? known[name] : undefined;
    if (person === undefined) {
      throw new CustodyError(
        "NOT_FOUND",
        `there is no ${name} under \`people:\`${didYouMean(name, Object.keys(known))}`,
        {
          remedy: `Add \`${name}: { role: owner }\` under \`people:\` in ${path} first; roles are owner, operator and auditor.`,
        },
      );
    }
    const made = newToken();
    const line = tokenLine(made);
    if (flags.write) await writeTokenLine(path, name, line);
    output.line(`The personal token of ${name} (${person.role}). It is shown this once and kept nowhere:`);
    output.line();
    output.line(`  ${made}`);
    output.line();
    output.line(`For ${name} to keep, like a password: in CUSTODY_TOKEN, or in a file named with --token-file.`);
    if (flags.write)
      output.line(`Its hash stands in ${path} now.${person.token ? " The token before it counts no more." : ""}`);
    else {
      output.line(`Put this line under \`people:\`, \`${name}:\`, in ${path} (or let --write do it):`);
      output.line();
      output.line(`  token: ${line}`);
    }
    output.object({ ok: true, name, role: person.role, token: made, line, written: flags.write ?? false });
    return 0;
  });
}

/** `custody whoami`: as whom acts would be recorded now. Writes nothing. */
export function whoami(flags: GlobalFlags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { config } = custody;
    const person = personShown(config);
    if (person === undefined) {
      const { osUser } = await import("../config/config.ts");
      const user = osUser();
      const claimed = Object.entries(config.people).find(([, one]) => one.osUser === user)?.[0];
      output.line(`User ${user} of this machine${claimed ? `, named as ${claimed} in the configuration` : ""}.`);
      output.line("Nobody has proved who that is: what you do is recorded as unauthenticated, and you cannot sign.");
      output.line("`custody people token NAME` makes a personal token.");
      output.object({
        ok: true,
        auth: "unauthenticated",
        osUser: user,
        ...(claimed ? { name: claimed } : {}),
        may: [],
      });
      return 0;
    }
    const id = await idOf(custody, person.name);
    output.line(`${person.name} (${person.role}), known by a personal token.`);
    output.line(id === undefined ? "You have signed and done nothing here yet." : `In the records you are ${id}.`);
    output.line(`You may ${actsOf(person.role).join("; ")}.`);
    output.object({ ok: true, auth: "token", ...person, id: id ?? null, may: actsOf(person.role) });
    return 0;
  });
}

import { sourceFacts } from "../acts/preserving.ts";
import { newestOf } from "../assess/population.ts";
import type { Custody } from "../custody.ts";
import { many } from "../duties/words.ts";
import { writeThere } from "../incidents/written-elsewhere.ts";
import { CustodyError } from "../lib/errors.ts";
import { lengthForPeople } from "../lib/length.ts";
import type { Instant } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { clean } from "../report/clean.ts";
import type { Agenda } from "../views/agenda.ts";
import { clocksAbout, type Standing } from "../views/going-on.ts";
import { dueInWords, everyClock, keptWhere } from "./incidents-open.ts";

/** Incidents that are kept in another register, and only collected here. */

/** The incidents that other registers hold, by collector. */
async function heldElsewhere(
  custody: Custody,
): Promise<{ readonly instance: string; readonly origin?: string; readonly id: string }[]> {
  const facts = newestOf(await sourceFacts(custody)).filter(({ fact }) => fact.kind === "incident");
  return facts.map(({ instance, origin, fact }) => ({
    instance,
    id: fact.id,
    ...(origin === undefined ? {} : { origin }),
  }));
}

/**
 * The incidents that other registers hold: open ones and those not closed, the gravest first, with what is to decide and due;
 * of the others the newest. Empty where there are none.
 */
export function keptLines(
  all: readonly Standing[],
  agenda: Agenda,
  { now, zone, most, open }: { now: Instant; zone: string; most: number; open: boolean | undefined },
): string[] {
  const going = all.filter(({ state }) => state !== "closed");
  const over = all.filter(({ state }) => state === "closed").sort((a, b) => (b.since ?? 0) - (a.since ?? 0));
  const listed = open ? [] : over.slice(0, most);
  const registers = [...new Set(all.map(({ keptBy }) => keptBy ?? ""))];
  return [
    ...[...going, ...listed].flatMap((one) => keptIncident(one, agenda, now, zone)),
    ...(open || over.length <= listed.length
      ? []
      : [`${over.length - listed.length} more are closed; -n ${over.length} lists them.`]),
    ...registers.map((instance) => {
      const of = all.filter(({ keptBy }) => keptBy === instance);
      const count = (state: Standing["state"]) => of.filter((one) => one.state === state).length;
      return `${clean(instance)} holds ${many(of.length, "incident")} in a register of its own: ${count("open")} open, ${count("resolved")} resolved and not closed. They are read and changed there.`;
    }),
  ];
}

function keptIncident(one: Standing, agenda: Agenda, now: Instant, zone: string): string[] {
  const { about, fact, state, since, undecided } = one;
  const age =
    state === "open" && since !== undefined
      ? `open for ${lengthForPeople(Math.max(0, now - since), { round: "down" })}`
      : state === "resolved"
        ? "resolved, not closed"
        : state;
  const clocks = clocksAbout(everyClock(agenda), about);
  return [
    `${about}  ${clean(fact.severity ?? "no severity", 60)}  ${clean(fact.title, 100)}`,
    `    ${age}, noticed ${since === undefined ? "nobody wrote down when" : forPeople(since, zone)}; ${fact.owner === null ? "NOBODY RESPONSIBLE" : clean(fact.owner, 60)}${keptWhere(one)}`,
    ...(undecided.length === 0 ? [] : [`    To decide yet: ${undecided.join("; ")}.`]),
    ...(state === "closed" && clocks.length === 0 ? [] : [`    ${dueInWords(clocks, now, zone)}`]),
  ];
}

/** Throws NOT_FOUND that says where it is kept, where another register has it. */
export async function refuseFromElsewhere(custody: Custody, id: string, act?: string, word = ""): Promise<void> {
  const held = await heldElsewhere(custody);
  const found = held.find((one) => one.id === id || `${one.instance}/${one.id}` === id);
  if (found === undefined) return;
  const { instance } = found;
  // Of several that bear this number none stands for the others.
  const same = held.filter((one) => one.instance === instance && one.id === found.id);
  const files = [...new Set(same.flatMap((one) => one.origin ?? []))];
  const origin = files.length === 0 ? undefined : files.slice(0, 5).join(", ");
  throw new CustodyError(
    "NOT_FOUND",
    `${clean(found.id)} is kept in the register that ${clean(instance)} collects${origin === undefined ? "" : ` (${clean(origin, 200)})`}, not in the one of this log`,
    {
      remedy:
        act === undefined
          ? "Read and change it there; `custody status` says what is due for it, `custody report` has its sheet."
          : `Change it there: ${clean(writeThere(`incident ${act} ID ${word}`.trimEnd(), { instance, origin: files[0] }), 400)}, then \`custody collect ${clean(instance)}\`. docs/registers.md has every key.`,
    },
  );
}

import type { Instant } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { type Duty, type People, whoFor } from "./duty.ts";

/** How this installation is, beside what the log says. */
export interface Here {
  readonly now: Instant;
  readonly zone: string;
  readonly people: People;
  /** Since when a given database does not answer. */
  readonly databaseAway: { readonly since: Instant } | undefined;
  /** Since when this process goes on with an older configuration than the file holds. */
  readonly configRefused: Instant | undefined;
  /** The key that signs, where it is on this machine and was never backed up from here, and when its log began. */
  readonly unsavedKey: { readonly id: string; readonly since: Instant } | undefined;
  /** For a notice: only what has lasted, and nothing of a database, as every notice says by itself that it could not be asked. */
  readonly notice: boolean;
}

const DAY = 24 * 3_600_000;
/** Who has just begun is told by pages and commands; a notice comes when it was forgotten. */
const KEY_RESTS = 14 * DAY;

/** What somebody must do about this installation itself. Pure. */
export function hereDuties(here: Here): Duty[] {
  const all = allOf(here);
  return here.notice ? all.filter(({ id, ripe = here.now }) => ripe <= here.now && id !== DATABASE) : all;
}

const DATABASE = "database-away";

function allOf({ zone, people, databaseAway, configRefused, unsavedKey }: Here): Duty[] {
  const found = whoFor("operator", people);
  const who = found === undefined ? {} : { who: found };
  return [
    ...(configRefused === undefined
      ? []
      : [
          {
            id: "config-refused",
            title: "The daemon goes on with an older configuration",
            what: `Since ${forPeople(configRefused, zone)}: custody.yaml was read again then, and cannot be put in force as it is.`,
            lost: "What was changed in it does not count yet. Everything else is collected as before.",
            todo: "Mend what this finds and reload the daemon. Where it finds nothing, the change needs a restart:",
            commands: ["custody config check"],
            ripe: configRefused + DAY,
            ...who,
          },
        ]),
    ...(databaseAway === undefined
      ? []
      : [
          {
            id: DATABASE,
            title: "The database does not answer",
            what: `Nothing could be had from it since ${forPeople(databaseAway.since, zone)}. Recording goes on without it.`,
            lost: "Nothing. Pages lack what is written inside the evidence, and replicas may ask the same source twice.",
            todo: "See that the database named under `index:` runs and can be reached:",
            commands: ["custody doctor --only index"],
            ...who,
          },
        ]),
    ...(unsavedKey === undefined
      ? []
      : [
          {
            id: `backup:${unsavedKey.id}`,
            title: "NO BACKUP of the signing key",
            what: `The signing key ${unsavedKey.id} was never backed up from here.`,
            lost: "Nothing yet. If this disk fails, nothing can be added to the log any more.",
            todo: "Make one, with a file on another medium:",
            commands: ["custody keys backup FILE"],
            ripe: unsavedKey.since + KEY_RESTS,
            ...who,
          },
        ]),
  ];
}

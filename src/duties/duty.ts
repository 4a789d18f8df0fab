import type { Instant } from "../lib/time.ts";

/** One thing that a person must look at: what, since when, whether anything is lost, what to do, until when, and who. */
export interface Duty {
  /** Stays the same while the matter is the same: the gap's ID, or a name such as `trouble:github`. As records spell IDs. */
  readonly id: string;
  readonly title: string;
  readonly what: string;
  readonly lost?: string;
  readonly todo: string;
  /** To be typed as they are. */
  readonly commands: readonly string[];
  /** Places to mend. */
  readonly places?: readonly { readonly where: string; readonly message: string }[];
  readonly more?: string;
  /** In words, without a stop. */
  readonly until?: string;
  /** Names and roles in words; none where nobody is named for it. */
  readonly who?: string;
  /** What it stands for beside itself: gaps that `more` counts. */
  readonly covers?: readonly string[];
  /** Worth a notice from then on; pages show it at once. At once unless stated. */
  readonly ripe?: Instant;
  /** A deadline: told when it is near and once more when it has passed, under another id, and never repeated. `grave`: at once. */
  readonly clock?: {
    readonly due: Instant | undefined;
    readonly late: boolean;
    readonly grave: boolean;
    /** Before everything that can wait for a day. */
    readonly pressing: boolean;
  };
  /** Other names, under which it is told once more although it was told before: a time to answer has passed. */
  readonly again?: readonly string[];
  /** Somebody has said that they know of it: pages show it, no notice tells it. */
  readonly seen?: boolean;
}

/** How instances are called. */
export type Titles = (instance: string) => string;

/** How these instances are called: their title, and the id by which commands know them. */
export function titlesOf(collectors: readonly { readonly id: string; readonly title: string }[]): Titles {
  const titles = new Map(collectors.map(({ id, title }) => [id, `${title} (${id})`]));
  return (id) => titles.get(id) ?? id;
}

/** The people of the configuration, by their short name. */
export type People = Readonly<Record<string, { readonly role: string }>>;

const NAMED = 3;

/** Who does what is up to this role: `anna (operator)`; the owners where nobody has it; undefined where nobody is named at all. */
export function whoFor(role: "owner" | "operator", people: People): string | undefined {
  const having = (wanted: string) =>
    Object.entries(people)
      .filter(([, person]) => person.role === wanted)
      .map(([name]) => name)
      .slice(0, NAMED);
  const names = having(role);
  if (names.length > 0) return `${names.join(", ")} (${role})`;
  const owners = having("owner");
  return owners.length > 0 ? `${owners.join(", ")} (owner)` : undefined;
}

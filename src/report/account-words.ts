import type { GlanceWord } from "./glance-shape.ts";
import type { WhoWord } from "./who-shape.ts";

/** The prose of the parts that give account of what people did. `{name}` in a text is filled from the model. */
export interface AccountWording {
  /** What is counted, after the number; and where nothing is there to count. */
  readonly glance: {
    readonly title: string;
    readonly words: { readonly [W in GlanceWord]: { readonly label: string; readonly text: string } };
    /** Of what must be done in time: what the number is of, and what stands beside it. */
    readonly decided: string;
    readonly unknown: string;
    readonly running: string;
    readonly more: string;
    readonly failed: string;
    /** Of what failed a requirement, what a waiver accepts. */
    readonly accepted: string;
    readonly failedMore: string;
    /** What nobody here can have made: times and roots that somebody outside confirmed. */
    readonly outside: string;
    readonly outsideNone: string;
    readonly outsideFirst: string;
  };
  readonly learning: {
    readonly intro: string;
    readonly none: string;
    readonly deadlinesIntro: string;
    readonly deadlinesNone: string;
    readonly reviewsIntro: string;
    readonly actionsIntro: string;
    readonly actionsNone: string;
    readonly counts: string;
    readonly heldIntro: string;
    readonly heldNone: string;
    readonly trendsIntro: string;
    readonly trendsNone: string;
    readonly causesIntro: string;
    readonly causesNone: string;
    readonly withoutCause: string;
  };
  readonly exceptions: {
    readonly intro: string;
    readonly none: string;
    readonly unanswered: string;
    readonly waiversIntro: string;
    readonly waiversNone: string;
    readonly findingsIntro: string;
    readonly findingsNone: string;
    readonly origins: Readonly<Record<string, string>>;
    readonly states: Readonly<Record<string, string>>;
  };
  readonly custody: {
    readonly intro: string;
    readonly none: string;
    readonly counts: string;
    readonly closed: string;
    readonly readsIntro: string;
    readonly readsNone: string;
    readonly notSeen: string;
  };
  readonly who: {
    readonly onePerson: string;
    readonly onePersonShort: string;
    readonly several: string;
    readonly parts: { readonly [W in WhoWord]: string };
    /** Of those of whom nobody said that they hold it. */
    readonly keyReached: string;
    readonly keyUnsaid: string;
    readonly sameName: string;
    readonly actsIntro: string;
    /** Below the table: what is signed by name beside what stands under Signed. */
    readonly signedByName: string;
    readonly actsNone: string;
    readonly unproven: string;
  };
  readonly statement: {
    readonly control: string;
    readonly earlierNone: string;
    readonly auditor: string;
    readonly intro: string;
    readonly items: readonly string[];
    readonly machine: string;
    readonly changesIntro: string;
    readonly changesNone: string;
    readonly signed: string;
    readonly unsigned: string;
  };
  /** How many rows a table shows where there are more. */
  readonly more: string;
}

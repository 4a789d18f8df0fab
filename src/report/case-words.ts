import type { DecisionWord } from "../events/decision.ts";

/** The prose of the parts about incidents and events. `{name}` is filled from the model. */
export interface CaseWording {
  readonly columnsNote: string;
  readonly merged: string;
  readonly byCustodyIntro: string;
  readonly undatedIntro: string;
  readonly doublesIntro: string;
  readonly doubles: { readonly "one-source": string; readonly sources: string };
  readonly sheetsIntro: string;
  /** Above the incidents that have no whole sheet. */
  readonly briefIntro: string;
  readonly sheetsNone: string;
  readonly sheetsNoRules: string;
  readonly sheetsNoneChosen: string;
  readonly sheetsMore: string;
  readonly timelineNote: string;
  readonly noPolicy: string;
  readonly noClocks: string;
  readonly decisionsIntro: string;
  readonly decisionsNone: string;
  readonly decisionsUnused: string;
  readonly lagNote: string;
  readonly rulesNone: string;
  readonly undecidedNone: string;
  readonly bulkNone: string;
  readonly bulkNoRule: string;
  readonly changedNone: string;
  readonly notificationsIntro: string;
  readonly notificationsNothing: string;
  readonly notificationsNil: string;
  readonly breachNotNotified: string;
  readonly unrecorded: string;
  readonly lawsNote: string;
  readonly unjudged: string;
  readonly decisionWords: { readonly [D in DecisionWord]: string };
}

import { dayOf } from "./calendar.ts";
import type { Days, Note } from "./deeds.ts";
import { secondVersion } from "./papers.ts";
import { ZONE } from "./settings.ts";

const DAY = 86_400_000;

/** What is held, found and decided beside incidents: training, an exercise, findings, a waiver, and a new version of the rules. */
export function upkeep(days: Days, note: Note): void {
  const length = (days.span.to - days.span.from) / DAY;
  const date = (day: number) => days.on(day).toString();
  note(9, "17:00", "katrin", (hands) =>
    hands.held("training", {
      date: date(9),
      participants: "jonas,lena",
      title: "Who does what in an incident",
      text: "Two hours: levels, times, whom to tell, how evidence is kept. Both could find the list of contacts at the end.",
    }),
  );
  note(14, "11:00", "katrin", (hands) =>
    hands.held("procedure-review", {
      date: date(14),
      participants: "katrin,jonas",
      title: "Rules read again after the Sev1",
      text: "Answers within an hour for Sev2 are possible and are to be asked for; a rule for everyday alerts is missing.",
    }),
  );
  note(21, "15:00", "katrin", async (hands) => {
    await hands.finding("exercise", "open", {
      origin: "internal-audit",
      control: "A.5.24",
      gap: "No exercise was held in the twelve months before.",
      owner: "katrin",
      due: date(60),
    });
    await hands.finding("exercise", "cause", { text: "Nobody was named for it." });
    await hands.finding("exercise", "plan", {
      text: "An exercise every spring; the date is in the calendar of the team.",
    });
  });
  note(28, "13:00", "jonas", (hands) =>
    hands.held("exercise", {
      date: date(28),
      participants: "katrin,jonas,lena",
      title: "Exercise: a laptop with signing keys is stolen",
      text: "At the table, two hours. Found: the number of the authority's hotline was out of date.",
      value: ["scenario=key-compromise"],
    }),
  );
  note(29, "10:00", "katrin", (hands) =>
    hands.finding("exercise", "done", { text: "Held, with three people; what was found is in its record." }),
  );
  note(46, "10:30", "katrin", (hands) =>
    hands.finding("exercise", "verify", {
      result: "effective",
      text: "All three named their part when asked, and the number of the hotline was put right.",
    }),
  );
  note(49, "09:00", "katrin", (hands) => hands.finding("exercise", "close", { text: "Done and looked at." }));
  note(49, "11:00", "katrin", (hands) =>
    hands.waive(
      "a527.review.timely",
      ["outage"],
      days.at(49, "11:00") + 180 * DAY,
      "The review came late while its author was ill; a deputy is named since.",
    ),
  );
  note(Math.min(120, Math.floor(length / 2)), "08:30", "katrin", (hands) =>
    hands.rules(
      secondVersion(
        date(Math.min(120, Math.floor(length / 2))),
        dayOf(days.span.to, ZONE).add({ years: 1 }).toString(),
      ),
    ),
  );
  note(170, "14:00", "katrin", async (hands) => {
    await hands.finding("roster", "open", {
      origin: "external-audit",
      reference: "S1-2",
      control: "A.5.24",
      gap: "No rota shows who answers alerts at noon and at night.",
      owner: "jonas",
      due: date(260),
    });
    await hands.finding("roster", "correct", { text: "A table in the handbook names two people for each week." });
  });
  note(-6, "11:00", "ines", (hands) => {
    const to = days.on(-6).with({ day: 1 });
    const from = to.subtract({ months: Math.min(6, Math.floor(length / 31)) });
    return hands.sample(`${from}..${to}`, 3, "Möwen über der Alster");
  });
}

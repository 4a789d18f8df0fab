import { dateForPeople, forPeople } from "../lib/zone.ts";
import type { AnyGap } from "./gap.ts";

/** What is wrong, since when, and what a person does about it, for a gap that has no slots. */
export interface GapWords {
  /** A few words, without a stop. */
  readonly title: string;
  /** One sentence. */
  readonly what: string;
  /** One sentence: can what is missing still be had? */
  readonly lost: string;
  readonly todo: string;
  /** To be typed as they are. */
  readonly commands: readonly string[];
}

/** Says a gap other than one of `cadence` to people. `cause` is its code in words, and `title` what its collector is called. */
export function wordsOf(
  gap: Pick<AnyGap, "id" | "instance" | "requirement" | "from" | "opened" | "times">,
  zone: string,
  cause: string,
  title: string = gap.instance,
): GapWords {
  const since = forPeople(gap.from, zone);
  const again = gap.times > 1 ? ` It went away and came back ${gap.times - 1} times since.` : "";
  const channel = gap.instance.replace(/^channel:/, "");
  const seen = [`custody gap ack ${gap.id} --reason "…"`];
  switch (gap.requirement) {
    case "first":
      return {
        title: `${title}: nothing was ever collected`,
        what: `It is configured since ${dateForPeople(gap.from, zone)}, its first evidence was due by ${forPeople(gap.opened, zone)}, and none has come: ${cause}.`,
        lost: "Nothing is known of this source for all that time; nothing counts as expected before its first success.",
        todo: "Mend what the run says, or take the collector out and retire it:",
        commands: [`custody collect ${gap.instance}`, `custody retire ${gap.instance} --reason "…"`],
      };
    case "delivery":
      return {
        title: `Notices do not arrive by ${channel}`,
        what: `Since ${since} nothing arrives over the channel ${channel}: ${cause}.${again}`,
        lost: "No evidence is lost; what was to be told there was not told.",
        todo: "Mend the channel and try it:",
        commands: [`custody notify test ${channel}`],
      };
    case "integrity":
      return {
        title: "The log is not as it was signed",
        what: `Custody's own verification found it on ${since}: ${cause}.${again}`,
        lost: "What was altered or is missing, the verification names. Treat it as an incident, and change nothing in the store.",
        todo: "Look at once:",
        commands: ["custody verify", ...seen],
      };
    case "key":
      return {
        title: "A key of the log was revoked",
        what: `It was revoked on ${since}: ${cause}.`,
        lost: "Records that somebody else may have signed count only when a person has looked through them.",
        todo: "See what it means for the records, and attest those that are right:",
        commands: ["custody verify", ...seen],
      };
    case "clock":
      return {
        title: "The clock of this machine is wrong",
        what: `Since ${since} it is further from the outside reference than allowed.${again}`,
        lost: "Nothing is collected by a wrong clock; sources that know their past are asked once it is right.",
        todo: "Set the clock, and see that the machine keeps it set (NTP):",
        commands: ["custody doctor"],
      };
    case "disk":
      return {
        title: "The disk will be full soon",
        what: `Seen on ${since}: ${cause}.${again}`,
        lost: "Nothing yet. When the disk is full nothing more can be collected.",
        todo: "Make room, or give the store a larger disk:",
        commands: ["custody doctor"],
      };
    case "certificate":
      return {
        title: "A certificate runs out soon",
        what: `Seen on ${since}: ${cause}.${again}`,
        lost: "Nothing yet. When it has run out, what relies on it stops.",
        todo: "Renew it:",
        commands: ["custody doctor"],
      };
    case "index":
      return {
        title: "The index does not say what the log says",
        what: `Seen on ${since}: ${cause}.${again}`,
        lost: "No evidence: pages and status are taken from the index, reports are not.",
        todo: "Build it anew, and find out who changed it:",
        commands: ["custody index rebuild"],
      };
    case "mirror":
      return {
        title: "The second copy of the log differs",
        what: `Seen on ${since}: ${cause}.${again}`,
        lost: "Nothing as long as the store itself verifies.",
        todo: "Compare them:",
        commands: ["custody verify --mirror"],
      };
    default:
      return {
        title: `${gap.requirement}: ${title}`,
        what: `Noted on ${since}: ${cause}.${again}`,
        lost: "What it means for evidence is not known.",
        todo: "Look after it, and note that you have seen it:",
        commands: seen,
      };
  }
}

import type { Instant } from "../lib/time.ts";
import { iso } from "../lib/time.ts";
import type { Anchor, Anchors } from "../trust/anchor.ts";
import type { Verdicts } from "./verdict.ts";
import type { KnownHead } from "./verify.ts";

/**
 * When, by somebody else's clock. `anchored`: a time stamp that stands, or a witness's word, covers some head of this log;
 * the reason says how much of it. `expired`: there are time stamps, and none of them stands any more.
 */
export function timeVerdict(anchors: Anchors, size: number): Verdicts["time"] {
  const standing = anchors.anchors.filter((anchor) => anchor.standing);
  const counted = standing.length > 0 ? standing : anchors.anchors;
  const [first, ...more] = counted;
  if (first === undefined) return { word: "unanchored", reason: sentence([NOBODY_DATED, ...asides(anchors)]) };
  const widest = more.reduce((a, b) => (b.size > a.size || (b.size === a.size && b.latest < a.latest) ? b : a), first);
  const oldest = more.reduce((a, b) => (b.latest < a.latest ? b : a), first);
  const span = { earliest: iso(oldest.latest), latest: iso(Math.max(...counted.map(({ latest }) => latest))) };
  const there = `${records(widest.size, size)} ${widest.size === 1 ? "was" : "were"} there by ${told(widest.latest)}`;
  if (standing.length === 0) {
    const end = counted.reduce((last, { validUntil = 0 }) => Math.max(last, validUntil), 0);
    return {
      word: "expired",
      reason: sentence([
        `the last time stamp stood until ${told(end)} and was not renewed before; while it stood it said that ${there} (${widest.by})`,
        ...asides(anchors),
      ]),
      ...span,
    };
  }
  const ended = anchors.anchors.length - standing.length;
  const until = endOf(standing);
  return {
    word: "anchored",
    reason: sentence([
      `${there}, says ${speaker(widest)}`,
      ...(oldest === widest
        ? []
        : [`the first outside proof is of ${told(oldest.latest)} (${records(oldest.size, size)})`]),
      `times before the first proof${widest.size < size ? `, and records from number ${widest.size} on,` : ""} rest on the operator's word alone`,
      ...(until === undefined ? [] : [`this holds until ${told(until)}, when the last time stamp ends`]),
      ...(ended > 0
        ? [
            ended === 1
              ? "1 time stamp has ended and no longer counts"
              : `${ended} time stamps have ended and no longer count`,
          ]
        : []),
      ...asides(anchors),
    ]),
    ...(until === undefined ? {} : { until: iso(until) }),
    ...span,
  };
}

/**
 * Who else. `continued` are the heads that were given from elsewhere and that the log continues. One word of several that
 * may hold: witnessed before published before timestamped; the reason names all of them.
 */
export function independenceVerdict(
  anchors: Anchors,
  continued: readonly KnownHead[],
  size: number,
): Verdicts["independence"] {
  const standing = anchors.anchors.filter((anchor) => anchor.standing);
  const witnessed = standing.filter(({ kind }) => kind === "witness");
  const stamped = standing.filter(({ kind }) => kind === "timestamp");
  // An empty log is the beginning of every log.
  const published = continued.filter((head) => head.held === "outside" && head.size > 0);
  const until = endOf(stamped);
  const reasons = [
    ...(witnessed.length > 0 ? [`${names(witnessed)} watched it grow to ${records(largest(witnessed), size)}`] : []),
    ...(published.length > 0
      ? [
          `it continues ${published.length === 1 ? "a state" : `${published.length} states`} known from outside, of up to ${records(largest(published), size)}`,
        ]
      : []),
    ...(stamped.length > 0 ? [`${names(stamped)} stamped it, with up to ${records(largest(stamped), size)}`] : []),
  ];
  const word =
    witnessed.length > 0
      ? "witnessed"
      : published.length > 0
        ? "published"
        : stamped.length > 0
          ? "timestamped"
          : "self-attested";
  return {
    word,
    reason: sentence([
      ...(reasons.length > 0 ? reasons : ["only the operator's own key vouches for this log"]),
      ...asides(anchors),
    ]),
    ...(word === "timestamped" && until !== undefined ? { until: iso(until) } : {}),
  };
}

const NOBODY_DATED = "nobody outside has dated this log; its times are the operator's word";

function sentence(parts: readonly string[]): string {
  return parts.join("; ");
}

/** What is kept here and does not count, and what would make it count. */
function asides({ unknown, skipped }: Anchors): string[] {
  const about = (kind: Anchor["kind"], one: string, many: string) => {
    const list = unknown.filter((u) => u.kind === kind);
    const [first] = list;
    if (first === undefined) return [];
    const which =
      list.length === 1
        ? `1 ${one} that is kept here does not count`
        : `${list.length} ${many} that are kept here do not count`;
    return [`${which} (record ${first.index}: ${first.why})`];
  };
  return [
    ...about("timestamp", "time stamp", "time stamps"),
    ...about("witness", "signature of a witness", "signatures of witnesses"),
    ...(skipped > 0 ? [`${skipped} more outside proofs were not looked at`] : []),
  ];
}

/** When the last of them ends; undefined while one stands for ever. */
function endOf(standing: readonly Anchor[]): Instant | undefined {
  const ends = standing.map(({ validUntil }) => validUntil ?? Number.POSITIVE_INFINITY);
  const last = Math.max(...ends);
  return Number.isFinite(last) ? last : undefined;
}

function speaker({ kind, by }: Anchor): string {
  return kind === "witness" ? `the witness ${by}` : `the time stamping service ${by}`;
}

const NAMES_TOLD = 3;

function names(anchors: readonly Anchor[]): string {
  const all = [...new Set(anchors.map(speaker))].sort();
  const more = all.length - NAMES_TOLD;
  return `${all.slice(0, NAMES_TOLD).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function largest(heads: readonly { readonly size: number }[]): number {
  return heads.reduce((most, { size }) => Math.max(most, size), 0);
}

function records(count: number, size: number): string {
  if (count === size) return `all ${size} records`;
  if (count > size) return `${count} records`;
  return count === 1 ? `the first of ${size} records` : `the first ${count} of ${size} records`;
}

/** A moment for people, in UTC, never earlier than it was. */
function told(at: Instant): string {
  return `${iso(Math.ceil(at / 1000) * 1000)
    .slice(0, 19)
    .replace("T", " ")} UTC`;
}

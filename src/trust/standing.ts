import type { Instant } from "../lib/time.ts";
import type { Anchor } from "./anchor.ts";

/**
 * Which anchors stand at a moment. A cosignature does always. A time stamp stands up to the end of its certificates; after
 * it, if an anchor that stands was made in time over a head that covers the record that keeps the stamp: then the stamp was
 * there while its key was still looked after (a renewal; ISO/IEC 18014-1, RFC 4998 call it so). Any number of such steps.
 */
export function standingOf(anchors: readonly Omit<Anchor, "standing">[], now: Instant): Anchor[] {
  const standing: { readonly size: number; readonly latest: Instant }[] = [];
  // The one that renews is recorded later, so from the newest record back one pass is enough.
  return [...anchors]
    .sort((a, b) => b.index - a.index)
    .map((anchor) => {
      const { index, validUntil } = anchor;
      const stands =
        validUntil === undefined ||
        now <= validUntil ||
        standing.some(({ size, latest }) => size > index && latest <= validUntil);
      if (stands) standing.push(anchor);
      return { ...anchor, standing: stands };
    })
    .reverse();
}

/** The policies that ship with Custody, each made of a procedure that is public, under a neutral name. */
export const SHIPPED_POLICIES = ["critical-low", "critical-low-untimed", "sev1-4", "p0-p2", "p1-p4"] as const;
export type ShippedPolicy = (typeof SHIPPED_POLICIES)[number];

/** What each is like, in one line. */
export const LIKE: Readonly<Record<ShippedPolicy, string>> = {
  "critical-low": "Critical to Low; hours and business days; controllers told within 48 hours by contract",
  "critical-low-untimed": "Critical to Low; no numbers: how long things took is told, nothing is met or missed",
  "sev1-4": "Sev1 to Sev4; all by the clock; stale evidence is an incident; 72 hours to the authority",
  "p0-p2": "P0 to P2; public acknowledgement, updates on a rhythm, public post-mortems",
  "p1-p4": "P1 to P4; strictly under 15 minutes, a named commander, evidence before cleanup",
};

/** True for the name of one of them. */
export function isShipped(name: string): name is ShippedPolicy {
  return (SHIPPED_POLICIES as readonly string[]).includes(name);
}

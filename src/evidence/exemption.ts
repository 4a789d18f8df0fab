/** Why people concerned by a breach of personal data need not be told: one of few grounds, with words. */

/** The grounds that the law knows, as they are recorded. */
export const EXEMPTION_GROUNDS = ["unreadable", "averted", "public-notice"] as const;
export type ExemptionGround = (typeof EXEMPTION_GROUNDS)[number];

/** The same in words to people. */
export const GROUNDS: Readonly<Record<ExemptionGround, string>> = {
  unreadable: "the data was unreadable for whoever got it, as by encryption",
  averted: "what was done afterwards made sure that the high risk is gone",
  "public-notice": "telling each one was out of proportion, so that all were told in public",
};

/** How ground and words stand in a fact: `unreadable: all of it was encrypted`, which a register of your own can say as well. */
export function exemptionText(ground: string | null, words: string | null): string | null {
  if (ground === null) return words;
  return `${ground}: ${words ?? ""}`.trimEnd();
}

/** What is claimed in such a text: a ground that the law knows, words, both or only one of them. */
export function readExemption(text: string): {
  readonly ground: ExemptionGround | undefined;
  readonly words: string;
} {
  const [, named = "", rest = ""] = /^\s*([a-z-]+)\s*:(.*)$/s.exec(text) ?? [];
  const ground = EXEMPTION_GROUNDS.find((one) => one === named);
  return ground === undefined ? { ground, words: text.trim() } : { ground, words: rest.trim() };
}

/**
 * Tokens that can be told by their shape, whoever they belong to. Each pattern starts at a literal, bounds every run and
 * begins only where a word begins, so that hostile text cannot make the search quadratic. Group `keep` stands before the
 * token and is no part of it.
 */
export interface TokenShape {
  readonly rule: string;
  /** Text without which the pattern cannot match; a fast way out for large captures. */
  readonly literal: readonly string[];
  readonly pattern: RegExp;
}

const START = "(?<![A-Za-z0-9_-])";

export const TOKEN_SHAPES: readonly TokenShape[] = [
  {
    rule: "private-key",
    literal: ["PRIVATE KEY-----"],
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:(?:[A-Za-z0-9+/=\s\\:,]|-(?!----)){1,16000}-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|(?:(?:\s|\\[nr]){1,8}[A-Za-z0-9+/=]{16,80}){1,400})/g,
  },
  {
    rule: "aws-key",
    literal: ["AKIA", "ASIA"],
    pattern: new RegExp(`${START}(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])`, "g"),
  },
  {
    rule: "aws-secret",
    literal: ["ecret"],
    pattern: /(?<keep>secret_?access_?key["']?\s{0,4}[=:]\s{0,4}["']?)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/gi,
  },
  {
    rule: "github-token",
    literal: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    pattern: new RegExp(`${START}(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})`, "g"),
  },
  { rule: "gitlab-token", literal: ["glpat-"], pattern: new RegExp(`${START}glpat-[A-Za-z0-9_-]{20,64}`, "g") },
  { rule: "npm-token", literal: ["npm_"], pattern: new RegExp(`${START}npm_[A-Za-z0-9]{36}`, "g") },
  { rule: "slack-token", literal: ["xox"], pattern: new RegExp(`${START}xox[abeoprs]-[A-Za-z0-9-]{10,255}`, "g") },
  {
    rule: "slack-webhook",
    literal: ["hooks.slack.com"],
    pattern: /(?<keep>hooks\.slack\.com\\?\/(?:services|workflows|triggers)\\?\/)[A-Za-z0-9/_+\\-]{20,255}/g,
  },
  {
    rule: "discord-webhook",
    literal: ["webhooks"],
    pattern:
      /(?<keep>discord(?:app)?\.com\\?\/api\\?\/(?:v\d{1,2}\\?\/)?webhooks\\?\/)\d{15,22}\\?\/[A-Za-z0-9_-]{40,128}/g,
  },
  {
    rule: "telegram-token",
    literal: [":AA"],
    pattern: /(?<![A-Za-z0-9_-])(?<keep>(?:bot)?)\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g,
  },
  {
    rule: "stripe-key",
    literal: ["k_live_", "k_test_"],
    pattern: new RegExp(`${START}[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}`, "g"),
  },
  { rule: "google-key", literal: ["AIza"], pattern: new RegExp(`${START}AIza[A-Za-z0-9_-]{35}`, "g") },
  {
    rule: "jwt",
    literal: ["eyJ"],
    pattern: new RegExp(`${START}eyJ[A-Za-z0-9_-]{10,8192}\\.eyJ[A-Za-z0-9_-]{10,16384}\\.[A-Za-z0-9_-]{10,2048}`, "g"),
  },
  {
    rule: "bearer",
    literal: ["earer"],
    // A digit is required: prose about bearers has none in the next word.
    pattern: /(?<keep>\b[Bb]earer\s{1,8})(?=[A-Za-z._~+/=-]{0,255}\d)[A-Za-z0-9._~+/=-]{16,8192}/g,
  },
  {
    rule: "authorization",
    literal: ["uthorization", "UTHORIZATION"],
    pattern:
      /(?<keep>authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:basic|token|apikey|geniekey)\s{1,8})[A-Za-z0-9._~+/=:-]{6,8192}/gi,
  },
  {
    rule: "url-password",
    literal: ["://"],
    pattern: /(?<keep>:\/\/[^\s/:@"'<>(]{0,256}:)(?!\(masked:)[^\s/@"'<>]{1,256}(?=@)/g,
  },
];

/** Names of the rules that hold always: no configured rule may have one. */
export const BUILT_IN_RULES: readonly string[] = ["secret", ...TOKEN_SHAPES.map(({ rule }) => rule)];

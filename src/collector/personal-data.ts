import { isIPv4, isIPv6 } from "node:net";

/** Where personal data of a known form stands in a text. Every search takes time in proportion to the text, whatever it says. */

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Raised whenever a search finds something else than before: it is part of the rule that is recorded. */
export const READS = { email: 1, iban: 1, phone: 1, ip: 1 } as const;

const LOCAL = /(?:[\p{L}\p{N}._+-]|(?<=\p{L})'(?=\p{L})){1,64}$/u;
const DOMAIN = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}{2,63}/uy;

/** Addresses with a domain of at least two labels. */
export function* emails(text: string): Generator<Stretch> {
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const local = LOCAL.exec(text.slice(Math.max(0, at - 64), at));
    if (!local) continue;
    DOMAIN.lastIndex = at + 1;
    const domain = DOMAIN.exec(text);
    if (domain) yield { from: at - local[0].length, to: at + 1 + domain[0].length };
  }
}

/** Length of an IBAN by country, ISO 13616. */
const IBAN_LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 " +
    "FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 " +
    "LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 " +
    "RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
  )
    .split(" ")
    .map((one) => [one.slice(0, 2), Number(one.slice(2))]),
);

/** Account numbers whose check digits are right, in one piece or in groups. */
export function* ibans(text: string): Generator<Stretch> {
  for (const { index } of text.matchAll(/(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ \u00a0-]?[A-Za-z0-9])/g)) {
    const length = IBAN_LENGTHS[text.slice(index, index + 2).toUpperCase()];
    if (length === undefined) continue;
    let number = "";
    let at = index;
    while (number.length < length) {
      const next = text[at] ?? "";
      if (/[A-Za-z0-9]/.test(next)) number += next.toUpperCase();
      else if (!/[ \u00a0-]/.test(next) || !/[A-Za-z0-9]/.test(text[at + 1] ?? "")) break;
      at += 1;
    }
    if (number.length === length && !/[A-Za-z0-9]/.test(text[at] ?? "") && hasRightChecks(number))
      yield { from: index, to: at };
  }
}

/** ISO 7064 MOD 97-10. */
function hasRightChecks(iban: string): boolean {
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

const INTERNATIONAL = /(?<![\w.+])(?:\+|00)[1-9](?:[ \u00a0()./-]{0,2}\d){6,14}(?!\d)/g;
/** With an area code of three digits or more and something between it and the rest: dates have neither. */
const NATIONAL = /(?<![\w.+:/-])\(?0[1-9]\d{1,4}\)?[ \u00a0/-]{1,3}\d(?:[ \u00a0./-]?\d){3,10}(?!\d)/g;

export function* phones(text: string): Generator<Stretch> {
  for (const pattern of [INTERNATIONAL, NATIONAL]) {
    for (const match of text.matchAll(pattern)) yield { from: match.index, to: match.index + match[0].length };
  }
}

/** Addresses of the Internet Protocol, version 4 and 6. A version number of four parts looks like one and is hidden too. */
export function* addresses(text: string): Generator<Stretch> {
  for (const { 0: found, index } of text.matchAll(/(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)/g)) {
    if (isIPv4(found)) yield { from: index, to: index + found.length };
  }
  for (const { 0: run, index } of text.matchAll(/(?<![\w:.])[0-9a-fA-F:.]{3,46}(?![\w:])/g)) {
    const found = run.replace(/[.]$/, "");
    if (found.includes(":") && isIPv6(found)) yield { from: index, to: index + found.length };
  }
}

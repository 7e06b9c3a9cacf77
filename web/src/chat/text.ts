/** What a text may be: the server's own rules, so that nothing that was said is refused later. */

import type { Intro } from "./frames.ts";

export const LONGEST_TEXT = 4000;
const LONGEST_NAME = 100;
const LONGEST_PHONE = 32;
// Newline and tab are the only control characters that the server takes.
const NEVER = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const HALF_A_CHARACTER = /\p{Cs}/gu;

/** Characters as the server counts them: code points. */
export function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** The text without what the server does not take; undefined when it is blank or too long. */
export function cleaned(text: string, longest = LONGEST_TEXT): string | undefined {
  const clean = text.replace(/\r\n?/g, "\n").replace(NEVER, "").replace(HALF_A_CHARACTER, "\uFFFD");
  return /\S/.test(clean) && lengthOf(clean) <= longest ? clean : undefined;
}

/** The same for the visitor's first words; undefined when one of them is blank or too long. */
export function cleanedIntro(intro: Intro): Intro | undefined {
  const name = cleaned(intro.name, LONGEST_NAME);
  const phone = cleaned(intro.phone, LONGEST_PHONE);
  const question = cleaned(intro.question);
  return name && phone && question ? { name, phone, question } : undefined;
}

// Text of a dump made fit to be shown: of bounded length, and with nothing in it that changes how the text around it reads.

/** Characters of one text. */
export const textLimits = { text: 4000, shortText: 500 } as const;

/** Cuts on a character, never inside a surrogate pair, and says that it cut. */
export function clip(text: string, limit: number): string {
  const whole = visible(text.length > 4 * limit ? text.slice(0, 4 * limit) : text);
  if (whole.length <= limit) return whole;
  const end = limit - 1;
  const code = whole.charCodeAt(end - 1);
  const splitsPair = code >= 0xd800 && code <= 0xdbff;
  return `${whole.slice(0, splitsPair ? end - 1 : end)}…`;
}

/** Spells out what would change how the text around it reads: order marks, control characters, halves of pairs. */
export function visible(text: string): string {
  return text.replace(hidden, (character) => {
    const code = character.charCodeAt(0);
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

const hidden = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\p{Surrogate}]|(?![\t\n\r])\p{Cc}/gu;

export function longText(text: string): string {
  return clip(text, textLimits.text);
}

export function shortText(text: string): string {
  return clip(text, textLimits.shortText);
}

export function shortTextOrNull(text: string | null): string | null {
  return text === null ? null : shortText(text);
}

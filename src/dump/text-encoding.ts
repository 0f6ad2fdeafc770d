// Which encoding a text file is in, from its first bytes: UTF-8 unless a byte order mark or the pattern of zero bytes says otherwise.

export type TextEncodingName = 'utf-8' | 'utf-16le' | 'utf-16be';

/** @returns null where the bytes are no text in any encoding that is read here. */
export function detectTextEncoding(head: Uint8Array): TextEncodingName | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const { even, odd, control } = zeroAndControlBytes(head);
  const half = Math.max(1, head.length >> 1);
  if (odd > 0.4 * half && even < 0.1 * half) return 'utf-16le';
  if (even > 0.4 * half && odd < 0.1 * half) return 'utf-16be';
  // A log that a dying machine left behind may hold a page of zero bytes, so a share decides and not the first one.
  if (even + odd > 0.3 * head.length || control > 0.03 * head.length) return null;
  return 'utf-8';
}

function zeroAndControlBytes(head: Uint8Array): { even: number; odd: number; control: number } {
  let even = 0;
  let odd = 0;
  let control = 0;
  for (let i = 0; i < head.length; i++) {
    const byte = head[i] ?? 0;
    if (byte === 0) {
      if (i % 2 === 0) even++;
      else odd++;
    } else if (byte < 0x20 && !printableControl.has(byte)) control++;
  }
  return { even, odd, control };
}

/** Backspace, tab, line feed, form feed, carriage return, escape, shift in and out: terminals write them. */
const printableControl = new Set([0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x1b]);

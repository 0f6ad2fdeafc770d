// What Python's number and string literals mean.

/** The value of a number literal; undefined where Python 3 has no such literal (`0777`, `10L`). */
export function numberValue(literal: string): { value: number; isInteger: boolean; isImaginary: boolean } | undefined {
  const text = literal.includes('_') ? literal.replaceAll('_', '') : literal;
  const isImaginary = /[jJ]$/.test(text);
  const digits = isImaginary ? text.slice(0, -1) : text;
  if (/^0[xXoObB]/.test(digits)) {
    const value = Number(digits);
    return Number.isNaN(value) ? undefined : { value, isInteger: true, isImaginary: false };
  }
  const isInteger = /^\d+$/.test(digits);
  if (isInteger && !isImaginary && /^0+[1-9]/.test(digits)) return undefined;
  const value = Number(digits);
  return Number.isNaN(value) ? undefined : { value, isInteger: isInteger && !isImaginary, isImaginary };
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
  '\r': '',
  '\r\n': '',
};

const ESCAPE = /\\(\r\n|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|N\{[^}]*\}|[0-7]{1,3}|[\s\S])/g;

/** The text of one string literal with its prefix and quotes; undefined for bytes and formatted strings. */
export function stringValue(literal: string): { value: string | undefined; isBytes: boolean } {
  let width = 0;
  while (width < literal.length && literal.charAt(width) !== '"' && literal.charAt(width) !== "'") width++;
  const prefix = width === 0 ? '' : literal.slice(0, width).toLowerCase();
  const isBytes = prefix.includes('b');
  if (isBytes || prefix.includes('f') || prefix.includes('t')) return { value: undefined, isBytes };
  const quote = literal.charAt(width);
  const isTriple = literal.length >= width + 6 && literal.startsWith(quote.repeat(3), width);
  const quotes = isTriple ? 3 : 1;
  const inner = literal.slice(width + quotes, literal.length - quotes);
  if (prefix.includes('r') || !inner.includes('\\')) return { value: inner, isBytes };
  return { value: inner.replace(ESCAPE, (whole, sequence: string) => decodeEscape(whole, sequence)), isBytes };
}

function decodeEscape(whole: string, sequence: string): string {
  const simple = SIMPLE_ESCAPES[sequence];
  if (simple !== undefined) return simple;
  const first = sequence.charAt(0);
  if (sequence.length > 1 && (first === 'x' || first === 'u' || first === 'U')) {
    const code = Number.parseInt(sequence.slice(1), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  }
  if (first >= '0' && first <= '7') return String.fromCharCode(Number.parseInt(sequence, 8));
  return whole;
}

// How numbers read on the page: short, exact where that is short, and never NaN or infinity in disguise.

import type { WireNumber } from '../protocol/wire-number';

/** Five significant digits, as an exponent where plain digits would be long. */
export function formatValue(value: WireNumber): string {
  if (value === 'NaN') return 'NaN';
  if (value === 'Infinity') return '+Inf';
  if (value === '-Infinity') return '−Inf';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return signed(String(value));
  if (size >= 1e6 || size < 1e-3) return signed(trimExponent(value.toExponential(4)));
  return signed(String(Number(value.toPrecision(5))));
}

export function formatCount(value: number, language: string): string {
  try {
    return value.toLocaleString(language);
  } catch {
    // The host's language tag is not one that this browser knows.
    return value.toLocaleString('en');
  }
}

/** `1.4 MB`; powers of ten, as file managers count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** `[8, 512]`. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

function trimExponent(text: string): string {
  return text.replace(/\.?0+e/, 'e').replace('e+', 'e');
}

function signed(text: string): string {
  return text.replace(/^-/, '−');
}

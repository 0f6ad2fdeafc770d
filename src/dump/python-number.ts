// Numbers as Python prints them: nan and inf in every spelling, in quotes, inside tensor(...) and np.float64(...).

import { DecimalScanner } from './decimal';

/** One printed number, for use inside larger patterns. It has no groups, and matches in one way only: hostile text cannot make it slow. */
export const pythonNumberPattern =
  '[-+]?(?:nan|NaN|NAN|inf|Inf|INF|infinity|Infinity|(?:\\d[\\d_]*(?:\\.\\d*)?|\\.\\d+)(?:[eE][-+]?\\d+)?)(?![\\w])';

const decimal = new DecimalScanner();
const plain = new RegExp(`^${pythonNumberPattern}$`);
const wrapped = /^(?:[\w.]+\()(.*?)(?:,.*)?\)$/;

/** @returns null where `text` is no number. */
export function parsePythonNumber(text: string): number | null {
  // Nearly all are plain decimals.
  if (decimal.scan(text, 0) && decimal.end === text.length) return decimal.value;
  let inner = text.trim();
  // Nearly all are bare; the rest is taken out of its quotes and its call.
  if (!plain.test(inner)) {
    inner = inner.replace(/^(['"])(.*)\1$/, '$2');
    const call = wrapped.exec(inner);
    if (call) inner = (call[1] ?? '').trim();
    if (!plain.test(inner)) return null;
  }
  const sign = inner.startsWith('-') ? -1 : 1;
  const bare = inner.replace(/^[-+]/, '').toLowerCase();
  if (bare === 'nan') return Number.NaN;
  if (bare.startsWith('inf')) return sign * Number.POSITIVE_INFINITY;
  return sign * Number(bare.replaceAll('_', ''));
}

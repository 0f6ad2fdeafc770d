// Finds, among gigabytes of UTF-8, the places that may speak of a failure: two bytes decide how far to jump, and few places are looked at closely.

/** Whatever a detector looks for stands in a line that this finds, or near one. A loss scale that has fallen below 0.1 is such a thing too. */
const suspicion =
  /nan(?![a-z])|N[aA]N|[iI]nf(?![a-zA-Z])|INF(?!O)|finit|loss['"]?: ?['"]?0(?:\.0*)?['",} ]|verflow|OVERFLOW|by zero|[iI]nvalid |Traceback|rror:|xception:|Warning:|cale['"]?[:=| ]{1,2}['"]?(?:0\.0|\d\.?\d?e-)/y;
const weak = /^(?:Traceback|rror:|xception:|Warning:|[iI]nvalid |cale.*)$/;
/** As far as a place is looked at, in bytes. */
export const longestPlace = 32;

/** Three bytes that each alternative of the pattern holds, and how far behind its beginning they stand. */
const triples: readonly (readonly [string, number])[] = [
  ['nan', 0],
  ['NaN', 0],
  ['NAN', 0],
  ['inf', 0],
  ['Inf', 0],
  ['INF', 0],
  ['fin', 0],
  ['oss', 1],
  ['rfl', 2],
  ['RFL', 3],
  ['y z', 1],
  ['nva', 1],
  ['ceb', 3],
  ['or:', 2],
  ['xce', 0],
  ['ng:', 5],
  ['ale', 1],
];
const behindBeginning: ReadonlyMap<number, number> = new Map(triples.map(([word, behind]) => [packed(word), behind]));

/** Tells most other triples from these without a search. */
const mayBeTriple = new Uint8Array(1 << 12);
for (const [word] of triples) mayBeTriple[hashOf(packed(word))] = 1;

/** By two bytes as the machine reads them in one: whether a triple may begin with them, or end. */
const pairs = new Uint8Array(1 << 16);
const begins = 1;
const ends = 2;
for (const [word] of triples) {
  const [first = 0, second = 0, third = 0] = new TextEncoder().encode(word);
  pairs[asOne(first, second)] = (pairs[asOne(first, second)] ?? 0) | begins;
  pairs[asOne(second, third)] = (pairs[asOne(second, third)] ?? 0) | ends;
}
/** Which two of four bytes the lower half of a word holds. */
const lowerHalf = asOne(1, 0) === 1 ? 0 : 2;

export interface Suspect {
  /** Index of its first byte. */
  readonly at: number;
  /** Whether the words are common in logs of runs that are well. */
  readonly isWeak: boolean;
}

/**
 * Of any three bytes in a row, two stand in one half of a word of four: so half of all pairs need not be looked at.
 * @param words the same bytes, four by four
 * @returns a place at or behind `from`, all of which is before `to`; null where there is no more
 */
export function nextSuspect(bytes: Uint8Array, words: Int32Array, from: number, to: number): Suspect | null {
  const last = Math.min(words.length, (to + 3) >> 2);
  for (let i = from >> 2; i < last; i++) {
    const word = words[i] as number;
    const lower = pairs[word & 0xffff] as number;
    const upper = pairs[word >>> 16] as number;
    if ((lower | upper) === 0) continue;
    const at = i << 2;
    const found =
      (lower === 0 ? null : aroundPair(bytes, at + lowerHalf, lower, from, to)) ??
      (upper === 0 ? null : aroundPair(bytes, at + 2 - lowerHalf, upper, from, to));
    if (found !== null) return found;
  }
  return null;
}

function aroundPair(bytes: Uint8Array, at: number, kind: number, from: number, to: number): Suspect | null {
  return (
    ((kind & ends) === 0 ? null : atTriple(bytes, at - 1, from, to)) ??
    ((kind & begins) === 0 ? null : atTriple(bytes, at, from, to))
  );
}

function atTriple(bytes: Uint8Array, start: number, from: number, to: number): Suspect | null {
  if (start < 0 || start + 2 >= to) return null;
  const triple = ((bytes[start] as number) << 16) | ((bytes[start + 1] as number) << 8) | (bytes[start + 2] as number);
  if (mayBeTriple[hashOf(triple)] === 0) return null;
  const behind = behindBeginning.get(triple);
  if (behind === undefined || start - behind < from || isCommonWord(bytes, start)) return null;
  const at = start - behind;
  const found = lookClosely(bytes, at, to);
  return found === null ? null : { at, isWeak: weak.test(found) };
}

function lookClosely(bytes: Uint8Array, at: number, to: number): string | null {
  suspicion.lastIndex = 0;
  return suspicion.exec(String.fromCharCode(...bytes.subarray(at, Math.min(to, at + longestPlace))))?.[0] ?? null;
}

/** What stands in nearly every line of a log, `INFO`, `loss 2.31`, told apart without making a string. */
function isCommonWord(bytes: Uint8Array, start: number): boolean {
  if (bytes[start] === capitalI) return bytes[start + 1] === capitalN && bytes[start + 3] === capitalO;
  if (bytes[start] !== lowerO || bytes[start + 1] !== lowerS) return false;
  let at = start + 3;
  while (at < start + 7 && !isLetterOrDigit(bytes[at])) at++;
  return bytes[at] !== zero;
}

function isLetterOrDigit(byte = 0): boolean {
  return byte >= zero && byte !== colon;
}

function packed(word: string): number {
  return (word.charCodeAt(0) << 16) | (word.charCodeAt(1) << 8) | word.charCodeAt(2);
}

function hashOf(triple: number): number {
  return Math.imul(triple, 0x9e3779b1) >>> 20;
}

function asOne(first: number, second: number): number {
  return new Uint16Array(Uint8Array.of(first, second).buffer)[0] ?? 0;
}

const capitalI = 73;
const capitalN = 78;
const capitalO = 79;
const lowerO = 111;
const lowerS = 115;
const zero = 48;
const colon = 58;

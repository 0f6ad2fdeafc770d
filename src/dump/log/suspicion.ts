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

/** By two bytes: how far the end of a triple is at least, where they end at some place; 0 where one may end right there. */
const jumps = new Uint8Array(1 << 16).fill(2);
for (const [word] of triples) jumps[packed(word) >> 8] = 1;
for (const [word] of triples) jumps[packed(word) & 0xffff] = 0;

export interface Suspect {
  /** Index of its first byte. */
  readonly at: number;
  /** Whether the words are common in logs of runs that are well. */
  readonly isWeak: boolean;
}

/** @returns the first place at or behind `from` whose marks lie before `to`; null where there is none */
export function nextSuspect(bytes: Uint8Array, from: number, to: number): Suspect | null {
  let end = from + 1;
  while (end < to) {
    const pair = ((bytes[end - 1] as number) << 8) | (bytes[end] as number);
    const jump = jumps[pair] as number;
    if (jump > 0) {
      end += jump;
      continue;
    }
    const behind = end < from + 2 ? undefined : behindBeginning.get(((bytes[end - 2] as number) << 16) | pair);
    const at = end - 2 - (behind ?? 0);
    if (behind !== undefined && at >= from && !isCommonWord(bytes, pair, end + 1)) {
      const found = lookClosely(bytes, at, to);
      if (found !== null) return { at, isWeak: weak.test(found) };
    }
    end++;
  }
  return null;
}

function lookClosely(bytes: Uint8Array, at: number, to: number): string | null {
  suspicion.lastIndex = 0;
  return suspicion.exec(String.fromCharCode(...bytes.subarray(at, Math.min(to, at + longestPlace))))?.[0] ?? null;
}

/** What stands in nearly every line of a log, `INFO`, `loss 2.31`, told apart without making a string. */
function isCommonWord(bytes: Uint8Array, pair: number, behind: number): boolean {
  if (pair === capitalNF) return bytes[behind] === capitalO;
  if (pair === doubleS) {
    for (let at = behind; at < behind + 4; at++) if (bytes[at] === zero) return false;
    return true;
  }
  return false;
}

function packed(word: string): number {
  return (word.charCodeAt(0) << 16) | (word.charCodeAt(1) << 8) | word.charCodeAt(2);
}

const capitalNF = packed('INF') & 0xffff;
const doubleS = packed('oss') & 0xffff;
const capitalO = 79;
const zero = 48;

// Finds, among gigabytes of UTF-8, the places that may speak of a failure: where three telling bytes stand, the text is looked at closely.

import { ScannedBytes } from './scanned-bytes';

/** Whatever a detector looks for stands in a line that this finds, or near one. A loss scale that has fallen below 0.1 is such a thing too. */
const suspicion =
  /nan(?![a-z])|N[aA]N|[iI]nf(?![a-zA-Z])|INF(?!O)|finit|loss['"]?: ?['"]?0(?:\.0*)?['",} ]|verflow|OVERFLOW|by zero|[iI]nvalid |Traceback|rror:|xception:|Warning:|cale['"]?[:=| ]{1,2}['"]?(?:0\.0|\d\.?\d?e-)/y;
const weak = /^(?:Traceback|rror:|xception:|Warning:|[iI]nvalid |cale.*)$/;
/** As far as a place is looked at, in bytes. */
export const longestPlace = 32;

/** Three bytes that each alternative of the pattern holds, in eight sets of like ones, and how far behind its beginning they stand. */
const triples: readonly Readonly<Record<string, number>>[] = [
  { nan: 0, NaN: 0, NAN: 0 },
  { inf: 0, Inf: 0, INF: 0 },
  { fin: 0 },
  { oss: 1 },
  { rfl: 2, RFL: 3 },
  { 'y z': 1, nva: 1 },
  { ceb: 3, xce: 0, ale: 1 },
  { 'or:': 2, 'ng:': 5 },
];
const behindBeginning: ReadonlyMap<number, number> = new Map(
  triples.flatMap((set) => Object.entries(set).map(([word, behind]) => [packed(word), behind] as const)),
);

/** Room for bytes in which `nextSuspect` can search. */
export function searchableBytes(): ScannedBytes {
  return new ScannedBytes(triples.map((set) => Object.keys(set)));
}

export interface Suspect {
  /** Index of its first byte. */
  readonly at: number;
  /** Whether the words are common in logs of runs that are well. */
  readonly isWeak: boolean;
}

/** @returns the first place at or behind `from`, the three bytes that gave it away before `to`; null where there is no more */
export function nextSuspect(scanned: ScannedBytes, from: number, to: number): Suspect | null {
  const { bytes } = scanned;
  for (let place = scanned.findWord(from, to); place >= 0; place = scanned.findWord(place + 1, to)) {
    const behind = behindBeginning.get(
      ((bytes[place] as number) << 16) | ((bytes[place + 1] as number) << 8) | (bytes[place + 2] as number),
    );
    if (behind === undefined || place - behind < from) continue;
    const at = place - behind;
    const found = lookClosely(bytes, at, to);
    if (found !== null) return { at, isWeak: weak.test(found) };
  }
  return null;
}

function lookClosely(bytes: Uint8Array, at: number, to: number): string | null {
  suspicion.lastIndex = 0;
  return suspicion.exec(String.fromCharCode(...bytes.subarray(at, Math.min(to, at + longestPlace))))?.[0] ?? null;
}

function packed(word: string): number {
  return (word.charCodeAt(0) << 16) | (word.charCodeAt(1) << 8) | word.charCodeAt(2);
}

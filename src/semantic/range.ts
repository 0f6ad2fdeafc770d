// Ranges of values with evidence: which ends a value is known to reach, and arithmetic on them.

/**
 * How sure it is that an end is reached. 0: nothing says so. 1: real data takes it there (a mask's sum, a name that
 * speaks of a probability). 2: the operation that made the value reaches it (softmax underflows to 0).
 */
export type Reach = 0 | 1 | 2;

export interface Range {
  readonly lo: number;
  readonly hi: number;
  readonly reachesLo: Reach;
  readonly reachesHi: Reach;
  /** How sure it is that exactly 0 occurs, where it lies between the ends (a difference of two equal values). */
  readonly reachesZero: Reach;
  /** Exactly 0 has been ruled out by a test, though it lies between the ends. */
  readonly excludesZero: boolean;
}

const INF = Number.POSITIVE_INFINITY;

export function range(lo: number, hi: number, reachesLo: Reach, reachesHi: Reach): Range {
  return { lo, hi, reachesLo, reachesHi, reachesZero: 0, excludesZero: false };
}

/** Without bounds, and known to be exactly 0 now and then. */
export function around(reachesZero: Reach): Range {
  return { ...ANY, reachesZero };
}

/** Nothing is known. */
export const ANY: Range = range(-INF, INF, 0, 0);
/** Known to take values of either sign, without a bound. */
export const UNBOUNDED: Range = range(-INF, INF, 2, 2);
export const UNIT: Range = range(0, 1, 2, 2);

export function constant(value: number): Range {
  return range(value, value, 2, 2);
}

/** Not below 0; how surely 0 itself occurs is the caller's to say. */
export function nonNegative(reachesZero: Reach): Range {
  return range(0, INF, reachesZero, 0);
}

export function isConstant(r: Range): boolean {
  return r.lo === r.hi;
}

export function isKnown(r: Range): boolean {
  return hasEnds(r) || r.reachesZero > 0 || r.excludesZero;
}

/** Whether anything is known of its ends. */
export function hasEnds(r: Range): boolean {
  return r.lo !== -INF || r.hi !== INF || r.reachesLo > 0 || r.reachesHi > 0;
}

export function excludesZero(r: Range): boolean {
  return r.excludesZero || r.lo > 0 || r.hi < 0;
}

/** How sure it is that exactly 0 occurs; undefined where it cannot. */
export function reachOfZero(r: Range): Reach | undefined {
  if (excludesZero(r)) return undefined;
  if (r.lo === 0) return r.hi === 0 ? stronger(r.reachesLo, r.reachesHi) : r.reachesLo;
  return r.hi === 0 ? r.reachesHi : r.reachesZero;
}

/** The interior 0 of a new range, where a value that it comes from is 0. */
function interior(r: Range, reach: Reach | undefined): Range {
  return reach === undefined || reach === 0 || r.lo >= 0 || r.hi <= 0 || r.excludesZero
    ? r
    : { ...r, reachesZero: stronger(r.reachesZero, reach) };
}

function weaker(a: Reach, b: Reach): Reach {
  return a < b ? a : b;
}
function stronger(a: Reach, b: Reach): Reach {
  return a > b ? a : b;
}

export function join(a: Range, b: Range): Range {
  if (a === b) return a;
  const joined: Range = {
    lo: Math.min(a.lo, b.lo),
    hi: Math.max(a.hi, b.hi),
    reachesLo: a.lo === b.lo ? stronger(a.reachesLo, b.reachesLo) : a.lo < b.lo ? a.reachesLo : b.reachesLo,
    reachesHi: a.hi === b.hi ? stronger(a.reachesHi, b.reachesHi) : a.hi > b.hi ? a.reachesHi : b.reachesHi,
    reachesZero: 0,
    excludesZero: excludesZero(a) && excludesZero(b),
  };
  return interior(joined, stronger(reachOfZero(a) ?? 0, reachOfZero(b) ?? 0));
}

export function negate(r: Range): Range {
  // Not -x: that would make a negative zero of 0.
  return { ...r, lo: 0 - r.hi, hi: 0 - r.lo, reachesLo: r.reachesHi, reachesHi: r.reachesLo };
}

export function add(a: Range, b: Range): Range {
  return range(
    a.lo === -INF || b.lo === -INF ? -INF : a.lo + b.lo,
    a.hi === INF || b.hi === INF ? INF : a.hi + b.hi,
    weaker(a.reachesLo, b.reachesLo),
    weaker(a.reachesHi, b.reachesHi),
  );
}

export function subtract(a: Range, b: Range): Range {
  return add(a, negate(b));
}

interface Corner {
  readonly value: number;
  readonly reach: Reach;
}

function product(a: number, ra: Reach, b: number, rb: Reach): Corner {
  if (a === 0 || b === 0) {
    // An exact 0 in one factor is enough, whatever the other one is.
    const reach = stronger(a === 0 ? ra : 0, b === 0 ? rb : 0);
    return { value: 0, reach };
  }
  return { value: a * b, reach: weaker(ra, rb) };
}

export function multiply(a: Range, b: Range): Range {
  const corners = [
    product(a.lo, a.reachesLo, b.lo, b.reachesLo),
    product(a.lo, a.reachesLo, b.hi, b.reachesHi),
    product(a.hi, a.reachesHi, b.lo, b.reachesLo),
    product(a.hi, a.reachesHi, b.hi, b.reachesHi),
  ];
  let low: Corner = { value: INF, reach: 0 };
  let high: Corner = { value: -INF, reach: 0 };
  for (const corner of corners) {
    if (corner.value < low.value || (corner.value === low.value && corner.reach > low.reach)) low = corner;
    if (corner.value > high.value || (corner.value === high.value && corner.reach > high.reach)) high = corner;
  }
  const multiplied: Range = {
    lo: low.value,
    hi: high.value,
    reachesLo: low.reach,
    reachesHi: high.reach,
    reachesZero: 0,
    excludesZero: excludesZero(a) && excludesZero(b),
  };
  return interior(multiplied, stronger(reachOfZero(a) ?? 0, reachOfZero(b) ?? 0));
}

/** 1 / r. A range that reaches or straddles 0 gives an unbounded quotient. */
export function reciprocal(r: Range): Range {
  if (r.lo > 0) return range(r.hi === INF ? 0 : 1 / r.hi, 1 / r.lo, r.hi === INF ? 0 : r.reachesHi, r.reachesLo);
  if (r.hi < 0) return negate(reciprocal(negate(r)));
  if (r.lo === 0) return range(r.hi === INF ? 0 : 1 / r.hi, INF, r.hi === INF ? 0 : r.reachesHi, r.reachesLo);
  return ANY;
}

export function divide(a: Range, b: Range): Range {
  return interior(multiply(a, reciprocal(b)), reachOfZero(a));
}

/** The same bounds, with nothing that says which values are taken. */
export function unproven(r: Range): Range {
  return { ...r, reachesLo: 0, reachesHi: 0, reachesZero: 0 };
}

/** x², |x| and the like: `f` grows with |x|, f(0) = 0. `reachesZero` is said of an x that may have either sign. */
export function even(r: Range, f: (x: number) => number, reachesZero: Reach): Range {
  if (r.lo >= 0) return { ...range(f(r.lo), f(r.hi), r.reachesLo, r.reachesHi), excludesZero: r.excludesZero };
  if (r.hi <= 0) return { ...range(f(-r.hi), f(-r.lo), r.reachesHi, r.reachesLo), excludesZero: r.excludesZero };
  const high = Math.max(f(-r.lo), f(r.hi));
  const reach = r.excludesZero ? 0 : stronger(reachesZero, r.reachesZero);
  return {
    ...range(0, high, reach, stronger(r.reachesLo, r.reachesHi)),
    excludesZero: r.excludesZero,
  };
}

/** A function that never falls and is 0 at 0, applied to both ends. */
export function odd(r: Range, f: (x: number) => number): Range {
  return { ...r, lo: f(r.lo), hi: f(r.hi) };
}

/** A function that never falls, applied to both ends. */
export function monotone(r: Range, f: (x: number) => number): Range {
  return range(f(r.lo), f(r.hi), r.reachesLo, r.reachesHi);
}

/** max(r, bound): values below `bound` are lifted to it, so that it is reached wherever r could have been lower. */
export function atLeast(r: Range, bound: Range): Range {
  const lo = Math.max(r.lo, bound.lo);
  const reach =
    r.lo > bound.lo ? r.reachesLo : r.lo === bound.lo ? stronger(r.reachesLo, bound.reachesLo) : bound.reachesLo;
  const hi = Math.max(r.hi, bound.hi);
  return {
    ...range(lo, hi, reach, r.hi >= bound.hi ? r.reachesHi : bound.reachesHi),
    reachesZero: lo < 0 && hi > 0 ? r.reachesZero : 0,
    excludesZero: excludesZero(r) && excludesZero(bound),
  };
}

export function atMost(r: Range, bound: Range): Range {
  return negate(atLeast(negate(r), negate(bound)));
}

/** Whether no number lies in both. */
export function isDisjoint(a: Range, b: Range): boolean {
  const lo = Math.max(a.lo, b.lo);
  const hi = Math.min(a.hi, b.hi);
  return lo > hi || (lo === 0 && hi === 0 && (a.excludesZero || b.excludesZero));
}

/** The part of `r` that lies in `within`; an end that `within` cuts off is reached only as surely as before. */
export function intersect(r: Range, within: Range): Range {
  const lo = Math.max(r.lo, within.lo);
  const hi = Math.min(r.hi, within.hi);
  if (lo > hi) return r;
  return {
    lo,
    hi,
    reachesLo: within.lo > r.lo ? within.reachesLo : r.reachesLo,
    reachesHi: within.hi < r.hi ? within.reachesHi : r.reachesHi,
    reachesZero: r.reachesZero,
    excludesZero: r.excludesZero || within.excludesZero,
  };
}

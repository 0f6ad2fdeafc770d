// Why an operation of the forward pass made NaN or infinity, and which rules that points to, as far as name and line are sure.

import type { NonFinite } from './model';

export interface ForwardExplanation {
  readonly rules: readonly string[];
  /** A clause without a full stop; null where it cannot be said. */
  readonly why: string | null;
}

interface ForwardFact {
  readonly op: RegExp;
  readonly value: 'nan' | 'infinite';
  /** What the source line must show, where the operation alone is not enough. */
  readonly line?: RegExp;
  readonly rules: readonly string[];
  readonly why: string;
}

/** A logistic function that is written out. */
const sigmoid = /\b1(?:\.0?)?\s*\/\s*\(\s*1(?:\.0?)?\s*\+\s*(?:\w+\.)*exp\(/;
const logarithm = /\blog(?:2|10)?\(/;

/** In order: the first that fits explains. Names are those of TensorFlow (RealDiv), JAX (div) and NumPy (divide), in lower case. */
const facts: readonly ForwardFact[] = [
  {
    op: /^log(?:2|10)?$/,
    value: 'infinite',
    rules: ['NAN101'],
    why: 'the logarithm of exactly 0 is −infinity',
  },
  { op: /^log(?:2|10)?$/, value: 'nan', rules: ['NAN101'], why: 'the logarithm of a negative number is NaN' },
  { op: /^log1p$/, value: 'infinite', rules: ['NAN101'], why: 'log1p of exactly −1 is −infinity' },
  { op: /^log1p$/, value: 'nan', rules: ['NAN101'], why: 'log1p of less than −1 is NaN' },
  { op: /^r?sqrt$/, value: 'nan', rules: ['NAN103'], why: 'the root of a negative number is NaN' },
  { op: /^rsqrt$/, value: 'infinite', rules: ['NAN102'], why: 'rsqrt of exactly 0 is infinite' },
  {
    op: /^(?:real_?div|div|divide|true_divide|scalar divide|reciprocal|inv)$/,
    value: 'infinite',
    rules: ['NAN102'],
    why: 'something was divided by exactly 0',
  },
  {
    op: /^(?:real_?div|div|divide|true_divide|scalar divide)$/,
    value: 'nan',
    rules: [],
    why: 'only 0 divided by 0 and infinity divided by infinity give NaN',
  },
  {
    op: /^exp$/,
    value: 'infinite',
    line: sigmoid,
    rules: [],
    why: 'its argument is larger than its type can hold the result of; this form of the sigmoid then gives exactly 0, its limit',
  },
  {
    op: /^(?:exp|expm1|exp2|sinh|cosh)$/,
    value: 'infinite',
    rules: ['NAN104'],
    why: 'its argument is larger than its type can hold the result of',
  },
  {
    op: /^(?:arccos|arcsin|arctanh|acos|asin|atanh|arccosh|acosh|erf_?inv)$/,
    value: 'nan',
    rules: ['NAN105'],
    why: 'its argument lies outside of where it is defined',
  },
  {
    op: /^(?:power|pow|scalar power|float_power)$/,
    value: 'nan',
    rules: ['NAN106'],
    why: 'a negative number has no fractional power',
  },
  {
    op: /^(?:mul|multiply|scalar multiply)$/,
    value: 'nan',
    line: logarithm,
    rules: ['NAN101'],
    why: '0 times infinity is NaN, and the logarithm on this line is infinite at 0',
  },
  { op: /^(?:mul|multiply|scalar multiply)$/, value: 'nan', rules: [], why: 'only 0 times infinity gives NaN' },
  {
    op: /^(?:sub|subtract|scalar subtract|add|addv2|scalar add)$/,
    value: 'nan',
    rules: [],
    why: 'only infinities that cancel give NaN',
  },
  {
    op: /^sqrtgrad$/,
    value: 'infinite',
    rules: ['NAN201'],
    why: 'the slope of sqrt is infinite at exactly 0',
  },
];

/**
 * For operations whose inputs are known to have been finite, or to have been looked at before: each check that names an
 * operation is such a one.
 * @param line the user's source line that called the operation, where the artefact prints it
 */
export function explainForward(op: string | null, value: NonFinite | null, line: string | null): ForwardExplanation {
  if (op === null || value === null || value === 'nonfinite') return { rules: [], why: null };
  const name = op.toLowerCase();
  const wanted = value === 'nan' ? 'nan' : 'infinite';
  for (const fact of facts) {
    if (fact.value !== wanted || !fact.op.test(name)) continue;
    if (fact.line !== undefined && (line === null || !fact.line.test(line.replace(/(?<=^|\s)#.*$/, '')))) continue;
    return { rules: fact.rules, why: fact.why };
  }
  return { rules: [], why: null };
}

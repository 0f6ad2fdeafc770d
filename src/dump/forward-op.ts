// Why an operation gives NaN or infinity for finite inputs, where what is known of these inputs proves it.

export interface InputEvidence {
  readonly name: string | null;
  readonly size: number | null;
  /** How many elements are 0, where they were counted. */
  readonly zeros: number | null;
  readonly negatives: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

export interface ForwardExplanation {
  readonly rules: readonly string[];
  /** A clause without a full stop; null where the inputs do not tell. */
  readonly why: string | null;
}

const unexplained: ForwardExplanation = { rules: [], why: null };

interface Family {
  readonly names: RegExp;
  readonly rule: string;
  explain(inputs: readonly InputEvidence[]): string | null | undefined;
}

const families: readonly Family[] = [
  {
    names: /^(?:log|log2|log10|xlogy|logit)$/,
    rule: 'NAN101',
    explain: ([input]) => input && (zerosOf(input) ?? negativesOf(input)),
  },
  {
    names: /^(?:div|divide|true_?div(?:ide)?|itruediv|floor_?div(?:ide)?|real_?div|remainder|fmod)$/,
    rule: 'NAN102',
    // The divisor is the second operand.
    explain: (inputs) => inputs[1] && zerosOf(inputs[1]),
  },
  {
    names: /^(?:reciprocal|inv|rsqrt|rtruediv|rdiv|reciprocal_grad)$/,
    rule: 'NAN102',
    explain: ([input]) => input && zerosOf(input),
  },
  { names: /^sqrt$/, rule: 'NAN103', explain: ([input]) => input && negativesOf(input) },
  {
    names: /^(?:exp|exp2|expm1|sinh|cosh)$/,
    rule: 'NAN104',
    explain: ([input]) =>
      input?.max != null && Number.isFinite(input.max) && input.max > expLimitOfHalf
        ? `its input reaches ${input.max.toPrecision(4)}, and the result overflows`
        : null,
  },
  { names: /^(?:acos|asin|atanh|erfinv)$/, rule: 'NAN105', explain: ([input]) => input && beyondOne(input) },
];

/** exp(11.1) is the largest that float16 holds. */
const expLimitOfHalf = 11;

/** @param name of the operation alone: `Log`, `RealDiv`, `__truediv__` */
export function explainForward(name: string, inputs: readonly InputEvidence[]): ForwardExplanation {
  const plain = name
    .replace(/^_+|_+$/g, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
  const family = families.find(({ names }) => names.test(plain));
  const why = family?.explain(inputs) ?? null;
  return family === undefined || why === null ? unexplained : { rules: [family.rule], why };
}

function zerosOf({ name, size, zeros, min, max }: InputEvidence): string | null {
  if (zeros !== null && zeros > 0)
    return `${countOf(zeros, size)} of ${nameOf(name)} ${zeros === 1 ? 'is' : 'are'} exactly 0`;
  return zeros === null && (min === 0 || max === 0) ? `${nameOf(name)} reaches exactly 0` : null;
}

function negativesOf({ name, size, negatives, min }: InputEvidence): string | null {
  if (negatives !== null && negatives > 0) {
    return `${countOf(negatives, size)} of ${nameOf(name)} ${negatives === 1 ? 'is' : 'are'} negative`;
  }
  return min !== null && min < 0 ? `${nameOf(name)} goes down to ${min.toPrecision(4)}` : null;
}

function beyondOne({ name, min, max }: InputEvidence): string | null {
  if (max !== null && max >= 1) return `${nameOf(name)} reaches ${max.toPrecision(4)}`;
  return min !== null && min <= -1 ? `${nameOf(name)} goes down to ${min.toPrecision(4)}` : null;
}

function countOf(count: number, size: number | null): string {
  return size === null ? `${count} elements` : `${count} of the ${size} elements`;
}

function nameOf(name: string | null): string {
  if (name === null) return 'its input';
  return name.startsWith('input') ? `its ${name}` : `its input ${name}`;
}

// Element types of tensors, and what happens to a constant that is stored in one.

export type DType = 'float16' | 'bfloat16' | 'float32' | 'float64' | 'integer' | 'bool';

interface FloatFormat {
  /** Explicit significand bits. */
  readonly precision: number;
  /** Exponent of the smallest normal number. */
  readonly minExponent: number;
  readonly max: number;
}

const FORMATS: Partial<Record<DType, FloatFormat>> = {
  float16: { precision: 10, minExponent: -14, max: 65504 },
  bfloat16: { precision: 7, minExponent: -126, max: 3.3895313892515355e38 },
  float32: { precision: 23, minExponent: -126, max: 3.4028234663852886e38 },
};

/** The value that `x` has once it is stored in a tensor of this dtype: 1e-8 is 0 in float16, 1 - 1e-8 is 1 in float32. */
export function roundTo(x: number, dtype: DType): number {
  const format = FORMATS[dtype];
  if (!format || x === 0 || !Number.isFinite(x)) return x;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), format.minExponent);
  const quantum = 2 ** (exponent - format.precision);
  const rounded = Math.round(x / quantum) * quantum;
  return Math.abs(rounded) > format.max ? Math.sign(x) * Number.POSITIVE_INFINITY : rounded;
}

/** Below this argument `exp` gives exactly 0 (facts measured with torch on the CPU). */
export function expUnderflow(dtype: DType | undefined): number {
  if (dtype === 'float16') return -17.3;
  if (dtype === 'bfloat16') return -93;
  return dtype === 'float64' ? -745.1 : -103.9;
}

/** Above this argument `exp` is infinite. */
export function expOverflow(dtype: DType | undefined): number {
  if (dtype === 'float16') return 11.09;
  return dtype === 'float64' ? 709.78 : 88.72;
}

/** Above this argument `sigmoid` gives exactly 1. */
export function sigmoidSaturation(dtype: DType | undefined): number {
  if (dtype === 'float16') return 8.3;
  if (dtype === 'bfloat16') return 6.2;
  return dtype === 'float64' ? 36.7 : 16.7;
}

const DTYPE_NAMES: Readonly<Record<string, DType>> = {
  float16: 'float16',
  half: 'float16',
  bfloat16: 'bfloat16',
  float32: 'float32',
  float: 'float32',
  single: 'float32',
  float64: 'float64',
  double: 'float64',
  float_: 'float64',
  int: 'integer',
  int8: 'integer',
  int16: 'integer',
  int32: 'integer',
  int64: 'integer',
  long: 'integer',
  short: 'integer',
  uint8: 'integer',
  uint16: 'integer',
  uint32: 'integer',
  uint64: 'integer',
  intp: 'integer',
  int_: 'integer',
  bool: 'bool',
  bool_: 'bool',
};

/** `torch.float16`, `np.int64`, "float32": the last part of a dtype's name. */
export function dtypeNamed(name: string): DType | undefined {
  return Object.hasOwn(DTYPE_NAMES, name) ? DTYPE_NAMES[name] : undefined;
}

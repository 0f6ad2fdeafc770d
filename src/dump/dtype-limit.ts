// The largest finite number of each floating-point type, whatever a framework calls the type.

const limits: Readonly<Record<string, number>> = {
  float16: 65_504,
  bfloat16: 3.3895313892515355e38,
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
  float8_e4m3fn: 448,
  float8_e4m3fnuz: 240,
  float8_e5m2: 57_344,
  float8_e5m2fnuz: 57_344,
};

const otherNames: Readonly<Record<string, string>> = {
  f16: 'float16',
  fp16: 'float16',
  half: 'float16',
  bf16: 'bfloat16',
  f32: 'float32',
  fp32: 'float32',
  float: 'float32',
  tf32: 'float32',
  single: 'float32',
  complex64: 'float32',
  c64: 'float32',
  f64: 'float64',
  fp64: 'float64',
  double: 'float64',
  complex128: 'float64',
  float8_e4m3: 'float8_e4m3fn',
  f8_e4m3: 'float8_e4m3fn',
  f8e4m3fn: 'float8_e4m3fn',
  fp8_e4m3: 'float8_e4m3fn',
  f8_e5m2: 'float8_e5m2',
  f8e5m2: 'float8_e5m2',
  fp8_e5m2: 'float8_e5m2',
};

/** Null for types that have no infinity, and for names that are none of a type. */
export function largestFinite(dtype: string | null): number | null {
  if (dtype === null || dtype.length > 64) return null;
  const name = dtype
    .trim()
    .toLowerCase()
    .replace(/^(?:torch|tf|np|numpy|jnp|paddle|mindspore)\./, '');
  const known = Object.hasOwn(otherNames, name) ? otherNames[name] : name;
  return known !== undefined && Object.hasOwn(limits, known) ? (limits[known] ?? null) : null;
}

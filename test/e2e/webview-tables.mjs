// Tables of operations and files of tensors to show, larger or more broken than a recorded run leaves them.

/** @param {Record<string, [number[], Float32Array | BigInt64Array]>} tensors shape and values by name */
export function tensorFile(tensors) {
  const header = {};
  const bodies = [];
  let at = 0;
  for (const [name, [shape, values]] of Object.entries(tensors)) {
    const dtype = values instanceof BigInt64Array ? 'I64' : 'F32';
    header[name] = { dtype, shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
    bodies.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  }
  const directory = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(directory.length));
  return new Uint8Array(Buffer.concat([length, directory, ...bodies]));
}

const nothing = { min: null, max: null, mean: null, absMin: null, nan: null, posInf: null, negInf: null };
const half = (absMax, over = {}) => ({
  ...nothing,
  name: null,
  shape: [8, 512, 1024],
  dtype: 'float16',
  absMax,
  ...over,
});

/** A half-precision model whose activations grow until `exp` overflows at row `firstBad`. */
export function longTable(count, firstBad) {
  const names = ['aten::addmm', 'aten::native_layer_norm', 'aten::gelu', 'aten::mul', 'aten::add'];
  const entries = Array.from({ length: count }, (_, i) => {
    const growth = 60_000 ** (Math.min(i, firstBad) / firstBad);
    const isBad = i >= firstBad;
    const out = isBad ? half(growth, i === firstBad ? { posInf: 12 } : { nan: 4096 }) : half(growth);
    return {
      name: i === firstBad ? 'aten::exp' : names[i % names.length],
      phase: i > count * 0.7 ? 'backward' : 'forward',
      module: `encoder.block.${Math.floor(i / 8)}.layer.1.DenseReluDense`,
      source: { path: 'src/model/blocks.py', line: 40 + (i % 90), function: 'forward' },
      inputs: [half(growth / 2), half(3)],
      outputs: [out],
      parameters: [],
      nonFinite: isBad,
    };
  });
  return {
    dump: {
      format: 'nandump',
      framework: 'pytorch',
      verdict: { sentence: 'Step 12, forward: `exp` at blocks.py:70 overflows float16.', confidence: 'certain' },
      anomalies: [],
      series: [],
      operations: { order: 'execution', entries, total: count },
    },
    problems: [],
  };
}

/** The same run, had nothing broken: every value finite, the loss a little lower. */
export function withoutFaults({ dump, problems }) {
  const finite = (value) => (value === null || Number.isFinite(value) ? value : null);
  const whole = (tensor) => ({
    ...tensor,
    min: finite(tensor.min),
    max: finite(tensor.max),
    absMax: finite(tensor.absMax) ?? (/float/.test(tensor.dtype ?? '') ? 6.00482 : null),
    nan: 0,
    posInf: 0,
    negInf: 0,
  });
  return {
    problems,
    dump: {
      ...dump,
      anomalies: [],
      verdict: { sentence: 'Nothing went wrong.', confidence: 'certain' },
      series: dump.series.map((series) => ({
        ...series,
        values: series.values.map((value, i) => (Number.isFinite(value) ? value * 0.9 : series.values[i - 1] * 0.85)),
      })),
      operations: {
        ...dump.operations,
        entries: dump.operations.entries.map((entry) => ({
          ...entry,
          nonFinite: false,
          inputs: entry.inputs.map(whole),
          outputs: entry.outputs.map(whole),
        })),
      },
    },
  };
}

// The recorder's own dump, `*.nandump.json`: its schema is media/recorder/nandump.schema.json, version 1.

import * as v from 'valibot';
import { readAll } from '../byte-source';
import { FieldReader, type Fields, isObject, optional, required } from '../field-reader';
import { isUserPath, sourceOf } from '../frames';
import type {
  Anomaly,
  Dump,
  DumpReader,
  Frame,
  OperationTable,
  ReadResult,
  RecordedOperation,
  Recording,
  Series,
  TensorStats,
} from '../model';
import { detectTextEncoding } from '../text-encoding';
import { readJson } from '../tolerant-json';
import { verdictOf } from '../verdict';

export const nandumpSchemaVersion = 1;

/** The recorder writes 2 MB at most; a dump that is far larger is none of ours. */
const maxBytes = 64 * 1024 * 1024;
const limits = {
  anomalies: 1000,
  frames: 1000,
  stats: 500,
  operations: 50_000,
  series: 200,
  ranks: 65_536,
  excerpt: 200,
  notes: 100,
  rules: 20,
  points: 1_000_000,
};

/** A dump is renamed into its place when it is whole; half of one would give half a verdict. */
const HALF_WRITTEN = 'it is not whole (still being written, cut off, or copied in part): it breaks off';

export const nandump: DumpReader = {
  id: 'nandump',
  sniff(head) {
    const zero = head.indexOf(0);
    // A crash of the machine can leave zeros where the end should be; such a dump is to be told of, not disowned.
    const encoding = detectTextEncoding(head) ?? (zero < 0 ? null : detectTextEncoding(head.subarray(0, zero)));
    if (encoding === null) return 0;
    const text = new TextDecoder(encoding).decode(head.subarray(0, 4096));
    return /^\s*\{\s*"nandump"\s*:/.test(text) ? 1 : 0;
  },
  async read(source, signal) {
    const bytes = await readAll(source, maxBytes, signal);
    if (bytes === null) return unreadable('The dump is larger than 64 MB; the recorder writes 2 MB at most.');
    const text = new TextDecoder(detectTextEncoding(bytes.subarray(0, 4096)) ?? 'utf-8').decode(bytes);
    const { value, problem, breaksOff } = readJson(text);
    if (breaksOff || text.includes('\0')) return unreadable(`${HALF_WRITTEN}, in line ${problem?.line ?? 1}.`);
    if (!isObject(value)) return unreadable(problem?.message ?? 'The dump is no JSON object.');
    const result = readDump(value);
    return problem === null ? result : { dump: result.dump, problems: [problem, ...result.problems] };
  },
};

const text = v.pipe(v.string(), v.maxLength(100_000, 'is too long'));
const shortText = v.pipe(v.string(), v.maxLength(4000, 'is too long'));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** JSON has no NaN and no infinity: the recorder writes strings; Python's json module would write bare words, which are read as well. */
const anyNumber = v.union([
  v.number(),
  v.nan(),
  v.pipe(
    v.picklist(['NaN', 'Infinity', '-Infinity']),
    v.transform((word) => Number(word)),
  ),
]);
const shape = v.pipe(v.array(count), v.maxLength(64));
const location = v.pipe(
  v.object({
    path: shortText,
    line: count,
    function: v.optional(v.nullable(shortText), null),
    text: v.optional(v.nullable(shortText), null),
  }),
);
const excerpt = v.object({ firstLine: count, lines: v.pipe(v.array(shortText), v.maxLength(limits.excerpt)) });

const kinds = v.picklist([
  'nan-backward',
  'nan-forward',
  'inf-forward',
  'loss-nan',
  'loss-inf',
  'grad-nonfinite',
  'overflow',
  'overflow-skip',
  'invalid-argument',
  'input-nan',
  'metric-nonfinite',
  'warning',
] satisfies readonly Anomaly['kind'][]);
const ruleCode = v.pipe(v.string(), v.regex(/^NAN\d{3}$/, 'is no code of a rule'));
const roles = v.picklist(['first', 'consequence', 'secondary', 'benign'] satisfies readonly Anomaly['role'][]);
const nonFinite = v.picklist(['nan', 'inf', '-inf', 'nonfinite']);

const statsFields: Fields<TensorStats> = {
  name: optional(shortText),
  shape: optional(shape),
  dtype: optional(shortText),
  min: optional(anyNumber),
  max: optional(anyNumber),
  mean: optional(anyNumber),
  absMin: optional(anyNumber),
  absMax: optional(anyNumber),
  nan: optional(count),
  posInf: optional(count),
  negInf: optional(count),
};

const anomalyFields: Fields<Omit<Anomaly, 'frames' | 'stats' | 'span' | 'rules'>> = {
  kind: required(kinds, 'warning'),
  value: optional(nonFinite),
  role: required(roles, 'secondary'),
  op: optional(shortText),
  outputIndex: optional(count),
  module: optional(shortText),
  param: optional(shortText),
  metric: optional(shortText),
  step: optional(count),
  epoch: optional(v.number()),
  batch: optional(count),
  rank: optional(count),
  source: optional(location),
  message: required(text, ''),
};

function readDump(dump: Readonly<Record<string, unknown>>): ReadResult {
  const reader = new FieldReader();
  const version = reader.field(dump.nandump, 'nandump', required(count, 0));
  if (version > nandumpSchemaVersion) {
    reader.problem(
      'nandump',
      `is version ${version}, newer than the ${nandumpSchemaVersion} that is understood here; parts may be missing.`,
    );
  }
  const anomalies = reader.array(dump.anomalies, 'anomalies', limits.anomalies, (one, path) =>
    readAnomaly(reader, one, path),
  );
  if (dump.anomalies === undefined) reader.problem('anomalies', 'is missing.');
  const series = reader.array(dump.history, 'history', limits.series, (one, path) => readSeries(reader, one, path));
  return {
    dump: {
      format: 'nandump',
      framework: 'pytorch',
      verdict: readVerdict(reader, dump.verdict, anomalies),
      anomalies,
      series,
      operations: readOperations(reader, dump),
      recording: readRecording(reader, dump, version),
    },
    problems: reader.allProblems(),
  };
}

function readVerdict(reader: FieldReader, value: unknown, anomalies: readonly Anomaly[]): Dump['verdict'] {
  const read = reader.object(value, 'verdict', {
    sentence: required(text, ''),
    confidence: required(v.picklist(['certain', 'likely', 'unknown']), 'unknown'),
  });
  if (read !== null && read.sentence.trim() !== '') return read;
  const [first] = anomalies;
  if (first === undefined) return { sentence: 'The dump names no anomaly.', confidence: 'unknown' };
  return verdictOf({ first, confidence: 'likely', why: null });
}

function readAnomaly(reader: FieldReader, value: unknown, path: string): Anomaly | null {
  const plain = reader.object(value, path, anomalyFields);
  if (plain === null || !isObject(value)) return null;
  const frames = reader.array(value.frames, `${path}.frames`, limits.frames, (one, at) => readFrame(reader, one, at));
  const stats = reader.array(value.tensors, `${path}.tensors`, limits.stats, (one, at) =>
    reader.object(one, at, statsFields),
  );
  return {
    ...plain,
    frames,
    source: plain.source ?? sourceOf(frames),
    stats: stats.length === 0 ? null : stats,
    rules: reader.array(value.rules, `${path}.rules`, limits.rules, (one, at) =>
      reader.field(one, at, optional(ruleCode)),
    ),
    span: null,
  };
}

function readFrame(reader: FieldReader, value: unknown, path: string): Frame | null {
  const read = reader.object(value, path, {
    path: required(shortText, ''),
    line: required(count, 0),
    function: optional(shortText),
    text: optional(shortText),
    isUser: optional(v.boolean()),
    excerpt: optional(excerpt),
  });
  if (read === null || read.path === '') return null;
  const { excerpt: lines, isUser, ...frame } = read;
  return { ...frame, isUser: isUser ?? isUserPath(read.path), ...(lines === null ? {} : { excerpt: lines }) };
}

function readSeries(reader: FieldReader, value: unknown, path: string): Series | null {
  const read = reader.object(value, path, { name: required(shortText, '') });
  if (read === null || read.name === '' || !isObject(value)) return null;
  const numbers = (list: unknown, at: string) =>
    reader.array(list, at, limits.points, (one, where) => ({ number: reader.field(one, where, optional(anyNumber)) }));
  const steps = numbers(value.steps, `${path}.steps`);
  const values = numbers(value.values, `${path}.values`);
  if (steps.length !== values.length) {
    reader.problem(path, `has ${steps.length} steps for ${values.length} values; the surplus is left out.`);
  }
  const points: { step: number; value: number }[] = [];
  steps.slice(0, values.length).forEach(({ number: step }, i) => {
    const number = values[i]?.number ?? null;
    if (step !== null && Number.isFinite(step) && number !== null) points.push({ step, value: number });
  });
  return { name: read.name, steps: points.map(({ step }) => step), values: points.map((point) => point.value) };
}

function readRecording(reader: FieldReader, dump: Readonly<Record<string, unknown>>, schemaVersion: number): Recording {
  const run = reader.object(dump.run, 'run', {
    id: optional(shortText),
    startedAt: optional(shortText),
    script: optional(shortText),
    python: optional(shortText),
    frameworkVersion: optional(shortText),
    device: optional(shortText),
    worldSize: optional(count),
  });
  return {
    schemaVersion,
    run: run ?? {
      id: null,
      startedAt: null,
      script: null,
      python: null,
      frameworkVersion: null,
      device: null,
      worldSize: null,
    },
    batch: isAbsent(dump.batch) ? null : readBatch(reader, dump.batch),
    fidelity: isAbsent(dump.fidelity)
      ? null
      : reader.object(dump.fidelity, 'fidelity', {
          bitIdentical: optional(v.boolean()),
          lossThen: optional(anyNumber),
          lossReplayed: optional(anyNumber),
          notes: { schema: v.pipe(v.array(shortText), v.maxLength(limits.notes)), absent: [], isRequired: false },
        }),
    ranks: reader.array(dump.ranks, 'ranks', limits.ranks, (one, path) =>
      reader.object(one, path, { rank: required(count, 0), role: required(roles, 'secondary'), step: optional(count) }),
    ),
    tensorsFile: reader.field(dump.tensorsFile, 'tensorsFile', optional(siblingName)),
  };
}

/** A dump may only point at a file beside it. */
const siblingName = v.pipe(v.string(), v.regex(/^(?!\.)[\w.-]{1,255}$/, 'is not the name of a file beside the dump'));

function readBatch(reader: FieldReader, value: unknown): Recording['batch'] {
  const rows = { schema: v.pipe(v.array(count), v.maxLength(100_000)), absent: [], isRequired: false };
  const plain = reader.object(value, 'batch', { index: optional(count), badRows: rows, sampleIndices: rows });
  if (plain === null || !isObject(value)) return null;
  const tensors = reader.array(value.tensors, 'batch.tensors', limits.stats, (one, path) =>
    reader.object(one, path, statsFields),
  );
  return { ...plain, tensors };
}

function readOperations(reader: FieldReader, dump: Readonly<Record<string, unknown>>): OperationTable {
  const entries = reader.array(dump.operations, 'operations', limits.operations, (one, path) =>
    readOperation(reader, one, path),
  );
  const total = reader.field(dump.operationCount, 'operationCount', optional(count)) ?? entries.length;
  return { order: 'execution', entries, total: Math.max(total, entries.length) };
}

function readOperation(reader: FieldReader, value: unknown, path: string): RecordedOperation | null {
  const plain = reader.object(value, path, {
    name: required(shortText, ''),
    phase: optional(v.picklist(['forward', 'backward', 'optimizer'])),
    module: optional(shortText),
    source: optional(location),
    nonFinite: optional(v.boolean()),
  });
  if (plain === null || plain.name === '' || !isObject(value)) return null;
  const tensors = (list: unknown, at: string) =>
    reader.array(list, at, limits.stats, (one, where) => reader.object(one, where, statsFields));
  return {
    ...plain,
    inputs: tensors(value.inputs, `${path}.inputs`),
    outputs: tensors(value.outputs, `${path}.outputs`),
    parameters: [],
  };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function unreadable(message: string): ReadResult {
  return {
    dump: {
      format: 'nandump',
      framework: 'pytorch',
      verdict: { sentence: `The dump could not be read: ${message}`, confidence: 'unknown' },
      anomalies: [],
      series: [],
    },
    problems: [{ message, line: null }],
  };
}

// A dump as the command line's JSON: a public contract, version 1. Field order is part of it.

import type { Anomaly, DumpProblem, DumpSource, Frame, ReadResult, Series, TensorStats, Verdict } from './model';

/** JSON has no NaN and no infinity: they are written as these strings. */
export type JsonNumber = number | 'NaN' | 'Infinity' | '-Infinity';

export interface DumpJson {
  readonly version: 1;
  readonly format: string;
  readonly framework: string | null;
  readonly verdict: Verdict;
  readonly anomalies: readonly AnomalyJson[];
  readonly series: readonly {
    readonly name: string;
    /** Readings in the artefact. */
    readonly points: number;
    /** Step of the first NaN or ±Inf. */
    readonly firstNonFinite: number | null;
  }[];
  readonly problems: readonly DumpProblem[];
  /** Only where a folder was read and the run left several files. */
  readonly sources?: readonly DumpSource[];
}

export interface AnomalyJson extends Omit<Anomaly, 'frames' | 'stats'> {
  readonly frames: readonly Pick<Frame, 'path' | 'line' | 'function' | 'text' | 'isUser'>[];
  readonly stats: readonly StatsJson[] | null;
}

export interface StatsJson extends Pick<TensorStats, 'name' | 'shape' | 'dtype' | 'nan' | 'posInf' | 'negInf'> {
  readonly min: JsonNumber | null;
  readonly max: JsonNumber | null;
  readonly mean: JsonNumber | null;
  readonly absMin: JsonNumber | null;
  readonly absMax: JsonNumber | null;
}

export function dumpToJson({ dump, problems }: ReadResult): DumpJson {
  const { format, framework, verdict, anomalies, series } = dump;
  return {
    version: 1,
    format,
    framework,
    verdict: { sentence: verdict.sentence, confidence: verdict.confidence },
    anomalies: anomalies.map(anomalyToJson),
    series: series.map(seriesToJson),
    problems: problems.map(({ message, line }) => ({ message, line })),
    ...(dump.sources === undefined
      ? {}
      : { sources: dump.sources.map(({ path, format: own, sentence }) => ({ path, format: own, sentence })) }),
  };
}

function anomalyToJson(anomaly: Anomaly): AnomalyJson {
  const { kind, value, role, op, outputIndex, module, param, metric, step, epoch, batch, rank } = anomaly;
  const { source, frames, message, stats, rules, span, file } = anomaly;
  return {
    kind,
    value,
    role,
    op,
    outputIndex,
    module,
    param,
    metric,
    step,
    epoch,
    batch,
    rank,
    source: source && { path: source.path, line: source.line, function: source.function, text: source.text },
    frames: frames.map(({ path, line, function: name, text, isUser }) => ({
      path,
      line,
      function: name,
      text,
      isUser,
    })),
    message,
    stats: stats?.map(statsToJson) ?? null,
    rules,
    span: span && { firstLine: span.firstLine, lastLine: span.lastLine },
    ...(file === undefined ? {} : { file }),
  };
}

function statsToJson({
  name,
  shape,
  dtype,
  min,
  max,
  mean,
  absMin,
  absMax,
  nan,
  posInf,
  negInf,
}: TensorStats): StatsJson {
  return {
    name,
    shape,
    dtype,
    min: jsonNumber(min),
    max: jsonNumber(max),
    mean: jsonNumber(mean),
    absMin: jsonNumber(absMin),
    absMax: jsonNumber(absMax),
    nan,
    posInf,
    negInf,
  };
}

function seriesToJson({ name, steps, values, total }: Series): DumpJson['series'][number] {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  return { name, points: total ?? values.length, firstNonFinite: bad < 0 ? null : (steps[bad] ?? null) };
}

function jsonNumber(value: number | null): JsonNumber | null {
  if (value === null || Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

// What a run says of single lines of source: which are blamed, and what values were seen on which.

import type { AnomalyRole, Dump, RecordedOperation, TensorStats } from './model';
import { eventAtItsLine } from './verdict';

export interface SourceLine {
  /** As the artefact wrote it: often a path of another machine. */
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** What stood there; null where the artefact does not say. */
  readonly text: string | null;
}

/** A line that an anomaly is blamed on. */
export interface BlamedLine extends SourceLine {
  readonly role: AnomalyRole;
  readonly rules: readonly string[];
  /** Clauses without a full stop, the event first. */
  readonly clauses: readonly string[];
}

/** A line on which operations ran whose values are known. */
export interface ObservedLine extends SourceLine {
  readonly operations: readonly RecordedOperation[];
}

export interface RunEvidence {
  readonly blamed: readonly BlamedLine[];
  readonly observed: readonly ObservedLine[];
}

const mostBlamed = 200;
const mostObserved = 5000;
/** A line in a loop runs thousands of operations; these show its extremes well enough. */
const mostOperations = 200;
const mostOperands = 3;

export function evidenceOf(dump: Dump): RunEvidence {
  return { blamed: blamedLines(dump), observed: observedLines(dump) };
}

function blamedLines({ anomalies }: Dump): BlamedLine[] {
  const lines = new Map<string, BlamedLine>();
  for (const anomaly of anomalies) {
    const { source, role, rules } = anomaly;
    if (source === null || role === 'benign' || lines.size >= mostBlamed) continue;
    const key = `${source.line} ${source.path}`;
    if (lines.has(key)) continue;
    const { path, line, text } = source;
    lines.set(key, {
      path,
      line,
      text,
      role,
      rules,
      clauses: [eventAtItsLine(anomaly), ...operandClauses(anomaly.stats ?? [])],
    });
  }
  return [...lines.values()];
}

/** `8 of 9216 elements of output 0 are −Inf`, `input 0 ran from 0 to 1`. */
function operandClauses(stats: readonly TensorStats[]): string[] {
  const counts = stats.flatMap((one) => countClause(one) ?? []);
  const ranges = stats.filter((one) => countClause(one) === null).flatMap((one) => rangeClause(one) ?? []);
  return [...counts.slice(0, mostOperands), ...ranges.slice(0, mostOperands)];
}

function nameOf({ name }: TensorStats): string {
  return name ?? 'it';
}

function countClause(stats: TensorStats): string | null {
  const counts = nonFiniteCounts(stats);
  if (counts === '') return null;
  const size = stats.shape?.reduce((product, length) => product * length, 1);
  return size === undefined
    ? `${nameOf(stats)} holds ${counts}`
    : `${nameOf(stats)} holds ${counts} in ${size} elements`;
}

/** `3 NaN, 1 +Inf`; empty where all is finite or nothing is known. */
export function nonFiniteCounts({ nan, posInf, negInf }: TensorStats): string {
  const counts = [
    [nan, 'NaN'],
    [posInf, '+Inf'],
    [negInf, '−Inf'],
  ] as const;
  return counts.flatMap(([count, word]) => (count ? [`${count} ${word}`] : [])).join(', ');
}

function rangeClause(stats: TensorStats): string | null {
  const range = valueRange(stats);
  return range === null ? null : `${nameOf(stats)} ran ${range}`;
}

/** `from 0 to 1`, `from -3 to 4, nearest to 0: 0.001`; null where no bounds are known. Non-finite elements do not count. */
export function valueRange({ min, max, absMin, absMax }: TensorStats): string | null {
  if (min !== null && max !== null) {
    const nearest = absMin !== null && min < 0 && max > 0 ? `, nearest to 0: ${shortNumber(absMin)}` : '';
    return `from ${shortNumber(min)} to ${shortNumber(max)}${nearest}`;
  }
  if (absMin !== null && absMax !== null) return `from ${shortNumber(absMin)} to ${shortNumber(absMax)} in magnitude`;
  return absMax === null ? null : `up to ${shortNumber(absMax)} in magnitude`;
}

function shortNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value).replace('Infinity', 'Inf');
}

function observedLines({ operations }: Dump): ObservedLine[] {
  const lines = new Map<string, { line: ObservedLine; operations: RecordedOperation[] }>();
  for (const operation of operations?.entries ?? []) {
    const { source, inputs, outputs } = operation;
    if (source === null || ![...inputs, ...outputs].some(saysSomething)) continue;
    const key = `${source.line} ${source.path}`;
    const known = lines.get(key);
    if (known) {
      if (known.operations.length < mostOperations || operation.nonFinite) known.operations.push(operation);
    } else if (lines.size < mostObserved) {
      const own = [operation];
      lines.set(key, { line: { path: source.path, line: source.line, text: null, operations: own }, operations: own });
    }
  }
  return [...lines.values()].map(({ line }) => line);
}

function saysSomething(stats: TensorStats): boolean {
  return valueRange(stats) !== null || nonFiniteCounts(stats) !== '';
}

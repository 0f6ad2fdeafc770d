// The table of operations as the page asks for it: row by row, told by the worst tensor of each side.

import { largestFinite } from '../../../dump/dtype-limit';
import type { Anomaly, Dump, RecordedOperation, TensorStats } from '../../../dump/model';
import type {
  FrameView,
  NonFiniteRun,
  OperationDetails,
  OperationRow,
  OperationsView,
  TensorSummary,
} from '../../../protocol/dump-view';
import { longText, shortText, shortTextOrNull } from './shown-text';
import { statsView } from './stats-view';

/** More rows than this in one answer would keep the page waiting. */
export const mostRowsAtOnce = 400;
/** More would be higher than browsers can scroll at 200 % zoom. */
const mostRows = 200_000;
/** Rows before and after the first bad one that come with the first picture. */
const openingRows = 40;
const mostTensorsOfOne = 200;

/** A good run's table, and which of its rows is the like of which row here. */
export interface OperationComparison {
  readonly good: OperationRows;
  readonly matches: ReadonlyMap<number, number>;
}

export class OperationRows {
  private readonly entries: readonly RecordedOperation[];
  private readonly bad: readonly number[];
  readonly firstBad: number | null;

  constructor(private readonly dump: Pick<Dump, 'operations' | 'anomalies'>) {
    const entries = dump.operations?.entries ?? [];
    this.entries = entries.length > mostRows ? entries.slice(0, mostRows) : entries;
    this.bad = this.entries.flatMap((entry, i) => (isBad(entry) ? [i] : []));
    this.firstBad = firstBadRow(this.entries, this.bad, dump.anomalies[0]);
  }

  get count(): number {
    return this.entries.length;
  }

  /** Null where the artefact has no table. */
  view(): OperationsView | null {
    const { operations } = this.dump;
    if (!operations || this.entries.length === 0) return null;
    const centre = this.firstBad ?? 0;
    return {
      order: operations.order,
      count: this.entries.length,
      total: Math.max(operations.total, operations.entries.length),
      firstBad: this.firstBad,
      badCount: this.bad.length,
      hasParameters: this.entries.some(({ parameters }) => parameters.length > 0),
      hasPlaces: this.entries.some(({ source }) => source !== null),
      hasTypes: this.entries.some((entry) =>
        [...entry.inputs, ...entry.outputs, ...entry.parameters].some(({ dtype }) => dtype !== null),
      ),
      opening: this.rows(Math.max(0, centre - openingRows), centre + openingRows),
    };
  }

  /** Rows `from` to `to`, the last not included; fewer where there are not so many. */
  rows(from: number, to: number, comparison?: OperationComparison): OperationRow[] {
    const end = Math.min(to, from + mostRowsAtOnce, this.entries.length);
    return this.entries.slice(from, end).map((entry, i) => {
      const match = comparison?.matches.get(from + i);
      const like = match === undefined ? undefined : comparison?.good.entries[match];
      return rowOf(entry, from + i, like);
    });
  }

  details(index: number): OperationDetails | undefined {
    const entry = this.entries[index];
    if (!entry) return undefined;
    let leftOut = 0;
    const listed = (tensors: readonly TensorStats[]) => {
      leftOut += Math.max(0, tensors.length - mostTensorsOfOne);
      return tensors.slice(0, mostTensorsOfOne).map(statsView);
    };
    const { inputs, parameters, outputs } = entry;
    return {
      index,
      name: shortText(entry.name),
      inputs: listed(inputs),
      parameters: listed(parameters),
      outputs: listed(outputs),
      tensorsLeftOut: leftOut,
    };
  }

  /** The line of a row, as a frame to go to. */
  frame(index: number): FrameView | undefined {
    const source = this.entries[index]?.source;
    if (!source) return undefined;
    const { path, line } = source;
    const name = shortTextOrNull(source.function);
    return { path: longText(path), line, function: name, isUser: true, excerpt: null };
  }

  nextBad(from: number, backwards: boolean): number | null {
    const found = backwards ? this.bad.findLast((i) => i < from) : this.bad.find((i) => i > from);
    return found ?? null;
  }

  compareWith(good: OperationRows): OperationComparison {
    return { good, matches: matchRows(this.entries, good.entries) };
  }
}

function rowOf(entry: RecordedOperation, index: number, like: RecordedOperation | undefined): OperationRow {
  const { source } = entry;
  return {
    index,
    name: shortText(entry.name),
    phase: entry.phase,
    module: shortTextOrNull(entry.module),
    place: source && {
      file: shortText(source.path.split(/[\\/]/).findLast((part) => part !== '') ?? source.path),
      line: source.line,
      function: shortTextOrNull(source.function),
    },
    isBad: isBad(entry),
    inputs: summaryOf(entry.inputs),
    parameters: summaryOf(entry.parameters),
    outputs: summaryOf(entry.outputs),
    goodAbsMax: like ? (summaryOf(like.outputs)?.absMax ?? null) : null,
  };
}

function isBad({ nonFinite, outputs }: RecordedOperation): boolean {
  return nonFinite ?? outputs.some((tensor) => nonFiniteKinds(tensor).length > 0);
}

/** The row that the verdict speaks of: an infinity made on purpose (a mask) can stand before it. */
function firstBadRow(
  entries: readonly RecordedOperation[],
  bad: readonly number[],
  cause: Anomaly | undefined,
): number | null {
  const [first] = bad;
  if (first === undefined) return null;
  if (!cause) return first;
  const isSameLine = ({ source }: RecordedOperation) =>
    source !== null && cause.source !== null && source.line === cause.source.line && source.path === cause.source.path;
  const tests: readonly ((entry: RecordedOperation) => boolean)[] = [
    (entry) => entry.name === cause.op && isSameLine(entry),
    (entry) => isSameLine(entry) && (cause.kind !== 'nan-backward' || entry.phase === 'backward'),
    (entry) => entry.name === cause.op && cause.module !== null && entry.module === cause.module,
    (entry) => cause.module !== null && entry.module === cause.module,
  ];
  for (const test of tests) {
    const found = bad.find((i) => {
      const entry = entries[i];
      return entry !== undefined && test(entry);
    });
    if (found !== undefined) return found;
  }
  return first;
}

/** One pass each: the n-th call of an operation in a module is the n-th call there. */
function matchRows(
  own: readonly RecordedOperation[],
  other: readonly RecordedOperation[],
): ReadonlyMap<number, number> {
  const places = new Map<string, number[]>();
  for (const [i, entry] of other.entries()) {
    const key = matchKey(entry);
    const before = places.get(key);
    if (before) before.push(i);
    else places.set(key, [i]);
  }
  const seen = new Map<string, number>();
  const matches = new Map<number, number>();
  for (const [i, entry] of own.entries()) {
    const key = matchKey(entry);
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    const match = places.get(key)?.[nth];
    if (match !== undefined) matches.set(i, match);
  }
  return matches;
}

function matchKey({ phase, module, name }: RecordedOperation): string {
  return JSON.stringify([phase, module, name]);
}

function summaryOf(tensors: readonly TensorStats[]): TensorSummary | null {
  const [first] = tensors;
  if (!first) return null;
  let worst = first;
  let worstRank = Number.NEGATIVE_INFINITY;
  const counts = new Map<NonFiniteRun['kind'], number | null>();
  for (const tensor of tensors) {
    const kinds = nonFiniteKinds(tensor);
    for (const { kind, count } of kinds) {
      const before = counts.get(kind);
      counts.set(kind, before === null || count === null ? null : (before ?? 0) + count);
    }
    const rank = badness(tensor, kinds.length > 0);
    if (rank > worstRank) {
      worst = tensor;
      worstRank = rank;
    }
  }
  const { shape, dtype, absMax } = statsView(worst);
  return {
    tensors: tensors.length,
    shape,
    dtype,
    absMax: typeof absMax === 'number' ? absMax : finiteAbsMax(worst),
    limit: largestFinite(worst.dtype),
    nonFinite: [...counts].map(([kind, count]) => ({ kind, count })),
  };
}

/** What is not finite stands above what is near its type's limit, and that above the rest. */
function badness(tensor: TensorStats, isBroken: boolean): number {
  const absMax = finiteAbsMax(tensor);
  const share = absMax === null || absMax === 0 ? -2000 : Math.log10(absMax / (largestFinite(tensor.dtype) ?? 1e308));
  return isBroken ? share + 10_000 : share;
}

function finiteAbsMax({ absMax, min, max }: TensorStats): number | null {
  if (absMax !== null && Number.isFinite(absMax)) return absMax;
  const ends = [min, max].filter((end) => end !== null && Number.isFinite(end)).map((end) => Math.abs(end ?? 0));
  return ends.length === 0 ? null : Math.max(...ends);
}

/** By the counts, or where there are none by the extremes. */
function nonFiniteKinds(tensor: TensorStats): TensorSummary['nonFinite'] {
  const { nan, posInf, negInf, min, max, absMax } = tensor;
  const sees: readonly (readonly [NonFiniteRun['kind'], number | null, boolean])[] = [
    ['nan', nan, [min, max, absMax].some(Number.isNaN)],
    ['inf', posInf, max === Infinity || (absMax === Infinity && min !== -Infinity)],
    ['-inf', negInf, min === -Infinity],
  ];
  return sees
    .filter(([, count, isSeen]) => (count === null ? isSeen : count > 0))
    .map(([kind, count]) => ({ kind, count }));
}

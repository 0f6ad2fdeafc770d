// What a log format is made of: a detector that watches the lines and stacks of one log and says what it found.

import type { Anomaly, Dump, DumpProblem, OperationTable, Series, Verdict } from '../model';
import type { MetricLine } from './metric-line';
import type { LogLine } from './prefix';
import type { Place, Progress, ProgressPoint } from './progress';
import type { Stack } from './stack';

/** What all detectors of one log share. It is filled as the lines go by. */
export interface LogContext {
  readonly progress: Progress;
  /** Lines read so far. */
  readonly lineCount: number;
  /** The rank that a launcher's report calls the first to fail; null where there is no such report. */
  readonly rootRank: number | null;
}

/** An anomaly whose place in the run is settled once the whole log is known. */
export interface Sighting {
  readonly anomaly: Omit<Anomaly, 'role' | 'step' | 'epoch' | 'batch'>;
  /** Null where the artefact gives no position, or gives it itself in `at`. */
  readonly after: ProgressPoint | null;
  readonly at: Place | null;
  /** Order within the log, finer than lines. */
  readonly order: number;
  readonly role?: Anomaly['role'];
  /** Of a warning: whether it tells of a NaN or infinity that was made at its line, and not only of one that may be. */
  readonly isCause?: boolean;
  readonly confidence: Verdict['confidence'];
  /** Why it happened, where that can be derived: a clause without a full stop. */
  readonly why: string | null;
}

/** An anomaly of which nothing is known yet. */
export const unknownAnomaly = {
  value: null,
  op: null,
  outputIndex: null,
  module: null,
  param: null,
  metric: null,
  rank: null,
  source: null,
  frames: [],
  stats: null,
  rules: [],
  span: null,
} as const satisfies Partial<Sighting['anomaly']>;

/** 1-based lines, both ends included. */
export interface LineSpan {
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface LogEvidence {
  /** 0: nothing of this format here. 1: certainly this format. */
  readonly claim: number;
  readonly framework: Dump['framework'];
  readonly sightings: readonly Sighting[];
  readonly problems: readonly DumpProblem[];
  /** Lines that this format knows the meaning of: what the fallback makes of their words is left out. */
  readonly understood?: readonly LineSpan[];
  /** The first line that speaks of NaN or Inf without saying that anything is. */
  readonly mentionedAt?: number | null;
  /** Beyond what ordinary training prints say. */
  readonly series?: readonly Series[];
  readonly operations?: OperationTable;
  /** What to say of a log that holds no anomaly, though it looks as if it did. */
  readonly allClear?: string;
}

export interface LogDetector {
  /**
   * Every line, in order, those inside stacks too.
   * @param metric what the line says where it is a training print; the shared progress knows it already
   */
  onLine(line: LogLine, metric: MetricLine | null): void;
  /** A stack is complete; comes before `onLine` of its last line. */
  onStack?(stack: Stack): void;
  finish(): LogEvidence;
}

export interface LogFormat {
  readonly id: string;
  detect(context: LogContext): LogDetector;
}

// What the page shows of one dump: plain, JSON-safe, bounded in size, and with nothing left to look up by path.

import type {
  AnomalyKind,
  AnomalyRole,
  NonFinite,
  OperationTable,
  RecordedOperation,
  Recording,
  TensorStats,
  Verdict,
} from '../dump/model';
import type { WireNumber } from './wire-number';

export type { AnomalyKind, AnomalyRole, NonFinite, Verdict };

/** Lines of a text around the ones that matter. Line numbers are 1-based. */
export interface TextExcerpt {
  readonly firstLine: number;
  readonly lines: readonly string[];
  /** First and last of the lines that are blamed, both included. */
  readonly marked: { readonly first: number; readonly last: number };
}

export interface FrameView {
  /** As the artefact wrote it: often a path of another machine. */
  readonly path: string;
  readonly line: number;
  readonly function: string | null;
  readonly isUser: boolean;
  /** What the artefact itself keeps of the source; null where it keeps nothing. */
  readonly excerpt: TextExcerpt | null;
}

export interface TensorStatsView extends Pick<TensorStats, 'name' | 'shape' | 'dtype' | 'nan' | 'posInf' | 'negInf'> {
  readonly min: WireNumber | null;
  readonly max: WireNumber | null;
  readonly mean: WireNumber | null;
  readonly absMin: WireNumber | null;
  readonly absMax: WireNumber | null;
}

export interface AnomalyView {
  readonly kind: AnomalyKind;
  readonly value: NonFinite | null;
  readonly role: AnomalyRole;
  readonly op: string | null;
  readonly outputIndex: number | null;
  readonly module: string | null;
  readonly param: string | null;
  readonly metric: string | null;
  readonly step: number | null;
  readonly epoch: number | null;
  readonly batch: number | null;
  readonly rank: number | null;
  readonly message: string;
  /** Outermost call first, as Python prints them. */
  readonly frames: readonly FrameView[];
  /** Frames that were left out because there are too many. */
  readonly framesLeftOut: number;
  /** Index in `frames` of the user's line that is blamed. */
  readonly blamed: number | null;
  readonly stats: readonly TensorStatsView[];
  readonly rules: readonly string[];
  /** The file that tells of it, where a folder was opened. */
  readonly file: string | null;
  /** Whether the artefact has lines that say so, which `textExcerpt` can bring. */
  readonly hasText: boolean;
}

/** Neighbouring readings of one series that are not finite, all of one kind. */
export interface NonFiniteRun {
  readonly kind: 'nan' | 'inf' | '-inf';
  /** First and last x of the run, both included. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** A stretch of a series, thinned out to what can be drawn; no extreme and no non-finite reading is ever dropped. */
export interface SeriesWindow {
  readonly from: number;
  readonly to: number;
  readonly x: readonly number[];
  /** One for each `x`; null where the line must break because a reading is not finite. */
  readonly y: readonly (number | null)[];
  readonly runs: readonly NonFiniteRun[];
  /** Readings in this stretch before thinning. */
  readonly count: number;
  readonly thinned: boolean;
}

export interface SeriesPoint {
  readonly x: number;
  readonly value: number;
}

export interface SeriesView {
  readonly name: string;
  /** `step`: x is the artefact's own step. `reading`: its steps go backwards, so x counts readings from 0. */
  readonly axis: 'step' | 'reading';
  /** Readings of the artefact, of which `overview` and further windows may be a choice. */
  readonly count: number;
  /** Whether windows count every reading; false where the reader itself had to thin the series out. */
  readonly countsAreExact: boolean;
  readonly nonFinite: number;
  readonly lowest: SeriesPoint | null;
  readonly highest: SeriesPoint | null;
  readonly lastFinite: SeriesPoint | null;
  /** Step at which the run failed, where this series has no reading of its own that says so. */
  readonly failedAt: number | null;
  readonly overview: SeriesWindow;
}

/** The tensors on one side of an operation, told by the worst of them. */
export interface TensorSummary {
  /** How many there are. */
  readonly tensors: number;
  readonly shape: readonly number[] | null;
  readonly dtype: string | null;
  /** Largest finite magnitude; null where the artefact does not say. */
  readonly absMax: number | null;
  /** Largest finite number of its type; null where the type has none or is not known. */
  readonly limit: number | null;
  /** What of it is not finite, over all the tensors; counts are null where the artefact does not say how many. */
  readonly nonFinite: readonly { readonly kind: NonFiniteRun['kind']; readonly count: number | null }[];
}

export interface OperationRow {
  /** Place in the table, from 0. */
  readonly index: number;
  readonly name: string;
  readonly phase: RecordedOperation['phase'];
  readonly module: string | null;
  readonly place: { readonly file: string; readonly line: number; readonly function: string | null } | null;
  readonly isBad: boolean;
  readonly inputs: TensorSummary | null;
  readonly parameters: TensorSummary | null;
  readonly outputs: TensorSummary | null;
  /** Largest magnitude that came out of the same operation of the good run; null where there is none to compare. */
  readonly goodAbsMax: number | null;
}

/** The table of operations but for its rows, which are asked for as they come into sight. */
export interface OperationsView {
  readonly order: OperationTable['order'];
  readonly count: number;
  /** How many ran. */
  readonly total: number;
  /** Row that the verdict blames, or else the first whose outputs are not finite. */
  readonly firstBad: number | null;
  readonly badCount: number;
  readonly hasParameters: boolean;
  readonly hasPlaces: boolean;
  /** Whether the type of any tensor is known. */
  readonly hasTypes: boolean;
  /** The rows that are in sight first, around the first bad one. */
  readonly opening: readonly OperationRow[];
}

export interface OperationDetails {
  readonly index: number;
  readonly name: string;
  readonly inputs: readonly TensorStatsView[];
  readonly parameters: readonly TensorStatsView[];
  readonly outputs: readonly TensorStatsView[];
  readonly tensorsLeftOut: number;
}

/** Numbers from `first` to `last`, both included. */
export interface IndexRange {
  readonly first: number;
  readonly last: number;
}

export interface BatchView {
  readonly index: number | null;
  readonly badRows: readonly IndexRange[];
  readonly badRowCount: number;
  readonly tensors: readonly TensorStatsView[];
  /** Rows of the batch with the index of their sample in the data set: the bad rows, or else all. */
  readonly samples: readonly { readonly row: number; readonly sample: number; readonly isBad: boolean }[];
  readonly samplesLeftOut: number;
}

export interface FidelityView {
  readonly bitIdentical: boolean | null;
  readonly lossThen: WireNumber | null;
  readonly lossReplayed: WireNumber | null;
  readonly notes: readonly string[];
}

export interface RecordingView {
  readonly run: Recording['run'];
  readonly batch: BatchView | null;
  readonly fidelity: FidelityView | null;
  /** Name of the file beside the dump that holds the tensors. */
  readonly tensorsFile: string | null;
}

/** What one process of the run saw. */
export interface RankRow {
  readonly rank: number;
  readonly role: AnomalyRole | null;
  readonly step: number | null;
  /** Of its first event; null where the artefact has none of this rank. */
  readonly kind: AnomalyKind | null;
  readonly op: string | null;
  readonly place: string | null;
  /** Index in `anomalies`, where that event is among them. */
  readonly anomaly: number | null;
}

/** A tensor in the file beside the dump. */
export interface TensorEntryView {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Whether its elements can be looked at: floating-point numbers of a known layout. */
  readonly canBeMapped: boolean;
}

export interface TensorListView {
  readonly entries: readonly TensorEntryView[];
  readonly entriesLeftOut: number;
  /** The one that most likely shows the failure. */
  readonly first: number | null;
  /** What could not be read of the file. */
  readonly problem: string | null;
}

/** How often each label occurs in a vector of the batch. */
export interface LabelCountsView {
  readonly name: string;
  readonly counts: readonly { readonly label: number; readonly count: number }[];
  readonly labelsLeftOut: number;
}

/** A part of a tensor as a matrix: all dimensions but the last make its rows. */
export interface TensorRegion {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstColumn: number;
  readonly columns: number;
}

/** Elements that are not finite. */
export interface NonFiniteCounts {
  readonly nan: number;
  readonly posInf: number;
  readonly negInf: number;
}

/** Where a tensor is not finite, thinned out to a grid of cells in which no such element is lost. */
export interface NanMapView {
  /** Of the whole tensor. */
  readonly rows: number;
  readonly columns: number;
  readonly region: TensorRegion;
  readonly gridRows: number;
  readonly gridColumns: number;
  /** One hexadecimal digit a cell, row by row: 1 NaN, 2 +Inf, 4 −Inf, added up; 0 where all is finite. */
  readonly cells: string;
  readonly rowCounts: readonly NonFiniteCounts[];
  readonly columnCounts: readonly NonFiniteCounts[];
  readonly counts: NonFiniteCounts;
}

/** A run that went well, to hold this one against. */
export interface ComparisonView {
  readonly name: string;
  readonly verdict: Verdict;
  /** Its readings, by the name of the series. */
  readonly series: readonly { readonly name: string; readonly window: SeriesWindow }[];
  /** Rows of this dump's table that have their like in the good run's. */
  readonly operationsMatched: number;
}

export interface ProblemView {
  readonly message: string;
  readonly line: number | null;
}

export interface DumpView {
  readonly name: string;
  readonly format: string;
  readonly framework: string | null;
  readonly verdict: Verdict;
  /** First cause first. */
  readonly anomalies: readonly AnomalyView[];
  readonly anomaliesLeftOut: number;
  readonly series: readonly SeriesView[];
  readonly seriesLeftOut: number;
  readonly operations: OperationsView | null;
  readonly recording: RecordingView | null;
  /** Empty where the artefact tells of one process only. */
  readonly ranks: readonly RankRow[];
  readonly problems: readonly ProblemView[];
  readonly problemsLeftOut: number;
}

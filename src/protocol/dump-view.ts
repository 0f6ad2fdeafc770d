// What the page shows of one dump: plain, JSON-safe, bounded in size, and with nothing left to look up by path.

import type { AnomalyKind, AnomalyRole, NonFinite, TensorStats, Verdict } from '../dump/model';
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
  readonly problems: readonly ProblemView[];
  readonly problemsLeftOut: number;
}

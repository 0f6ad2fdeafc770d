// One model of a failed run, whatever artefact it was read from. Field meanings are the JSON contract of the command line.

export type AnomalyKind =
  | 'nan-backward'
  | 'nan-forward'
  | 'inf-forward'
  | 'loss-nan'
  | 'loss-inf'
  | 'grad-nonfinite'
  | 'overflow'
  | 'overflow-skip'
  | 'invalid-argument'
  | 'input-nan'
  | 'metric-nonfinite'
  | 'warning';
export type AnomalyRole = 'first' | 'consequence' | 'secondary' | 'benign';
export type NonFinite = 'nan' | 'inf' | '-inf' | 'nonfinite';

export interface Frame {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly function: string | null;
  /** The source line as the artefact printed it. */
  readonly text: string | null;
  /** Whether it is the user's own code: not site-packages, not frozen, not generated. */
  readonly isUser: boolean;
  /** Lines of source around `line` where the artefact keeps them. */
  readonly excerpt?: { readonly firstLine: number; readonly lines: readonly string[] };
}

export interface TensorStats {
  readonly name: string | null;
  readonly shape: readonly number[] | null;
  readonly dtype: string | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly absMin: number | null;
  readonly absMax: number | null;
  readonly nan: number | null;
  readonly posInf: number | null;
  readonly negInf: number | null;
}

export interface Anomaly {
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
  readonly source: {
    readonly path: string;
    readonly line: number;
    readonly function: string | null;
    readonly text: string | null;
  } | null;
  readonly frames: readonly Frame[];
  readonly message: string;
  readonly stats: readonly TensorStats[] | null;
  readonly rules: readonly string[];
  /** 1-based lines of the artefact that say so. */
  readonly span: { readonly firstLine: number; readonly lastLine: number } | null;
}

export interface Series {
  readonly name: string;
  /** Steps in the artefact's own numbering, one per value. Values keep NaN and ±Infinity. */
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

export interface DumpProblem {
  readonly message: string;
  readonly line: number | null;
}

export interface Verdict {
  readonly sentence: string;
  readonly confidence: 'certain' | 'likely' | 'unknown';
}

export interface Dump {
  readonly format: string;
  readonly framework: 'pytorch' | 'tensorflow' | 'jax' | 'numpy' | 'keras' | null;
  readonly verdict: Verdict;
  readonly anomalies: readonly Anomaly[];
  readonly series: readonly Series[];
}

/** Bytes from anywhere: a file, an editor's file system, standard input, the clipboard. */
export interface ByteSource {
  readonly name: string;
  /** In bytes, where it is known. */
  readonly size?: number;
  read(from: number, to: number): Promise<Uint8Array>;
  stream(): AsyncIterable<Uint8Array>;
}

export interface ReadResult {
  readonly dump: Dump;
  readonly problems: readonly DumpProblem[];
}

export interface DumpReader {
  readonly id: string;
  /** 0 (not mine) to 1 (certainly mine), from the first bytes and the name alone. */
  sniff(head: Uint8Array, name: string): number;
  /** Never throws for bad input: what could not be read is a problem. Rejects only when `signal` is aborted. */
  read(source: ByteSource, signal: AbortSignal): Promise<ReadResult>;
}

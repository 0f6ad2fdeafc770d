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
  /** Outermost call first, as Python prints them. */
  readonly frames: readonly Frame[];
  /** As the artefact wrote it, without colours and line prefixes. */
  readonly message: string;
  readonly stats: readonly TensorStats[] | null;
  readonly rules: readonly string[];
  /** 1-based lines of the artefact that say so; a lone carriage return (a progress bar) does not end a line. */
  readonly span: { readonly firstLine: number; readonly lastLine: number } | null;
  /** The file that says so, where a run left several: a path below their folder. */
  readonly file?: string;
}

export interface Series {
  readonly name: string;
  /** Steps in the artefact's own numbering, one per value. Values keep NaN and ±Infinity. */
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** How many readings the artefact holds, where `values` is a thinned choice of them. */
  readonly total?: number;
}

export interface DumpProblem {
  readonly message: string;
  readonly line: number | null;
}

export interface Verdict {
  readonly sentence: string;
  readonly confidence: 'certain' | 'likely' | 'unknown';
}

/** What produced the artefact: a framework, or the trainer on top of it whose words these are. */
export type Framework =
  | 'pytorch'
  | 'tensorflow'
  | 'keras'
  | 'jax'
  | 'numpy'
  | 'transformers'
  | 'lightning'
  | 'deepspeed'
  | 'megatron'
  | 'fairseq'
  | 'detectron2'
  | 'paddle'
  | 'scikit-learn';

/** One operation or module call that ran. */
export interface RecordedOperation {
  /** Of the operation, or the class of the module. */
  readonly name: string;
  readonly phase: 'forward' | 'backward' | 'optimizer' | null;
  readonly module: string | null;
  readonly source: { readonly path: string; readonly line: number; readonly function: string | null } | null;
  readonly inputs: readonly TensorStats[];
  readonly outputs: readonly TensorStats[];
  /** Of the module, where the artefact lists them. */
  readonly parameters: readonly TensorStats[];
  /** Whether its outputs hold NaN or Inf; null where that was not looked at. */
  readonly nonFinite: boolean | null;
}

/** Operations or modules with what went in and came out. */
export interface OperationTable {
  /** `completion`: a module stands after the modules inside it. */
  readonly order: 'execution' | 'completion';
  readonly entries: readonly RecordedOperation[];
  /** How many ran, where `entries` is a part of them. */
  readonly total: number;
}

/** What a recorder's dump holds beyond a log: the replayed step itself. */
export interface Recording {
  readonly schemaVersion: number;
  readonly run: {
    readonly id: string | null;
    readonly startedAt: string | null;
    readonly script: string | null;
    readonly python: string | null;
    readonly frameworkVersion: string | null;
    readonly device: string | null;
    readonly worldSize: number | null;
  };
  readonly batch: {
    readonly index: number | null;
    /** Rows of the batch that hold or cause the first bad value. */
    readonly badRows: readonly number[];
    /** Indices into the data set, where the loader said them. */
    readonly sampleIndices: readonly number[];
    readonly tensors: readonly TensorStats[];
  } | null;
  readonly fidelity: {
    /** Whether the replayed loss has the same bits as the one that failed. */
    readonly bitIdentical: boolean | null;
    readonly lossThen: number | null;
    readonly lossReplayed: number | null;
    readonly notes: readonly string[];
  } | null;
  readonly ranks: readonly { readonly rank: number; readonly role: AnomalyRole; readonly step: number | null }[];
  /** The sibling file with the culprit tensors. */
  readonly tensorsFile: string | null;
}

export interface Dump {
  /** Identifies the reader's format; `unknown` where nothing could be read. */
  readonly format: string;
  readonly framework: Framework | null;
  readonly verdict: Verdict;
  readonly anomalies: readonly Anomaly[];
  readonly series: readonly Series[];
  readonly operations?: OperationTable;
  readonly recording?: Recording;
  /** The files of the run, where it left several, and what each says for itself. */
  readonly sources?: readonly DumpSource[];
}

export interface DumpSource {
  /** Below the folder of the run. */
  readonly path: string;
  readonly format: string;
  readonly sentence: string;
}

/** Bytes from anywhere: a file, an editor's file system, standard input, the clipboard. */
export interface ByteSource {
  readonly name: string;
  /** In bytes, where it is known. */
  readonly size?: number;
  /** Bytes `[from, to)`, fewer where the source ends before `to`. */
  read(from: number, to: number): Promise<Uint8Array>;
  /**
   * All bytes in order, in pieces of any size.
   * @param areLent whether a piece is looked at only until the next one is asked for, so that its memory may be used again
   */
  stream(areLent?: boolean): AsyncIterable<Uint8Array>;
}

export interface ReadResult {
  readonly dump: Dump;
  readonly problems: readonly DumpProblem[];
}

/** Takes what is known while a long file is still being read. */
export type OnPartial = (result: ReadResult) => void;

export interface DumpReader {
  readonly id: string;
  /** 0 (not mine) to 1 (certainly mine), from the first bytes and the name alone. */
  sniff(head: Uint8Array, name: string): number;
  /**
   * Never throws for bad input: what could not be read is a problem. Rejects only when `signal` is aborted.
   * @param onPartial told what is known so far, by readers for which that is something
   */
  read(source: ByteSource, signal: AbortSignal, onPartial?: OnPartial): Promise<ReadResult>;
}

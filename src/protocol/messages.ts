// Everything that host and page may ask of each other, with what each answer holds. Both sides are checked against this file.

import type {
  ComparisonView,
  DumpView,
  LabelCountsView,
  NanMapView,
  OperationDetails,
  OperationRow,
  SeriesWindow,
  TensorListView,
  TensorRegion,
  TextExcerpt,
} from './dump-view';
import type { Strings } from './strings';

/** Raised when a message changes its meaning; page and host of one build always agree, cached pages may not. */
export const protocolVersion = 3;

export interface Method<Params, Result> {
  readonly params: Params;
  readonly result: Result;
}

/** A frame of the dump shown. The page names frames by index: it has no way to ask for a file by path. */
export interface FrameReference {
  readonly generation: number;
  readonly anomaly: number;
  readonly frame: number;
}

export type ViewState =
  | {
      readonly status: 'reading';
      readonly generation: number;
      readonly name: string;
      /** In bytes. */
      readonly read: number;
      /** In bytes; null where it is not known. */
      readonly size: number | null;
    }
  | { readonly status: 'failed'; readonly generation: number; readonly name: string; readonly message: string }
  | {
      readonly status: 'shown';
      readonly generation: number;
      readonly view: DumpView;
      /** What the reader must know besides: the file is gone, say. */
      readonly notice: string | null;
      /** Where the file was not read to its end: it still is being read, or that was stopped. Null where all was read. */
      readonly progress: ReadProgress | null;
    };

export interface ReadProgress {
  /** In bytes. */
  readonly read: number;
  /** In bytes; null where it is not known. */
  readonly size: number | null;
  readonly isStopped: boolean;
}

export interface PageSetup {
  readonly version: number;
  readonly strings: Strings;
  /** BCP 47, for number formats. */
  readonly language: string;
  /** Name by code of the rules that the host can explain. */
  readonly rules: Readonly<Record<string, string>>;
  readonly state: ViewState;
  /** The good run that was chosen before the page was hidden. */
  readonly comparison: ComparisonView | null;
}

/** What a jump came to. `moved` and `differs` mean that the file has changed since the run. */
export interface JumpOutcome {
  readonly outcome: 'opened' | 'moved' | 'differs' | 'cancelled' | 'not-found';
  readonly message: string;
}

/** Source of a blamed frame as it stands in the workspace now. */
export interface WorkspaceExcerpt {
  readonly label: string;
  readonly excerpt: TextExcerpt;
  /** `differs`: the line no longer reads as the dump says. `unknown`: the dump does not say what it read. */
  readonly agreement: 'same' | 'moved' | 'differs' | 'unknown';
}

/** An edit that would mend the blamed line as it stands now. */
export interface FixOffer {
  /** What it does, in words for a button's description. */
  readonly title: string;
}

export interface FixOutcome {
  readonly outcome: 'applied' | 'cancelled' | 'refused';
  /** What was done, or why nothing was. */
  readonly message: string;
}

interface AnomalyReference {
  readonly generation: number;
  readonly anomaly: number;
}

interface OperationReference {
  readonly generation: number;
  readonly operation: number;
}

/** What the page asks and the host answers. */
export interface HostMethods {
  readonly ready: Method<{ readonly version: number }, PageSetup>;
  readonly seriesWindow: Method<
    {
      readonly generation: number;
      readonly series: number;
      /** Whether the good run's series of that name is meant. */
      readonly ofGoodRun: boolean;
      readonly from: number;
      readonly to: number;
      readonly buckets: number;
    },
    SeriesWindow | null
  >;
  /** Rows `from` to `to`, the last not included. */
  readonly operationRows: Method<
    { readonly generation: number; readonly from: number; readonly to: number },
    readonly OperationRow[]
  >;
  readonly operationDetails: Method<OperationReference, OperationDetails>;
  /** The nearest row after (or before) a row whose outputs are not finite. */
  readonly nextBadOperation: Method<
    { readonly generation: number; readonly operation: number; readonly backwards: boolean },
    number | null
  >;
  readonly goToOperation: Method<OperationReference, JumpOutcome>;
  readonly tensorList: Method<{ readonly generation: number }, TensorListView>;
  /** Empty where the batch was not kept, or holds no vector of whole numbers. */
  readonly labelCounts: Method<{ readonly generation: number }, readonly LabelCountsView[]>;
  readonly nanMap: Method<
    {
      readonly generation: number;
      readonly tensor: number;
      /** Null for all of it. */
      readonly region: TensorRegion | null;
      readonly gridRows: number;
      readonly gridColumns: number;
    },
    NanMapView
  >;
  /** Null where the person chose no file. */
  readonly chooseGoodRun: Method<{ readonly generation: number }, ComparisonView | null>;
  readonly dropGoodRun: Method<null, null>;
  /** Null where the blamed line cannot be mended. */
  readonly fixOffer: Method<AnomalyReference, FixOffer | null>;
  readonly applyFix: Method<AnomalyReference, FixOutcome>;
  readonly goToLine: Method<FrameReference, JumpOutcome>;
  readonly workspaceExcerpt: Method<FrameReference, WorkspaceExcerpt | null>;
  readonly textExcerpt: Method<AnomalyReference, TextExcerpt | null>;
  readonly openAsText: Method<{ readonly generation: number; readonly anomaly: number | null }, null>;
  readonly copyMarkdown: Method<{ readonly generation: number }, null>;
  readonly openRule: Method<{ readonly code: string }, null>;
  readonly reload: Method<null, null>;
  /** Reads no further, and keeps what was read. */
  readonly stopReading: Method<null, null>;
}

/** What stands on the page, read back from its document: for tests and for whoever wants to know what a person sees. */
export interface PageDescription {
  readonly status: ViewState['status'];
  readonly generation: number;
  readonly heading: string;
  readonly confidence: string | null;
  readonly sections: readonly string[];
  /** Term and value of the failing operation's list. */
  readonly facts: readonly (readonly [string, string])[];
  readonly blamed: { readonly place: string; readonly line: number; readonly text: string } | null;
  readonly userFrames: number;
  readonly libraryFrames: number;
  readonly charts: readonly {
    readonly name: string;
    readonly points: number;
    readonly marks: number;
    readonly summary: string;
  }[];
  readonly operations: {
    readonly count: number;
    /** Name of the row that is marked as the first bad one. */
    readonly firstBad: string | null;
    readonly rowsInSight: number;
  } | null;
  readonly ranks: readonly string[];
  /** The map of the offending tensor, in words; empty where there is none. */
  readonly nanMap: string;
  readonly problems: readonly string[];
  readonly textLines: number;
}

/** What the host asks and the page answers. */
export interface PageMethods {
  readonly show: Method<ViewState, null>;
  readonly describe: Method<null, PageDescription>;
  /** Presses the *Go to line* of the blamed frame, as a person would. */
  readonly pressGoToLine: Method<null, JumpOutcome>;
  /** Presses the *Apply Fix* of the blamed frame; refused where there is none. */
  readonly pressApplyFix: Method<null, FixOutcome>;
}

// What the extension host asks of the engine and what it answers: plain data, so that the engine may live in a worker.

import type { BreakpointPlan } from '../../analyzer/breakpoints/plan';
import type { CheckStyle, CheckTarget } from '../../analyzer/checkpoints/options';
import type { ChangedPlace, DebugStep } from '../../analyzer/debug-steps/step';
import type { ValueExplanation } from '../../analyzer/explain-value/explanation';
import type { AnalysisConfig, AnalysisResult } from '../../analyzer/finding';
import type { FunctionOutline } from '../../analyzer/function-outline';
import type { Edit } from '../../text/edit';
import type { CheckFileRequest, FileCheck } from './check-file';

/** A Python program: one text, or the code cells of a notebook in their order. */
export interface Program {
  readonly cells: readonly string[];
  readonly isNotebook: boolean;
}

export type { CheckStyle, CheckTarget };
export const CHECK_STYLES: readonly CheckStyle[] = ['raise', 'print', 'breakpoint', 'record'];

export interface AnalyzeRequest {
  readonly kind: 'analyze';
  readonly program: Program;
  readonly config: AnalysisConfig;
}

/** Apply safe fixes to one cell until none is left. */
export interface FixRequest {
  readonly kind: 'fix';
  readonly program: Program;
  readonly cell: number;
  readonly config: AnalysisConfig;
  /** Only these rules; undefined means all. */
  readonly codes: readonly string[] | undefined;
}

export interface InsertChecksRequest {
  readonly kind: 'insertChecks';
  readonly text: string;
  /** Magics and shell lines may stand between the Python. */
  readonly isNotebookCell: boolean;
  readonly target: CheckTarget;
  readonly style: CheckStyle;
  readonly sequentialHooks: boolean;
}

/** Where breakpoints go that stop at the first NaN. */
export interface PlanBreakpointsRequest {
  readonly kind: 'planBreakpoints';
  readonly text: string;
  readonly target: CheckTarget;
  /** Whether an Inf stops too. */
  readonly infinities: boolean;
  /** 1-based lines that have a breakpoint already. */
  readonly taken: readonly number[];
}

export interface RemoveChecksRequest {
  readonly kind: 'removeChecks';
  readonly text: string;
}

export interface FunctionsRequest {
  readonly kind: 'functions';
  readonly text: string;
  readonly isNotebookCell: boolean;
}

/** Add the recorder to a script. */
export interface InsertRecorderRequest {
  readonly kind: 'insertRecorder';
  readonly text: string;
}

export interface RemoveRecorderRequest {
  readonly kind: 'removeRecorder';
  readonly text: string;
}

/** What is known of the value at a place. */
export interface ExplainValueRequest {
  readonly kind: 'explainValue';
  readonly program: Program;
  readonly cell: number;
  readonly offset: number;
}

/** Try a debugging step on a script, or take it out again where it is in it. */
export interface DebugStepRequest {
  readonly kind: 'debugStep';
  readonly text: string;
  readonly step: DebugStep;
}

export type EngineRequest =
  | AnalyzeRequest
  | CheckFileRequest
  | FixRequest
  | InsertChecksRequest
  | PlanBreakpointsRequest
  | RemoveChecksRequest
  | FunctionsRequest
  | InsertRecorderRequest
  | RemoveRecorderRequest
  | ExplainValueRequest
  | DebugStepRequest;

/** Edits of one text, sorted and disjoint, with what could not be done in words. */
export interface EditsReply {
  readonly edits: readonly Edit[];
  /** How many fixes, checks or lines the edits carry out. */
  readonly count: number;
  readonly problems: readonly string[];
}

export interface DebugStepReply extends EditsReply {
  /** Whether it was in the script, and is taken out. */
  readonly isRemoval: boolean;
  readonly changed: readonly ChangedPlace[];
}

export interface EngineReplies {
  /** One result for each cell. */
  readonly analyze: readonly AnalysisResult[];
  readonly checkFile: FileCheck;
  readonly fix: EditsReply;
  readonly insertChecks: EditsReply;
  readonly planBreakpoints: BreakpointPlan;
  readonly removeChecks: EditsReply;
  readonly functions: readonly FunctionOutline[];
  readonly insertRecorder: EditsReply;
  readonly removeRecorder: EditsReply;
  readonly debugStep: DebugStepReply;
  readonly explainValue: ValueExplanation | undefined;
}

export type EngineReply<R extends EngineRequest> = EngineReplies[R['kind']];

// ---------------------------------------------------------------- envelopes

export type ToWorker =
  | { readonly type: 'start'; readonly runtime: Uint8Array; readonly language: Uint8Array }
  | { readonly type: 'request'; readonly id: number; readonly request: EngineRequest };

export type FromWorker =
  | { readonly type: 'started' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'reply'; readonly id: number; readonly value: EngineReplies[keyof EngineReplies] }
  | { readonly type: 'error'; readonly id: number; readonly message: string };

/** Words for anything that was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

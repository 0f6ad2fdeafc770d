// What the command line asks of the analyser: one program of one or more texts in, one result per text out.

import type { AnalysisConfig, AnalysisResult } from '../analyzer/finding';

/** The texts of a program: that of a Python file, or those of a notebook's code cells. */
export interface SourceProgram {
  readonly texts: readonly string[];
  readonly isNotebook: boolean;
}

/** What fixing and checking need of the analyser. */
export interface Engine {
  /** One result per text, with spans in that text. */
  analyze(program: SourceProgram, config: AnalysisConfig): readonly AnalysisResult[];
  /** How many places of the program cannot be parsed: only ever compared with another count. */
  countBroken(program: SourceProgram): number;
}

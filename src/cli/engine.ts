// What the command line asks of the analyser: one program of one or more texts in, one result per text out.

import type { AnalysisConfig, AnalysisResult } from '../analyzer/finding';
import type { SourceProgram } from '../project/source-file';

export type { SourceProgram };

/** What fixing and checking need of the analyser. */
export interface Engine {
  /** One result per text, with spans in that text. */
  analyze(program: SourceProgram, config: AnalysisConfig): readonly AnalysisResult[];
  /** How many places of the program cannot be parsed: only ever compared with another count. */
  countBroken(program: SourceProgram): number;
}

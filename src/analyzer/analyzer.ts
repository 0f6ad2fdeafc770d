// The facade: source text in, findings and fixes out, as plain data. Runs anywhere: no file, editor or page is touched.

import { type ParserBinaries, PythonParser } from '../syntax/parser';
import type { AnalysisConfig, AnalysisResult, RuleInfo } from './finding';

export class Analyzer {
  private constructor(readonly parser: PythonParser) {}

  static async create(binaries: ParserBinaries): Promise<Analyzer> {
    return new Analyzer(await PythonParser.create(binaries));
  }

  /** Never throws, whatever the text is. Spans are absolute UTF-16 offsets into `text`. */
  analyze(_text: string, _config: AnalysisConfig): AnalysisResult {
    return { findings: [], problems: [] };
  }

  /** Cells in order, as one program; the result has one entry per cell, with spans in that cell's text. */
  analyzeNotebook(cells: readonly string[], config: AnalysisConfig): readonly AnalysisResult[] {
    return cells.map((cell) => this.analyze(cell, config));
  }
}

/** Metadata of every rule, by code. */
export function allRules(): readonly RuleInfo[] {
  return [];
}

// The analyser as the engine of the command line.

import language from '../../node_modules/tree-sitter-python/tree-sitter-python.wasm';
import runtime from '../../node_modules/web-tree-sitter/web-tree-sitter.wasm';
import { Analyzer, MAX_SOURCE_LENGTH } from '../analyzer/analyzer';
import { brokenProblem, countBroken } from '../analyzer/broken-count';
import type { AnalysisResult } from '../analyzer/finding';
import { joinCells, splitByCell } from '../analyzer/notebook';
import type { Engine } from './engine';

/** The parser's WebAssembly files are part of the bundle, so that the command line is one file. */
export function createAnalyzer(): Promise<Analyzer> {
  return Analyzer.create({ runtime, language });
}

/** The analyser, which is silent on what it cannot parse, with a word on where that is. */
export function engineOf(analyzer: Analyzer): Engine {
  const unparsed = (text: string): AnalysisResult => {
    const problem = text.length > MAX_SOURCE_LENGTH ? undefined : brokenProblem(analyzer.parser.parse(text));
    return { findings: [], problems: problem ? [problem] : [] };
  };
  const join = (a: AnalysisResult, b: AnalysisResult | undefined): AnalysisResult =>
    b ? { findings: a.findings, problems: [...a.problems, ...b.problems] } : a;
  return {
    analyze({ texts, isNotebook }, config) {
      if (!isNotebook) return texts.map((text) => join(analyzer.analyze(text, config), unparsed(text)));
      const program = joinCells(texts);
      const problems = splitByCell(program, unparsed(program.text));
      return analyzer.analyzeNotebook(texts, config).map((result, i) => join(result, problems[i]));
    },
    countBroken({ texts, isNotebook }) {
      const parsed = isNotebook ? [joinCells(texts).text] : texts;
      return parsed.reduce((sum, text) => sum + countBroken(analyzer.parser.parse(text)), 0);
    },
  };
}

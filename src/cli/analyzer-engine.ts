// The analyser, loaded from the parser's files beside the program, as the engine of the command line.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Analyzer, MAX_SOURCE_LENGTH } from '../analyzer/analyzer';
import { brokenProblem, countBroken } from '../analyzer/broken-count';
import type { AnalysisResult } from '../analyzer/finding';
import { joinCells, splitByCell } from '../analyzer/notebook';
import { type Engine, InstallationError } from './engine';
import { describeFileError } from './file-error';

async function readBinary(name: string): Promise<Uint8Array> {
  const file = path.join(__dirname, name);
  try {
    return await readFile(file);
  } catch (error) {
    throw new InstallationError(`this installation is not complete: ${file}: ${describeFileError(error)}`);
  }
}

/** @throws InstallationError if the parser's files are not beside the program */
export async function createAnalyzer(): Promise<Analyzer> {
  const [runtime, language] = await Promise.all([
    readBinary('web-tree-sitter.wasm'),
    readBinary('tree-sitter-python.wasm'),
  ]);
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

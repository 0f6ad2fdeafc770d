// The analyser as the command line uses it: one program of one or more texts in, one result per text out.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Analyzer } from '../analyzer/analyzer';
import { countBroken } from '../analyzer/broken-count';
import type { AnalysisConfig, AnalysisResult } from '../analyzer/finding';
import { joinCells } from '../analyzer/notebook';
import { describeFileError } from './file-error';

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

/** What this installation lacks; the message is for the user. */
export class InstallationError extends Error {}

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

export function engineOf(analyzer: Analyzer): Engine {
  return {
    analyze({ texts, isNotebook }, config) {
      return isNotebook ? analyzer.analyzeNotebook(texts, config) : texts.map((text) => analyzer.analyze(text, config));
    },
    countBroken({ texts, isNotebook }) {
      const parsed = isNotebook ? [joinCells(texts).text] : texts;
      return parsed.reduce((sum, text) => sum + countBroken(analyzer.parser.parse(text)), 0);
    },
  };
}

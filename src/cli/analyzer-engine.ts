// The analyser, loaded from the parser's files beside the program, as the engine of the command line.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Analyzer } from '../analyzer/analyzer';
import { countBroken } from '../analyzer/broken-count';
import { joinCells } from '../analyzer/notebook';
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

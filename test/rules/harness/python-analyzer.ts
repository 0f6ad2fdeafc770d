// An analyser for tests and benchmarks, from the WebAssembly files of the installed packages.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Analyzer } from '../../../src/analyzer/analyzer';
import type { ParserBinaries } from '../../../src/syntax/parser';

/** Reads them below the working directory, which is the repository for every script of package.json. */
export function parserBinaries(): ParserBinaries {
  const modules = path.resolve('node_modules');
  return {
    runtime: readFileSync(path.join(modules, 'web-tree-sitter/web-tree-sitter.wasm')),
    language: readFileSync(path.join(modules, 'tree-sitter-python/tree-sitter-python.wasm')),
  };
}

/** An analyser that has seen nothing yet. */
export function freshAnalyzer(): Promise<Analyzer> {
  return Analyzer.create(parserBinaries());
}

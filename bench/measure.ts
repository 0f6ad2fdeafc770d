// Measures, in interleaved rounds, a bare tree-sitter parse, our parse, the whole analysis and the answer to an edit.
// Prints JSON. Run by scripts/bench.mjs, which writes the table.

import { Language, Parser } from 'web-tree-sitter';
import { Analyzer } from '../src/analyzer/analyzer';
import { type AnalysisConfig, DEFAULT_CONFIG } from '../src/analyzer/finding';
import { parserBinaries } from '../test/rules/harness/python-analyzer';
import { type BenchFile, benchFiles, lineCount } from './corpus';
import { editedVariant, editPlaces, renamedVariant, spread } from './variants';

const ROUNDS = Number(process.env.NANLENS_BENCH_ROUNDS ?? 9);
const EDIT_PLACES = 5;
/** What a person who switched everything on waits for. */
const CONFIG: AnalysisConfig = { ...DEFAULT_CONFIG, select: ['ALL'], minConfidence: 'possible' };

/** Medians, in milliseconds. */
export interface FileResult {
  readonly name: string;
  readonly size: number;
  readonly lines: number;
  readonly bare: number;
  readonly parse: number;
  readonly analysis: number;
  readonly edit: number;
  readonly slowestEdit: number;
  readonly findings: number;
  /** Bytes of JavaScript heap that the analyser keeps for the file. */
  readonly kept: number;
}

export interface BenchResult {
  readonly rounds: number;
  readonly files: readonly FileResult[];
  /** Bytes of the whole process at its largest. */
  readonly peak: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * Young garbage of the measurement before is taken out first, so that it is not paid for here. Only the young: a full
 * collection throws compiled code away as well, and every measurement would be of a cold start.
 */
function timed(work: () => void): number {
  globalThis.gc?.({ type: 'minor' });
  const start = performance.now();
  work();
  return performance.now() - start;
}

function heapInUse(): number {
  // Finalisers of one collection free what only the next one takes.
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

interface Samples {
  readonly bare: number[];
  readonly parse: number[];
  readonly analysis: number[];
  /** By place. */
  readonly edits: number[][];
}

async function bareParser(): Promise<Parser> {
  const { language } = parserBinaries();
  const parser = new Parser();
  parser.setLanguage(await Language.load(language));
  return parser;
}

function measureRound(bare: Parser, analyzer: Analyzer, file: BenchFile, round: number, samples: Samples): void {
  // Each measurement gets a text that was never seen: nothing is answered from memory.
  const [first, second, third] = [3 * round, 3 * round + 1, 3 * round + 2].map((n) => renamedVariant(file.text, n));
  samples.bare.push(timed(() => bare.parse(first ?? '')?.delete()));
  samples.parse.push(timed(() => analyzer.parser.parse(second ?? '')));
  samples.analysis.push(timed(() => analyzer.analyze(third ?? '', CONFIG)));
  const module = analyzer.parser.parse(file.text);
  analyzer.analyze(file.text, CONFIG);
  const places = spread(editPlaces(module), EDIT_PLACES);
  if (places.length === 0) throw new Error(`${file.name} has no function with a place for an edit.`);
  places.forEach((place, i) => {
    const edited = editedVariant(file.text, place, round);
    const sample = timed(() => analyzer.analyze(edited, CONFIG));
    samples.edits[i] ??= [];
    samples.edits[i]?.push(sample);
  });
}

async function memoryKept(file: BenchFile): Promise<number> {
  const analyzer = await Analyzer.create(parserBinaries());
  // Once before, so that tables built at the first use are not counted.
  analyzer.analyze('import torch\n\n\ndef f(x):\n    return torch.log(x)\n', CONFIG);
  const before = heapInUse();
  analyzer.analyze(file.text, CONFIG);
  const kept = heapInUse() - before;
  // Used after the reading, so that the analyser is still alive while it is taken.
  analyzer.analyze('', CONFIG);
  return kept;
}

async function main(): Promise<void> {
  const files = benchFiles();
  const analyzer = await Analyzer.create(parserBinaries());
  const bare = await bareParser();
  const all = files.map((): Samples => ({ bare: [], parse: [], analysis: [], edits: [] }));
  for (let round = 0; round < ROUNDS; round++) {
    files.forEach((file, i) => {
      const samples = all[i];
      if (samples) measureRound(bare, analyzer, file, round, samples);
    });
    if (process.stderr.isTTY) process.stderr.write(`\rround ${round + 1} of ${ROUNDS}`);
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  const results: FileResult[] = [];
  for (const [i, file] of files.entries()) {
    const samples = all[i];
    if (samples === undefined) continue;
    const edits = samples.edits.map(median);
    results.push({
      name: file.name,
      size: file.size,
      lines: lineCount(file.text),
      bare: median(samples.bare),
      parse: median(samples.parse),
      analysis: median(samples.analysis),
      edit: median(edits),
      slowestEdit: Math.max(...edits),
      findings: analyzer.analyze(file.text, CONFIG).findings.length,
      kept: await memoryKept(file),
    });
  }
  const result: BenchResult = { rounds: ROUNDS, files: results, peak: process.resourceUsage().maxRSS * 1024 };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

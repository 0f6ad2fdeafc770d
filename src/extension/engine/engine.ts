// Answers requests with the analyser: the same code in a worker and, where none can start, in the host itself.

import { Analyzer } from '../../analyzer/analyzer';
import { removeCheckpoints } from '../../analyzer/checkpoints/remove';
import { removeStep } from '../../analyzer/debug-steps/remove';
import { hasStep } from '../../analyzer/debug-steps/step';
import type { AnalysisConfig, AnalysisResult } from '../../analyzer/finding';
import { outlineFunctions } from '../../analyzer/function-outline';
import { neutraliseCell } from '../../analyzer/notebook-magics';
import { removeRecorder } from '../../analyzer/recorder/remove';
import type { ParserBinaries } from '../../syntax/parser';
import { checkFile } from './check-file';
import { fixUntilStable } from './fix-loop';
import type { EngineReplies, EngineReply, EngineRequest, Program } from './messages';

export class Engine {
  private constructor(private readonly analyzer: Analyzer) {}

  /** @throws if the binaries cannot be compiled */
  static async create(binaries: ParserBinaries): Promise<Engine> {
    return new Engine(await Analyzer.create(binaries));
  }

  handle<R extends EngineRequest>(request: R): EngineReply<R>;
  handle(request: EngineRequest): EngineReplies[keyof EngineReplies] {
    switch (request.kind) {
      case 'analyze':
        return this.analyze(request.program, request.config);
      case 'checkFile':
        try {
          return checkFile(request, (program, config) => this.analyze(program, config));
        } finally {
          // The next one is another file; only what is typed into comes again.
          this.analyzer.parser.forgetAll();
        }
      case 'fix':
        return fixUntilStable(request, (program, config) => this.analyze(program, config));
      case 'functions':
        return outlineFunctions(this.analyzer.parser.parse(pythonOf(request)));
      case 'insertChecks': {
        const { target, style, sequentialHooks } = request;
        const options = { target, style, sequentialHooks };
        const { edits, inserted, problems } = this.analyzer.insertChecks(pythonOf(request), options);
        return { edits, count: inserted.length, problems };
      }
      case 'planBreakpoints':
        return this.analyzer.planBreakpoints(request.text, request);
      case 'removeChecks': {
        const { edits, removed } = removeCheckpoints(request.text);
        return { edits, count: removed, problems: [] };
      }
      case 'debugStep': {
        const { text, step } = request;
        if (hasStep(text, step)) {
          const { edits, removed } = removeStep(text, step);
          return { edits, count: removed, problems: [], isRemoval: true, changed: [] };
        }
        const { edits, changed, problems } = this.analyzer.tryStep(text, step);
        return { edits, count: changed.length, problems, isRemoval: false, changed };
      }
      case 'explainValue': {
        const { program, cell, offset } = request;
        return program.isNotebook
          ? this.analyzer.explainNotebookValue(program.cells, cell, offset)
          : this.analyzer.explainValue(program.cells[cell] ?? '', offset);
      }
      case 'insertRecorder': {
        const { edits, inserted, problems } = this.analyzer.insertRecorder(request.text);
        return { edits, count: inserted.length, problems };
      }
      case 'removeRecorder': {
        const { edits, removed, problems } = removeRecorder(request.text);
        return { edits, count: removed, problems };
      }
    }
  }

  private analyze(program: Program, config: AnalysisConfig): readonly AnalysisResult[] {
    if (program.isNotebook) return this.analyzer.analyzeNotebook(program.cells, config);
    return program.cells.map((text) => this.analyzer.analyze(text, config));
  }
}

/** A notebook cell's magics give way to Python of equal length, so that offsets hold. */
function pythonOf({ text, isNotebookCell }: { readonly text: string; readonly isNotebookCell: boolean }): string {
  return isNotebookCell ? neutraliseCell(text).text : text;
}

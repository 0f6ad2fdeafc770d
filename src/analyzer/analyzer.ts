// The facade: source text in, findings and fixes out, as plain data. Runs anywhere: no file, editor or page is touched.

import { RULES } from '../rules/index.generated';
import { rulePage, ruleUrl } from '../rules/page';
import { SemanticModel } from '../semantic/model';
import { isNumeric } from '../semantic/program';
import type { Module, PlacedSegment, Segment } from '../syntax/ast';
import { type ParserBinaries, PythonParser } from '../syntax/parser';
import { applyEdits } from '../text/edit';
import { LineIndex } from '../text/line-index';
import { newFindings, withFlaggedText } from './baseline';
import { type BreakpointPlan, type PlanOptions, planBreakpoints } from './breakpoints/plan';
import { countBroken } from './broken-count';
import { insertCheckpoints } from './checkpoints/insert';
import { kindsKnownTo } from './checkpoints/model-kinds';
import type { CheckOptions, Insertion } from './checkpoints/options';
import { configureFindings, isEnabled } from './config';
import type { DebugStep, StepEdits } from './debug-steps/step';
import { tryStep } from './debug-steps/try-step';
import { type ExplainedModels, explainAt } from './explain-value/explain';
import type { Place, ValueExplanation } from './explain-value/explanation';
import type { AnalysisConfig, AnalysisResult, Finding, RuleInfo } from './finding';
import { mentionedFiles } from './mentioned-files';
import { joinCells, placeInCell, splitByCell } from './notebook';
import { insertRecorder } from './recorder/insert';
import type { RecorderInsertion } from './recorder/insertion';
import { runRules } from './run-rules';
import { applySuppressions, statementSpans } from './suppressions';
import { UNUSED_SUPPRESSION } from './unused-suppression-rule';
import { unknownCodes, unusedSuppressions } from './unused-suppressions';

/** Files above this many UTF-16 units are data or generated code; analysing them helps nobody. */
export const MAX_SOURCE_LENGTH = 3_000_000;

export class Analyzer {
  private constructor(readonly parser: PythonParser) {}

  static async create(binaries: ParserBinaries): Promise<Analyzer> {
    return new Analyzer(await PythonParser.create(binaries));
  }

  /** Never throws, whatever the text is. Spans are absolute UTF-16 offsets into `text`. */
  analyze(text: string, config: AnalysisConfig): AnalysisResult {
    if (text.length > MAX_SOURCE_LENGTH) {
      const size = (text.length / 1e6).toFixed(1);
      return {
        findings: [],
        problems: [
          {
            message: `the file has ${size} million characters; files above ${MAX_SOURCE_LENGTH / 1e6} million are not analysed`,
          },
        ],
      };
    }
    try {
      const module = withUniqueSegments(this.parser.parse(text));
      if (isNumeric(module)) return this.analyzeModule(new SemanticModel(module), config);
      return afterSuppressions([], module, config, true);
    } catch (error) {
      // A fault of ours must never take the editor's or the build's other files with it.
      return {
        findings: [],
        problems: [
          {
            message: `the analysis failed, please report it: ${error instanceof Error ? error.message : String(error)}`,
          },
        ],
      };
    }
  }

  /** The semantic model of a text, for features that ask it questions of their own. */
  modelFor(text: string): SemanticModel {
    return new SemanticModel(withUniqueSegments(this.parser.parse(text)));
  }

  /** What is known of the value at an offset; undefined where nothing is. */
  explainValue(text: string, offset: number): ValueExplanation | undefined {
    const models = this.explainedModels(text);
    return models && explainAt(models, offset);
  }

  /** The same in a notebook's cell, by an offset in it. */
  explainNotebookValue(cells: readonly string[], cell: number, offset: number): ValueExplanation | undefined {
    const program = joinCells(cells);
    const at = program.cells[cell]?.span;
    const told = at && at.start + offset < at.end ? this.explainValue(program.text, at.start + offset) : undefined;
    if (!told) return undefined;
    const place = <T extends Place>(each: T): T => ({ ...each, ...placeInCell(program, each.span) });
    return {
      ...place(told),
      autocast: told.autocast && place(told.autocast),
      because: told.because.map(place),
    };
  }

  /** What explanations are drawn from; undefined for a text that is not analysed. */
  explainedModels(text: string): ExplainedModels | undefined {
    if (text.length > MAX_SOURCE_LENGTH) return undefined;
    const module = withUniqueSegments(this.parser.parse(text));
    if (!isNumeric(module)) return undefined;
    return { trusting: new SemanticModel(module), strict: new SemanticModel(module, false) };
  }

  /** Cells in order, as one program; the result has one entry per cell, with spans in that cell's text. */
  analyzeNotebook(cells: readonly string[], config: AnalysisConfig): readonly AnalysisResult[] {
    const program = joinCells(cells);
    const result = this.analyze(program.text, config);
    // What a cell that could not be read would have done elsewhere is not known.
    const isWhole = program.cells.every(({ skipped }) => skipped === undefined);
    const findings = result.findings.filter(({ code }) => isWhole || code !== UNUSED_SUPPRESSION.code);
    return splitByCell(program, { ...result, findings });
  }

  /** Where finite checks go, and their text. Never throws. */
  insertChecks(text: string, options: CheckOptions): Insertion {
    if (text.length > MAX_SOURCE_LENGTH) return { edits: [], inserted: [], problems: ['the file is too long'] };
    const model = this.modelFor(text);
    return insertCheckpoints(model.module, { ...options, kindOf: kindsKnownTo(model) });
  }

  /** Where breakpoints go that stop at the first NaN, and their conditions. Never throws. */
  planBreakpoints(text: string, options: Omit<PlanOptions, 'kindOf'>): BreakpointPlan {
    if (text.length > MAX_SOURCE_LENGTH) return { breakpoints: [], problems: ['the file is too long'] };
    const model = this.modelFor(text);
    return planBreakpoints(model.module, { ...options, kindOf: kindsKnownTo(model) });
  }

  /** Where the recorder goes in a script, and its lines. Never throws. */
  insertRecorder(text: string): RecorderInsertion {
    if (text.length > MAX_SOURCE_LENGTH) return { edits: [], inserted: [], problems: ['the file is too long'] };
    const model = this.modelFor(text);
    const insertion = insertRecorder(model);
    if (insertion.edits.length === 0) return insertion;
    const after = this.parser.parse(applyEdits(text, insertion.edits));
    if (countBroken(after) <= countBroken(model.module)) return insertion;
    const problem = 'the file cannot be parsed where the recorder would go, so nothing was inserted';
    return { edits: [], inserted: [], problems: [...insertion.problems, problem] };
  }

  /** The edits by which a debugging step is tried on a script. Never throws. */
  tryStep(text: string, step: DebugStep): StepEdits {
    if (text.length > MAX_SOURCE_LENGTH) return { edits: [], changed: [], problems: ['the file is too long'] };
    const model = this.modelFor(text);
    const tried = tryStep(model, step);
    if (tried.edits.length === 0) return tried;
    const after = this.parser.parse(applyEdits(text, tried.edits));
    if (countBroken(after) <= countBroken(model.module)) return tried;
    const problem = 'the file cannot be parsed where something would be changed, so nothing was';
    return { edits: [], changed: [], problems: [...tried.problems, problem] };
  }

  private analyzeModule(model: SemanticModel, config: AnalysisConfig): AnalysisResult {
    const { module } = model;
    // Of every confidence: a comment that silences one that is not shown is not idle.
    const found = runRules(module, model, (rule) => isEnabled(rule, config), config.files);
    const namesUnknown = mentionedFiles([module.text]).some((name) => config.files?.[name] === undefined);
    const { findings, problems } = afterSuppressions(found, module, config, !model.exhausted && !namesUnknown);
    if (!model.exhausted) return { findings, problems };
    const message = 'the file asks for more analysis than is done for one file; some findings may be missing';
    return { findings, problems: [{ message }, ...problems] };
  }
}

/**
 * What is left to report, and what is wrong with the comments that silence.
 *
 * @param isComplete whether all was looked at that could have been found: else no comment can be called idle
 */
function afterSuppressions(
  found: readonly Finding[],
  module: Module,
  config: AnalysisConfig,
  isComplete: boolean,
): AnalysisResult {
  const statements = statementSpans(module, found);
  const report = (findings: readonly Finding[]): readonly Finding[] =>
    newFindings(withFlaggedText(findings, module.text, statements), config.baseline ?? []);
  if (!/nanlens|noqa/i.test(module.text)) return { findings: report(configureFindings(found, config)), problems: [] };
  const comments = module.segments.flatMap(({ offset, segment }) =>
    segment.comments.map((comment) => ({ ...comment, start: comment.start + offset, end: comment.end + offset })),
  );
  const lines = new LineIndex(module.text);
  const { findings, problems, directives } = applySuppressions(found, comments, lines, statements);
  const shown = configureFindings(findings, config);
  const unused = isComplete ? unusedSuppressions(directives, config, lines) : [];
  const all = unused.length > 0 && countBroken(module) === 0 ? [...shown, ...unused].sort(byPlace) : shown;
  return { findings: report(all), problems: [...problems, ...unknownCodes(directives)] };
}

function byPlace(a: Finding, b: Finding): number {
  return a.span.start - b.span.start || a.span.end - b.span.end;
}

/** Two segments with one text are one object to the parser; analysed, each needs an identity of its own. */
function withUniqueSegments(module: Module): Module {
  const seen = new Set<Segment>();
  const segments: PlacedSegment[] = module.segments.map((placed) => {
    if (!seen.has(placed.segment)) {
      seen.add(placed.segment);
      return placed;
    }
    return { offset: placed.offset, segment: { ...placed.segment } };
  });
  return { text: module.text, segments };
}

/** Metadata of every rule, by code. */
export function allRules(): readonly RuleInfo[] {
  return [UNUSED_SUPPRESSION, ...RULES].map((rule) => ({
    code: rule.code,
    name: rule.name,
    severity: rule.severity,
    summary: rule.summary,
    page: rulePage(rule),
    url: ruleUrl(rule.code),
  }));
}

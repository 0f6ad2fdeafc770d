// What must hold of every fix of every rule: it mends, it breaks nothing, and fixing comes to an end.

import type { Analyzer } from '../../../src/analyzer/analyzer';
import type { AnalysisConfig, Finding, Fix } from '../../../src/analyzer/finding';
import { applyEdits, checkEdits, type Edit, sortEdits } from '../../../src/text/edit';
import { LineIndex } from '../../../src/text/line-index';
import { spansOverlap } from '../../../src/text/span';
import { showDifference } from './apply-hunks';

const MAX_ROUNDS = 10;

/** Number of statements and expressions that the parser could not read. */
export function brokenNodes(analyzer: Analyzer, text: string): number {
  let count = 0;
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('kind' in value && (value.kind === 'BrokenStmt' || value.kind === 'BrokenExpr')) count++;
    for (const child of Object.values(value)) visit(child);
  };
  for (const { segment } of analyzer.parser.parse(text).segments) visit(segment.body);
  return count;
}

/** Where an offset of the edited text was before; undefined inside text that an edit wrote. */
function offsetBefore(edits: readonly Edit[], offset: number): number | undefined {
  let shift = 0;
  for (const { span, text } of sortEdits(edits)) {
    const start = span.start + shift;
    if (offset < start) break;
    if (offset < start + text.length) return undefined;
    shift += text.length - (span.end - span.start);
  }
  return offset - shift;
}

/** A finding after a fix is an old one if it is where one was, or in text that replaced or moved one. */
function newFindings(
  before: readonly Finding[],
  fixed: Finding,
  edits: readonly Edit[],
  after: readonly Finding[],
): Finding[] {
  const old = before.filter((finding) => finding !== fixed);
  return after.filter((finding) => {
    const offset = offsetBefore(edits, finding.span.start);
    const at = old.findIndex(
      (candidate) =>
        candidate.code === finding.code &&
        (offset === undefined
          ? edits.some(({ span }) => spansOverlap(span, candidate.span))
          : candidate.span.start === offset),
    );
    if (at >= 0) old.splice(at, 1);
    return at < 0;
  });
}

function show(source: string, finding: Finding, fix: Fix): string {
  const line = new LineIndex(source).position(finding.span.start).line + 1;
  return `fix "${fix.title}" of ${finding.code} on line ${line}\n${showDifference(source, applyEdits(source, fix.edits))}`;
}

/** Everything wrong with one fix. */
export function checkFix(
  analyzer: Analyzer,
  source: string,
  config: AnalysisConfig,
  before: readonly Finding[],
  finding: Finding,
  fix: Fix,
): string[] {
  const faults: string[] = [];
  if (fix.title.trim() === '') faults.push('a fix without a title');
  const unordered = checkEdits(fix.edits, source.length);
  if (unordered) return [`${unordered} (${fix.title})`];
  const fixed = applyEdits(source, fix.edits);
  if (fixed === source) faults.push('the fix changes nothing');
  if (sortEdits(fix.edits).some((edit, i) => edit !== fix.edits[i])) faults.push('the edits are not sorted');
  if (brokenNodes(analyzer, fixed) > brokenNodes(analyzer, source)) faults.push('the fixed file parses worse');
  const after = analyzer.analyze(fixed, config).findings;
  const came = newFindings(before, finding, fix.edits, after);
  for (const one of came) {
    const line = new LineIndex(fixed).position(one.span.start).line + 1;
    faults.push(`the fixed file has a new finding on line ${line}: [${one.code}] ${one.message}`);
  }
  if (after.length >= before.length) faults.push('the fix removes no finding');
  return faults.map((fault) => `${fault}: ${show(source, finding, fix)}`);
}

/** Applies, round for round, one fix of each finding as long as any is offered. Returns a fault, or undefined. */
export function checkConvergence(
  analyzer: Analyzer,
  source: string,
  config: AnalysisConfig,
  choose: (fixes: readonly Fix[]) => Fix | undefined,
): string | undefined {
  let text = source;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const taken: Edit[] = [];
    for (const finding of analyzer.analyze(text, config).findings) {
      const edits = choose(finding.fixes)?.edits ?? [];
      const clashes = edits.some((edit) => taken.some((other) => touches(edit, other)));
      if (!clashes) taken.push(...edits);
    }
    if (taken.length === 0) return undefined;
    text = applyEdits(text, taken);
  }
  return `fixing does not come to an end within ${MAX_ROUNDS} rounds; the last text:\n${text}`;
}

/** Two insertions at one place, as two findings give that both need the same import, must not both be made. */
function touches(a: Edit, b: Edit): boolean {
  return spansOverlap(a.span, b.span) || a.span.start === b.span.start || a.span.end === b.span.end;
}

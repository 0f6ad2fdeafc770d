// Applies safe fixes round by round until none is left, so that fixes that meet at one place never clash.

import type { AnalysisConfig, AnalysisResult, Fix } from '../../analyzer/finding';
import { applyEdits, checkEdits, type Edit } from '../../text/edit';
import { composeEdits } from './compose-edits';
import type { EditsReply, FixRequest, Program } from './messages';

export type AnalyzeProgram = (program: Program, config: AnalysisConfig) => readonly AnalysisResult[];

const MAX_ROUNDS = 10;

/** Whether the two sets of edits may not be applied together; equal places clash too, for their order would matter. */
function clash(a: readonly Edit[], b: readonly Edit[]): boolean {
  return a.some((x) => b.some((y) => x.span.start <= y.span.end && y.span.start <= x.span.end));
}

/** The safe fixes of a result that can be applied together: the first safe one of each finding, earlier ones first. */
export function compatibleSafeFixes(result: AnalysisResult, codes: readonly string[] | undefined): Fix[] {
  const chosen: Fix[] = [];
  const taken: Edit[] = [];
  for (const finding of result.findings) {
    if (codes && !codes.includes(finding.code)) continue;
    const fix = finding.fixes.find((candidate) => candidate.safety === 'safe' && candidate.edits.length > 0);
    if (!fix || clash(fix.edits, taken)) continue;
    chosen.push(fix);
    taken.push(...fix.edits);
  }
  return chosen;
}

/** Never throws; where it stops early, `problems` says so and the edits hold what was reached. */
export function fixUntilStable(request: FixRequest, analyze: AnalyzeProgram): EditsReply {
  const original = request.program.cells[request.cell];
  if (original === undefined) return { edits: [], count: 0, problems: ['There is no such cell.'] };
  const seen = new Set([original]);
  const cells = [...request.program.cells];
  let text = original;
  let composed: readonly Edit[] = [];
  let count = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const result = analyze({ cells, isNotebook: request.program.isNotebook }, request.config)[request.cell];
    const fixes = result ? compatibleSafeFixes(result, request.codes) : [];
    if (fixes.length === 0) return { edits: composed, count, problems: [] };
    const edits = fixes.flatMap((fix) => fix.edits);
    const fault = checkEdits(edits, text.length);
    if (fault) return { edits: composed, count, problems: [`A fix was left out: ${fault}.`] };
    const changed = applyEdits(text, edits);
    if (seen.has(changed)) {
      return { edits: composed, count, problems: ['The fixes undo each other, so the rest was left out.'] };
    }
    seen.add(changed);
    composed = composeEdits(original.length, composed, edits);
    text = changed;
    cells[request.cell] = changed;
    count += fixes.length;
  }
  return { edits: composed, count, problems: [`Fixes were still left after ${MAX_ROUNDS} rounds.`] };
}

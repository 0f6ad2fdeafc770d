// Applies fixes round by round until none is left, and never lets one leave a program that parses worse.

import type { AnalysisConfig, AnalysisResult, Finding, Fix } from '../analyzer/finding';
import { applyEdits, checkEdits, type Edit } from '../text/edit';
import type { Engine, SourceProgram } from './engine';

export interface FixOptions {
  readonly config: AnalysisConfig;
  /** Whether fixes that change numerics or behaviour are applied too. */
  readonly isUnsafeAllowed: boolean;
}

export interface FixOutcome {
  readonly texts: readonly string[];
  /** Results of the last analysis, of `texts`. */
  readonly results: readonly AnalysisResult[];
  /** Number of fixes that were applied. */
  readonly applied: number;
  /** Why it stopped while fixes were left, in words. */
  readonly problem: string | undefined;
}

const MAX_ROUNDS = 10;

interface Candidate {
  readonly text: number;
  readonly fix: Fix;
  /** From the first to the last edit. */
  readonly start: number;
  readonly end: number;
  /** What makes it the same fix when it is offered again after other edits. */
  readonly identity: string;
}

/** The fix that would be applied for a finding: the first safe one, else the first unsafe one if that is allowed. */
export function applicableFix(finding: Finding, isUnsafeAllowed: boolean): Fix | undefined {
  const usable = finding.fixes.filter((fix) => fix.edits.length > 0);
  return usable.find((fix) => fix.safety === 'safe') ?? (isUnsafeAllowed ? usable[0] : undefined);
}

function candidates(
  program: SourceProgram,
  results: readonly AnalysisResult[],
  isUnsafeAllowed: boolean,
  rejected: ReadonlySet<string>,
): Candidate[] {
  return results.flatMap((result, text) => {
    const source = program.texts[text] ?? '';
    return result.findings.flatMap((finding) => {
      const fix = applicableFix(finding, isUnsafeAllowed);
      if (fix === undefined || checkEdits(fix.edits, source.length) !== undefined) return [];
      const start = Math.min(...fix.edits.map((edit) => edit.span.start));
      const end = Math.max(...fix.edits.map((edit) => edit.span.end));
      const what = fix.edits.map((edit) => [source.slice(edit.span.start, edit.span.end), edit.text]);
      const identity = JSON.stringify([text, finding.code, fix.title, what]);
      return rejected.has(identity) ? [] : [{ text, fix, start, end, identity }];
    });
  });
}

/**
 * Two fixes wait for each other where they touch, and where the edits of one surround the other: what it adds in two
 * places (an import, a scaler) may be meant to hold for all that lies between.
 */
function clash(a: Candidate, b: Candidate): boolean {
  return a.text === b.text && a.start <= b.end && b.start <= a.end;
}

function compatible(all: readonly Candidate[]): Candidate[] {
  const chosen: Candidate[] = [];
  const sorted = [...all].sort((a, b) => a.text - b.text || a.start - b.start || a.end - b.end);
  for (const candidate of sorted) if (!chosen.some((other) => clash(candidate, other))) chosen.push(candidate);
  return chosen;
}

function applyAll(program: SourceProgram, chosen: readonly Candidate[]): SourceProgram {
  const edits = new Map<number, Edit[]>();
  for (const { text, fix } of chosen) edits.set(text, [...(edits.get(text) ?? []), ...fix.edits]);
  return { ...program, texts: program.texts.map((text, i) => applyEdits(text, edits.get(i) ?? [])) };
}

/** Applies what can be applied. Never throws; where the program cannot be parsed better it may stay as it was. */
export function applyFixes(original: SourceProgram, engine: Engine, options: FixOptions): FixOutcome {
  const { config, isUnsafeAllowed } = options;
  const rejected = new Set<string>();
  const seen = new Set([JSON.stringify(original.texts)]);
  let program = original;
  let results = engine.analyze(program, config);
  let broken: number | undefined;
  let applied = 0;
  const outcome = (problem?: string): FixOutcome => ({ texts: program.texts, results, applied, problem });
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const all = candidates(program, results, isUnsafeAllowed, rejected);
    if (all.length === 0) {
      return outcome(rejected.size > 0 ? 'a fix that would leave a syntax error was left out' : undefined);
    }
    broken ??= engine.countBroken(program);
    let chosen = compatible(all);
    let next = applyAll(program, chosen);
    let nextBroken = engine.countBroken(next);
    if (nextBroken > broken) {
      // Some do harm, alone or together: leave out those that do alone, and let the rest wait where none does.
      const harmless = chosen.filter((candidate) => {
        const isHarmless = engine.countBroken(applyAll(program, [candidate])) <= (broken ?? 0);
        if (!isHarmless) rejected.add(candidate.identity);
        return isHarmless;
      });
      chosen = harmless.length < chosen.length ? harmless : chosen.slice(0, 1);
      next = applyAll(program, chosen);
      nextBroken = engine.countBroken(next);
      if (chosen.length === 0 || nextBroken > broken) continue;
    }
    const fingerprint = JSON.stringify(next.texts);
    if (seen.has(fingerprint)) return outcome('the fixes undo each other, so the rest was left out');
    seen.add(fingerprint);
    program = next;
    broken = nextBroken;
    applied += chosen.length;
    results = engine.analyze(program, config);
  }
  const isDone = candidates(program, results, isUnsafeAllowed, rejected).length === 0;
  return outcome(isDone ? undefined : `fixes were still left after ${MAX_ROUNDS} rounds; run it again`);
}

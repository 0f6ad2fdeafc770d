// Compares an analysis with the marks and diffs of a fixture, and says in words and source lines what differs.

import type { Finding, Fix } from '../../../src/analyzer/finding';
import { applyEdits } from '../../../src/text/edit';
import { LineIndex } from '../../../src/text/line-index';
import { applyHunks, showDifference } from './apply-hunks';
import type { ExpectedFix, Fixture, Mark } from './fixture';

function excerpt(index: LineIndex, line: number, start: number | undefined, end: number | undefined): string {
  const number = String(line + 1).padStart(4);
  const text = `${number} | ${index.lineText(line)}`;
  if (start === undefined || end === undefined) return text;
  const column = start - (index.lineStarts[line] ?? 0);
  const width = Math.max(1, Math.min(end, index.lineEnd(line)) - start);
  return `${text}\n     | ${' '.repeat(column)}${'^'.repeat(width)}`;
}

function describeFinding(finding: Finding): string {
  return `[${finding.code}] (${finding.confidence}) ${finding.message}`;
}

function describeMark(mark: Mark): string {
  const confidence = mark.confidence ? ` (${mark.confidence})` : '';
  return `[${mark.code}]${confidence}${mark.message ? ` "${mark.message}"` : ''}`;
}

function mismatch(mark: Mark, finding: Finding): string | undefined {
  if (mark.confidence !== undefined && mark.confidence !== finding.confidence) {
    return `confidence is ${finding.confidence}, expected ${mark.confidence}`;
  }
  if (mark.span && (mark.span.start !== finding.span.start || mark.span.end !== finding.span.end)) {
    return 'the span is another one';
  }
  if (mark.message !== undefined && !finding.message.includes(mark.message)) {
    return `the message is "${finding.message}", expected a part "${mark.message}"`;
  }
  return undefined;
}

/** Every difference between what is marked and what was found; empty if there is none. */
export function compareFindings(fixture: Fixture, findings: readonly Finding[]): string[] {
  const index = new LineIndex(fixture.source);
  const faults: string[] = [];
  const left = [...findings].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  for (const mark of fixture.marks) {
    const show = excerpt(index, mark.line, mark.span?.start, mark.span?.end);
    const at = left.findIndex((f) => f.code === mark.code && index.position(f.span.start).line === mark.line);
    const found = left[at];
    if (found === undefined) {
      faults.push(`not found: ${describeMark(mark)}\n${show}`);
      continue;
    }
    left.splice(at, 1);
    const fault = mismatch(mark, found);
    if (fault === undefined) continue;
    const line = index.position(found.span.start).line;
    faults.push(
      `${fault}: ${describeFinding(found)}\n${show}\n${excerpt(index, line, found.span.start, found.span.end)}`,
    );
  }
  for (const finding of left) {
    const line = index.position(finding.span.start).line;
    const show = excerpt(index, line, finding.span.start, finding.span.end);
    faults.push(`not expected: ${describeFinding(finding)}\n${show}`);
  }
  return faults;
}

function listFixes(source: string, fixes: readonly Fix[]): string {
  if (fixes.length === 0) return '(it offers no fix)';
  return fixes
    .map((fix) => `${fix.safety}: ${fix.title}\n${showDifference(source, applyEdits(source, fix.edits))}`)
    .join('\n');
}

function compareFix(fixture: Fixture, expected: ExpectedFix, finding: Finding | undefined): string | undefined {
  const where = `${fixture.file}:${expected.line}`;
  if (finding === undefined) return `${where}: there is no finding ${expected.finding} for this fix`;
  const { source } = fixture;
  const wanted = applyHunks(source, expected.hunks);
  const title = expected.title?.toLowerCase();
  const titled = finding.fixes.filter((fix) => title === undefined || fix.title.toLowerCase().includes(title));
  const right = titled.find((fix) => applyEdits(source, fix.edits) === wanted);
  if (right === undefined) {
    const offered = listFixes(source, finding.fixes);
    return `${where}: no fix${title ? ` titled "${title}"` : ''} gives\n${showDifference(source, wanted)}\noffered:\n${offered}`;
  }
  if (expected.safety && right.safety !== expected.safety)
    return `${where}: the fix "${right.title}" is ${right.safety}`;
  if (expected.only && finding.fixes.length > 1) return `${where}: more fixes:\n${listFixes(source, finding.fixes)}`;
  return undefined;
}

/** Every difference between the diffs of the fixture and the fixes that are offered. */
export function compareFixes(fixture: Fixture, findings: readonly Finding[]): string[] {
  const ordered = [...findings].sort((a, b) => a.span.start - b.span.start);
  const faults = fixture.fixes.map((expected) => compareFix(fixture, expected, ordered[expected.finding - 1]));
  for (const { fixes } of ordered) {
    if (fixture.noFix && fixes.length > 0) faults.push(`a fix is offered:\n${listFixes(fixture.source, fixes)}`);
    const part = fixture.noFixWith;
    if (part === undefined) continue;
    const bad = fixes.filter((fix) => fix.edits.some((edit) => edit.text.includes(part)));
    if (bad.length > 0) faults.push(`a fix writes "${part}":\n${listFixes(fixture.source, bad)}`);
  }
  return faults.filter((fault) => fault !== undefined);
}

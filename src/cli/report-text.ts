// `check` for people: one line that editors can jump to, the source with carets, the evidence, the fixes on offer.

import type { Finding, Severity } from '../analyzer/finding';
import { type Place, rangeOf } from '../analyzer/finding-json';
import { excerpt } from './excerpt';
import { applicableFix } from './fix-loop';
import { type CheckedText, type FileReport, inOrder, type Reporter, type RuleBook, type Summary } from './report';
import { type Paint, type Terminal, visible } from './terminal';

/** Of one file; the rest is counted. */
const MAX_PROBLEMS = 3;

const SEVERITIES: readonly (readonly [Severity, one: string, many: string])[] = [
  ['error', 'error', 'errors'],
  ['warning', 'warning', 'warnings'],
  ['information', 'note', 'notes'],
  ['hint', 'hint', 'hints'],
];

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function severityPaint(paint: Paint, severity: Severity): (text: string) => string {
  if (severity === 'error') return paint.red;
  return severity === 'warning' ? paint.yellow : paint.cyan;
}

function placeOf(path: string, text: CheckedText, { line, column }: Place): string {
  const cell = text.cell === null ? '' : `cell ${text.cell}:`;
  return `${visible(path)}:${cell}${line}:${column}`;
}

/** "path:line:col: message" for each problem of a file, capped. */
export function warnOfProblems(report: FileReport, terminal: Terminal): void {
  const problems = report.texts.flatMap((text) => text.result.problems.map((problem) => ({ text, problem })));
  for (const { text, problem } of problems.slice(0, MAX_PROBLEMS)) {
    const place = rangeOf(text.lines, problem.span ?? { start: 0, end: 0 }).start;
    terminal.warning(`${placeOf(report.path, text, place)}: ${visible(problem.message)}`);
  }
  const rest = problems.length - MAX_PROBLEMS;
  if (rest > 0) terminal.warning(`${visible(report.path)}: and ${counted(rest, 'place')} more like this`);
}

export class TextReporter implements Reporter {
  private readonly counts = new Map<Severity, number>();
  private filesWithFindings = 0;
  private safelyFixable = 0;
  private unsafelyFixable = 0;

  constructor(
    private readonly terminal: Terminal,
    private readonly rules: RuleBook,
  ) {}

  file(report: FileReport): void {
    let isAny = false;
    for (const text of report.texts) {
      for (const finding of inOrder(text.result.findings)) {
        isAny = true;
        this.count(finding);
        for (const row of this.rows(report.path, text, finding)) this.terminal.line(row);
        this.terminal.line();
      }
    }
    if (isAny) this.filesWithFindings++;
  }

  private count(finding: Finding): void {
    this.counts.set(finding.severity, (this.counts.get(finding.severity) ?? 0) + 1);
    if (applicableFix(finding, false)) this.safelyFixable++;
    else if (applicableFix(finding, true)) this.unsafelyFixable++;
  }

  private rows(path: string, text: CheckedText, finding: Finding): string[] {
    const { paint } = this.terminal;
    const mark = severityPaint(paint, finding.severity);
    const { start } = rangeOf(text.lines, finding.span);
    const head = `${paint.bold(placeOf(path, text, start))}: ${mark(paint.bold(finding.code))}`;
    const rows = [`${head} ${visible(finding.message)}`, ...excerpt(text.lines, finding.span, paint, mark)];
    const indent = ' '.repeat(`${start.line}`.length + 1);
    const add = (label: string, what: string): void => {
      rows.push(`${indent}${paint.blue('=')} ${label}: ${visible(what)}`);
    };
    for (const reason of finding.related) {
      const place = placeOf(path, text, rangeOf(text.lines, reason.span).start);
      add(paint.bold('note'), `${place}: ${reason.message}`);
    }
    for (const fix of finding.fixes) {
      add(paint.green(fix.safety === 'safe' ? 'fix' : 'unsafe fix'), fix.title);
    }
    const url = this.rules.get(finding.code)?.url;
    add(paint.dim(`${finding.severity}, ${finding.confidence}`), `${finding.name}${url ? ` ${url}` : ''}`);
    return rows;
  }

  end(summary: Summary): void {
    this.terminal.line(this.verdict(summary));
    const offers: string[] = [];
    if (this.safelyFixable > 0) offers.push(`${this.safelyFixable} with --fix`);
    if (this.unsafelyFixable > 0) offers.push(`${this.unsafelyFixable} with --fix --unsafe-fixes`);
    if (offers.length > 0) this.terminal.line(`Fixable: ${offers.join(', ')}.`);
  }

  private verdict({ checked, fixed, changedFiles }: Summary): string {
    const { paint } = this.terminal;
    const done = fixed > 0 ? `Applied ${counted(fixed, 'fix', 'fixes')} in ${counted(changedFiles, 'file')}. ` : '';
    const total = [...this.counts.values()].reduce((sum, count) => sum + count, 0);
    if (total === 0) {
      const left = fixed > 0 ? 'nothing left to report' : 'nothing found';
      return `${done}${paint.green(`Checked ${counted(checked, 'file')}: ${left}.`)}`;
    }
    const parts = SEVERITIES.flatMap(([severity, one, many]) => {
      const count = this.counts.get(severity) ?? 0;
      return count === 0 ? [] : [counted(count, one, many)];
    });
    const where = `in ${this.filesWithFindings} of ${counted(checked, 'file')}`;
    const found = `Found ${counted(total, 'problem')} (${parts.join(', ')}) ${where}.`;
    return `${done}${paint.bold(found)}`;
  }
}

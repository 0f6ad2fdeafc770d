// What must hold of every finding of every rule, whatever the program.

import type { Finding, FixSafety } from '../../../src/analyzer/finding';
import type { RuleMetadata } from '../../../src/rules/rule';
import type { Span } from '../../../src/text/span';

const ALLOWED: Readonly<Record<RuleMetadata['fixable'], readonly FixSafety[]>> = {
  safe: ['safe'],
  unsafe: ['unsafe'],
  both: ['safe', 'unsafe'],
  no: [],
};

function inside(span: Span, length: number): boolean {
  return Number.isInteger(span.start) && Number.isInteger(span.end) && span.start >= 0 && span.end <= length;
}

function sentences(message: string): number {
  const words = message.replace(/`[^`]*`/g, 'code');
  return words.match(/[.!?](?=\s|$)/g)?.length ?? 0;
}

const squeeze = (text: string): string => text.replace(/\s+/g, '');

/** Whether some `code` in the message stands in the program; "…" may stand for what was cut off. */
function namesOperand(message: string, source: string): boolean {
  const program = squeeze(source);
  return [...message.matchAll(/`([^`]+)`/g)].some(([, code = '']) => {
    const parts = squeeze(code)
      .split(/…|\.\.\./)
      .filter((part) => part.length > 0);
    return parts.length > 0 && parts.every((part) => program.includes(part));
  });
}

/** Everything wrong with a finding itself; its fixes are looked at one by one elsewhere. */
export function checkFinding(source: string, finding: Finding, rules: readonly RuleMetadata[]): string[] {
  const faults: string[] = [];
  const rule = rules.find(({ code }) => code === finding.code);
  if (rule === undefined) return [`there is no rule ${finding.code}`];
  if (rule.name !== finding.name) faults.push(`is named ${finding.name}, its rule ${rule.name}`);
  if (!inside(finding.span, source.length) || finding.span.start >= finding.span.end) {
    faults.push(`has the span ${finding.span.start}–${finding.span.end} in a text of ${source.length} characters`);
  }
  const marked = source.slice(finding.span.start, finding.span.end);
  if (marked.trim() !== marked) faults.push(`marks white space around "${marked.trim()}"`);
  for (const { span, message } of finding.related) {
    if (!inside(span, source.length) || span.start >= span.end)
      faults.push(`a reason lies outside the text: ${message}`);
    if (message.trim() === '') faults.push('has a reason without words');
  }
  const count = sentences(finding.message);
  if (count < 1 || count > 2 || !/[.!?]$/.test(finding.message)) {
    faults.push(`says ${count} sentences instead of one or two: "${finding.message}"`);
  }
  if (!namesOperand(finding.message, source)) {
    faults.push(`names nothing in backticks that stands in the program: "${finding.message}"`);
  }
  for (const fix of finding.fixes) {
    if (!ALLOWED[rule.fixable].includes(fix.safety)) {
      faults.push(`offers the ${fix.safety} fix "${fix.title}", but the rule declares fixable: ${rule.fixable}`);
    }
  }
  const titles = finding.fixes.map(({ title }) => title);
  if (new Set(titles).size < titles.length) faults.push(`offers two fixes of one title: ${titles.join(' / ')}`);
  return faults.map((fault) => `${finding.code} ${fault}`);
}

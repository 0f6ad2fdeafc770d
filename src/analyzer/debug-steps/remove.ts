// Takes a step out of a script again, by its marks and its helper's name alone: the text needs not parse.

import { maskStrings } from '../../syntax/mask';
import { type Edit, sortEdits } from '../../text/edit';
import { LineIndex } from '../../text/line-index';
import { closingParenthesis } from '../recorder/remove';
import { type DebugStep, HELPERS, MARKS } from './step';

export interface StepRemoval {
  /** Sorted, disjoint, inside the text. */
  readonly edits: readonly Edit[];
  /** How many places are as they were before. */
  readonly removed: number;
}

/** Never throws, whatever the text is. */
export function removeStep(text: string, step: DebugStep): StepRemoval {
  const [helper, mark] = [HELPERS[step], MARKS[step]];
  if (!text.includes(helper) && !text.includes(mark)) return { edits: [], removed: 0 };
  const lines = new LineIndex(text);
  const edits: Edit[] = [];
  for (let line = 0; line < lines.lineCount; line++) {
    const start = startOfLine(lines, line);
    if (!text.slice(start, lines.lineEnd(line)).trimEnd().endsWith(`  ${mark}`)) continue;
    edits.push({ span: { start, end: lines.lineStarts[line + 1] ?? text.length }, text: '' });
  }
  const helperLines = [...edits];
  let removed = 0;
  const code = maskStrings(text, true);
  const head = new RegExp(`${helper}\\(`, 'g');
  for (const { index } of code.matchAll(head)) {
    const open = index + helper.length + 1;
    const close = closingParenthesis(text, open);
    const isOurs = helperLines.some(({ span }) => index >= span.start && index < span.end);
    if (isOurs || close === undefined || /[\w.]/.test(text.charAt(index - 1))) continue;
    edits.push(...undone(text, code, step, index, open, close));
    removed++;
  }
  return { edits: sortEdits(edits), removed };
}

/** The byte order mark is no part of the first line. */
function startOfLine(lines: LineIndex, line: number): number {
  const start = lines.lineStarts[line] ?? 0;
  return start === 0 && lines.text.charCodeAt(0) === 0xfeff ? 1 : start;
}

function undone(text: string, code: string, step: DebugStep, index: number, open: number, close: number): Edit[] {
  const cut = (start: number, end: number): Edit => ({ span: { start, end }, text: '' });
  if (step === 'labels') {
    const before = /^"\w+", -?\d+, /.exec(text.slice(open, close))?.[0].length ?? 0;
    const star = text.charAt(index - 1) === '*' ? 1 : 0;
    return [cut(index - star, open + before), cut(close, close + 1)];
  }
  if (text.startsWith('None, ', open)) {
    // `, name=helper(None, 1)`, ` name=helper(None, 1),` or, alone, `name=helper(None, 1)`.
    const name = /\w+=$/.exec(text.slice(0, index))?.[0].length ?? 0;
    const start = index - name;
    if (text.charAt(close + 1) === ',') return [cut(text.charAt(start - 1) === ' ' ? start - 1 : start, close + 2)];
    return [cut(text.slice(0, start).endsWith(', ') ? start - 2 : start, close + 1)];
  }
  const comma = step === 'learningRate' ? -1 : lastComma(code, open, close);
  return [cut(index, open), cut(comma < 0 ? close : comma, close + 1)];
}

/** The last comma that stands in no inner bracket and is followed by what a step puts there; -1 where there is none. */
function lastComma(code: string, open: number, close: number): number {
  let depth = 0;
  let found = -1;
  for (let at = open; at < close; at++) {
    const c = code.charAt(at);
    if (c === '(' || c === '[' || c === '{') depth++;
    else if (c === ')' || c === ']' || c === '}') depth--;
    else if (c === ',' && depth === 0) found = at;
  }
  return found;
}

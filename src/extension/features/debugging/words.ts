// What a stop at a NaN, and breakpoints that stay silent, mean in words.

import * as vscode from 'vscode';
import type { Fault } from '../../../analyzer/breakpoints/condition';
import type { NanHit, Trouble } from './nan-watch';

export function hitTitle({ description, breakpoint }: NanHit): string {
  const [fault] = description.faults;
  if (!fault) return '';
  const line = lineOf(fault, breakpoint);
  const what = fault.nan > 0 ? 'NaN' : 'Inf';
  return line === undefined
    ? vscode.l10n.t('{0} in {1}', what, fault.name)
    : vscode.l10n.t('{0} in {1}, line {2}', what, fault.name, line);
}

/** One sentence for each value, and whether it was born there. */
export function hitSentences({ description, breakpoint }: NanHit): string[] {
  const sentences = description.faults.map((fault) => {
    const line = lineOf(fault, breakpoint);
    return line === undefined
      ? vscode.l10n.t('{0} holds {1}.', fault.name, countsOf(fault))
      : vscode.l10n.t('{0}, made on line {1}, holds {2}.', fault.name, line, countsOf(fault));
  });
  const [first] = description.faults;
  const value = first && breakpoint.values.find(({ name }) => isPartOf(first, name));
  if (!value || value.madeOf.length === 0) return sentences;
  const already = description.madeOf.filter((fault) => value.madeOf.some((name) => isPartOf(fault, name)));
  for (const fault of already) {
    sentences.push(vscode.l10n.t('{0}, which goes into it, holds {1} already.', fault.name, countsOf(fault)));
  }
  if (already.length === 0) {
    sentences.push(
      vscode.l10n.t('What can be looked at of what goes into it ({0}) is finite.', value.madeOf.join(', ')),
    );
  }
  return sentences;
}

export function troubleWords(trouble: Trouble): string {
  switch (trouble.kind) {
    case 'test':
      return vscode.l10n.t(
        'this debugger cannot evaluate the conditions of NaN breakpoints, so they will not stop: {0}',
        trouble.detail,
      );
    case 'condition':
      return vscode.l10n.t('the condition of a NaN breakpoint fails, so it will not stop: {0}', trouble.detail);
    case 'refused':
      return vscode.l10n.t(
        'the debugger does not accept the NaN breakpoint of line {0}: {1}',
        trouble.line,
        trouble.detail,
      );
  }
}

function countsOf({ nan, inf, size, shape, dtype }: Fault): string {
  const found = [nan > 0 ? `${nan} NaN` : '', inf > 0 ? `${inf} Inf` : ''].filter((part) => part !== '').join(', ');
  if (size === 1 && shape.length === 0) return vscode.l10n.t('{0} ({1})', nan > 0 ? 'NaN' : 'Inf', dtype);
  return vscode.l10n.t('{0} among {1} values (shape {2}, {3})', found, size, shape.join('×'), dtype);
}

function lineOf(fault: Fault, { values }: NanHit['breakpoint']): number | undefined {
  return values.find(({ name }) => isPartOf(fault, name))?.line;
}

/** `out['a']` is a part of `out`, and a gradient one of its optimizer's. */
function isPartOf({ name }: Fault, whole: string): boolean {
  return name === whole || name.startsWith(`${whole}[`) || name.endsWith(` of ${whole}`);
}

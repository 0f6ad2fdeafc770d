// What is known of a value, in words: short lines of Markdown, each a thing that a person can use.

import * as vscode from 'vscode';
import type { Because, Danger, Place, ValueExplanation, ValueRange } from '../../../analyzer/explain-value/explanation';

/** A place in the program, for a person: a link where one can be followed, plain words where not. */
export type PlaceWords = (place: Place) => string;

export function valueMarkdown(told: ValueExplanation, place: PlaceWords): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  markdown.appendMarkdown(`**NaN Lens** — ${code(told.text)}${headline(told)}`);
  const lines = [
    ...told.dangers.map(dangerWords),
    ...(told.holdsInfinity ? [vscode.l10n.t('Holds an infinity that was put there.')] : []),
    ...presumedWords(told),
    ...(told.autocast ? [autocastWords(told.autocast.dtype, place(told.autocast))] : []),
    ...(told.stopsGradient ? [vscode.l10n.t('No gradient flows back from here.')] : []),
    ...told.because.map((because) => becauseWords(because, place)),
  ];
  for (const line of lines) markdown.appendMarkdown(`\n\n${line}`);
  return markdown;
}

/** What is certain, beside the name. */
function headline({ dtype, role, range }: ValueExplanation): string {
  const parts = [dtype, role && roleWords(role), range && rangeWords(range)].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function presumedWords({ presumed }: ValueExplanation): string[] {
  if (!presumed) return [];
  const { role, range } = presumed;
  const words = [role && roleWords(role), range && rangeWords(range)].filter((part) => part !== undefined).join(', ');
  return words === ''
    ? []
    : [vscode.l10n.t('Not proven, from names, defaults and the calls in this file: {0}.', words)];
}

export function rangeWords(range: ValueRange): string {
  return [endsWords(range), ...exactWords(range)].filter((part) => part !== '').join('; ');
}

function endsWords({ lo, hi, zero }: ValueRange): string {
  const [hasLo, hasHi] = [Number.isFinite(lo), Number.isFinite(hi)];
  if (lo === hi) return `= ${numberWords(lo)}`;
  const excludesLo = (lo === 0 && zero === 'never') || isTiny(lo);
  const excludesHi = (hi === 0 && zero === 'never') || isTiny(hi);
  if (hasLo && hasHi) {
    const interval = `${excludesLo ? '(' : '['}${numberWords(lo)}, ${numberWords(hi)}${excludesHi ? ')' : ']'}`;
    return vscode.l10n.t('in {0}', interval);
  }
  if (hasLo) return `${excludesLo ? '>' : '≥'} ${numberWords(lo)}`;
  return hasHi ? `${excludesHi ? '<' : '≤'} ${numberWords(hi)}` : '';
}

/** The smallest number there is stands for "more than 0". */
function isTiny(end: number): boolean {
  return end !== 0 && Math.abs(end) < 1e-300;
}

function exactWords({ lo, hi, reachesLo, reachesHi, zero }: ValueRange): string[] {
  if (lo === hi) return [];
  const reached = [
    ...(zero === 'occurs' ? [0] : []),
    ...(reachesLo && lo !== 0 && !isTiny(lo) ? [lo] : []),
    ...(reachesHi && hi !== 0 && !isTiny(hi) ? [hi] : []),
  ].map(numberWords);
  if (reached.length > 0) return [vscode.l10n.t('can be exactly {0}', reached.join(', '))];
  return zero === 'never' && lo < 0 && hi > 0 ? [vscode.l10n.t('never exactly 0')] : [];
}

/** Seven digits: what a float32 holds. */
export function numberWords(value: number): string {
  if (isTiny(value)) return '0';
  const rounded = Number(value.toPrecision(7));
  const size = Math.abs(rounded);
  const text =
    rounded !== 0 && (size < 1e-4 || size >= 1e7) ? rounded.toExponential().replace('e+', 'e') : String(rounded);
  return text.replace('-', '−').replace('e-', 'e−');
}

function dangerWords({ effect, operand, when, above }: Danger): string {
  const condition = conditionWords(code(operand), when, above);
  switch (effect) {
    case 'infinite':
      return vscode.l10n.t('⚠ Infinite where {0}.', condition);
    case 'nan':
      return vscode.l10n.t('⚠ NaN where {0}.', condition);
    case 'not finite':
      return vscode.l10n.t('⚠ Inf or NaN where {0}.', condition);
    case 'gradient':
      return vscode.l10n.t('⚠ Its gradient is not finite where {0}.', condition);
  }
}

function conditionWords(operand: string, when: Danger['when'], above: number | undefined): string {
  switch (when) {
    case 'zero':
      return vscode.l10n.t('{0} is exactly 0', operand);
    case 'negative':
      return vscode.l10n.t('{0} is below 0', operand);
    case 'large':
      return vscode.l10n.t('{0} is above {1}', operand, numberWords(above ?? 0));
    case 'at the end of its domain':
      return vscode.l10n.t('{0} is at or beyond the end of its domain', operand);
  }
}

function autocastWords(dtype: string | undefined, where: string): string {
  return dtype === undefined
    ? vscode.l10n.t('Computed in mixed precision ({0}).', where)
    : vscode.l10n.t('Computed in mixed precision, {0} ({1}).', dtype, where);
}

function becauseWords(because: Because, place: PlaceWords): string {
  return vscode.l10n.t('Because {0} ({1}).', escapeMarkdown(because.message), place(because));
}

function roleWords(role: NonNullable<ValueExplanation['role']>): string {
  switch (role) {
    case 'probabilities':
      return vscode.l10n.t('probabilities');
    case 'log-probabilities':
      return vscode.l10n.t('log-probabilities');
    case 'logits':
      return vscode.l10n.t('scores (logits)');
    case 'one-hot':
      return vscode.l10n.t('one-hot labels');
    case 'label-matrix':
    case 'multi-hot':
      return vscode.l10n.t('a matrix of labels');
    case 'class-ids':
      return vscode.l10n.t('class ids');
    case 'mask':
      return vscode.l10n.t('a mask');
    case 'count':
      return vscode.l10n.t('a count');
    case 'fraction':
      return vscode.l10n.t('a fraction');
    case 'length':
      return vscode.l10n.t('lengths');
    case 'size':
      return vscode.l10n.t('a size');
    case 'loss':
      return vscode.l10n.t('a loss');
    case 'deviation':
      return vscode.l10n.t('a standard deviation');
    case 'variance':
      return vscode.l10n.t('a variance');
    case 'norm':
      return vscode.l10n.t('a norm');
    case 'setting':
      return vscode.l10n.t('a setting');
    case 'denominator':
      return vscode.l10n.t('a denominator');
  }
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

/** Messages quote source between backticks, which stay; all else is text. */
export function escapeMarkdown(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, at) => (at % 2 === 1 ? part : part.replace(/[\\*_{}[\]()#+\-!<>|~&]/g, '\\$&')))
    .join('');
}

// Where finite checks may go, seen from the cursor: the likeliest place first.

import type { FunctionOutline } from '../analyzer/function-outline';
import { type Span, spanContains } from '../text/span';
import type { CheckTarget } from './engine/messages';

/** The selected text; an empty span is the cursor. Lines are 1-based and included. */
export interface Selection {
  readonly span: Span;
  readonly firstLine: number;
  readonly lastLine: number;
}

export type TargetChoice = { readonly target: CheckTarget } & (
  | { readonly kind: 'selection'; readonly first: number; readonly last: number }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'everything' }
);

/** Methods that frameworks call to compute a model's output. */
const FORWARD = /(?:^|\.)(?:forward|__call__|call)$/;

export function checkTargets(functions: readonly FunctionOutline[], selection: Selection | undefined): TargetChoice[] {
  const choices: TargetChoice[] = [];
  if (selection && selection.span.end > selection.span.start) {
    const { firstLine: first, lastLine: last } = selection;
    choices.push({ kind: 'selection', first, last, target: { kind: 'lines', first, last } });
  }
  const around = selection ? functions.filter(({ span }) => spanContains(span, selection.span)).reverse() : [];
  const forwards = functions.filter(({ qualifiedName }) => FORWARD.test(qualifiedName));
  for (const name of new Set([...around, ...forwards].map(({ qualifiedName }) => qualifiedName))) {
    choices.push({ kind: 'function', name, target: { kind: 'function', name } });
  }
  choices.push({ kind: 'everything', target: { kind: 'everything' } });
  return choices;
}

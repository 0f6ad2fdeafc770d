// What hovers tell of every expression of a script, with places as Python counts them, for told.py to compare.

import type { Analyzer } from '../../src/analyzer/analyzer';
import { explainExpression } from '../../src/analyzer/explain-value/explain';
import type { Expr, Segment } from '../../src/syntax/ast';
import { walkExpressions } from '../../src/syntax/walk';
import { LineIndex } from '../../src/text/line-index';

export interface Fact {
  readonly place: readonly [number, number, number, number];
  readonly text: string;
  readonly isTarget: boolean;
  readonly lo?: number | null;
  readonly hi?: number | null;
  readonly zero?: 'occurs' | 'never' | null;
  readonly dtype: string | null;
  readonly stopsGradient: boolean;
}

/** Only what is told as certain: what names and calls let one presume is none of it. */
export function factsOf(analyzer: Analyzer, source: string): Fact[] {
  const models = analyzer.explainedModels(source);
  if (!models) return [];
  const lines = new LineIndex(source);
  const place = (offset: number): readonly [number, number] => {
    const { line, column } = lines.position(offset);
    return [line + 1, Buffer.byteLength(lines.lineText(line).slice(0, column))];
  };
  const facts: Fact[] = [];
  const add = (segment: Segment, offset: number, expr: Expr): void => {
    const told = explainExpression(models, { segment, offset, expr });
    if (!told) return;
    const { range, span, text, dtype, stopsGradient } = told;
    const parent = models.trusting.parentOf(segment, expr);
    const isTarget = expr.kind === 'Name' && parent?.kind === 'Assign' && parent.targets.includes(expr);
    facts.push({
      place: [...place(span.start), ...place(span.end)] as [number, number, number, number],
      text,
      isTarget,
      ...(range ? { lo: finite(range.lo), hi: finite(range.hi), zero: range.zero ?? null } : {}),
      dtype: dtype ?? null,
      stopsGradient,
    });
  };
  for (const { segment, offset } of models.trusting.module.segments) {
    for (const statement of segment.body) walkExpressions(statement, (expr) => add(segment, offset, expr));
  }
  return facts;
}

/** JSON has no infinity. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

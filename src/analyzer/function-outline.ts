// The functions of a file, for choosing where finite checks go.

import type { FunctionDef, Module, Stmt } from '../syntax/ast';
import { blocksOf } from '../syntax/walk';
import type { Span } from '../text/span';

/** A function of the file; nested ones come after the one around them. */
export interface FunctionOutline {
  /** "Model.forward". */
  readonly qualifiedName: string;
  /** From its first decorator or `def` to its last statement. */
  readonly span: Span;
}

/** From the first decorator, where there is one. */
function startOf(definition: FunctionDef): number {
  return Math.min(definition.start, ...definition.decorators.map((decorator) => decorator.start));
}

/** Every function in source order, the outer before the inner. */
export function outlineFunctions(module: Module): FunctionOutline[] {
  const found: FunctionOutline[] = [];
  for (const { offset, segment } of module.segments) {
    const visit = (statements: readonly Stmt[], prefix: string): void => {
      for (const statement of statements) {
        if (statement.kind === 'FunctionDef') {
          const qualifiedName = prefix + statement.name;
          found.push({ qualifiedName, span: { start: offset + startOf(statement), end: offset + statement.end } });
          visit(statement.body.body, `${qualifiedName}.`);
        } else if (statement.kind === 'ClassDef') {
          visit(statement.body.body, `${prefix}${statement.name}.`);
        } else if (statement.kind === 'BrokenStmt') {
          visit(statement.body, prefix);
        } else {
          for (const block of blocksOf(statement)) visit(block.body, prefix);
        }
      }
    };
    visit(segment.body, '');
  }
  return found;
}

// Which names a place in a file can use, and which of them a loop gives new values.

import type { FunctionScope, SemanticModel } from '../../semantic/model';
import { boundNames } from '../../semantic/program';
import type { Expr, FunctionDef, Module, Segment, Stmt } from '../../syntax/ast';
import { walkExpressions, walkStatements } from '../../syntax/walk';
import { isWithin, pureText, rootOf } from './call-chains';

/** Names that can be used in the body of a function (or at the top level, where there is none). */
export function visibleNames(model: SemanticModel, segment: Segment, scope: FunctionScope | undefined): Set<string> {
  const names = topLevelNames(model.module);
  for (let at: FunctionDef | undefined = scope?.node; at; at = model.enclosingFunction(segment, at)) {
    for (const { name } of at.params) names.add(name);
    boundNames(at.body.body, names);
  }
  return names;
}

function topLevelNames(module: Module): Set<string> {
  const names = new Set<string>();
  for (const { segment } of module.segments) boundNames(segment.body, names);
  return names;
}

/** What an iteration of the statement binds: names, and attributes and elements as they are written. */
export function boundWithin(statement: Stmt): readonly string[] {
  const bound = [...boundNames([statement])];
  walkStatements([statement], (inner) => {
    if (inner.kind === 'FunctionDef' || inner.kind === 'ClassDef') return 'skip';
    for (const target of targetsOf(inner)) {
      walkExpressions(target, (expr) => {
        const text = expr.kind === 'Attribute' || expr.kind === 'Subscript' ? pureText(expr) : undefined;
        if (text !== undefined) bound.push(text);
        return text === undefined ? undefined : 'skip';
      });
    }
    return undefined;
  });
  return bound;
}

function targetsOf(statement: Stmt): readonly Expr[] {
  switch (statement.kind) {
    case 'Assign':
      return statement.targets;
    case 'AnnAssign':
    case 'For':
      return [statement.target];
    case 'With':
      return statement.items.flatMap(({ target }) => target ?? []);
    default:
      return [];
  }
}

/** Whether one of the bound texts is `text`, or something that it goes through. */
export function isBound(text: string, bound: readonly string[]): boolean {
  return bound.some((other) => isWithin(text, other));
}

export function isVisible(text: string, visible: ReadonlySet<string>): boolean {
  return visible.has(rootOf(text));
}

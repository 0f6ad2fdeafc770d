// Statements of one scope in the order in which they run: of a function, or of the top of a file across its segments.

import type { SemanticModel } from '../semantic/model';
import type { Expr, Node, Segment, Stmt } from '../syntax/ast';
import { walkStatements } from '../syntax/walk';

export interface PlacedStmt {
  readonly segment: Segment;
  readonly stmt: Stmt;
}

/** The statements before a place that its own scope holds, those of inner blocks included, inner functions left out. */
export function statementsBefore(model: SemanticModel, segment: Segment, place: Node): PlacedStmt[] {
  const holder = model.enclosingFunction(segment, place);
  const found: PlacedStmt[] = [];
  for (const { segment: each } of model.analyses) {
    if (holder && each !== segment) continue;
    walkStatements(holder ? holder.body.body : each.body, (stmt) => {
      if (each === segment && stmt.start >= place.start) return 'skip';
      found.push({ segment: each, stmt });
      return stmt.kind === 'FunctionDef' || stmt.kind === 'ClassDef' ? 'skip' : undefined;
    });
    if (each === segment) break;
  }
  return found;
}

export interface Binding extends PlacedStmt {
  /** What the name was given, where that can be seen: an element of a tuple has its own. */
  readonly value: Expr | undefined;
}

/** The last statement before a place that gives a name of the same scope a value. */
export function bindingBefore(model: SemanticModel, segment: Segment, name: string, place: Node): Binding | undefined {
  let found: Binding | undefined;
  for (const placed of statementsBefore(model, segment, place)) {
    const { stmt } = placed;
    if (stmt.kind === 'Assign')
      for (const target of stmt.targets) {
        if (target.kind === 'Name' && target.id === name) found = { ...placed, value: stmt.value };
        else if (target.kind === 'Tuple' || target.kind === 'List') {
          const at = target.elements.findIndex((element) => bindsIn(element, name));
          if (at < 0) continue;
          const isAligned = stmt.value.kind === 'Tuple' && stmt.value.elements.length === target.elements.length;
          found = { ...placed, value: isAligned && stmt.value.kind === 'Tuple' ? stmt.value.elements[at] : undefined };
        } else if (isPartOf(target, name)) found = { ...placed, value: undefined };
      }
    else if (stmt.kind === 'AugAssign' && (bindsIn(stmt.target, name) || isPartOf(stmt.target, name)))
      found = { ...placed, value: undefined };
    else if (stmt.kind === 'AnnAssign' && bindsIn(stmt.target, name)) found = { ...placed, value: stmt.value };
    else if (stmt.kind === 'For' && bindsIn(stmt.target, name)) found = { ...placed, value: undefined };
    else if (stmt.kind === 'With' && stmt.items.some(({ target }) => target && bindsIn(target, name)))
      found = { ...placed, value: undefined };
  }
  return found;
}

export function bindsIn(target: Expr, name: string): boolean {
  if (target.kind === 'Name') return target.id === name;
  if (target.kind === 'Starred') return bindsIn(target.value, name);
  return (
    (target.kind === 'Tuple' || target.kind === 'List') && target.elements.some((element) => bindsIn(element, name))
  );
}

/** `x[i]`, `x.data` */
function isPartOf(target: Expr, name: string): boolean {
  if (target.kind !== 'Subscript' && target.kind !== 'Attribute') return false;
  return target.object.kind === 'Name' ? target.object.id === name : isPartOf(target.object, name);
}

/** Whether a statement stands directly in the function (or file) whose scope it belongs to, under no condition or loop. */
export function isUnconditional(model: SemanticModel, { segment, stmt }: PlacedStmt): boolean {
  const parent = model.parentOf(segment, stmt);
  return parent === undefined || parent.kind === 'FunctionDef';
}

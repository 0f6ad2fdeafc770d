// What is done about a value that may have come out as NaN or Inf, after the place where it is made.

import type { SemanticModel } from '../semantic/model';
import type { FunctionDef, Node, Segment, Stmt } from '../syntax/ast';
import { walkStatements } from '../syntax/walk';
import { sourceOf } from './rule';
import { ancestors } from './statements';

const REPLACES = /(^|[._])(nan_to_num_?|divide_no_nan|div_no_nan)$/;

/**
 * Whether somebody looks for NaN or Inf in the value of `node`, or replaces it: `nan_to_num` around it, `isnan` or
 * `isfinite` of the name it is bound to, `x[mask] = 0` stored into it, a handler of warnings or errors around it.
 */
export function isCaredFor(model: SemanticModel, segment: Segment, node: Node): boolean {
  let stmt: Stmt | undefined;
  for (let at = model.parentOf(segment, node); at; at = model.parentOf(segment, at)) {
    if (at.kind === 'Call') {
      const { callee } = at;
      const name = callee.kind === 'Attribute' ? callee.name : callee.kind === 'Name' ? callee.id : '';
      if (REPLACES.test(name)) return true;
    }
    if (at.kind === 'Assign' || at.kind === 'AugAssign' || at.kind === 'AnnAssign') {
      stmt = at;
      break;
    }
  }
  if (ancestors(model, segment, node).some((each) => ignoresErrors(segment, each, node))) return true;
  const direct = node.kind === 'AugAssign' ? node : stmt;
  const name = direct && boundName(direct);
  const holder = model.enclosingFunction(segment, node);
  return (
    name !== undefined &&
    direct !== undefined &&
    isMendedLater(segment, holder?.body.body ?? segment.body, direct, name)
  );
}

function boundName(stmt: Stmt): string | undefined {
  const target = stmt.kind === 'Assign' ? stmt.targets[0] : stmt.kind === 'AugAssign' ? stmt.target : undefined;
  return target?.kind === 'Name' ? target.id : undefined;
}

/** `with np.errstate(...)`, `try: … except ZeroDivisionError`: somebody expects what happens here. */
function ignoresErrors(segment: Segment, stmt: Stmt, node: Node): boolean {
  if (stmt.kind === 'With') return stmt.items.some(({ context }) => /errstate/.test(sourceOf(segment, context)));
  if (stmt.kind !== 'Try' || node.start >= stmt.body.end) return false;
  return stmt.handlers.some(
    ({ type }) => type && /ZeroDivisionError|FloatingPointError|ArithmeticError/.test(sourceOf(segment, type)),
  );
}

const patterns = new Map<string, RegExp>();

function patternFor(name: string): RegExp {
  let pattern = patterns.get(name);
  if (!pattern) {
    const word = `\\b${name}\\b`;
    pattern = new RegExp(
      `((check_no|assert_no|warn_if|assert_not|check_if)_nans?|(check|assert)_(all_)?finite|check_numerics|nan_to_num_?|isnan|is_nan|isinf|is_inf|isfinite|is_finite|isneginf|isposinf)\\(\\s*${word}|${word}(\\.\\w+)?\\.(nan_to_num_?|isnan|isinf|isfinite)\\(|${word}\\s*!=\\s*${word}|${word}\\[[^\\]]*(==|~|isnan|isinf|isfinite|<=|mask|valid|zero)[^\\]]*\\]+\\s*=[^=]|${word}\\.masked_fill_?\\(|\\bwhere\\([^,]+,\\s*${word}\\s*,|\\bwhere\\([^,]+,[^,]+,\\s*${word}\\s*\\)`,
    );
    if (patterns.size > 500) patterns.clear();
    patterns.set(name, pattern);
  }
  return pattern;
}

function isMendedLater(segment: Segment, body: FunctionDef['body']['body'], from: Stmt, name: string): boolean {
  let isMended = false;
  walkStatements(body, (stmt) => {
    if (isMended || stmt.start <= from.start) return;
    if (stmt.kind === 'FunctionDef' || stmt.kind === 'ClassDef') return;
    if (patternFor(name).test(sourceOf(segment, stmt))) isMended = true;
  });
  return isMended;
}

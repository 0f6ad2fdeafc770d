// What is done about a value that may have come out as NaN or Inf, after the place where it is made.

import type { SemanticModel } from '../semantic/model';
import type { Node, Segment, Stmt } from '../syntax/ast';
import { blocksOf, walkStatements } from '../syntax/walk';
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

interface Patterns {
  /** NaN is replaced in the value itself. */
  readonly replaced: RegExp;
  /** Somebody asks whether it is NaN. */
  readonly asked: RegExp;
}

const patterns = new Map<string, Patterns>();

function patternsFor(name: string): Patterns {
  let known = patterns.get(name);
  if (!known) {
    const word = `\\b${name}\\b`;
    const test = '(isnan|is_nan|isinf|is_inf|isfinite|is_finite|isneginf|isposinf)';
    known = {
      replaced: new RegExp(
        [
          `nan_to_num_?\\(\\s*${word}`,
          `${word}(\\.\\w+)?\\.nan_to_num_?\\(`,
          `${word}\\[[^\\]]*(==|~|isnan|isinf|isfinite|<=|mask|valid|zero)[^\\]]*\\]+\\s*=[^=]`,
          `${word}\\.masked_fill_?\\(`,
          `\\bwhere\\([^,]+,\\s*${word}\\s*,`,
          `\\bwhere\\([^,]+,[^,]+,\\s*${word}\\s*\\)`,
        ].join('|'),
      ),
      asked: new RegExp(`${test}\\(\\s*${word}|${word}(\\.\\w+)?\\.${test}\\(|${word}\\s*!=\\s*${word}`),
    };
    if (patterns.size > 500) patterns.clear();
    patterns.set(name, known);
  }
  return known;
}

/** What only stops the run, or tells of it, mends nothing: it is how one learns of the NaN. */
const ONLY_TELLS = /\b(raise|assert|exit|print|log|logger|logging|warn|warnings|breakpoint|set_trace)\b/;

function isMendedLater(segment: Segment, body: readonly Stmt[], from: Stmt, name: string): boolean {
  const { replaced, asked } = patternsFor(name);
  let isMended = false;
  walkStatements(body, (stmt) => {
    if (isMended || stmt.start <= from.start || stmt.kind === 'Assert') return;
    if (stmt.kind === 'FunctionDef' || stmt.kind === 'ClassDef') return;
    if (stmt.kind === 'If') {
      const isAsked = asked.test(sourceOf(segment, stmt.test));
      if (isAsked && !ONLY_TELLS.test(sourceOf(segment, stmt.body))) isMended = true;
      return;
    }
    if (blocksOf(stmt).length > 0) return;
    const text = sourceOf(segment, stmt);
    if (replaced.test(text) || (asked.test(text) && !ONLY_TELLS.test(text))) isMended = true;
  });
  return isMended;
}

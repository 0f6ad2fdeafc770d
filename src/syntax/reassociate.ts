// Expressions of which the grammar joins the left edge too tightly, put together the way Python reads them.

import { type Expr, outerSpan } from './ast';

/** The grammar lets `*` bind tighter than calls and operators: `*f(x)` comes as `(*f)(x)`. */
export function starOutside(expr: Expr): Expr {
  return { kind: 'Starred', start: expr.start, end: expr.end, value: replaceLeftmost(expr, unstar) };
}

function unstar(leaf: Expr): Expr {
  return leaf.kind === 'Starred' ? leaf.value : leaf;
}

/** The same expression with what stands at its left edge replaced, and its start moved there. */
export function replaceLeftmost(expr: Expr, replace: (leaf: Expr) => Expr): Expr {
  if (expr.outer) return replace(expr);
  switch (expr.kind) {
    case 'Call': {
      const callee = replaceLeftmost(expr.callee, replace);
      return { ...expr, start: outerSpan(callee).start, callee };
    }
    case 'Attribute':
    case 'Subscript': {
      const object = replaceLeftmost(expr.object, replace);
      return { ...expr, start: outerSpan(object).start, object };
    }
    case 'Binary':
    case 'Compare': {
      const left = replaceLeftmost(expr.left, replace);
      return { ...expr, start: outerSpan(left).start, left };
    }
    case 'Bool': {
      const [first, ...rest] = expr.values;
      if (!first) return expr;
      const left = replaceLeftmost(first, replace);
      return { ...expr, start: outerSpan(left).start, values: [left, ...rest] };
    }
    case 'Conditional': {
      const body = replaceLeftmost(expr.body, replace);
      return { ...expr, start: outerSpan(body).start, body };
    }
    default:
      return replace(expr);
  }
}

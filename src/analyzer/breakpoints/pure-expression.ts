// Expressions that can be computed once more without a trace: no random draw, no module that keeps count, nothing in place.

import type { CallExpr, Expr } from '../../syntax/ast';

/** Functions and methods of the array libraries that only compute, whatever they are called on. */
const COMPUTES = new Set(
  `abs add amax amin arange acos asin atan atan2 acosh asinh atanh bmm clamp clip concat concatenate contiguous cos cosh
  cross_entropy cumsum cumprod detach diag diagonal div divide einsum erf erfinv exp expm1 expand flatten float double
  gather huber_loss kl_div l1_loss log log10 log1p log2 log_softmax logaddexp logsumexp matmul max maximum mean
  binary_cross_entropy binary_cross_entropy_with_logits gelu leaky_relu elu silu mish cosine_similarity pairwise_distance
  min minimum mm mse_loss mul multiply multi_margin_loss mv neg negative nll_loss norm normalize ones_like outer permute
  pow prod reciprocal relu repeat reshape rsqrt sigmoid logsigmoid sign sin sinh smooth_l1_loss softmax softmin softplus
  sqrt square squeeze stack std sub subtract sum t tan tanh to transpose tril triu unsqueeze var view where zeros_like`.split(
    /\s+/,
  ),
);

export function isPureExpression(expr: Expr): boolean {
  switch (expr.kind) {
    case 'Name':
    case 'Number':
    case 'Constant':
      return true;
    case 'String':
      return expr.parts.length === 0;
    case 'Attribute':
      return isPureExpression(expr.object);
    case 'Subscript':
      return isPureExpression(expr.object) && expr.indices.every(isPureExpression);
    case 'Slice':
      return [expr.lower, expr.upper, expr.step].every((bound) => bound === undefined || isPureExpression(bound));
    case 'Unary':
      return isPureExpression(expr.operand);
    case 'Binary':
      return isPureExpression(expr.left) && isPureExpression(expr.right);
    case 'Compare':
      return isPureExpression(expr.left) && expr.comparators.every(isPureExpression);
    case 'Conditional':
      return [expr.test, expr.body, expr.orelse].every(isPureExpression);
    case 'Tuple':
    case 'List':
      return expr.elements.every(isPureExpression);
    case 'Dict':
      return expr.entries.every(
        ({ key, value }) => key !== undefined && isPureExpression(key) && isPureExpression(value),
      );
    case 'Call':
      return isPureCall(expr);
    default:
      return false;
  }
}

function isPureCall({ callee, args }: CallExpr): boolean {
  // `self.norm(x)` is a layer, whatever it is called.
  if (callee.kind !== 'Attribute' || !COMPUTES.has(callee.name) || !isPureExpression(callee.object)) return false;
  if (callee.object.kind === 'Name' && callee.object.id === 'self') return false;
  return args.every(
    ({ keyword, unpack, value }) =>
      unpack === '' && keyword !== 'inplace' && keyword !== 'out' && isPureExpression(value),
  );
}

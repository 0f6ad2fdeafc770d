// Tensors that hold infinities or NaN on purpose: attention masks, scores with a mask put on, arrays that are filled with
// NaN until their values come. No check belongs there.

import type { Expr, Stmt } from '../../syntax/ast';

/** Calls that leave an infinity where it is. */
const KEEPS = new Set(
  `masked_fill masked_fill_ fill_ full full_like new_full where triu tril to view reshape unsqueeze squeeze expand
  repeat transpose permute contiguous clone detach float half bfloat16 double cat stack concat concatenate add add_
  register_buffer Parameter Tensor tensor array as_tensor type_as log`.split(/\s+/),
);
const INFINITE_WORD = /^[-+]?(?:inf(?:inity)?|nan)$/i;

/** Follows, in the order of the source, which names of one function hold deliberate infinities. */
export class DeliberateInfinity {
  private readonly names = new Set<string>();

  /** To be told of every statement once its checks are decided. */
  see(statement: Stmt): void {
    if (statement.kind !== 'Assign' && statement.kind !== 'AugAssign' && statement.kind !== 'AnnAssign') return;
    if (!statement.value) return;
    const targets = statement.kind === 'Assign' ? statement.targets : [statement.target];
    const holds = this.isIn(statement.value);
    for (const target of targets) {
      const name = dottedName(target);
      if (name === undefined) continue;
      if (holds) this.names.add(name);
      else if (statement.kind !== 'AugAssign') this.names.delete(name);
    }
  }

  /** Whether the value may hold an infinity that somebody wrote there. */
  isIn(expr: Expr): boolean {
    switch (expr.kind) {
      case 'Name':
      case 'Attribute': {
        const name = dottedName(expr);
        const last = expr.kind === 'Name' ? expr.id : expr.name;
        return INFINITE_WORD.test(last) || (name !== undefined && this.names.has(name));
      }
      case 'Unary':
        return this.isIn(expr.operand);
      case 'Subscript':
        return this.isIn(expr.object);
      case 'Binary':
        // `scores + mask` adds minus infinity; `x * mask` takes zeros and ones.
        if (expr.operator === '+' && (isNamedMask(expr.left) || isNamedMask(expr.right))) return true;
        return this.isIn(expr.left) || this.isIn(expr.right);
      case 'Conditional':
        return this.isIn(expr.body) || this.isIn(expr.orelse);
      case 'Tuple':
      case 'List':
        return expr.elements.some((element) => this.isIn(element));
      case 'Call': {
        const { callee } = expr;
        const called = callee.kind === 'Name' ? callee.id : callee.kind === 'Attribute' ? callee.name : '';
        if (called === 'float' && callee.kind === 'Name') {
          return expr.args.some(({ value }) => value.kind === 'String' && INFINITE_WORD.test(value.value ?? ''));
        }
        if (!KEEPS.has(called)) return false;
        // The logarithm of a mask of zeros and ones is a mask.
        if (called === 'log') return expr.args.some(({ value }) => isNamedMask(value)) || isMaskMethod(callee);
        return (
          expr.args.some(({ value }) => this.isIn(value)) || (callee.kind === 'Attribute' && this.isIn(callee.object))
        );
      }
      default:
        return false;
    }
  }
}

function isMaskMethod(callee: Expr): boolean {
  return callee.kind === 'Attribute' && isNamedMask(callee.object);
}

function isNamedMask(expr: Expr): boolean {
  if (expr.kind === 'Subscript') return isNamedMask(expr.object);
  const name = expr.kind === 'Name' ? expr.id : expr.kind === 'Attribute' ? expr.name : '';
  return /mask/i.test(name);
}

function dottedName(expr: Expr): string | undefined {
  if (expr.kind === 'Name') return expr.id;
  if (expr.kind !== 'Attribute') return undefined;
  const owner = dottedName(expr.object);
  return owner === undefined ? undefined : `${owner}.${expr.name}`;
}

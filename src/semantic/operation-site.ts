// One use of a library operation in the source: which operation, on which operands, under which circumstances.

import type { Expr, Node, Segment } from '../syntax/ast';
import type { AutocastRegion, Framework, Origin, Value } from './value';

export interface SiteOperand {
  readonly expr: Expr;
  readonly value: Value;
}

export interface OperationSite {
  readonly operation: string;
  readonly framework: Framework;
  /** Qualified name of the function or class, or the method's name with a leading dot, or the operator. */
  readonly name: string;
  readonly node: Node;
  readonly segment: Segment;
  readonly operands: ReadonlyMap<string, SiteOperand>;
  readonly form: 'function' | 'method' | 'module' | 'operator';
  readonly inPlace: boolean;
  /** The value that the operation gives. */
  readonly result: Value;
  /** Object whose call this is, for `form: 'module'`. */
  readonly callee: Value | undefined;
  /** false inside no_grad, inference_mode and the like. */
  readonly gradient: boolean;
  readonly autocast: AutocastRegion | undefined;
  /** Per operand the call that made it, where repeating that call here would give the same value. */
  readonly origins: ReadonlyMap<string, Origin>;
}

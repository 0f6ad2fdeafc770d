// The test for NaN that fits a value: of which library it is, and how the file would write it.

import type { SemanticModel } from '../semantic/model';
import { asQuantity } from '../semantic/value';
import type { Expr, Segment } from '../syntax/ast';
import { sourceOf } from './rule';

/** The only test that no value of any type refuses. */
export const PURE_TEST = 'value != value';

export interface NanTestRequest {
  readonly segment: Segment;
  /** The comparison that the test takes the place of. */
  readonly node: Expr;
  readonly subject: Expr;
  /** Home of the NaN constant that the subject was compared with, where it has one. */
  readonly home: string | undefined;
  /** Whether the comparison asked for anything but NaN. */
  readonly isNegated: boolean;
}

export interface NanTest {
  /** The function's name as the file writes it: `np.isnan`. */
  readonly name: string;
  readonly text: string;
  /** An import that the text needs. */
  readonly import: string | undefined;
}

/** Per library the test, the name that people give its module, and the import that gives it. */
const TESTS: Readonly<Record<string, { readonly test: string; readonly usual: string; readonly import: string }>> = {
  torch: { test: 'torch.isnan', usual: 'torch.isnan', import: 'import torch' },
  numpy: { test: 'numpy.isnan', usual: 'np.isnan', import: 'import numpy as np' },
  jax: { test: 'jax.numpy.isnan', usual: 'jnp.isnan', import: 'import jax.numpy as jnp' },
  tensorflow: { test: 'tensorflow.math.is_nan', usual: 'tf.math.is_nan', import: 'import tensorflow as tf' },
  python: { test: 'math.isnan', usual: 'math.isnan', import: 'import math' },
};

/** The test and its text; undefined where the file has no name for it and a new one might hide another. */
export function nanTest(request: NanTestRequest, model: SemanticModel): NanTest | undefined {
  const framework = libraryOf(request, model);
  const library = TESTS[framework];
  if (!library) return undefined;
  const known = model.nameFor(library.test);
  const root = library.usual.slice(0, library.usual.indexOf('.'));
  if (known === undefined && model.global(root) !== undefined) return undefined;
  const name = known ?? library.usual;
  const call = `${name}(${sourceOf(request.segment, request.subject)})`;
  const isWhole = framework === 'python' || isCondition(model, request);
  const text = request.isNegated ? (isWhole ? `not ${call}` : `~${call}`) : call;
  return { name, text, import: known === undefined ? library.import : undefined };
}

/** Which library's test the subject takes; where nothing is known of it, that of the constant beside it. */
function libraryOf(request: NanTestRequest, model: SemanticModel): string {
  const { segment, subject, home } = request;
  const value = asQuantity(model.valueOf(segment, subject));
  if (value.holder === 'tensor' && value.framework !== undefined) return value.framework;
  if (value.holder === 'scalar' || isItem(subject)) return 'python';
  if (home?.startsWith('tensorflow')) return 'tensorflow';
  if (home?.startsWith('jax')) return 'jax';
  // `math.isnan` takes a number or a tensor of one element, which is all that a condition can be of; `np.isnan` refuses
  // a tensor with a gradient, and `torch.isnan` a number.
  if (isCondition(model, request) && (home !== 'numpy' || model.packages.has('torch'))) return 'python';
  if (home === 'numpy' || home === 'torch') return home;
  const array = (['torch', 'jax', 'tensorflow', 'numpy'] as const).find((name) => model.packages.has(name));
  return isUsedAsArray(model, request) && array !== undefined ? array : 'python';
}

function isItem(subject: Expr): boolean {
  return subject.kind === 'Call' && subject.callee.kind === 'Attribute' && subject.callee.name === 'item';
}

/** Whether the comparison decides a branch, by itself or with others. */
function isCondition(model: SemanticModel, { segment, node }: NanTestRequest): boolean {
  let child: Expr = node;
  for (let at = model.parentOf(segment, node); at; at = model.parentOf(segment, at)) {
    switch (at.kind) {
      case 'If':
      case 'While':
      case 'Assert':
        return at.test === child;
      case 'Conditional':
        return at.test === child;
      case 'Bool':
        return true;
      case 'Unary':
        if (at.operator === 'not') return true;
        return false;
      case 'Comprehension':
        return at.clauses.some((clause) => clause.conditions.includes(child));
      case 'NamedExpr':
        child = at;
        break;
      default:
        return false;
    }
  }
  return false;
}

/** Whether the answer is an index, or something is asked of it that only an array answers. */
function isUsedAsArray(model: SemanticModel, { segment, node }: NanTestRequest): boolean {
  const parent = model.parentOf(segment, node);
  if (parent?.kind === 'Attribute' || parent?.kind === 'Binary') return true;
  if (parent?.kind === 'Unary') return parent.operator === '~';
  if (parent?.kind === 'Subscript') return parent.indices.includes(node);
  if (parent?.kind !== 'Call') return false;
  return /(^|\.)(where|any|all|sum|count_nonzero|masked_fill_?|nonzero|masked_select)$/.test(
    sourceOf(segment, parent.callee),
  );
}

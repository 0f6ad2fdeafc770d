// Batches that a tokenizer has padded: which names hold them, and what stands in which place of them.

import type { SemanticModel } from '../semantic/model';
import { asQuantity } from '../semantic/value';
import type { CallExpr, Expr, Segment } from '../syntax/ast';
import { bindingBefore } from './file-scope';
import { sourceOf } from './rule';

export interface PaddedBatch {
  /** The call that pads. */
  readonly call: CallExpr;
  readonly segment: Segment;
}

/** A use of one entry of a padded batch: `enc["input_ids"]`, `enc.input_ids`. */
export interface BatchEntry {
  readonly batch: PaddedBatch;
  readonly key: string;
  /** The same entry under another key, as the source would write it. */
  other(key: string): string;
}

const DEEPEST = 5;

/** The batch that an expression is, followed through the names of its scope. */
export function batchOf(model: SemanticModel, segment: Segment, expr: Expr, depth = 0): PaddedBatch | undefined {
  if (depth > DEEPEST) return undefined;
  if (expr.kind === 'Name') {
    const made = bindingBefore(model, segment, expr.id, expr);
    return made?.value && batchOf(model, made.segment, made.value, depth + 1);
  }
  if (expr.kind !== 'Call') return undefined;
  // `tokenizer(texts, padding=True).to(device)`
  if (expr.callee.kind === 'Attribute' && /^(to|cuda|copy)$/.test(expr.callee.name))
    return batchOf(model, segment, expr.callee.object, depth + 1);
  return pads(model, segment, expr) ? { call: expr, segment } : undefined;
}

export function entryOf(model: SemanticModel, segment: Segment, expr: Expr, depth = 0): BatchEntry | undefined {
  if (depth > DEEPEST) return undefined;
  if (expr.kind === 'Name') {
    const made = bindingBefore(model, segment, expr.id, expr);
    return made?.value && entryOf(model, made.segment, made.value, depth + 1);
  }
  if (expr.kind === 'Call' && expr.callee.kind === 'Attribute' && /^(to|cuda|long)$/.test(expr.callee.name)) {
    const inner = entryOf(model, segment, expr.callee.object, depth + 1);
    const rest = sourceOf(segment, { start: expr.callee.object.end, end: expr.end });
    return inner && { ...inner, other: (key) => inner.other(key) + rest };
  }
  const isKey = expr.kind === 'Subscript' && expr.indices[0]?.kind === 'String';
  if (!isKey && expr.kind !== 'Attribute') return undefined;
  const batch = batchOf(model, segment, expr.object, depth + 1);
  if (!batch) return undefined;
  const object = sourceOf(segment, expr.object);
  if (expr.kind === 'Attribute') return { batch, key: expr.name, other: (key) => `${object}.${key}` };
  const [index] = expr.indices;
  if (index?.kind !== 'String' || index.value === undefined) return undefined;
  const quote = sourceOf(segment, index).slice(-1);
  return { batch, key: index.value, other: (key) => `${object}[${quote}${key}${quote}]` };
}

/** `tokenizer(texts, padding=True)` of more than one text. */
function pads(model: SemanticModel, segment: Segment, call: CallExpr): boolean {
  const padding = call.args.find(({ keyword }) => keyword === 'padding')?.value;
  if (!padding) return false;
  const toLongest = padding.kind === 'Constant' ? padding.value === true : isText(padding, 'longest');
  if (!toLongest && !isText(padding, 'max_length')) return false;
  const [first] = call.args;
  // One text by itself has nothing to be padded to, but for a fixed length.
  if (toLongest && first && isSingle(model, segment, first.value)) return false;
  const name = call.callee.kind === 'Attribute' ? call.callee.name : call.callee.kind === 'Name' ? call.callee.id : '';
  const made = asQuantity(model.valueOf(segment, call.callee)).madeBy ?? '';
  return /token|processor/i.test(name) || /^(batch_encode_plus|encode_plus|pad)$/.test(name) || /Tokenizer/.test(made);
}

function isText(expr: Expr, text: string): boolean {
  return expr.kind === 'String' && expr.value === text;
}

function isSingle(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  if (expr.kind === 'String') return true;
  const value = model.valueOf(segment, expr);
  return value.kind === 'string' || (value.kind === 'sequence' && value.elements.length === 1);
}

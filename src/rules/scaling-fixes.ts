// Fixes of features that nothing scales: a normalisation layer that learns their size, or arithmetic where they are made.

import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import type { Scales } from '../semantic/scales';
import type { Value } from '../semantic/value';
import type { CallExpr, Expr, NameExpr, Segment, Stmt } from '../syntax/ast';
import { type Binding, bindingBefore, isUnconditional } from './file-scope';
import { indentationAt, newlineOf, wholeLines } from './lines';
import type { LocalEdit, LocalFix } from './rule';

/** A call that gives features to a model. */
export interface Feeding {
  readonly call: CallExpr;
  readonly segment: Segment;
  readonly features: Expr;
  readonly isFit: boolean;
  /** The model, the layer or the class of the data set. */
  readonly learner: Value;
  readonly scales: Scales | undefined;
}

export function scalingFixes(model: SemanticModel, feeding: Feeding, scales: Scales): LocalFix[] {
  const { segment, call } = feeding;
  const features = arrayed(feeding.features);
  if (features.kind !== 'Name') return [];
  const made = bindingBefore(model, segment, features.id, call);
  if (!made || !isUnconditional(model, made)) return [];
  const fixes = scales.isPixels
    ? [divided(features.id, made)]
    : [normalised(model, feeding, features.id, made), standardised(model, segment, features, made)];
  return fixes.filter((fix) => fix !== undefined);
}

/** The list in `np.array(X)`. */
function arrayed(expr: Expr): Expr {
  if (expr.kind !== 'Call' || expr.callee.kind !== 'Attribute' || !/^(as)?array$/.test(expr.callee.name)) return expr;
  return expr.args[0]?.value ?? expr;
}

/** Inserts lines below a statement that has its lines to itself. */
function below(segment: Segment, stmt: Stmt, lines: readonly string[]): LocalEdit | undefined {
  const whole = wholeLines(segment, stmt, false);
  if (!whole) return undefined;
  const [indentation, newline] = [indentationAt(segment, stmt.start), newlineOf(segment)];
  const text = lines.map((line) => `${indentation}${line}${newline}`).join('');
  const isTerminated = /[\r\n]$/.test(segment.text.slice(0, whole.end));
  return { segment, span: { start: whole.end, end: whole.end }, text: isTerminated ? text : newline + text };
}

// ------------------------------------------------------------------ arithmetic on the data

/** The plain names that a statement binds, in tuples too. */
function namesBound(stmt: Stmt): string[] {
  const collect = (target: Expr): string[] =>
    target.kind === 'Name'
      ? [target.id]
      : target.kind === 'Tuple' || target.kind === 'List'
        ? target.elements.flatMap(collect)
        : [];
  return stmt.kind === 'Assign' ? stmt.targets.flatMap(collect) : [];
}

/** The features, and the held-out ones that are made by the same statement. */
function together(name: string, made: Binding): string[] {
  const [kind] = name.split('_');
  const pattern = new RegExp(`^${kind}_(train|test|val|valid|validation|dev)$`);
  return pattern.test(name) ? namesBound(made.stmt).filter((other) => pattern.test(other)) : [name];
}

function divided(name: string, made: Binding): LocalFix | undefined {
  const names = together(name, made);
  const line = `${names.join(', ')} = ${names.map((each) => `${each} / 255.0`).join(', ')}`;
  const edit = below(made.segment, made.stmt, [line]);
  return edit && { title: 'Divide the pixels by 255', safety: 'unsafe', edits: [edit] };
}

function standardised(model: SemanticModel, segment: Segment, features: NameExpr, made: Binding): LocalFix | undefined {
  const name = features.id;
  const value = model.valueOf(segment, features);
  const names = together(name, made);
  const lines =
    value.kind === 'quantity' && value.holder === 'tensor'
      ? standardisingLines(names, name, value.framework === 'torch' ? 'dim' : 'axis')
      : listLines(model, name);
  const edit = lines && below(made.segment, made.stmt, lines);
  return edit && { title: `Standardise \`${name}\``, safety: 'unsafe', edits: [edit] };
}

function standardisingLines(names: readonly string[], name: string, axis: string): string[] {
  if (names.length === 1) return [`${name} = (${name} - ${name}.mean(${axis}=0)) / (${name}.std(${axis}=0) + 1e-8)`];
  // What is held out is scaled by what the training part has.
  return [
    `feature_mean, feature_std = ${name}.mean(${axis}=0), ${name}.std(${axis}=0) + 1e-8`,
    `${names.join(', ')} = ${names.map((each) => `(${each} - feature_mean) / feature_std`).join(', ')}`,
  ];
}

/** Lists have no arithmetic of their own. */
function listLines(model: SemanticModel, name: string): string[] | undefined {
  const numpy = model.nameFor('numpy');
  if (numpy === undefined) return undefined;
  return [
    `${name} = (${numpy}.array(${name}) - ${numpy}.mean(${name}, axis=0)) / (${numpy}.std(${name}, axis=0) + 1e-8)`,
  ];
}

// ------------------------------------------------------------------ a layer

/** `normalize = keras.layers.Normalization()` before the model, first of its layers. */
function normalised(
  model: SemanticModel,
  { segment, call, learner }: Feeding,
  name: string,
  made: Binding,
): LocalFix | undefined {
  if (learner.kind !== 'instance' || call.callee.kind !== 'Attribute' || call.callee.object.kind !== 'Name')
    return undefined;
  if (canonicalName(learner.className).split('.').at(-1) !== 'Sequential') return undefined;
  const layers = learner.call.args[0]?.value;
  const [first] = layers?.kind === 'List' ? layers.elements : [];
  const built = bindingBefore(model, segment, call.callee.object.id, call);
  if (layers?.kind !== 'List' || !first || !built || built.value !== learner.call || !isUnconditional(model, built))
    return undefined;
  const order = model.analyses.map((analysis) => analysis.segment);
  const [at, from] = [order.indexOf(built.segment), order.indexOf(made.segment)];
  const isKnown = from < at || (from === at && made.stmt.start < built.stmt.start);
  const home = model.nameFor('keras.layers') ?? homeOfLayers(model);
  const whole = wholeLines(built.segment, built.stmt, true);
  if (!isKnown || home === undefined || !whole) return undefined;
  const isInput = first.kind === 'Call' && /(^|\.)Input(Layer)?$/.test(textOf(built.segment, first.callee));
  const shape = isInput ? undefined : inputShape(built.segment, first);
  if (!isInput && shape === undefined) return undefined;
  const [indentation, newline] = [indentationAt(built.segment, built.stmt.start), newlineOf(built.segment)];
  const lines = [`normalize = ${home}.Normalization(${shape ?? ''})`, `normalize.adapt(${name})`];
  const place = isInput ? first.end : first.start;
  return {
    title: 'Put a Normalization layer first',
    safety: 'unsafe',
    edits: [
      {
        segment: built.segment,
        span: { start: whole.start, end: whole.start },
        text: lines.map((line) => `${indentation}${line}${newline}`).join(''),
      },
      {
        segment: built.segment,
        span: { start: place, end: place },
        text: isInput ? ', normalize' : 'normalize, ',
      },
    ],
  };
}

/** `keras.layers` under the name of a Keras that the file has. */
function homeOfLayers(model: SemanticModel): string | undefined {
  const tensorflow = model.nameFor('tensorflow');
  return tensorflow === undefined ? undefined : `${tensorflow}.keras.layers`;
}

/** `input_shape=(2,)` of the first layer, which the new first layer takes over. */
function inputShape(segment: Segment, layer: Expr): string | undefined {
  const shape = layer.kind === 'Call' ? layer.args.find(({ keyword }) => keyword === 'input_shape') : undefined;
  return shape && textOf(segment, shape);
}

function textOf(segment: Segment, node: { readonly start: number; readonly end: number }): string {
  return segment.text.slice(node.start, node.end);
}

// Padding that is taken for a class: token ids copied as labels, or labels padded by hand, with nothing that ignores it.

import { mentions } from '../semantic/derived';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import type { AssignStmt, CallExpr, Expr, Segment, Stmt } from '../syntax/ast';
import { walkStatements } from '../syntax/walk';
import { indentationAt, newlineOf, wholeLines } from './lines';
import { type LocalFix, type Report, sourceOf } from './rule';

export function paddingReports(model: SemanticModel): Report[] {
  if (!mentions(model, PADS) || masksLabels(model)) return [];
  return [...copies(model), ...padded(model)];
}

const PADS = /input_ids|pad_sequence/;
/** Anything in the file that takes padding out of the labels, or out of the loss. */
const MASKS =
  /-\s*100\b|ignore_index|ignore_id|DataCollatorForLanguageModeling|DataCollatorForSeq2Seq|DataCollatorForTokenClassification|label_pad_token_id|loss_mask|label_mask|pack_padded_sequence|reduction\s*=\s*["']none["']/;

function masksLabels(model: SemanticModel): boolean {
  return mentions(model, MASKS);
}

// ---------------------------------------------------------------- labels = input_ids.clone()

function copies(model: SemanticModel): Report[] {
  // Without padding there is none to ignore.
  const padding = model.analyses.flatMap(({ segment, callExprs }) =>
    callExprs.filter((call) => isPadded(segment, call)).map((call) => ({ segment, call })),
  )[0];
  if (!padding) return [];
  const found: Report[] = [];
  for (const { segment } of model.analyses) {
    if (!segment.text.includes('input_ids')) continue;
    walkStatements(segment.body, (stmt) => {
      const source = stmt.kind === 'Assign' ? copiedIds(segment, stmt) : undefined;
      if (stmt.kind !== 'Assign' || source === undefined || isChanged(segment, model, stmt)) return;
      const [target] = stmt.targets;
      if (!target) return;
      found.push({
        segment,
        span: stmt,
        confidence: 'likely',
        message: `\`${sourceOf(segment, target)}\` is a copy of the token ids with their padding, and nothing sets that to -100: the loss learns to predict padding. This is a wrong loss, not a NaN.`,
        related: [{ segment: padding.segment, span: padding.call, message: 'the batch is padded here' }],
        fixes: maskFix(segment, stmt, target, source),
      });
    });
  }
  return found;
}

/** `tokenizer(texts, padding=True)` */
function isPadded(segment: Segment, call: CallExpr): boolean {
  const padding = call.args.find(({ keyword }) => keyword === 'padding')?.value;
  const isOn =
    padding &&
    (padding.kind === 'String'
      ? /^(longest|max_length)$/.test(padding.value ?? '')
      : padding.kind === 'Constant' && padding.value === true);
  return isOn === true && /token|processor/i.test(sourceOf(segment, call.callee));
}

/** The token ids of `labels = enc["input_ids"].clone()`, as written. */
function copiedIds(segment: Segment, stmt: AssignStmt): string | undefined {
  const [target] = stmt.targets;
  const last =
    target?.kind === 'Name' ? target.id : target?.kind === 'Subscript' ? keyOf(target.indices[0]) : undefined;
  if (last === undefined || !/^(labels|lm_labels|targets?)$/.test(last)) return undefined;
  const { value } = stmt;
  const isCopy =
    value.kind === 'Call' && value.callee.kind === 'Attribute' && /^(clone|copy|detach)$/.test(value.callee.name);
  const ids = isCopy && value.callee.kind === 'Attribute' ? value.callee.object : value;
  const isIds =
    (ids.kind === 'Subscript' && keyOf(ids.indices[0]) === 'input_ids') ||
    (ids.kind === 'Attribute' && ids.name === 'input_ids');
  return isIds ? sourceOf(segment, ids) : undefined;
}

function keyOf(index: Expr | undefined): string | undefined {
  return index?.kind === 'String' ? index.value : undefined;
}

/** Something is stored into the labels afterwards, or they are shifted or selected. */
function isChanged(segment: Segment, model: SemanticModel, stmt: AssignStmt): boolean {
  const [target] = stmt.targets;
  const name = target && sourceOf(segment, target);
  if (name === undefined) return true;
  const holder = model.enclosingFunction(segment, stmt);
  let isStored = false;
  walkStatements(holder ? holder.body.body : segment.body, (other) => {
    if (other.start <= stmt.start) return;
    if (other.kind === 'Assign' || other.kind === 'AugAssign')
      for (const changed of other.kind === 'Assign' ? other.targets : [other.target]) {
        const text = sourceOf(segment, changed);
        if (text === name || text.startsWith(`${name}[`)) isStored = true;
      }
    else if (other.kind === 'ExprStmt' && sourceOf(segment, other).startsWith(`${name}.`)) isStored = true;
  });
  return isStored;
}

/** `labels[enc["attention_mask"] == 0] = -100` below a copy that is a tensor. */
function maskFix(segment: Segment, stmt: Stmt, target: Expr, ids: string): LocalFix[] {
  const isTensor = stmt.kind === 'Assign' && /\.clone\(\)$/.test(sourceOf(segment, stmt.value));
  const whole = wholeLines(segment, stmt, false);
  if (!isTensor || !whole) return [];
  const mask = ids.replace(/input_ids(?=["']?\]?$)/, 'attention_mask');
  const newline = newlineOf(segment);
  const isTerminated = /[\r\n]$/.test(segment.text.slice(0, whole.end));
  const line = `${indentationAt(segment, stmt.start)}${sourceOf(segment, target)}[${mask} == 0] = -100${newline}`;
  return [
    {
      title: 'Set padded labels to -100',
      safety: 'unsafe',
      edits: [{ segment, span: { start: whole.end, end: whole.end }, text: isTerminated ? line : newline + line }],
    },
  ];
}

// ---------------------------------------------------------------- targets padded by hand

const TARGETS = /^(\w+_)?(labels?|targets?|tgts?|trgs?|tags?)(_\w+)?$/;

function padded(model: SemanticModel): Report[] {
  for (const { segment } of model.analyses) {
    if (!segment.text.includes('pad_sequence')) continue;
    let made: { readonly call: CallExpr; readonly name: string } | undefined;
    walkStatements(segment.body, (stmt) => {
      const [target] = stmt.kind === 'Assign' ? stmt.targets : [];
      if (stmt.kind !== 'Assign' || target?.kind !== 'Name' || !TARGETS.test(target.id) || stmt.value.kind !== 'Call')
        return;
      if (model.qualifiedName(segment, stmt.value.callee) === 'torch.nn.utils.rnn.pad_sequence')
        made ??= { call: stmt.value, name: target.id };
    });
    if (made) return lossesWithout(model, segment, made);
  }
  return [];
}

/** Cross-entropies of the file, none of which has an `ignore_index`. */
function lossesWithout(
  model: SemanticModel,
  home: Segment,
  made: { readonly call: CallExpr; readonly name: string },
): Report[] {
  const value =
    made.call.args.find(({ keyword }) => keyword === 'padding_value')?.value ??
    made.call.args.filter(({ keyword }) => keyword === undefined)[2]?.value;
  const pad = value === undefined ? '0' : sourceOf(home, value);
  for (const { segment, callExprs } of model.analyses)
    for (const call of callExprs) {
      const callee = model.valueOf(segment, call.callee);
      const name = callee.kind === 'library' ? canonicalName(callee.name) : '';
      if (name !== 'torch.nn.CrossEntropyLoss' && name !== 'torch.nn.functional.cross_entropy') continue;
      const isNumber = value === undefined || value.kind === 'Number' || model.global(pad) !== undefined;
      return [
        {
          segment,
          span: call,
          confidence: 'likely',
          message: `\`${made.name}\` is padded with ${pad}, and this loss takes the padding for a class: it learns to predict it. This is a wrong loss, not a NaN; name the padding as \`ignore_index\`.`,
          related: [{ segment: home, span: made.call, message: 'the labels are padded here' }],
          fixes: isNumber ? [ignoreFix(segment, call, /^\d+\.0*$/.test(pad) ? String(Number(pad)) : pad)] : [],
        },
      ];
    }
  return [];
}

function ignoreFix(segment: Segment, call: CallExpr, pad: string): LocalFix {
  const at = call.argsSpan.end - 1;
  const inside = segment.text.slice(call.argsSpan.start + 1, at).trimEnd();
  const separator = inside === '' || inside.endsWith(',') ? '' : ', ';
  return {
    title: `Ignore the padding (ignore_index=${pad})`,
    safety: 'unsafe',
    edits: [{ segment, span: { start: at, end: at }, text: `${separator}ignore_index=${pad}` }],
  };
}

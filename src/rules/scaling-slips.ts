// Scaling that was meant and misses: a scaled copy that nobody uses, labels that are divided with the images.

import type { SemanticModel } from '../semantic/model';
import { asQuantity } from '../semantic/value';
import type { Expr, Node, Segment, Stmt } from '../syntax/ast';
import { walkExpressions } from '../syntax/walk';
import { bindingBefore, type PlacedStmt, statementsBefore } from './file-scope';
import { type Report, sourceOf } from './rule';
import type { Feeding } from './scaling-fixes';

const SCALER = /(^|\.)((Standard|MinMax|MaxAbs|Robust)Scaler|Normalizer|(Quantile|Power)Transformer)$/;

/** `X_scaled = scaler.fit_transform(X)` before `model.fit(X, y)`, and nobody reads X_scaled. */
export function unusedCopy(model: SemanticModel, { segment, features, call }: Feeding): Report | undefined {
  if (features.kind !== 'Name') return undefined;
  const { term } = asQuantity(model.valueOf(segment, features));
  if (term === undefined) return undefined;
  const copy = statementsBefore(model, segment, call).findLast((placed) => scales(model, placed, term));
  const name = copy && nameGiven(copy.stmt);
  if (!copy || name === undefined || name === features.id || isRead(model, name)) return undefined;
  return {
    segment,
    span: features,
    confidence: 'likely',
    message: `\`${name}\` is the scaled copy of \`${features.id}\`, and nothing uses it: the model is given \`${features.id}\` as it was. Give it \`${name}\`.`,
    related: [{ segment: copy.segment, span: copy.stmt, message: 'the copy is made here' }],
    fixes: [{ title: `Use \`${name}\``, safety: 'unsafe', edits: [{ segment, span: features, text: name }] }],
  };
}

function nameGiven(stmt: Stmt): string | undefined {
  const [target] = stmt.kind === 'Assign' ? stmt.targets : [];
  return target?.kind === 'Name' ? target.id : undefined;
}

function scales(model: SemanticModel, { segment, stmt }: PlacedStmt, term: string): boolean {
  if (stmt.kind !== 'Assign' || stmt.value.kind !== 'Call') return false;
  const { callee, args } = stmt.value;
  if (callee.kind !== 'Attribute' || !/^(fit_)?transform$/.test(callee.name) || !args[0]) return false;
  const scaler = model.valueOf(segment, callee.object);
  return (
    scaler.kind === 'instance' &&
    SCALER.test(scaler.className) &&
    asQuantity(model.valueOf(segment, args[0].value)).term === term
  );
}

/** Whether a name is read anywhere in the file, but to print it. */
function isRead(model: SemanticModel, name: string): boolean {
  return model.analyses.some(({ segment }) => {
    if (!segment.text.includes(name)) return false;
    let found = false;
    for (const stmt of segment.body)
      walkExpressions(stmt, (expr) => {
        if (expr.kind === 'Name' && expr.id === name)
          found ||= !isTarget(model, segment, expr) && !isPrinted(model, segment, expr);
      });
    return found;
  });
}

function isTarget(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  const parent = model.parentOf(segment, expr);
  return parent?.kind === 'Assign' && parent.targets.includes(expr);
}

function isPrinted(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  for (let at: Node | undefined = model.parentOf(segment, expr); at; at = model.parentOf(segment, at))
    if (at.kind === 'Call') return at.callee.kind === 'Name' && at.callee.id === 'print';
  return false;
}

/** `y_train = y_train / 255.0`: class ids became fractions. */
export function dividedLabels(model: SemanticModel, { segment, call }: Feeding): Report | undefined {
  const labels =
    call.args.find(({ keyword }) => keyword === 'y')?.value ??
    call.args.filter(({ keyword }) => keyword === undefined)[1]?.value;
  if (!labels) return undefined;
  const made = labels.kind === 'Name' ? bindingBefore(model, segment, labels.id, call) : undefined;
  const home = made?.segment ?? segment;
  const division = made?.stmt.kind === 'AugAssign' ? made.stmt : (made?.value ?? labels);
  const parts = partsOf(division);
  if (!parts || asQuantity(model.valueOf(home, parts.ids)).role !== 'class-ids') return undefined;
  const text = sourceOf(home, parts.ids);
  return {
    segment: home,
    span: division,
    confidence: 'likely',
    message: `\`${text}\` holds class ids, and divided by 255 they are no class any more. This is a wrong loss, not a NaN: divide the images alone.`,
    related: [{ segment, span: labels, message: 'they are the labels here' }],
    fixes:
      division.kind === 'AugAssign'
        ? []
        : [
            {
              title: 'Leave the labels as they are',
              safety: 'unsafe',
              edits: [{ segment: home, span: division, text }],
            },
          ],
  };
}

/** The ids of `ids / 255.0` and `ids /= 255`. */
function partsOf(node: Node): { readonly ids: Expr } | undefined {
  const [ids, by] =
    node.kind === 'Binary' ? [node.left, node.right] : node.kind === 'AugAssign' ? [node.target, node.value] : [];
  if ((node.kind !== 'Binary' && node.kind !== 'AugAssign') || node.operator !== '/' || !ids) return undefined;
  return by?.kind === 'Number' && by.value === 255 ? { ids } : undefined;
}

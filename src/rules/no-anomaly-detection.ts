// NAN405: a training script in which nothing looks for NaN.

import { derived } from '../semantic/derived';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import type { CallEvent } from '../semantic/training';
import type { CallExpr, Expr, Segment } from '../syntax/ast';
import { DEBUG_SWITCH } from './debug-switch';
import { finiteTest } from './finite-test';
import { indentationAt, indentUnit, newlineOf, wholeLines } from './lines';
import {
  type LocalEdit,
  type LocalFix,
  oneLine,
  type Rule,
  type RuleContext,
  sourceOf,
  type TrainingUnit,
} from './rule';

export const rule: Rule = {
  code: 'NAN405',
  name: 'no-anomaly-detection',
  severity: 'hint',
  summary: 'A training loop in which nothing would notice the first NaN.',
  needs: ['torch', 'tensorflow', 'jax', 'lightning', 'pytorch_lightning', 'accelerate'],
  fixable: 'unsafe',
  docs: {
    what: 'Says once a file that a training loop has neither anomaly detection, nor a test of the loss for NaN or Inf, nor the recorder.',
    why: 'A NaN spreads to every weight within one step, and the log shows it iterations later, when nothing tells any more which operation made it.',
    remedy:
      'Add a switch for anomaly detection that is off by default (it makes a run 1.2 to 3.3 times slower), or stop at the first loss that is not finite.',
    bad: `import torch


def train(model, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = (model(x) - y).pow(2).mean()
        loss.backward()
        optimizer.step()
`,
    good: `import os

import torch

if os.environ.get("DETECT_ANOMALY") == "1":
    torch.autograd.set_detect_anomaly(True)


def train(model, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = (model(x) - y).pow(2).mean()
        loss.backward()
        optimizer.step()
`,
  },
  on: { file: checkFile },
};

function checkFile(units: readonly TrainingUnit[], context: RuleContext): void {
  const { model } = context;
  const looped = units.flatMap((unit) => unit.graph.of('backward')).filter((event) => event.loops.length > 0);
  if (looped.length === 0 || hasCheck(model)) return;
  const order = new Map(model.module.segments.map((placed, i) => [placed.segment, i]));
  const place = (event: CallEvent) => [order.get(event.segment) ?? 0, event.node.start] as const;
  const [first] = looped.sort((a, b) => place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1]);
  if (!first) return;
  context.report({
    segment: first.segment,
    span: first.node,
    confidence: 'proven',
    message: `Nothing in this file would notice that \`${lossText(first)}\` or its gradients became NaN. Add a switch for anomaly detection, or stop at the first loss that is not finite.`,
    related: [],
    fixes: fixes(first, context),
  });
}

function lossText(event: CallEvent): string {
  return oneLine(sourceOf(event.segment, event.subject ?? event.node.callee), 40);
}

// ---------------------------------------------------------------- what counts as a check

const SWITCHES =
  /^(torch\.autograd\.(anomaly_mode\.)?(set_)?detect_anomaly|tensorflow\.debugging\.(enable_check_numerics|experimental\.enable_dump_debug_info|check_numerics|assert_all_finite)|jax\.debug_nans|jax\.experimental\.checkify\..*|optax\.apply_if_finite|nanlens(\..*)?|transformers\.debug_utils\..*)$/;
const FINITE_TESTS =
  /^(torch|numpy|math|jax\.numpy|tensorflow(\.math)?)\.(isnan|isinf|isfinite|is_nan|is_inf|is_finite)$/;
const FINITE_METHODS: ReadonlySet<string> = new Set(['isnan', 'isinf', 'isfinite']);

function hasCheck(model: SemanticModel): boolean {
  if (model.packages.has('nanlens')) return true;
  return model.analyses.some((analysis) =>
    derived(analysis, isCheck, () =>
      [...analysis.callExprs, ...analysis.comparisons].some((expr) => isCheck(model, analysis.segment, expr)),
    ),
  );
}

function isCheck(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  switch (expr.kind) {
    case 'Call': {
      const callee = model.valueOf(segment, expr.callee);
      if (callee.kind === 'library') {
        const name = canonicalName(callee.name);
        if (SWITCHES.test(name)) return true;
        if (FINITE_TESTS.test(name)) return isOfLoss(model, segment, expr.args[0]?.value);
        if (name === 'jax.config.update')
          return expr.args.some((arg) => arg.value.kind === 'String' && arg.value.value === 'jax_debug_nans');
      }
      if (expr.callee.kind === 'Attribute' && FINITE_METHODS.has(expr.callee.name))
        return isOfLoss(model, segment, expr.callee.object);
      return expr.args.some((arg) => isCheckingArgument(arg.keyword, arg.value));
    }
    case 'Compare': {
      // loss != loss
      const [other] = expr.comparators;
      return (
        expr.operators[0] === '!=' && other !== undefined && sourceOf(segment, expr.left) === sourceOf(segment, other)
      );
    }
    default:
      return false;
  }
}

/** `clip_grad_norm_(…, error_if_nonfinite=True)`, `Trainer(detect_anomaly=True)`, `TerminateOnNaN()`. */
function isCheckingArgument(keyword: string | undefined, value: Expr): boolean {
  if (keyword !== 'error_if_nonfinite' && keyword !== 'detect_anomaly' && keyword !== 'terminate_on_nan') return false;
  return !(value.kind === 'Constant' && (value.value === false || value.value === null));
}

/** A test of a table or a mask is none of the loss; anything that is not clearly data counts. */
function isOfLoss(model: SemanticModel, segment: Segment, operand: Expr | undefined): boolean {
  if (!operand) return false;
  const root = rootName(operand);
  if (root === undefined) return true;
  const value = model.valueOf(segment, operand);
  if (value.kind === 'quantity' && value.role === 'loss') return true;
  return !/^(df|data|frame|dataset|table|x|y|inputs?|images?|batch|features?|labels?|targets?)$/i.test(root);
}

function rootName(expr: Expr): string | undefined {
  switch (expr.kind) {
    case 'Name':
      return expr.id;
    case 'Attribute':
    case 'Subscript':
      return rootName(expr.object);
    case 'Call':
      return rootName(expr.callee);
    default:
      return undefined;
  }
}

// ---------------------------------------------------------------- fixes

function fixes(event: CallEvent, context: RuleContext): LocalFix[] {
  const { model } = context;
  const torch = model.nameFor('torch');
  const jax = model.nameFor('jax');
  if (torch !== undefined) {
    const test = stopAtNonFinite(event, model, torch);
    return [
      debugSwitch('anomaly detection', `${torch}.autograd.set_detect_anomaly(True)`, model),
      ...(test ? [test] : []),
    ];
  }
  return jax === undefined
    ? []
    : [debugSwitch('jax_debug_nans', `${jax}.config.update("jax_debug_nans", True)`, model)];
}

/** A switch in the environment that does nothing unless it is asked to. */
function debugSwitch(what: string, statement: string, model: SemanticModel): LocalFix {
  const lines = [`if ${DEBUG_SWITCH.test}:`, `${indentUnit(model.module.text)}${statement}`];
  return {
    title: `Add a debug switch: ${what} when ${DEBUG_SWITCH.name}=1`,
    safety: 'unsafe',
    edits: [{ import: 'import os' }, ...switchEdit(model, lines)],
  };
}

/** After the last import of the file's first imports. */
function switchEdit(model: SemanticModel, lines: readonly string[]): LocalFix['edits'] {
  let last: { segment: Segment; end: number; newline: string } | undefined;
  for (const { segment } of model.module.segments) {
    for (const stmt of segment.body) {
      if (stmt.kind === 'Import' || stmt.kind === 'ImportFrom') {
        const lines = wholeLines(segment, stmt, false);
        if (lines) last = { segment, end: lines.end, newline: newlineOf(segment) };
      } else if (last && stmt.kind !== 'ExprStmt') {
        return [atEndOf(last, lines)];
      }
    }
  }
  return last ? [atEndOf(last, lines)] : [];
}

function atEndOf(place: { segment: Segment; end: number; newline: string }, lines: readonly string[]): LocalEdit {
  const { segment, end, newline } = place;
  const lead = /[\r\n]$/.test(segment.text.slice(0, end)) ? '' : newline;
  const text = lines.map((line) => line + newline).join('');
  return { segment, span: { start: end, end }, text: `${lead}${newline}${text}` };
}

/** `if not torch.isfinite(loss): raise FloatingPointError(…)` before the backward. */
function stopAtNonFinite(event: CallEvent, model: SemanticModel, torch: string): LocalFix | undefined {
  const { segment, node } = event;
  const loss = lossOf(event);
  if (!loss) return undefined;
  const stmt = model.statementOf(segment, node as CallExpr);
  const lines = stmt && wholeLines(segment, stmt, false);
  if (!stmt || !lines) return undefined;
  const indentation = indentationAt(segment, stmt.start);
  const name = sourceOf(segment, loss);
  const text = finiteTest(model, torch, name, indentation, newlineOf(segment));
  return {
    title: `Stop when \`${name}\` is not finite`,
    safety: 'unsafe',
    edits: [{ segment, span: { start: lines.start, end: lines.start }, text }],
  };
}

/** The loss as a plain name, through the scaler too. */
function lossOf(event: CallEvent): Expr | undefined {
  let { subject } = event;
  if (subject?.kind === 'Call' && subject.callee.kind === 'Attribute' && subject.callee.name === 'scale')
    subject = subject.args[0]?.value;
  return subject?.kind === 'Name' ? subject : undefined;
}

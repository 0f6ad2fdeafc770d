// NAN406: anomaly detection that is switched on for every run.

import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import type { CallExpr, Expr, Node, Segment, Stmt } from '../syntax/ast';
import { DEBUG_SWITCH } from './debug-switch';
import { indentationAt, indentUnit, newlineOf, wholeLines } from './lines';
import { type LocalEdit, type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';
import { ancestors } from './statements';

export const rule: Rule = {
  code: 'NAN406',
  name: 'anomaly-detection-left-on',
  severity: 'information',
  summary: 'Anomaly detection is switched on for every run, whether anybody looks for a NaN or not.',
  needs: ['torch', 'tensorflow', 'jax', 'lightning', 'pytorch_lightning'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds anomaly detection that nothing can switch off: `set_detect_anomaly(True)`, `detect_anomaly()`, `jax_debug_nans`, `enable_check_numerics()` and `Trainer(detect_anomaly=True)` outside of any condition.',
    why: 'It keeps a stack trace for every operation and looks at every gradient: a run takes 1.2 to 3.3 times as long, and one NaN that a GradScaler would have skipped ends it.',
    remedy:
      'Keep it for the hunt: put it behind a switch that is off by default, such as an environment variable or a `--debug` option.',
    bad: `import torch

torch.autograd.set_detect_anomaly(True)


def train(model, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = (model(x) - y).pow(2).mean()
        loss.backward()
        optimizer.step()
`,
    good: `import os

import torch

torch.autograd.set_detect_anomaly(os.environ.get("DETECT_ANOMALY") == "1")


def train(model, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = (model(x) - y).pow(2).mean()
        loss.backward()
        optimizer.step()
`,
  },
  on: { segment: checkSegment },
};

/** What is switched on, and how the switch is written. */
interface SwitchedOn {
  /** The `True` that does it; undefined where calling it is enough. */
  readonly literal: Expr | undefined;
  readonly what: string;
}

const SET = /^torch\.autograd\.(anomaly_mode\.)?set_detect_anomaly$/;
const BLOCK = /^torch\.autograd\.(anomaly_mode\.)?detect_anomaly$/;
const NUMERICS = /^tensorflow\.debugging\.enable_check_numerics$/;
const COMPILED = 'checks the result of every compiled function';
const TRAINER = /^(pytorch_lightning|lightning)(\.pytorch)?(\.\w+)*\.Trainer$/;

function checkSegment(segment: Segment, context: RuleContext): void {
  const { model } = context;
  if (!/detect_anomaly|debug_nans|enable_check_numerics/.test(segment.text)) return;
  for (const call of model.analysisOf(segment)?.callExprs ?? []) {
    const found = switchedOn(model, segment, call);
    if (!found || isConditional(model, segment, call) || isSwitchedOff(model, segment, call)) continue;
    context.report({
      segment,
      span: call,
      confidence: 'proven',
      message: `\`${oneLine(sourceOf(segment, call), 50)}\` ${found.what} in every run and makes it 1.2 to 3.3 times slower. Put it behind a switch that is off by default.`,
      related: [],
      fixes: fixes(model, segment, call, found),
    });
  }
}

function switchedOn(model: SemanticModel, segment: Segment, call: CallExpr): SwitchedOn | undefined {
  const callee = model.valueOf(segment, call.callee);
  if (callee.kind !== 'library') return undefined;
  const name = canonicalName(callee.name);
  const what = 'watches every gradient';
  if (SET.test(name)) {
    const literal = trueArgument(call, 'mode', 0);
    return literal && { literal, what };
  }
  if (BLOCK.test(name)) return { literal: undefined, what };
  if (NUMERICS.test(name)) return { literal: undefined, what: 'checks every tensor' };
  if (TRAINER.test(name)) {
    const literal = trueArgument(call, 'detect_anomaly', -1);
    return literal && { literal, what };
  }
  if (name === 'jax.debug_nans') {
    const literal = trueArgument(call, 'new_val', 0);
    return literal && { literal, what: COMPILED };
  }
  if (name === 'jax.config.update') {
    const [key] = call.args;
    const literal = trueArgument(call, 'val', 1);
    return key?.value.kind === 'String' && key.value.value === 'jax_debug_nans' && literal
      ? { literal, what: COMPILED }
      : undefined;
  }
  return undefined;
}

function trueArgument(call: CallExpr, keyword: string, position: number): Expr | undefined {
  const given = call.args.find((arg) => arg.keyword === keyword) ?? call.args[position];
  return given?.value.kind === 'Constant' && given.value.value === true && given.unpack === ''
    ? given.value
    : undefined;
}

/** Names of code that runs only while somebody looks for a fault. */
const FOR_DEBUGGING = /(^|_)tests?(_|$)|^Test|Test(s|Case)?$|debug|anomal|nan|diagnos|profil|bench/i;

/** Whether something decides about it: an `if`, a conditional expression, a function for debugging, a test. */
function isConditional(model: SemanticModel, segment: Segment, call: CallExpr): boolean {
  if (model.packages.has('pytest') || model.packages.has('unittest')) return true;
  for (let at: Node | undefined = call; at; at = model.parentOf(segment, at)) {
    const parent = model.parentOf(segment, at);
    if (!parent) return false;
    if (parent.kind === 'Conditional' || parent.kind === 'Bool') return true;
    if (parent.kind === 'If' && at !== parent.test && !isAlways(segment, parent.test)) return true;
    if (parent.kind === 'While' || parent.kind === 'Match') return true;
    // What catches the failure that it raises was written for it.
    if (parent.kind === 'Try' && parent.handlers.some(({ body }) => body.start <= at.start && at.end <= body.end))
      return true;
    if ((parent.kind === 'FunctionDef' || parent.kind === 'ClassDef') && FOR_DEBUGGING.test(parent.name)) return true;
  }
  return false;
}

/** `if __name__ == "__main__":` and `if True:` decide nothing. */
function isAlways(segment: Segment, test: Expr): boolean {
  return /^(__name__\b.*|True|1)$/.test(sourceOf(segment, test));
}

/** Whether it is switched off again further down in the same function. */
function isSwitchedOff(model: SemanticModel, segment: Segment, call: CallExpr): boolean {
  const scope = model.enclosingFunction(segment, call);
  const text = segment.text.slice(call.end, scope?.end ?? segment.text.length);
  return /set_detect_anomaly\(\s*(mode\s*=\s*)?False|jax_debug_nans['"]\s*,\s*False|disable_check_numerics/.test(text);
}

// ---------------------------------------------------------------- fixes

function fixes(model: SemanticModel, segment: Segment, call: CallExpr, { literal }: SwitchedOn): LocalFix[] {
  const edits = literal
    ? [{ segment, span: literal, text: DEBUG_SWITCH.test }]
    : (asContext(model, segment, call) ?? underIf(model, segment, call));
  if (!edits) return [];
  return [
    {
      title: `Only when ${DEBUG_SWITCH.name}=1`,
      safety: 'unsafe',
      edits: [{ import: 'import os' }, ...edits],
    },
  ];
}

/** `detect_anomaly()` has no switch; `set_detect_anomaly(…)` is the same block with one. */
function asContext(model: SemanticModel, segment: Segment, call: CallExpr): LocalEdit[] | undefined {
  const { callee } = call;
  const value = model.valueOf(segment, callee);
  if (value.kind !== 'library' || !BLOCK.test(canonicalName(value.name))) return undefined;
  const open = { start: call.argsSpan.start + 1, end: call.argsSpan.start + 1 };
  const [first] = call.args;
  // Its one argument has a place of its own in the other.
  if (first && first.keyword === undefined) return undefined;
  const edits: LocalEdit[] = [{ segment, span: open, text: DEBUG_SWITCH.test + (first ? ', ' : '') }];
  if (callee.kind === 'Attribute') return [{ segment, span: callee.nameSpan, text: 'set_detect_anomaly' }, ...edits];
  const home = model.nameFor('torch.autograd.set_detect_anomaly');
  return [
    ...(home === undefined ? [{ import: 'from torch.autograd import set_detect_anomaly' }] : []),
    { segment, span: callee, text: home ?? 'set_detect_anomaly' },
    ...edits,
  ];
}

function underIf(model: SemanticModel, segment: Segment, call: CallExpr): LocalEdit[] | undefined {
  const stmt: Stmt | undefined = model.statementOf(segment, call);
  const lines = stmt?.kind === 'ExprStmt' && stmt.value === call ? wholeLines(segment, stmt, false) : undefined;
  if (!stmt || !lines || ancestors(model, segment, stmt).some(({ kind }) => kind === 'BrokenStmt')) return undefined;
  const text = sourceOf(segment, lines);
  if (/[\r\n]./.test(text.trim())) return undefined;
  const indentation = indentationAt(segment, stmt.start);
  const step = indentUnit(model.module.text);
  return [
    {
      segment,
      span: { start: lines.start, end: stmt.start },
      text: `${indentation}if ${DEBUG_SWITCH.test}:${newlineOf(segment)}${indentation}${step}`,
    },
  ];
}

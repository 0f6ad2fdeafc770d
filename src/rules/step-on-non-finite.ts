// NAN410: the loss is tested for NaN only after the optimizer has taken its step.

import { namesRead } from '../semantic/names-read';
import type { CallEvent, TrainingEvent } from '../semantic/training';
import type { Expr, IfStmt, Stmt } from '../syntax/ast';
import { blocksOf } from '../syntax/walk';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf, type TrainingUnit } from './rule';
import { moveBefore } from './statement-moves';
import { ancestors, isInside } from './statements';

export const rule: Rule = {
  code: 'NAN410',
  name: 'step-on-non-finite',
  severity: 'warning',
  summary: 'The loss is tested for NaN only after `optimizer.step()` has used its gradients.',
  needs: ['torch'],
  fixable: 'safe',
  docs: {
    what: 'Finds a test of the loss for NaN or Inf that skips, stops or leaves the loop and that comes after `optimizer.step()` of the same iteration, with no test before it.',
    why: 'One step with gradients that are NaN makes every weight NaN. Skipping the rest of the iteration afterwards saves nothing, and a model that is saved after the loop is lost.',
    remedy: 'Test the loss before `backward()`.',
    bad: `import torch


def train(model, loader, optimizer, criterion):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        if torch.isnan(loss):
            print("skipping a bad batch")
            continue
`,
    good: `import torch


def train(model, loader, optimizer, criterion):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        if torch.isnan(loss):
            print("skipping a bad batch")
            continue
        loss.backward()
        optimizer.step()
`,
  },
  on: { unit: checkUnit },
};

const isBackward = (event: TrainingEvent) => event.kind === 'backward';

function checkUnit(unit: TrainingUnit, context: RuleContext): void {
  const { graph } = unit;
  const checks = graph.of('finite-check');
  if (checks.length === 0) return;
  const reported = new Set<Stmt>();
  for (const check of checks) {
    const test = testOf(check, context);
    const reaction = test && reactionOf(test);
    if (!test || reaction === undefined || reported.has(test)) continue;
    const backward = graph.of('backward').find((event) => sharesLoss(event.subject, check.subject));
    const step =
      backward &&
      graph.of('step').find(
        (each) =>
          // A scaler's step looks for itself.
          !each.scaler &&
          !each.managed &&
          graph.reaches(backward, each, isBackward) &&
          graph.reaches(each, check, isBackward),
      );
    if (!backward || !step) continue;
    if (checks.some((other) => graph.reaches(other, step, () => false))) continue;
    reported.add(test);
    const loss = backward.subject ? oneLine(sourceOf(backward.segment, backward.subject)) : 'the loss';
    context.report({
      segment: check.segment,
      span: check.node,
      // An error that ends the run leaves the last checkpoint whole.
      confidence: reaction === 'raises' ? 'possible' : 'proven',
      message: `\`${loss}\` is tested only after \`${oneLine(sourceOf(step.segment, step.node))}\` has used its gradients, and by then every weight is NaN. Test it before \`backward()\`.`,
      related: [{ segment: step.segment, span: step.node, message: 'the weights take up the gradients here' }],
      fixes: testFirst(check, test, backward, context),
    });
  }
}

/** The `if` in whose condition the test stands. */
function testOf(check: CallEvent, { model }: RuleContext): IfStmt | undefined {
  const [statement] = ancestors(model, check.segment, check.node);
  return statement?.kind === 'If' && isInside(check.node, statement.test) ? statement : undefined;
}

/** What happens where the loss is bad: the iteration or the run goes on without it, or an error ends everything. */
function reactionOf(test: IfStmt): 'skips' | 'raises' | undefined {
  let reaction: 'skips' | 'raises' | undefined;
  const visit = (body: readonly Stmt[]): void => {
    for (const stmt of body) {
      if (stmt.kind === 'Continue' || stmt.kind === 'Break' || stmt.kind === 'Return') reaction ??= 'skips';
      if (stmt.kind === 'Raise' || (stmt.kind === 'ExprStmt' && isExit(stmt.value))) reaction = 'raises';
      if (stmt.kind === 'If' || stmt.kind === 'With') for (const block of blocksOf(stmt)) visit(block.body);
    }
  };
  visit(test.body.body);
  return reaction;
}

function isExit(expr: Expr): boolean {
  if (expr.kind !== 'Call') return false;
  const { callee } = expr;
  return (
    (callee.kind === 'Name' && /^(exit|quit)$/.test(callee.id)) ||
    (callee.kind === 'Attribute' && /^_?exit$/.test(callee.name))
  );
}

/** Whether the test looks at what is differentiated: `loss`, `loss.item()`, `losses["total"]`. */
function sharesLoss(loss: Expr | undefined, tested: Expr | undefined): boolean {
  if (!loss || !tested) return false;
  const names = namesRead(loss);
  names.delete('self');
  return [...namesRead(tested)].some((name) => names.has(name));
}

function testFirst(check: CallEvent, test: IfStmt, backward: CallEvent, context: RuleContext): LocalFix[] {
  const { segment } = check;
  const target = context.model.statementOf(segment, backward.node);
  if (backward.segment !== segment || check.via !== check.node || backward.via !== backward.node || !target) return [];
  if (test.orelse || test.isElif) return [];
  const edits = moveBefore(context, segment, test, target);
  return edits ? [{ title: 'Test the loss before `backward()`', safety: 'safe', edits }] : [];
}

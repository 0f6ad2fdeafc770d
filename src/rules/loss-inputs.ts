// Where a loss meets the output of a model: calls of losses, and Keras' compile.

import { compiledLossInput, crossEntropyInput, type LossInput } from '../semantic/losses';
import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { type Activation, asQuantity, UNKNOWN, type Value } from '../semantic/value';
import type { CallExpr, Expr, Node, Segment } from '../syntax/ast';
import { nameOf } from './output-fixes';
import { type Report, type RuleContext, sourceOf } from './rule';

/** Operations of losses over classes, and of those on one label by itself. */
export const CLASS_LOSSES: readonly string[] = [
  'cross_entropy',
  'sparse_cross_entropy',
  'categorical_cross_entropy',
  'softmax_cross_entropy',
];
export const LABEL_LOSSES: readonly string[] = ['binary_cross_entropy', 'sigmoid_cross_entropy'];

/** What a softmax of probabilities leaves of a cross-entropy over so many classes, with every answer right. */
export function lowestLoss(classes: number | undefined): string | undefined {
  return classes === undefined || classes < 2 ? undefined : Math.log(1 + (classes - 1) / Math.E).toFixed(2);
}

/** A cross-entropy and what it is given. */
export interface LossMeeting {
  readonly loss: LossInput;
  readonly activation: Activation;
  /** What to show of the output and of the loss. */
  readonly output: Expr;
  readonly lossText: string;
  readonly span: Node;
  readonly segment: Segment;
  /** The call of the loss; undefined where `compile` brings both together. */
  readonly site: OperationSite | undefined;
  /** The loss itself: what is called, or what `compile` is given. */
  readonly lossExpr: Expr;
  readonly lossValue: Value;
}

export function meetingAt(site: OperationSite): LossMeeting | undefined {
  const x = site.operands.get('x');
  const loss = x && crossEntropyInput(site);
  const { activation } = asQuantity(x?.value);
  if (!loss || !activation || site.node.kind !== 'Call') return undefined;
  const { segment } = site;
  const lossExpr = site.node.callee;
  const lossText = sourceOf(segment, lossExpr);
  const lossValue = site.callee ?? UNKNOWN;
  return { loss, activation, output: x.expr, lossText, span: site.node, segment, site, lossExpr, lossValue };
}

/** `model.compile(loss=…)` of models whose last layer is known. */
export function compiledMeetings(model: SemanticModel, segment: Segment): LossMeeting[] {
  if (!segment.text.includes('compile')) return [];
  return (model.analysisOf(segment)?.callExprs ?? []).flatMap((call) => compiledMeeting(model, segment, call) ?? []);
}

function compiledMeeting(model: SemanticModel, segment: Segment, call: CallExpr): LossMeeting | undefined {
  if (call.callee.kind !== 'Attribute' || call.callee.name !== 'compile') return undefined;
  const given =
    call.args.find((arg) => arg.keyword === 'loss')?.value ??
    call.args.filter((arg) => arg.keyword === undefined && arg.unpack === '')[1]?.value;
  const lossValue = given && model.valueOf(segment, given);
  const loss = lossValue && compiledLossInput(lossValue);
  if (!loss) return undefined;
  const output = call.callee.object;
  const { activation } = asQuantity(model.outputOf(model.valueOf(segment, output)));
  if (!activation) return undefined;
  const lossText = sourceOf(segment, given);
  return { loss, activation, output, lossText, span: given, segment, site: undefined, lossExpr: given, lossValue };
}

/** Where the last step of the model stands, for the finding's related places. */
export function placeOf({ segment, node, kind }: Activation): Report['related'] {
  const message =
    kind === 'linear' ? 'no activation follows this layer' : `the ${nameOf({ kind } as Activation)} is applied here`;
  return [{ segment, span: { start: node.start, end: node.end }, message }];
}

/** Looks at calls of losses and at `compile` alike. */
export function visitors(operations: readonly string[], check: (meeting: LossMeeting, context: RuleContext) => void) {
  return {
    operations: {
      names: operations,
      visit: (site: OperationSite, context: RuleContext) => {
        const meeting = meetingAt(site);
        if (meeting) check(meeting, context);
      },
    },
    segment: (segment: Segment, context: RuleContext) => {
      for (const meeting of compiledMeetings(context.model, segment)) check(meeting, context);
    },
  };
}

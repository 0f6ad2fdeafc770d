// NumPy functions with `where=` whose result is not given: what the condition leaves out holds what the memory held.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite, SiteOperand } from '../semantic/operation-site';
import { asQuantity } from '../semantic/value';
import type { CallExpr, Expr } from '../syntax/ast';
import { isCaredFor } from './afterwards';
import { isCheap } from './log-rewrites';
import { isFilledBefore, type RoomUses, roomOf } from './room-uses';
import { type LocalFix, oneLine, type Report, sourceOf } from './rule';

/** A call that leaves part of its result as the memory was; undefined where it does not, or where nobody looks there. */
export function whereWithoutOut(model: SemanticModel, site: OperationSite, uses: RoomUses): Report | undefined {
  const { node, segment } = site;
  const where = site.operands.get('where');
  if (!where || node.kind !== 'Call' || site.framework !== 'numpy' || site.form !== 'function') return undefined;
  if (site.operation === 'condition' || site.operation === 'where' || node.args.some(({ unpack }) => unpack !== ''))
    return undefined;
  const isEverywhere = where.expr.kind === 'Constant' || where.value.kind === 'none';
  const out = site.operands.get('out');
  const room = roomOf(out?.value);
  const isGiven =
    out !== undefined &&
    out.value.kind !== 'none' &&
    (!room || isFilledBefore(model, segment, room.call, uses.get(room.call) ?? [], out.expr));
  if (isEverywhere || isGiven || isLeftOutLater(model, site, where)) return undefined;
  const condition = oneLine(sourceOf(segment, where.expr), 40);
  return {
    segment,
    span: node,
    confidence: 'proven',
    message: `Where \`${condition}\` does not hold, this leaves its result as the memory was, NaN and Inf included${room ? '' : ', for it has no `out=`'}. Give it an \`out=\` that is filled.`,
    related: [],
    fixes: room && out ? filledOut(site, out) : givenOut(site, node, model),
  };
}

const SELECTS = /^(where|select|choose|compress|extract|putmask|copyto|masked_where|masked_array|MaskedArray)$/;

/** Whether what the condition leaves out is put right, or not looked at. */
function isLeftOutLater(model: SemanticModel, site: OperationSite, where: SiteOperand): boolean {
  const { segment, node } = site;
  if (isCaredFor(model, segment, node)) return true;
  for (let at = model.parentOf(segment, node); at && at.kind !== 'FunctionDef'; at = model.parentOf(segment, at)) {
    if (at.kind === 'Subscript') return true;
    if (at.kind === 'Call') {
      const { callee } = at;
      const name = callee.kind === 'Attribute' ? callee.name : callee.kind === 'Name' ? callee.id : '';
      if (SELECTS.test(name)) return true;
    }
  }
  const scope = model.enclosingFunction(segment, node);
  const rest = segment.text.slice(node.end, scope?.end ?? segment.text.length).replace(/\s+/g, '');
  const condition = sourceOf(segment, where.expr).replace(/\s+/g, '');
  if (rest.includes(`[${condition}]`) || rest.includes(`[~${condition}]`)) return true;
  const at = rest.indexOf(`where=${condition}`);
  return at >= 0 && /(sum|mean|prod|max|min|all|any|std|var)\([^()]*$/.test(rest.slice(0, at));
}

/** `out=np.empty_like(x)` may as well be `out=np.zeros_like(x)`. */
function filledOut(site: OperationSite, { expr, value }: SiteOperand): LocalFix[] {
  const made = roomOf(value)?.call;
  if (made !== expr || made.callee.kind !== 'Attribute') return [];
  const { nameSpan, name } = made.callee;
  return [
    {
      title: 'Begin with zeros',
      safety: 'unsafe',
      edits: [{ segment: site.segment, span: nameSpan, text: name.replace('empty', 'zeros') }],
    },
  ];
}

function givenOut(site: OperationSite, call: CallExpr, model: SemanticModel): LocalFix[] {
  const np = model.nameFor('numpy');
  const [x, y] = [site.operands.get('x'), site.operands.get('y')];
  if (np === undefined || !x) return [];
  const arrays = [x, y].filter((operand) => operand !== undefined && !isNumber(operand));
  if (arrays.length === 0 || !arrays.every((operand) => operand && isCheap(operand.expr))) return [];
  const [first, second] = arrays.map((operand) => sourceOf(site.segment, (operand as SiteOperand).expr));
  const out =
    second === undefined
      ? `${np}.zeros_like(${first}, dtype=float)`
      : `${np}.zeros(${np}.broadcast(${first}, ${second}).shape)`;
  const before = call.args.find(({ keyword }) => keyword === 'where');
  if (!before) return [];
  const none = call.args.find(({ keyword }) => keyword === 'out');
  const span = none ?? { start: before.start, end: before.start };
  return [
    {
      title: 'Give it zeros as `out`',
      safety: 'unsafe',
      edits: [
        {
          segment: site.segment,
          span: { start: span.start, end: span.end },
          text: none ? `out=${out}` : `out=${out}, `,
        },
      ],
    },
  ];
}

function isNumber({ expr, value }: { readonly expr: Expr; readonly value: SiteOperand['value'] }): boolean {
  return expr.kind === 'Number' || asQuantity(value).holder === 'scalar';
}

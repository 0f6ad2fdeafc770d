// Fixes of memory that is used before it is filled: zeros in its place, or a call of `torch.nn.init` after it.

import type { SemanticModel } from '../semantic/model';
import { asQuantity, type Room } from '../semantic/value';
import type { CallExpr, Expr, Segment } from '../syntax/ast';
import type { LocalFix } from './rule';
import type { State } from './uninitialised-state';

/** The reserving call with its memory filled with zeros. */
export function zerosInstead({ call, segment }: Room, model: SemanticModel): LocalFix | undefined {
  return filledInstead(call, segment, 'zeros', model);
}

function filledInstead(
  call: CallExpr,
  segment: Segment,
  filled: 'zeros' | 'ones',
  model: SemanticModel,
): LocalFix | undefined {
  const { callee } = call;
  const qualified = model.qualifiedName(segment, callee);
  const written = callee.kind === 'Attribute' ? callee.name : '';
  const name = qualified?.slice(qualified.lastIndexOf('.') + 1) ?? written;
  // zeros has no memory format.
  const isLike = name.endsWith('_like');
  if (!isLike && call.args.some(({ keyword }) => keyword === 'memory_format')) return undefined;
  const title = `Begin with ${filled}`;
  const replace = (span: { start: number; end: number }, text: string): LocalFix => ({
    title,
    safety: 'unsafe',
    edits: [{ segment, span: { start: span.start, end: span.end }, text }],
  });
  if (/^(new_)?empty(_like)?$/.test(written) && callee.kind === 'Attribute')
    return replace(callee.nameSpan, name.replace('empty', filled));
  const torch = model.nameFor('torch');
  if (torch === undefined) return undefined;
  if (/^empty(_like)?$/.test(name) && qualified?.startsWith('torch.'))
    return replace(callee, `${torch}.${name.replace('empty', filled)}`);
  return name === 'Tensor' || name === 'FloatTensor' ? replace(callee, `${torch}.${filled}`) : undefined;
}

/** What can be done about a parameter or buffer that nothing fills, best first. */
export function stateFixes(state: State, model: SemanticModel): LocalFix[] {
  const { call, segment } = state.room;
  const isScale = /(^|_)(weight|gamma|scale|scaling|temperature)s?$/i.test(state.name);
  const sizes = dimensions(call, segment, model);
  const filled = filledInstead(call, segment, isScale && sizes === 1 ? 'ones' : 'zeros', model);
  const drawn = sizes === undefined ? undefined : initialised(state, sizes, model);
  // A matrix of zeros passes nothing on.
  const fixes = (sizes ?? 1) > 1 && state.kind === 'parameter' ? [drawn, filled] : [filled, drawn];
  return fixes.filter((fix) => fix !== undefined);
}

/** How many dimensions are asked for; undefined where that is not written there. */
function dimensions(call: CallExpr, segment: Segment, model: SemanticModel): number | undefined {
  const sizes = call.args.filter(({ keyword, unpack }) => keyword === undefined && unpack === '');
  if (sizes.length + call.args.filter(({ keyword }) => keyword !== undefined).length !== call.args.length)
    return undefined;
  const [first, ...others] = sizes;
  const shape = first ?? call.args.find(({ keyword }) => keyword === 'size');
  if (!shape) return undefined;
  if (others.length > 0) return sizes.length;
  if (shape.value.kind === 'Tuple' || shape.value.kind === 'List')
    return shape.value.elements.some((element) => element.kind === 'Starred') ? undefined : shape.value.elements.length;
  return isOneNumber(shape.value, segment, model) ? 1 : undefined;
}

function isOneNumber(expr: Expr, segment: Segment, model: SemanticModel): boolean {
  if (expr.kind === 'Number') return true;
  const { holder, role } = asQuantity(model.valueOf(segment, expr));
  if (holder === 'tensor') return false;
  const name = expr.kind === 'Name' ? expr.id : expr.kind === 'Attribute' ? expr.name : '';
  return holder === 'scalar' || role === 'size' || /dim|size$|features|channels|classes|heads|^n_|^num_/.test(name);
}

/** `nn.init.xavier_uniform_(self.weight)` on a line of its own below. */
function initialised(state: State, sizes: number, model: SemanticModel): LocalFix | undefined {
  const { assignment, room, name, self, kind } = state;
  const init = model.nameFor('torch.nn.init');
  if (!assignment || init === undefined || kind !== 'parameter') return undefined;
  const { segment } = room;
  const { text } = segment;
  const lineStart = text.lastIndexOf('\n', assignment.start - 1) + 1;
  const indent = text.slice(lineStart, assignment.start);
  const lineEnd = text.indexOf('\n', assignment.end);
  const newline = text[lineEnd - 1] === '\r' ? '\r\n' : '\n';
  const end = lineEnd < 0 ? text.length : lineEnd + 1 - newline.length;
  if (/\S/.test(indent) || !/^\s*(#.*)?$/.test(text.slice(assignment.end, end))) return undefined;
  const [how, argument] = sizes > 1 ? ['xavier_uniform_', ''] : ['normal_', ', std=0.02'];
  return {
    title: `Initialise it with ${how}`,
    safety: 'unsafe',
    edits: [
      {
        segment,
        span: { start: end, end },
        text: `${newline}${indent}${init}.${how}(${self}.${name}${argument})`,
      },
    ],
  };
}

// What an expression meets on the elements that a condition leaves out: it is evaluated there too, and differentiated.

import type { CompareOperator, Expr } from '../syntax/ast';
import { assume, type Condition, mirrored, negated } from './conditions';
import type { Environment } from './environment';
import type { Evaluator } from './evaluator';
import type { Breakdown, OperationSite, UnselectedSite } from './operation-site';
import { breakdown, isExponential, isRootAtZero } from './poles';
import * as R from './range';
import { refine } from './refine';
import { newRecording } from './session';
import { asQuantity, literalNumber, type Quantity } from './value';

/** Of a condition with many parts only so many ways to fail are looked at. */
const MOST_WORLDS = 6;
/** A bound this close to 0 is there for the sake of 0. */
const NEAR_ZERO = 0.05;

/** A value that is used only where a condition holds, or only where it does not. */
export interface Branch {
  /** The operand of the selection, by its name in the tables. */
  readonly name: string;
  readonly expr: Expr;
  readonly holds: boolean;
  /** What is known of the elements for which it is used. */
  readonly scope: Environment;
}

/** What breaks in `branch` on the elements for which it is not used, and does not on the others. */
export function unselectedSites(
  evaluator: Evaluator,
  condition: Expr,
  branch: Branch,
  env: Environment,
  /** Whether a value that is NaN does harm, too. */
  countsValue = false,
): UnselectedSite[] {
  if (!evaluator.session.isRecording || evaluator.session.imagined || branch.expr.kind === 'Number') return [];
  const found = new Map<unknown, UnselectedSite>();
  for (const world of worldsOf(evaluator, condition, !branch.holds, env)) {
    if (world.impossible) continue;
    const tested = world.learnedSince(env);
    for (const site of sitesIn(evaluator, branch.expr, world)) {
      if (found.has(site.node)) continue;
      const broken = breakdownIn(world, site, countsValue);
      if (broken && isTested(site, asQuantity(broken.operand.value).term, tested) && !isDrawn(broken))
        found.set(site.node, { branch: branch.name, site, broken, condition, holds: branch.holds });
    }
  }
  // What breaks where it is used, too, is no secret of the condition.
  if (found.size > 0)
    for (const site of sitesIn(evaluator, branch.expr, branch.scope)) {
      const known = found.get(site.node);
      const broken = known && breakdownIn(branch.scope, site, countsValue);
      if (known && broken && (broken.isCertain || !known.broken.isCertain)) found.delete(site.node);
    }
  return [...found.values()];
}

/** `torch.rand(shape) < keep_prob`: a draw says nothing of a probability that only its name takes to 0, and not surely. */
function isDrawn({ operand, isCertain }: Breakdown): boolean {
  const { assumed, range } = asQuantity(operand.value);
  return assumed === true && range.hi <= 1 && !isCertain;
}

/** What breaks by its operand, or by the result that a test has found. */
function breakdownIn(world: Environment, site: OperationSite, countsValue: boolean): Breakdown | undefined {
  const x = site.operands.get('x');
  const { term, range } = asQuantity(site.result);
  const fact = term === undefined ? undefined : world.factOf(term);
  if (x && fact && R.isConstant(fact) && fact.lo === 0 && !R.isDisjoint(range, fact) && isRootAtZero(site))
    return { operand: x, reach: 1, breaksValue: false, isCertain: true };
  return breakdown(site, countsValue);
}

/** The operations that make up a value in a world, those behind the names in it included. */
function sitesIn(evaluator: Evaluator, expr: Expr, world: Environment): readonly OperationSite[] {
  const { session } = evaluator;
  const recording = newRecording();
  session.imagined = new Map();
  session.recordInto(recording, () => evaluator.evaluate(expr, world));
  session.imagined = undefined;
  return recording.sites;
}

const REDUCTION =
  /(sum|mean|product|largest|smallest|norm|deviation|variance|median|logsumexp|count|softmax|affine)\(/g;

/** Whether what is known of an operand in a world comes from the test of each element. */
function isTested(site: OperationSite, term: string | undefined, tested: readonly string[]): boolean {
  // Of an exponent, only what has no bound of its own is known to grow.
  if (isExponential(site.operation)) return term !== undefined && !/(min|max|smallest|largest|clamp)/.test(term);
  return !isReduced(term, tested);
}

/** A test of each element says nothing of a sum over them, unless it is the sum that is tested. */
function isReduced(term: string | undefined, tested: readonly string[]): boolean {
  if (term === undefined) return false;
  let rest = term;
  for (const each of tested) rest = rest.split(each).join('\u0000');
  for (const match of rest.matchAll(REDUCTION)) {
    let depth = 0;
    for (let at = match.index + match[0].length - 1; at < rest.length; at++) {
      if (rest[at] === '(') depth++;
      else if (rest[at] === ')' && --depth === 0) break;
      else if (rest[at] === '\u0000') return true;
    }
  }
  return false;
}

// ---------------------------------------------------------------- where a condition holds, or does not

/** Environments of the elements for which `condition` is `holds`: one for each way in which it can be. */
function worldsOf(evaluator: Evaluator, condition: Expr, holds: boolean, env: Environment): Environment[] {
  const { session } = evaluator;
  const { term } = asQuantity(session.silently(() => evaluator.evaluate(condition, env)));
  const known = session.conditionOf(term);
  const world = env.branch();
  if (known) {
    // By the value of the condition alone: what is in it may have several ways to fail.
    if (term !== undefined) world.learn(term, holds ? { ...R.ANY, excludesZero: true } : R.constant(0));
    return worldsWhere(known, holds, world);
  }
  refine(evaluator, condition, holds, world);
  return [world];
}

function worldsWhere(condition: Condition, holds: boolean, env: Environment): Environment[] {
  switch (condition.kind) {
    case 'not':
      return worldsWhere(condition.part, !holds, env);
    case 'and':
    case 'or': {
      if ((condition.kind === 'and') !== holds)
        return condition.parts.flatMap((part) => worldsWhere(part, holds, env)).slice(0, MOST_WORLDS);
      let worlds = [env];
      for (const part of condition.parts)
        worlds = worlds.flatMap((world) => worldsWhere(part, holds, world)).slice(0, MOST_WORLDS);
      return worlds;
    }
    case 'close':
    case 'compare': {
      const world = env.branch();
      assume(condition, holds, world);
      const operator = condition.kind === 'close' ? '==' : condition.operator;
      const effective = holds ? operator : negated(operator);
      const edge = world.branch();
      // All that fails the comparison, and the one value at its edge.
      return effective && learnEdge(condition.left, effective, condition.right, edge) ? [edge, world] : [world];
    }
  }
}

function learnEdge(a: Quantity, operator: CompareOperator, b: Quantity, world: Environment): boolean {
  const bound = boundOf(b);
  if (bound !== undefined) return learnEdgeOf(a, operator, bound, world);
  const other = boundOf(a);
  if (other !== undefined) {
    const turned = mirrored(operator);
    return turned !== undefined && learnEdgeOf(b, turned, other, world);
  }
  if (a.term === undefined || b.term === undefined) return false;
  const differences = [`(${a.term}-${b.term})`, `(${b.term}-${a.term})`] as const;
  if (operator === '==' || operator === '<=' || operator === '>=') {
    for (const term of differences) world.learn(term, AT_ZERO);
    return true;
  }
  if (operator !== '<' && operator !== '>') return false;
  const [low, high] = operator === '<' ? differences : [differences[1], differences[0]];
  world.learn(low, R.range(Number.NEGATIVE_INFINITY, -Number.MIN_VALUE, 0, 0));
  world.learn(high, R.range(Number.MIN_VALUE, Number.POSITIVE_INFINITY, 0, 0));
  return true;
}

/** Somebody asks for it, so that it occurs. */
const AT_ZERO = R.range(0, 0, 1, 1);

/** The number that something is compared with; an epsilon of which only the name is known counts as one. */
function boundOf(q: Quantity): number | undefined {
  const n = literalNumber(q);
  if (n !== undefined) return n;
  if (q.range.lo > 0 && q.range.hi <= NEAR_ZERO) return q.range.hi;
  return q.holder !== 'tensor' && /(^|[._"'[])(\w*_)?(eps|epsilon|tiny)(_\w*)?([#"'\]]|$)/i.test(q.term ?? '')
    ? NEAR_ZERO
    : undefined;
}

/** The value at the edge of what `q operator n` lets through: n itself, or 0 where n is a little beside it. */
function learnEdgeOf(q: Quantity, operator: CompareOperator, n: number, world: Environment): boolean {
  if (q.term === undefined) return false;
  const isAbove = (operator === '<' || operator === '<=') && n > 0 && n <= NEAR_ZERO;
  const isBelow = (operator === '>' || operator === '>=') && n < 0 && n >= -NEAR_ZERO;
  const isStrict = operator === '<' || operator === '>' || operator === '!=';
  if (isStrict && !isAbove && !isBelow) return false;
  const edge = isAbove || isBelow ? 0 : n;
  const at = R.range(edge, edge, 1, 1);
  world.learn(q.term, at);
  // Where |x| or x² is at the edge, so is x.
  const magnitude = /^abs\((.+)\)$/.exec(q.term)?.[1];
  if (magnitude !== undefined) world.learn(magnitude, at);
  const squared = /^square\((.+)\)$/.exec(q.term)?.[1] ?? /^\((.+)\*\*2\)$/.exec(q.term)?.[1];
  if (squared !== undefined && edge >= 0) world.learn(squared, R.range(Math.sqrt(edge), Math.sqrt(edge), 1, 1));
  return true;
}

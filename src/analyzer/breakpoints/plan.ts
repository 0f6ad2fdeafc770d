// Where breakpoints go that stop at the first NaN, and what each looks at: a debugger stops before a line, so a value is
// looked at on the line that runs next after the one that makes it.

import { type Expr, type Module, outerSpan, type Stmt } from '../../syntax/ast';
import { blocksOf, childrenOf } from '../../syntax/walk';
import { LineIndex } from '../../text/line-index';
import { DeliberateInfinity } from '../checkpoints/deliberate-infinity';
import { GRADIENT_FUNCTION } from '../checkpoints/helper-source';
import type { CheckTarget, KindOf } from '../checkpoints/options';
import { checksAfter, checksBefore, isRepeatable } from '../checkpoints/statement-checks';
import { producedValue, type Region, regionsOf } from '../checkpoints/targets';
import { conditionOf, type Watched } from './condition';
import { type Landing, Landings } from './landing';
import { isPureExpression } from './pure-expression';

export interface PlanOptions {
  readonly target: CheckTarget;
  /** Whether an Inf in any value stops too; one in a loss that is differentiated, or in a gradient, always does. */
  readonly infinities: boolean;
  /** 1-based lines that have a breakpoint already. One line can have one condition only. */
  readonly taken: readonly number[];
  readonly kindOf: KindOf;
}

/** A value that a breakpoint looks at. */
export interface WatchedValue {
  /** As the source names it. */
  readonly name: string;
  /** 1-based line of the statement that makes it. */
  readonly line: number;
  /** What the statement makes it of, as far as it can be looked at once more. */
  readonly madeOf: readonly string[];
  readonly stopsAt: 'nan' | 'nonFinite' | 'gradients';
}

export interface PlannedBreakpoint {
  /** 1-based. */
  readonly line: number;
  readonly condition: string;
  readonly values: readonly WatchedValue[];
}

export interface BreakpointPlan {
  /** By line. */
  readonly breakpoints: readonly PlannedBreakpoint[];
  /** What could not be done, in words. */
  readonly problems: readonly string[];
}

const MOST_OPERANDS = 12;

/** Never throws. */
export function planBreakpoints(module: Module, options: PlanOptions): BreakpointPlan {
  const { regions, problems } = regionsOf(module, options.target, options.kindOf);
  const planner = new Planner(module, options);
  for (const region of regions) planner.region(region);
  return planner.plan(problems);
}

export function watchedBy(values: readonly WatchedValue[]): Watched {
  const namesOf = (kind: WatchedValue['stopsAt']) => [
    ...new Set(values.filter(({ stopsAt }) => stopsAt === kind).map(({ name }) => name)),
  ];
  return { nan: namesOf('nan'), nonFinite: namesOf('nonFinite'), gradients: namesOf('gradients') };
}

class Planner {
  private readonly lines: LineIndex;
  private readonly taken: ReadonlySet<number>;
  private readonly planned = new Map<number, WatchedValue[]>();
  private readonly seen = new Set<Stmt>();
  private readonly unseen: string[] = [];
  private readonly displaced = new Set<number>();
  /** At the top level, the suite that is to be looked at. */
  private within: readonly Stmt[] | undefined;
  private infinity = new DeliberateInfinity();
  private readonly isDeliberate = (expr: Expr) => this.infinity.isIn(expr);

  constructor(
    private readonly module: Module,
    private readonly options: PlanOptions,
  ) {
    this.lines = new LineIndex(module.text);
    this.taken = new Set(options.taken);
  }

  region(region: Region): void {
    this.infinity = new DeliberateInfinity();
    const landings = new Landings((statement) => this.lineOf(statement, region));
    // Nothing of a function follows its last statement. What follows a loop at the top level, and where it comes back
    // to, is seen from the whole top level alone.
    if (region.functionName !== '') this.suite(region.body, undefined, region, landings);
    else {
      this.within = region.body;
      this.suite(region.segment.body, this.afterSegment(region), region, landings);
      this.within = undefined;
    }
  }

  private afterSegment({ offset }: Region): Landing | undefined {
    for (const placed of this.module.segments.filter((each) => each.offset > offset)) {
      const inThere = new Landings((statement) => this.lines.position(placed.offset + statement.start).line + 1);
      const first = inThere.first(placed.segment.body);
      if (first) return first;
    }
    return undefined;
  }

  plan(problems: readonly string[]): BreakpointPlan {
    const breakpoints = [...this.planned]
      .sort(([a], [b]) => a - b)
      .map(([line, values]) => ({ line, values, condition: conditionOf(watchedBy(values)) }));
    const said = [...problems, ...this.unseen];
    for (const line of this.displaced) said.push(`line ${line} has a breakpoint of your own, which stays as it is`);
    return { breakpoints, problems: said };
  }

  private lineOf(statement: Stmt, region: Region): number {
    return this.lines.position(region.offset + statement.start).line + 1;
  }

  private suite(body: readonly Stmt[], then: Landing | undefined, region: Region, landings: Landings): void {
    body.forEach((statement, index) => {
      if (statement.kind === 'ClassDef' || statement.kind === 'BrokenStmt') return;
      if (statement.kind === 'FunctionDef') {
        if (region.isDeep) this.suite(statement.body.body, undefined, region, landings);
        return;
      }
      const after = landings.after(body, index, then);
      if (blocksOf(statement).length > 0) {
        for (const [inner, next] of landings.inside(statement, after)) this.suite(inner, next, region, landings);
        return;
      }
      if (!this.seen.has(statement) && this.isWanted(statement, region)) this.statement(statement, after, region);
      this.infinity.see(statement);
    });
  }

  private isWanted(statement: Stmt, region: Region): boolean {
    const { target } = this.options;
    const [first, last] = [this.within?.[0], this.within?.at(-1)];
    if (first && last && (statement.start < first.start || statement.end > last.end)) return false;
    if (target.kind !== 'lines') return true;
    const line = this.lineOf(statement, region);
    return line >= target.first && line <= target.last;
  }

  private statement(statement: Stmt, after: Landing | undefined, region: Region): void {
    this.seen.add(statement);
    const { kindOf, infinities } = this.options;
    const sourceOf = (expr: Expr) => {
      const { start, end } = outerSpan(expr);
      return region.segment.text.slice(start, end);
    };
    const line = this.lineOf(statement, region);
    const before = checksBefore(statement, sourceOf);
    if (before) {
      const stopsAt = before.callee === GRADIENT_FUNCTION ? 'gradients' : 'nonFinite';
      for (const name of before.values) this.watch({ name, line, madeOf: [], stopsAt }, line);
    }
    const stopsAt = infinities ? 'nonFinite' : 'nan';
    const made = checksAfter(statement, kindOf, this.isDeliberate, sourceOf);
    for (const name of made?.values ?? []) {
      const value: WatchedValue = { name, line, stopsAt, madeOf: this.operandsOf(statement, sourceOf, name) };
      // A subscript is only sure to be there right after it was set; elsewhere its index may mean another element.
      const canBeRead = after && (after.isNext || !/[[\]]/.test(name));
      if (canBeRead) this.watch(value, after.line);
      else this.unseen.push(`${name} of line ${line} is made where no line follows that could look at it`);
    }
    if (statement.kind === 'Return' && statement.value) this.returned(statement.value, line, sourceOf);
  }

  /** What a function returns is seen by no line of its own; where it can be computed once more unharmed, it is. */
  private returned(value: Expr, line: number, sourceOf: (expr: Expr) => string): void {
    const { kindOf, infinities } = this.options;
    if (kindOf(value) !== 'tensor' || this.isDeliberate(value) || isRepeatable(value)) return;
    const source = sourceOf(value);
    if (!isPureExpression(value) || /[\r\n]/.test(source)) {
      this.unseen.push(`the value returned on line ${line} is seen only where it is kept`);
      return;
    }
    const madeOf = this.namesIn(value, sourceOf);
    this.watch({ name: source, line, stopsAt: infinities ? 'nonFinite' : 'nan', madeOf }, line);
  }

  private watch(value: WatchedValue, line: number): void {
    if (this.taken.has(line)) {
      this.displaced.add(line);
      return;
    }
    const values = this.planned.get(line) ?? [];
    const same = values.find(({ name }) => name === value.name);
    // The loss before `backward` was made on some line before: that line is worth more, and the strict question is.
    if (same) {
      const isStrict = same.stopsAt === 'nonFinite' || value.stopsAt === 'nonFinite';
      const whole = same.madeOf.length > 0 ? same : value;
      if (same.stopsAt !== 'gradients' && value.stopsAt !== 'gradients') {
        values[values.indexOf(same)] = { ...whole, stopsAt: isStrict ? 'nonFinite' : 'nan' };
      }
    } else values.push(value);
    this.planned.set(line, values);
  }

  /** Names and attributes that a statement reads to make a value, without the one that it makes. */
  private operandsOf(statement: Stmt, sourceOf: (expr: Expr) => string, made: string): string[] {
    const value = producedValue(statement);
    return value ? this.namesIn(value, sourceOf).filter((name) => name !== made) : [];
  }

  private namesIn(value: Expr, sourceOf: (expr: Expr) => string): string[] {
    const names = new Set<string>();
    const visit = (node: Expr) => {
      if (node.kind === 'Lambda' || node.kind === 'Comprehension') return;
      if (node.kind === 'Call') {
        // What is called is no operand, but what a method is called on is.
        if (node.callee.kind === 'Attribute') visit(node.callee.object);
        else if (node.callee.kind !== 'Name') visit(node.callee);
        for (const argument of node.args) visit(argument.value);
        return;
      }
      if (node.kind === 'Name' || node.kind === 'Attribute') {
        const source = sourceOf(node);
        if (this.options.kindOf(node) === 'other') return;
        if (isRepeatable(node) && !/[\r\n[]/.test(source)) names.add(source);
        else if (node.kind === 'Attribute') visit(node.object);
        return;
      }
      for (const child of childrenOf(node)) visit(child as Expr);
    };
    visit(value);
    return [...names].filter((name) => name !== 'self').slice(0, MOST_OPERANDS);
  }
}

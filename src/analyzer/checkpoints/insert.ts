// Inserts finite checks after what computes tensors, before `backward` and before `step`, once and so that they can be
// taken out byte for byte.

import { type Expr, type Module, outerSpan, type Stmt } from '../../syntax/ast';
import { blocksOf } from '../../syntax/walk';
import { checkEdits, type Edit, sortEdits } from '../../text/edit';
import { DeliberateInfinity } from './deliberate-infinity';
import { helperPlace } from './helper-place';
import {
  CHECK_BEFORE_FUNCTION,
  CHECK_FUNCTION,
  CHECK_FUNCTIONS,
  GRADIENT_BEFORE_FUNCTION,
  GRADIENT_FUNCTION,
  HELPER_LINES,
  PASS_FUNCTION,
} from './helper-source';
import type { CheckOptions, InsertedCheck, Insertion, KindOf } from './options';
import { Placement } from './placement';
import {
  type Check,
  checksAfter,
  checksBefore,
  checksTheSame,
  isWorthPassing,
  layersAfter,
  writeCheck,
  writePassEnd,
} from './statement-checks';
import { compilerRefusing, type FunctionPlace, type Region, regionsOf } from './targets';
import { syntacticKinds } from './tensor-kinds';

/** Never throws. Values that have a check of the same style already get no other; one of another style is replaced. */
export function insertCheckpoints(module: Module, options: CheckOptions): Insertion {
  const kindOf = options.kindOf ?? syntacticKinds(module);
  const { regions, functions, problems } = regionsOf(module, options.target, kindOf);
  const inserter = new Inserter(module, options, kindOf);
  for (const region of regions) inserter.region(region);
  if (options.sequentialHooks) inserter.layersOfOwners(functions);
  if (inserter.edits.length === 0) return { edits: [], inserted: [], problems };
  const helper = helperPlace(module);
  if (helper === undefined) {
    return { edits: [], inserted: [], problems: [...problems, 'no line near the top can hold the helper functions'] };
  }
  const refusal = compilerRefusing(module);
  if (refusal) problems.push(refusal);
  const { lineEnd } = inserter.placement;
  // What stands beside the imports would run before the helper is there.
  const edits = helper.isThere ? [...inserter.edits] : inserter.edits.filter(({ span }) => span.start >= helper.offset);
  if (edits.length < inserter.edits.length) problems.push('what shares a line with the imports cannot be checked');
  if (edits.length === 0) return { edits: [], inserted: [], problems };
  if (!helper.isThere) {
    const text = HELPER_LINES.map((line) => line + lineEnd).join('');
    edits.unshift({ span: { start: helper.offset, end: helper.offset }, text });
  }
  const sorted = sortEdits(edits);
  const fault = checkEdits(sorted, module.text.length);
  if (fault) return { edits: [], inserted: [], problems: [...problems, `the checks could not be placed: ${fault}`] };
  const firstLine = helper.isThere ? 0 : inserter.placement.lineOf(helper.offset);
  const inserted = inserter.inserted.filter(({ line }) => line >= firstLine).sort((a, b) => a.line - b.line);
  return { edits: sorted, inserted, problems };
}

/** A statement of ours, as it stands in the file. */
interface PresentCheck {
  readonly callee: string;
  readonly source: string;
  readonly start: number;
  readonly end: number;
}

/** The own form of a check's callee: the two that stand beside a statement count as the plain ones. */
function plainCallee(callee: string): string {
  if (callee === CHECK_BEFORE_FUNCTION) return CHECK_FUNCTION;
  return callee === GRADIENT_BEFORE_FUNCTION ? GRADIENT_FUNCTION : callee;
}

function checkCallee(statement: Stmt): string | undefined {
  if (statement.kind !== 'ExprStmt') return undefined;
  const { value } = statement;
  const call = value.kind === 'Bool' ? value.values[0] : value;
  if (call?.kind !== 'Call' || call.callee.kind !== 'Name') return undefined;
  return CHECK_FUNCTIONS.includes(call.callee.id) ? call.callee.id : undefined;
}

/** The statement that ran last when a `with` is through. */
function lastOf(statement: Stmt): Stmt {
  let last = statement;
  while (last.kind === 'With') {
    const inner: Stmt | undefined = last.body.body.filter((each) => checkCallee(each) === undefined).at(-1);
    if (!inner) break;
    last = inner;
  }
  return last;
}

/** The expression inside a checked `return`. */
function passedOn(value: Expr): Expr | undefined {
  const isPassing = value.kind === 'Call' && value.callee.kind === 'Name' && value.callee.id === PASS_FUNCTION;
  return isPassing ? value.args[0]?.value : undefined;
}

class Inserter {
  readonly edits: Edit[] = [];
  readonly inserted: InsertedCheck[] = [];
  readonly placement: Placement;
  private readonly seen = new Set<Stmt>();
  private infinity = new DeliberateInfinity();
  private readonly isDeliberate = (expr: Expr) => this.infinity.isIn(expr);

  constructor(
    module: Module,
    private readonly options: CheckOptions,
    private readonly kindOf: KindOf,
  ) {
    this.placement = new Placement(module.text);
  }

  region(region: Region): void {
    this.infinity = new DeliberateInfinity();
    this.suite(region.body, region);
  }

  /** Containers of layers are made in other methods of the class than the one that is looked at. */
  layersOfOwners(functions: readonly FunctionPlace[]): void {
    const owners = new Set(functions.map(({ owner }) => owner));
    for (const { owner, offset, segment } of functions) {
      if (!owner || !owners.delete(owner)) continue;
      for (const member of owner.body.body) {
        if (member.kind !== 'FunctionDef') continue;
        const region = { offset, segment, body: member.body.body, functionName: member.name, isDeep: false };
        this.suite(member.body.body, region, true);
      }
    }
  }

  private suite(body: readonly Stmt[], region: Region, onlyLayers = false): void {
    const own = body.filter((statement) => checkCallee(statement) === undefined);
    own.forEach((statement, index) => {
      if (statement.kind === 'FunctionDef') {
        if (region.isDeep && !onlyLayers) this.suite(statement.body.body, region);
        return;
      }
      if (statement.kind === 'ClassDef' || statement.kind === 'BrokenStmt') return;
      for (const block of blocksOf(statement)) this.suite(block.body, region, onlyLayers);
      if (blocksOf(statement).length > 0) return;
      if (this.isWanted(statement, region)) this.statement(statement, own[index - 1], body, region, onlyLayers);
      this.infinity.see(statement);
    });
  }

  private isWanted(statement: Stmt, region: Region): boolean {
    const { target } = this.options;
    if (target.kind !== 'lines') return true;
    const line = this.placement.lineOf(region.offset + statement.start);
    return line >= target.first && line <= target.last;
  }

  private statement(
    statement: Stmt,
    previous: Stmt | undefined,
    suite: readonly Stmt[],
    region: Region,
    onlyLayers: boolean,
  ): void {
    const sourceOf = (expr: Expr) => {
      const { start, end } = outerSpan(expr);
      return region.segment.text.slice(start, end);
    };
    const layers = this.options.sequentialHooks ? layersAfter(statement, sourceOf) : undefined;
    if (onlyLayers) {
      if (layers && !this.seen.has(statement)) this.after(statement, layers, suite, region);
      return;
    }
    if (this.seen.has(statement)) return;
    this.seen.add(statement);
    const before = checksBefore(statement, sourceOf);
    const last = previous && lastOf(previous);
    const justChecked = last && checksAfter(last, this.kindOf, this.isDeliberate, sourceOf);
    if (before && !(justChecked && before.values.every((value) => justChecked.values.includes(value)))) {
      this.before(statement, before, suite, region);
    }
    const after = layers ?? checksAfter(statement, this.kindOf, this.isDeliberate, sourceOf);
    if (after) this.after(statement, after, suite, region);
    if (statement.kind === 'Return' && statement.value) this.returned(statement, statement.value, region);
  }

  // ------------------------------------------------------------ the three forms

  private after(statement: Stmt, check: Check, suite: readonly Stmt[], region: Region): void {
    const present = this.neighbours(statement, suite, region, 1);
    const written = writeCheck(check, this.options.style);
    if (this.settle(check, present, written)) return;
    this.edits.push(this.placement.after(region.offset + statement.start, region.offset + statement.end, written));
    this.note(statement, check.values, region);
  }

  private before(statement: Stmt, check: Check, suite: readonly Stmt[], region: Region): void {
    const present = this.neighbours(statement, suite, region, -1);
    const written = writeCheck(check, this.options.style);
    if (this.settle(check, present, written)) return;
    const inline = writeCheck(check, this.options.style, '_before');
    this.edits.push(this.placement.before(region.offset + statement.start, written, inline));
    const isGradient = check.callee === GRADIENT_FUNCTION;
    this.note(statement, isGradient ? [`gradients of ${check.values[0] ?? ''}`] : check.values, region);
  }

  private returned(statement: Stmt, value: Expr, region: Region): void {
    const name = `value returned by ${region.functionName || 'the function'}`;
    const end = writePassEnd(name, this.options.style);
    const passed = passedOn(value);
    if (!isWorthPassing(passed ?? value, this.kindOf, this.isDeliberate)) return;
    if (passed) {
      // The wrapper's end begins with the parenthesis that closes the one it puts around the expression.
      this.replace(region.offset + outerSpan(passed).end - 1, region.offset + value.end, end);
      return;
    }
    const span = outerSpan(value);
    const from = region.offset + span.start;
    const to = region.offset + span.end;
    this.edits.push({ span: { start: from, end: from }, text: `${PASS_FUNCTION}((` });
    this.edits.push({ span: { start: to, end: to }, text: end });
    this.note(statement, [name], region);
  }

  // ------------------------------------------------------------ what is there already

  /** Checks of ours that stand directly beside the statement, after it (1) or before it (-1). */
  private neighbours(statement: Stmt, suite: readonly Stmt[], region: Region, step: 1 | -1): PresentCheck[] {
    const present: PresentCheck[] = [];
    for (let index = suite.indexOf(statement) + step; index >= 0 && index < suite.length; index += step) {
      const other = suite[index];
      const callee = other && checkCallee(other);
      if (!other || !callee) break;
      const source = region.segment.text.slice(other.start, other.end);
      present.push({ callee, source, start: region.offset + other.start, end: region.offset + other.end });
    }
    return present;
  }

  /** Whether the check is there; if in another style, it is put right. */
  private settle(check: Check, present: readonly PresentCheck[], written: string): boolean {
    for (const found of present) {
      if (plainCallee(found.callee) !== check.callee || !checksTheSame(check, found.source)) continue;
      const isInline = found.callee !== check.callee;
      const wanted = isInline ? writeCheck(check, this.options.style, '_before') : written;
      this.replace(found.start, found.end, wanted);
      return true;
    }
    return false;
  }

  private replace(start: number, end: number, text: string): void {
    if (this.placement.text.slice(start, end) !== text) this.edits.push({ span: { start, end }, text });
  }

  private note(statement: Stmt, names: readonly string[], region: Region): void {
    const line = this.placement.lineOf(region.offset + statement.start);
    this.inserted.push({ line, name: names.join(', ') });
  }
}

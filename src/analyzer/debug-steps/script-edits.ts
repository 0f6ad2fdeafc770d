// Collects the edits of one step: calls of its helper around expressions or as arguments, and the helper itself.

import type { SemanticModel } from '../../semantic/model';
import { type Argument, type CallExpr, type Expr, outerSpan, type Segment } from '../../syntax/ast';
import { maskStrings } from '../../syntax/mask';
import { applyEdits, checkEdits, type Edit, sortEdits } from '../../text/edit';
import { LineIndex } from '../../text/line-index';
import { importPlace } from '../recorder/import-place';
import { helperSource } from './helper-source';
import { removeStep } from './remove';
import { type ChangedPlace, type DebugStep, HELPERS, type StepEdits } from './step';

export class ScriptEdits {
  readonly problems: string[] = [];
  private readonly edits: Edit[] = [];
  private readonly changed: ChangedPlace[] = [];
  private readonly lines: LineIndex;
  private readonly offsets: ReadonlyMap<Segment, number>;
  private readonly helper: string;

  constructor(
    readonly model: SemanticModel,
    private readonly step: DebugStep,
  ) {
    this.lines = new LineIndex(model.module.text);
    this.offsets = new Map(model.module.segments.map(({ segment, offset }) => [segment, offset]));
    this.helper = HELPERS[step];
  }

  get isEmpty(): boolean {
    return this.edits.length === 0;
  }

  /** 1-based. */
  lineOf(segment: Segment, at: number): number {
    return this.lines.position((this.offsets.get(segment) ?? 0) + at).line + 1;
  }

  problem(segment: Segment, at: number, words: string): void {
    this.problems.push(`line ${this.lineOf(segment, at)}: ${words}`);
  }

  /** `expr` → `helper(expr)`, or `helper(expr, wanted)`. */
  wrap(segment: Segment, expr: Expr, wanted?: string): void {
    this.surround(segment, outerSpan(expr), `${this.helper}(`, wanted === undefined ? ')' : `, ${wanted})`);
  }

  /** Puts texts before and after a span. */
  surround(
    segment: Segment,
    span: { readonly start: number; readonly end: number },
    before: string,
    after: string,
  ): void {
    const offset = this.offsets.get(segment) ?? 0;
    const [start, end] = [offset + span.start, offset + span.end];
    this.edits.push({ span: { start, end: start }, text: before }, { span: { start: end, end }, text: after });
    this.note(segment, span.start, before + this.model.module.text.slice(start, end) + after);
  }

  /** Gives a call one more argument, `name=helper(None, wanted)`. */
  addArgument(segment: Segment, call: CallExpr, name: string, wanted: string): void {
    const offset = this.offsets.get(segment) ?? 0;
    const close = offset + call.end - 1;
    const { text } = this.model.module;
    const last = call.args.at(-1);
    const argument = `${name}=${this.helper}(None, ${wanted})`;
    const after = last === undefined ? offset + call.callee.end : offset + endOf(last);
    // Strings and comments are blanked, so that a comma in one is none.
    const hasComma = maskStrings(text.slice(after, close), true).includes(',');
    const inserted = last === undefined ? argument : hasComma ? ` ${argument},` : `, ${argument}`;
    const at =
      last === undefined
        ? close
        : hasComma
          ? after + maskStrings(text.slice(after, close), true).indexOf(',') + 1
          : after;
    this.edits.push({ span: { start: at, end: at }, text: inserted });
    this.note(segment, call.start, argument);
  }

  private note(segment: Segment, at: number, text: string): void {
    this.changed.push({ line: this.lineOf(segment, at), text: text.replace(/\s+/g, ' ') });
  }

  /** The whole, if it can be taken out again so that not a byte differs. */
  finish(): StepEdits {
    if (this.isEmpty) return { edits: [], changed: [], problems: this.problems };
    const { text } = this.model.module;
    const nothing = (problem: string): StepEdits => ({ edits: [], changed: [], problems: [...this.problems, problem] });
    const first = Math.min(...this.edits.map(({ span }) => span.start));
    const at = importPlace(this.model.module, first);
    if (at === undefined) return nothing('no line near the top of the file can hold the helper function');
    const lineEnd = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
    const edits = sortEdits([{ span: { start: at, end: at }, text: helperSource(this.step, lineEnd) }, ...this.edits]);
    const fault = checkEdits(edits, text.length);
    if (fault) return nothing(`the places overlap: ${fault}`);
    const after = applyEdits(text, edits);
    if (applyEdits(after, removeStep(after, this.step).edits) !== text) {
      return nothing('the changes could not be made so that they can be taken out again');
    }
    return { edits, changed: this.changed.sort((a, b) => a.line - b.line), problems: this.problems };
  }
}

function endOf({ value, end }: Argument): number {
  return Math.max(end, outerSpan(value).end);
}

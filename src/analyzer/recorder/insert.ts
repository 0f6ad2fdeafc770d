// Adds the recorder to a script: the import, the recorder before the training loop, the loop's iterable through it.

import type { SemanticModel } from '../../semantic/model';
import { type Expr, type Module, type Node, outerSpan } from '../../syntax/ast';
import { maskStrings } from '../../syntax/mask';
import { applyEdits, checkEdits, type Edit, sortEdits } from '../../text/edit';
import { LineIndex } from '../../text/line-index';
import { importPlace } from './import-place';
import type { RecorderInsertion, RecorderLine } from './insertion';
import { marked, PRESENT, RECORDER_MODULE, WATCH_METHOD } from './marks';
import { removeRecorder } from './remove';
import { boundWithin, isBound } from './scopes';
import { asArgument, subjectsOf } from './subjects';
import { findTrainers, hasLightningModule, type MadeTrainer } from './trainers';
import { findTrainingLoops, type Loop, type TrainingLoop } from './training-loops';

const ATTACH_BY_HAND = 'write nanlens.attach(trainer) after the line that makes it';
const BY_HAND = 'make rec = nanlens.Recorder(model, optimizer) where both are known and write rec.watch(…) here';
const NO_MODEL =
  'which model is trained here cannot be seen: give it to nanlens.Recorder before the optimizer, so that its buffers are put back when a step is run again';
const WHILE_LOOP =
  'the training loop is a while loop and goes through nothing that can be watched: make rec = nanlens.Recorder(model, optimizer) before it and put @rec.step above a function that does one step';
const RECORDER_NAMES = ['rec', 'recorder', 'nanlens_recorder'];

/** Never throws. A script that has a recorder already gets no other. */
export function insertRecorder(model: SemanticModel): RecorderInsertion {
  const { module } = model;
  const nothing = (...problems: string[]): RecorderInsertion => ({ edits: [], inserted: [], problems });
  if (PRESENT.test(maskStrings(module.text, true))) return nothing('the recorder is in this script already');
  if (!usesTorch(model)) return nothing('this file does not use PyTorch, which is what the recorder watches');
  const inserter = new RecorderInserter(model);
  const { trainers, nameless } = findTrainers(model);
  for (const trainer of trainers) inserter.trainer(trainer);
  for (const { offset } of nameless) {
    inserter.problems.push(
      `line ${inserter.lineOf(offset)}: the trainer gets no name, so nothing can be attached to it: give it one, then ${ATTACH_BY_HAND}`,
    );
  }
  const { loops, hasLooseStep } = findTrainingLoops(model);
  for (const training of loops) inserter.loop(training);
  if (inserter.edits.length === 0) {
    const reasons = inserter.problems.length > 0 ? inserter.problems : [reasonForNothing(model, hasLooseStep)];
    return nothing(...reasons);
  }
  return inserter.finish();
}

/** Packages that bring torch with them. */
const TORCH_PACKAGES = [
  'torch',
  'lightning',
  'pytorch_lightning',
  'transformers',
  'accelerate',
  'trl',
  'sentence_transformers',
  'deepspeed',
];

function usesTorch({ packages }: SemanticModel): boolean {
  return TORCH_PACKAGES.some((name) => packages.has(name));
}

function reasonForNothing(model: SemanticModel, hasLooseStep: boolean): string {
  if (hasLightningModule(model)) return `the Trainer is made in another file: ${ATTACH_BY_HAND}`;
  if (hasLooseStep) {
    return 'the loop around this training step is in another file: make rec = nanlens.Recorder(model, optimizer) there and let the loop go through rec.watch(…), or put @rec.step above the function that does one step';
  }
  return 'there is no training loop in this file: none that calls backward() and an optimizer’s step(), and no Trainer';
}

class RecorderInserter {
  readonly edits: Edit[] = [];
  readonly inserted: RecorderLine[] = [];
  readonly problems: string[] = [];
  private readonly lines: LineIndex;
  private readonly module: Module;
  private readonly name: string | undefined;
  private readonly made: { readonly call: string; readonly training: TrainingLoop; readonly before: Loop }[] = [];

  constructor(private readonly model: SemanticModel) {
    this.module = model.module;
    this.lines = new LineIndex(this.module.text);
    const { text } = this.module;
    this.name = RECORDER_NAMES.find((name) => !new RegExp(`\\b${name}\\b`).test(text));
  }

  /** 1-based. */
  lineOf(offset: number): number {
    return this.lines.position(offset).line + 1;
  }

  private note(offset: number, text: string): void {
    this.inserted.push({ line: this.lineOf(offset), text });
  }

  // ------------------------------------------------------------------ trainers

  trainer({ placed, statement, name }: MadeTrainer): void {
    const start = placed.offset + statement.start;
    const end = placed.offset + statement.end;
    const indent = this.ownIndent(start);
    const last = this.lines.position(end).line;
    const next = this.lines.lineStarts[last + 1];
    const rest = this.module.text.slice(end, this.lines.lineEnd(last));
    const call = `${RECORDER_MODULE}.attach(${name})`;
    if (indent === undefined || next === undefined || !/^[ \t]*(?:#.*)?$/.test(rest)) {
      this.problems.push(
        `line ${this.lineOf(start)}: the line that makes the trainer holds other statements too: ${ATTACH_BY_HAND}`,
      );
      return;
    }
    const lineEnd = this.module.text.slice(this.lines.lineEnd(last), next);
    this.edits.push({ span: { start: next, end: next }, text: `${indent}${marked(call)}${lineEnd}` });
    this.note(start, call);
  }

  // ------------------------------------------------------------------ loops

  loop(training: TrainingLoop): void {
    const problem = this.watch(training);
    if (problem !== undefined) {
      this.problems.push(`line ${this.lineOf(training.offset + training.loop.start)}: ${problem}`);
    }
  }

  /** @returns why it could not be done, in words */
  private watch(training: TrainingLoop): string | undefined {
    const { loop, offset, around } = training;
    if (loop.kind === 'While') return WHILE_LOOP;
    if (loop.isAsync) return 'the training loop is an async for, which the recorder cannot watch';
    if (this.name === undefined) return `the names ${RECORDER_NAMES.join(', ')} are all taken`;
    const { models, optimizers } = subjectsOf(this.model, training);
    if (optimizers.length === 0) return `which optimizer steps here cannot be seen before the loop: ${BY_HAND}`;
    const wrapped = this.wrappedIterable(loop.iterable, offset);
    if (!wrapped) return `the loop goes through a bare tuple: put parentheses around it, or ${BY_HAND}`;
    const texts = [...models, ...optimizers.map((text) => text.replace(/^list\(/, ''))];
    const before = around.find((each) => {
      const bound = boundWithin(each);
      return !texts.some((text) => isBound(text, bound));
    });
    const place = before && this.placeBefore(offset + before.start);
    if (!before || !place) return `no line before the loop can hold the recorder: ${BY_HAND}`;
    const given =
      models.length === 0 ? `optimizer=${asArgument(optimizers)}` : `${asArgument(models)}, ${asArgument(optimizers)}`;
    const call = `${this.name} = ${RECORDER_MODULE}.Recorder(${given})`;
    if (!this.isMade(call, training, before, texts)) {
      const text = `${place.indent}${marked(call)}${place.lineEnd}`;
      this.edits.push({ span: { start: place.at, end: place.at }, text });
      this.note(offset + before.start, call);
      this.made.push({ call, training, before });
    }
    const { start, end } = wrapped;
    this.edits.push(
      { span: { start, end: start }, text: `${this.name}.${WATCH_METHOD}(` },
      { span: { start: end, end }, text: ')' },
    );
    const iterable = this.module.text.slice(start, end).replace(/\s+/g, ' ');
    this.note(offset + loop.start, `${this.name}.${WATCH_METHOD}(${iterable})`);
    this.noteOn(loop, offset + loop.start);
    return models.length === 0 ? NO_MODEL : undefined;
  }

  /** Whether a recorder for the same things was made above, where this loop can see it. */
  private isMade(call: string, { unit, segment }: TrainingLoop, before: Loop, texts: readonly string[]): boolean {
    return this.made.some((other) => {
      if (other.call !== call || other.training.unit !== unit || other.before.start > before.start) return false;
      const home = this.model.parentOf(segment, other.before);
      let at: Node | undefined = before;
      while (at && this.model.parentOf(segment, at) !== home) at = this.model.parentOf(segment, at);
      if (!at) return false;
      const between = unit.body.filter(({ start, end }) => end > other.before.end && start < before.start);
      return !between.some((statement) => {
        const bound = boundWithin(statement);
        return texts.some((text) => isBound(text, bound));
      });
    });
  }

  /** What the reader should know of a loop that is watched. */
  private noteOn(loop: Loop, at: number): void {
    if (loop.kind !== 'For') return;
    const source = this.module.text.slice(at, at + (loop.end - loop.start));
    if (/\bnext\s*\(/.test(maskStrings(source, true))) {
      this.problems.push(
        `line ${this.lineOf(at)}: the loop fetches its batches with next(): unless they come from a DataLoader, a step that is run again sees the batch after; let the loop go through them itself where you can`,
      );
    }
  }

  /**
   * Absolute span of what is to be watched: the whole iterable, `enumerate` and progress bars included, so that a step
   * that is run again has the number it had. Undefined where it cannot be an argument as it stands.
   */
  private wrappedIterable(iterable: Expr, offset: number): { start: number; end: number } | undefined {
    const span = outerSpan(iterable);
    const start = offset + span.start;
    const end = offset + span.end;
    if (iterable.kind === 'Starred' || iterable.kind === 'BrokenExpr') return undefined;
    if (iterable.kind === 'Tuple' && !isParenthesised(this.module.text.slice(start, end))) return undefined;
    return { start, end };
  }

  private placeBefore(start: number): { at: number; indent: string; lineEnd: string } | undefined {
    const indent = this.ownIndent(start);
    if (indent === undefined) return undefined;
    const at = start - indent.length;
    const before = /(?:\r\n|\n|\r)$/.exec(this.module.text.slice(Math.max(0, at - 2), at))?.[0];
    return { at, indent, lineEnd: before ?? this.lineEnd() };
  }

  /** The white space before the statement, if nothing else stands before it on its logical line. */
  private ownIndent(start: number): string | undefined {
    const { line } = this.lines.position(start);
    const lineStart = this.lines.lineStarts[line] ?? 0;
    const from = lineStart === 0 && this.module.text.charCodeAt(0) === 0xfeff ? 1 : lineStart;
    const indent = this.module.text.slice(from, start);
    if (!/^[ \t]*$/.test(indent)) return undefined;
    return line > 0 && this.lines.lineText(line - 1).endsWith('\\') ? undefined : indent;
  }

  private lineEnd(): string {
    return /\r\n|\n|\r/.exec(this.module.text)?.[0] ?? '\n';
  }

  // ------------------------------------------------------------------ the whole

  finish(): RecorderInsertion {
    const { text } = this.module;
    const failed = (problem: string): RecorderInsertion => ({
      edits: [],
      inserted: [],
      problems: [...this.problems, problem],
    });
    if (!this.importsRecorder()) {
      const at = importPlace(this.module, Math.min(...this.edits.map(({ span }) => span.start)));
      if (at === undefined) return failed('no line near the top can hold import nanlens');
      const statement = `import ${RECORDER_MODULE}`;
      this.edits.unshift({ span: { start: at, end: at }, text: marked(statement) + this.lineEnd() });
      this.note(at, statement);
    }
    const edits = sortEdits(this.edits);
    const fault = checkEdits(edits, text.length);
    if (fault) return failed(`the recorder could not be placed: ${fault}`);
    const after = applyEdits(text, edits);
    const removal = removeRecorder(after);
    if (applyEdits(after, removal.edits) !== text) {
      return failed('the recorder could not be placed so that it can be taken out again');
    }
    return { edits, inserted: this.inserted.sort((a, b) => a.line - b.line), problems: this.problems };
  }

  /** Whether the file imports the module by that name at its top level. */
  private importsRecorder(): boolean {
    return this.module.segments.some(({ segment }) =>
      segment.body.some(
        (statement) =>
          statement.kind === 'Import' &&
          statement.names.some(({ name, alias }) => name === RECORDER_MODULE && (alias ?? name) === RECORDER_MODULE),
      ),
    );
  }
}

/** Whether the first parenthesis closes at the very end. */
function isParenthesised(text: string): boolean {
  if (!text.startsWith('(') || !text.endsWith(')')) return false;
  const code = maskStrings(text, true);
  let depth = 0;
  for (let at = 0; at < code.length; at++) {
    const c = code.charAt(at);
    if (c === '(' || c === '[' || c === '{') depth++;
    else if (c === ')' || c === ']' || c === '}') depth--;
    if (depth === 0) return at === code.length - 1;
  }
  return false;
}

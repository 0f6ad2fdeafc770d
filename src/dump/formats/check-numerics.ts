// What TensorFlow's numeric checks leave in a log: blocks of enable_check_numerics, and messages of check_numerics itself.

import { explainForward } from '../forward-operation';
import { isUserPath, sourceOf } from '../frames';
import type { LineSpan, LogContext, LogDetector, LogEvidence, LogFormat, Sighting } from '../log/detector';
import { unknownAnomaly } from '../log/detector';
import type { LogLine } from '../log/prefix';
import type { ProgressPoint } from '../log/progress';
import type { Stack } from '../log/stack';
import type { Anomaly, AnomalyKind, Frame, NonFinite, TensorStats } from '../model';
import { CheckNumericsBlock, type CreationFrame } from './check-numerics-block';

export const checkNumerics: LogFormat = {
  id: 'tf-check-numerics',
  detect: (context) => new CheckNumericsDetector(context),
};

const maxEvents = 500;
const maxLineLength = 8000;
const maxKnownFiles = 2000;
/** How far the message may stand below the exception that carries it: the stack of the operation's creation lies between. */
const maxLinesToMessage = 2000;

interface Event {
  readonly key: string;
  readonly message: string;
  /** What stands before `Tensor had`, the script's own words. */
  readonly words: string | null;
  readonly rank: number | null;
  readonly channel: string;
  readonly after: ProgressPoint;
  readonly firstLine: number;
  lastLine: number;
  block: CheckNumericsBlock | null;
  value: NonFinite | null;
  /** Of the operation in the graph. */
  node: string | null;
  definedAt: { readonly path: string; readonly line: number } | null;
  exception: Stack | null;
  creation: Stack | null;
}

const header = /!!! Detected Infinity or NaN in output (\d+) of (graph|eagerly-execut(?:ing|ed)) op "([^"]+)"/;
const tensorHad = / ?: Tensor had ((?:[-+]?Inf|NaN)(?:,? (?:and )?(?:[-+]?Inf|NaN))*) values(?=\s*$|\s*\[)/;
const inHistogram = /Nan in summary histogram for: (\S+)/;
const nodeName = /\[\[(?:\{\{)?[nN]ode:? (\S+?)(?:\}\}|\s)/;
const definedAt = /\(defined at (\S[^()]*?):(\d+)\)/;
const statusBefore =
  /^.*\b(?:INVALID_ARGUMENT|Invalid argument|InvalidArgumentError(?: \(see above for traceback\))?): */;
/** A message in a document is no event. */
const isQuoted = /^[>#|*]/;
const functionNode = /^\{\{function_node [^}]*\}\} */;

class CheckNumericsDetector implements LogDetector {
  private readonly events: Event[] = [];
  private readonly open = new Map<string, CheckNumericsBlock>();
  private readonly understood: LineSpan[] = [];
  private readonly exceptions = new Map<string, Stack>();
  private readonly creations = new Map<string, Stack>();
  /** Files by the end of their path, which is all that a block prints of a long one. */
  private readonly filesByEnd = new Map<string, string>();
  private readonly codeByPlace = new Map<string, string>();
  private leftOut = 0;

  constructor(private readonly context: LogContext) {}

  onStack(stack: Stack): void {
    this.learnFiles(stack.frames);
    if (stack.kind === 'creation') {
      this.creations.set(stack.channel, stack);
      const latest = this.events.at(-1);
      // TensorFlow up to 2.3 prints it after the message.
      if (latest && latest.channel === stack.channel && latest.creation === null && latest.block === null)
        if (stack.firstLine - latest.lastLine < 10) latest.creation = stack;
    } else if (stack.kind === 'exception' && stack.exception?.includes('InvalidArgumentError')) {
      this.exceptions.set(stack.channel, stack);
    }
  }

  private learnFiles(frames: readonly Frame[]): void {
    for (const { path, line, text } of frames) {
      if (this.filesByEnd.size >= maxKnownFiles) return;
      this.filesByEnd.set(endOf(path), path);
      if (text !== null) this.codeByPlace.set(`${path}:${line}`, text);
    }
  }

  onLine(line: LogLine): void {
    const { text } = line;
    const block = this.open.get(line.channel);
    if (block !== undefined) this.inside(block, line);
    if (text.length > maxLineLength) return;
    if (text.includes('!!! Detected Infinity or NaN')) this.begin(line);
    else if (text.includes('Tensor had ')) this.message(line);
    else if (text.includes('[[')) this.nodeLine(line);
    else if (text.includes('Nan in summary')) this.histogram(line);
  }

  private begin(line: LogLine): void {
    const match = header.exec(line.text);
    if (match === null) return;
    const before = this.open.get(line.channel);
    if (before !== undefined) this.close(before, null, line);
    const block = new CheckNumericsBlock(
      line.text.slice(match.index).trim(),
      match[3] ?? '',
      Number(match[1]),
      match[2] === 'graph',
      line.number,
      line.rank,
      this.context.progress.point(line.rank),
    );
    this.open.set(line.channel, block);
  }

  private inside(block: CheckNumericsBlock, line: LogLine): void {
    if (tensorHad.test(line.text)) return;
    if (!block.line(line)) this.close(block, null, line);
  }

  private message(line: LogLine): void {
    const match = tensorHad.exec(line.text);
    if (match === null || isQuoted.test(line.text)) return;
    const value = valueIn(match[1] ?? '');
    const block = this.open.get(line.channel);
    if (block !== undefined) {
      this.close(block, value, line);
      return;
    }
    const words = line.text.slice(0, match.index).replace(statusBefore, '').replace(functionNode, '').trim();
    this.event(line, `${words} : Tensor had ${match[1]} values`.trim(), words, value, null);
  }

  private histogram(line: LogLine): void {
    const match = inHistogram.exec(line.text);
    if (match !== null) this.event(line, match[0], null, 'nan', null);
  }

  /** The node's name stands under the message. */
  private nodeLine(line: LogLine): void {
    const latest = this.events.at(-1);
    if (latest === undefined || latest.channel !== line.channel || line.number - latest.lastLine > 2) return;
    latest.node ??= nodeName.exec(line.text)?.[1] ?? null;
    const place = definedAt.exec(line.text);
    if (place && latest.definedAt === null) latest.definedAt = { path: place[1] ?? '', line: Number(place[2]) };
    this.understood.push({ firstLine: line.number, lastLine: line.number });
  }

  private close(block: CheckNumericsBlock, value: NonFinite | null, line: LogLine): void {
    this.open.delete(line.channel);
    this.event(line, block.message, null, value ?? block.countedValue, block);
  }

  private event(
    line: LogLine,
    message: string,
    words: string | null,
    value: NonFinite | null,
    block: CheckNumericsBlock | null,
  ): void {
    const { channel } = line;
    const after = block?.after ?? this.context.progress.point(line.rank);
    const exception = this.takeNear(this.exceptions, line, block?.firstLine ?? line.number);
    const creation = this.takeNear(this.creations, line, block?.firstLine ?? line.number);
    const firstLine = Math.min(block?.firstLine ?? line.number, exception?.firstLine ?? line.number);
    this.understood.push({ firstLine, lastLine: line.number });
    // The runtime logs it first, and the exception says the same again.
    const key = `${message} ${value} ${after.epoch} ${after.count} ${line.rank}`;
    const same = this.events.findLast((event) => event.key === key);
    if (same !== undefined) {
      same.lastLine = line.number;
      same.exception ??= exception;
      same.creation ??= creation;
      same.block ??= block;
      return;
    }
    if (this.events.length >= maxEvents) {
      this.leftOut++;
      return;
    }
    const node = line.text.includes('[[') ? (nodeName.exec(line.text)?.[1] ?? null) : null;
    this.events.push({
      key,
      message,
      words,
      rank: line.rank,
      channel,
      after,
      firstLine,
      lastLine: line.number,
      block,
      value,
      node,
      definedAt: null,
      exception,
      creation,
    });
  }

  private takeNear(stacks: Map<string, Stack>, { channel }: LogLine, before: number): Stack | null {
    const stack = stacks.get(channel);
    if (stack === undefined || stack.lastLine > before) return null;
    stacks.delete(channel);
    return before - stack.lastLine <= maxLinesToMessage ? stack : null;
  }

  finish(): LogEvidence {
    for (const [channel, block] of this.open) this.close(block, null, endLine(block, channel, this.context.lineCount));
    const sightings = this.events.map((event) => this.sightingOf(event));
    const problems =
      this.leftOut > 0 ? [{ message: `${this.leftOut} more failed checks are not listed.`, line: null }] : [];
    const claim = this.events.length > 0 ? 1 : 0;
    return { claim, framework: 'tensorflow', sightings, problems, understood: this.understood };
  }

  private sightingOf(event: Event): Sighting {
    const { block, words, exception, creation } = event;
    const created = (block?.creation ?? []).map((frame) => this.resolved(frame));
    const frames =
      created.length > 0 ? created : creation !== null ? this.withCode(creation.frames) : (exception?.frames ?? []);
    const isBackward = block?.isBackward(event.node) ?? isGradientNode(event.node);
    const kind = kindOf(event, isBackward);
    const isHistogram = block === null && words === null;
    const source = sourceOf(frames) ?? definition(event) ?? sourceOf(exception?.frames ?? []);
    const explanation = explainForward(block?.op ?? null, event.value, source?.text ?? null);
    const anomaly: Sighting['anomaly'] = {
      ...unknownAnomaly,
      kind,
      value: event.value ?? 'nonfinite',
      // What the message names is another operation's result.
      op: block?.op ?? (kind === 'nan-forward' || kind === 'inf-forward' ? 'CheckNumerics' : null),
      outputIndex: block?.outputIndex ?? null,
      param: isHistogram ? (inHistogram.exec(event.message)?.[1] ?? null) : null,
      rank: event.rank,
      source,
      frames,
      message: event.message,
      stats: statsOf(block),
      rules: explanation.rules,
      span: { firstLine: event.firstLine, lastLine: event.lastLine },
    };
    return {
      anomaly,
      after: event.after,
      at: null,
      order: event.firstLine,
      confidence: 'certain',
      why: whyOf(event) ?? explanation.why,
    };
  }

  private resolved({ path, line, function: name, text, isMarked }: CreationFrame): Frame {
    const isCut = path.startsWith('...');
    const full = isCut ? (this.filesByEnd.get(endOf(path)) ?? path) : path;
    const isUser = isMarked && isUserPath(full) && !(full.startsWith('...') && cutKeras.test(full));
    return { path: full, line, function: name, text: text ?? this.codeByPlace.get(`${full}:${line}`) ?? null, isUser };
  }

  /** The runtime prints the creation stack without code; a traceback of the same log may have it. */
  private withCode(frames: readonly Frame[]): readonly Frame[] {
    return frames.map((frame) => ({
      ...frame,
      text: frame.text ?? this.codeByPlace.get(`${frame.path}:${frame.line}`) ?? null,
    }));
  }
}

/** Keras counts as the user's code to TensorFlow, and a cut path may have lost the package's name. */
const cutKeras =
  /^\.\.\.(?:.*\/keras\/|(?:k?e?r?a)?s?\/?src\/(?:trainers\/(?:data_adapters\/|trainer|epoch_iterator|compile_utils)|backend\/(?:tensorflow|common)\/|utils\/traceback_utils|layers\/layer\.py|models\/(?:functional|sequential|model)\.py|ops\/(?:operation|function|symbolic)|optimizers\/base_optimizer|losses\/loss))/;
const keptOfPath = 50;

function endOf(path: string): string {
  return path.replace(/^\.\.\./, '').slice(-keptOfPath);
}

function isGradientNode(node: string | null): boolean {
  return node !== null && /(?:^|\/)gradient(?:s|_tape)\b/.test(node);
}

function kindOf({ value, words, block }: Event, isBackward: boolean): AnomalyKind {
  if (block === null) {
    if (words === null) return 'metric-nonfinite';
    if (/\bgrad(?:ient)?s?\b|\bglobal norm\b/i.test(words)) return 'grad-nonfinite';
    if (/\bLossTensor\b|^(?:the )?(?:\w+ )?loss\b/i.test(words)) return value === 'inf' ? 'loss-inf' : 'loss-nan';
  }
  if (isBackward) return value === 'nan' ? 'nan-backward' : 'grad-nonfinite';
  return value === 'inf' || value === '-inf' ? 'inf-forward' : 'nan-forward';
}

function definition({ definedAt: place }: Event): Anomaly['source'] {
  if (place === null || !isUserPath(place.path)) return null;
  return { path: place.path, line: place.line, function: null, text: null };
}

function statsOf(block: CheckNumericsBlock | null): readonly TensorStats[] | null {
  const stats = block?.stats() ?? [];
  return stats.length > 0 ? stats : null;
}

function whyOf({ block, words }: Event): string | null {
  if (block?.op === 'Placeholder' || block?.op === 'IteratorGetNext') {
    return 'it computes nothing, so the data that were fed in already hold it';
  }
  if (words) return 'this is the check that noticed it; what it was given was computed before';
  return null;
}

/** `NaN`, `-Inf and +Inf`, `-Inf, +Inf, and NaN`. */
function valueIn(words: string): NonFinite {
  const hasInf = words.includes('Inf');
  if (words.includes('NaN')) return hasInf ? 'nonfinite' : 'nan';
  if (words === '-Inf') return '-inf';
  return 'inf';
}

/** A log that ends inside a block. */
function endLine({ rank }: CheckNumericsBlock, channel: string, number: number): LogLine {
  return { number, text: '', rank, channel, level: null, isProgressBar: false, endsLine: true };
}

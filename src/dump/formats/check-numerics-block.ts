// One block of TensorFlow's enable_check_numerics: the operation, counts of its output, its inputs, who created it.

import type { LogLine } from '../log/prefix';
import type { ProgressPoint } from '../log/progress';
import type { NonFinite, TensorStats } from '../model';
import { parsePythonNumber } from '../python-number';

/** A line of the creation stack. */
export interface CreationFrame {
  /** Its last 50 characters after three dots, where it is longer. */
  readonly path: string;
  readonly line: number;
  readonly function: string | null;
  text: string | null;
  /** Whether TensorFlow takes it for the user's code. */
  isMarked: boolean;
}

const maxLines = 4000;
const maxFrames = 400;
const maxInputText = 100_000;
const maxInputs = 64;

const dtypeLine = /^\s*dtype: <dtype: '(\w+)'>/;
const shapeLine = /^\s*shape: (\([\d, ?None]*\))/;
const countLine = /^\s*# of ([-+](?:Inf|NaN)) elements: (\d+)/;
const inputLine = /^\s*Input tensors?(?: \(\d+\))?:/;
const graphLine = /^\s*Graph name: /;
const stackLine = /^\s*Stack trace of op's creation/;
const frameLine = /^\s*\+ (\S.*?) \(L(\d+)\) ?(.*)$/;
const codeLine = /^\s*(->)?\s*\|\s?(.*)$/;

export class CheckNumericsBlock {
  readonly creation: CreationFrame[] = [];
  private dtype: string | null = null;
  private shape: readonly number[] | null = null;
  private readonly counts = { '-Inf': 0, '+Inf': 0, '+NaN': 0 };
  private hasCounts = false;
  private inputText = '';
  private part: 'head' | 'inputs' | 'stack' = 'head';
  private lines = 0;

  constructor(
    readonly message: string,
    readonly op: string,
    readonly outputIndex: number,
    readonly isGraph: boolean,
    readonly firstLine: number,
    readonly rank: number | null,
    readonly after: ProgressPoint,
  ) {}

  /** @returns false where the line is not of the block. */
  line({ text }: LogLine): boolean {
    if (++this.lines > maxLines || /^Traceback |^[\w.]+Error: /.test(text)) return false;
    if (stackLine.test(text)) this.part = 'stack';
    else if (graphLine.test(text)) this.part = 'head';
    else if (inputLine.test(text) && this.part !== 'stack') {
      this.part = 'inputs';
      this.addInput(text.replace(inputLine, ''));
    } else if (this.part === 'inputs') this.addInput(text);
    else if (this.part === 'stack') this.stackLine(text);
    else this.headLine(text);
    return true;
  }

  private headLine(text: string): void {
    const dtype = dtypeLine.exec(text);
    if (dtype) this.dtype = dtype[1] ?? null;
    const shape = shapeLine.exec(text);
    if (shape) this.shape = shapeOf(shape[1]);
    const count = countLine.exec(text);
    const name = count?.[1];
    if (count && (name === '-Inf' || name === '+Inf' || name === '+NaN')) {
      this.counts[name] = Number(count[2]);
      this.hasCounts = true;
    }
  }

  private addInput(text: string): void {
    if (this.inputText.length < maxInputText) this.inputText += `${text}\n`;
  }

  private stackLine(text: string): void {
    const frame = frameLine.exec(text);
    if (frame) {
      if (this.creation.length >= maxFrames) return;
      const [, path = '', line, name] = frame;
      this.creation.push({ path, line: Number(line), function: name || null, text: null, isMarked: false });
      return;
    }
    const code = codeLine.exec(text);
    const last = this.creation.at(-1);
    if (code === null || last === undefined) return;
    last.isMarked = code[1] !== undefined;
    last.text ??= code[2]?.trim() || null;
  }

  /** What the counts say, where the closing line is cut off. */
  get countedValue(): NonFinite | null {
    const { '-Inf': negative, '+Inf': positive, '+NaN': nan } = this.counts;
    if (nan > 0) return negative + positive > 0 ? 'nonfinite' : 'nan';
    return positive > 0 ? 'inf' : negative > 0 ? '-inf' : null;
  }

  /** @param node of the graph, where it is known */
  isBackward(node: string | null): boolean {
    if (node !== null && /(?:^|\/)gradient(?:s|_tape)\b/.test(node)) return true;
    return this.creation.some(
      ({ path, function: name }) =>
        (path.endsWith('/eager/backprop.py') && name !== null && /gradient/.test(name)) ||
        path.endsWith('/ops/gradients_util.py'),
    );
  }

  stats(): TensorStats[] {
    const output: TensorStats = {
      ...unknownStats,
      name: `output ${this.outputIndex}`,
      shape: this.shape,
      dtype: this.dtype,
      ...(this.hasCounts ? { nan: this.counts['+NaN'], posInf: this.counts['+Inf'], negInf: this.counts['-Inf'] } : {}),
    };
    return this.shape === null && this.dtype === null ? [] : [output, ...this.inputStats()];
  }

  private inputStats(): TensorStats[] {
    const text = this.inputText;
    const starts = [...text.matchAll(/^\s*(?:(\d+): )?(?=(?:<?tf\.)?(?:Tensor|SparseTensor|<tf\.|Variable)\b)/gm)];
    return starts.slice(0, maxInputs).map((start, i) => {
      const end = starts[i + 1]?.index ?? text.length;
      return readTensor(text.slice(start.index + start[0].length, end), `input ${start[1] ?? i}`);
    });
  }
}

const unknownStats: TensorStats = {
  name: null,
  shape: null,
  dtype: null,
  min: null,
  max: null,
  mean: null,
  absMin: null,
  absMax: null,
  nan: null,
  posInf: null,
  negInf: null,
};

/** `tf.Tensor([3. 1. 0.], shape=(3,), dtype=float32)`, `Tensor("Sum:0", shape=(1, 1), dtype=float32)`. */
function readTensor(text: string, name: string): TensorStats {
  const shapeAt = text.lastIndexOf('shape=(');
  const shape = shapeAt < 0 ? null : shapeOf(/^shape=(\([^)]*\))/.exec(text.slice(shapeAt))?.[1]);
  const dtype = /dtype=(\w+)/.exec(text.slice(Math.max(0, shapeAt)))?.[1] ?? null;
  const isValues = text.startsWith('tf.Tensor(') && shapeAt > 0 && !text.includes('...');
  return { ...unknownStats, name, shape, dtype, ...(isValues ? summary(text.slice(10, shapeAt)) : {}) };
}

/** Of all printed values: those that are left out of a print are left out of no summary. */
function summary(text: string): Partial<TensorStats> {
  const values = [...text.matchAll(/[-+]?(?:nan|inf|\d[\d.]*(?:e[-+]?\d+)?)/g)].flatMap(([one]) => {
    const value = parsePythonNumber(one);
    return value === null ? [] : [value];
  });
  const finite = values.filter(Number.isFinite);
  return {
    nan: values.filter(Number.isNaN).length,
    posInf: values.filter((value) => value === Number.POSITIVE_INFINITY).length,
    negInf: values.filter((value) => value === Number.NEGATIVE_INFINITY).length,
    min: finite.length > 0 ? finite.reduce((a, b) => Math.min(a, b)) : null,
    max: finite.length > 0 ? finite.reduce((a, b) => Math.max(a, b)) : null,
  };
}

/** `(2, 3)`; null where a size is not known. */
function shapeOf(text: string | undefined): readonly number[] | null {
  if (text === undefined || /None|\?/.test(text)) return null;
  return (text.match(/\d+/g) ?? []).map(Number);
}

// JSON lines that look like one another, as one program writes them: what stands between the values is learnt from one line and only compared in the next.

import { DecimalScanner } from './decimal';
import { numberOfText } from './metric-record';

/** The values of a line in the order of its keys. They stand there until the next line is read. */
export interface FlatRecord {
  readonly keys: readonly string[];
  readonly values: Float64Array;
  /** 0 where the value is a text, a truth or null. */
  readonly isNumber: Uint8Array;
}

interface Shape {
  readonly keys: readonly string[];
  /** What stands before each value: `{"step": `, `, "loss": `. */
  readonly before: readonly string[];
  readonly end: string;
}

/** A trainer writes lines of few shapes: one for training, one for evaluation. */
const maxShapes = 6;
const maxKeys = 500;

export class FlatRecords {
  private readonly shapes: Shape[] = [];
  private readonly number = new DecimalScanner();
  private readonly numbers = new Float64Array(maxKeys);
  private readonly isNumber = new Uint8Array(maxKeys);
  private at = 0;

  /** @returns null where the line is of no shape that was learnt; otherwise what JSON's own reader would give. */
  read(line: string): FlatRecord | null {
    const { shapes } = this;
    for (let i = 0; i < shapes.length; i++) {
      const shape = shapes[i];
      if (shape === undefined || !this.fits(line, shape)) continue;
      if (i > 0) shapes.unshift(...shapes.splice(i, 1));
      return { keys: shape.keys, values: this.numbers, isNumber: this.isNumber };
    }
    return null;
  }

  /** Remembers the shape of a line that is known to be a whole JSON object, if it is flat. */
  learn(line: string): void {
    const shape = this.shapeOf(line);
    if (shape === null) return;
    this.shapes.unshift(shape);
    this.shapes.length = Math.min(this.shapes.length, maxShapes);
  }

  private fits(line: string, { before, end }: Shape): boolean {
    const { number, numbers, isNumber } = this;
    let at = 0;
    for (let i = 0; i < before.length; i++) {
      const fragment = before[i] ?? '';
      if (!line.startsWith(fragment, at)) return false;
      at += fragment.length;
      isNumber[i] = 1;
      if (number.scan(line, at)) {
        at = number.end;
        numbers[i] = number.value;
        continue;
      }
      this.at = at;
      const value = this.rareValue(line);
      if (value === undefined) return false;
      if (value === null) isNumber[i] = 0;
      else numbers[i] = value;
      at = this.at;
    }
    return line.length === at + end.length && line.endsWith(end);
  }

  private value(line: string): number | null | undefined {
    const { number } = this;
    if (!number.scan(line, this.at)) return this.rareValue(line);
    this.at = number.end;
    return number.value;
  }

  /** @returns undefined where neither a simple text nor a constant stands there */
  private rareValue(line: string): number | null | undefined {
    const { at } = this;
    if (line.charCodeAt(at) === quote) {
      const close = plainTextEnd(line, at + 1);
      if (close < 0) return undefined;
      this.at = close + 1;
      return numberOfText(line.slice(at + 1, close));
    }
    for (const [word, value] of constants) {
      if (!line.startsWith(word, at)) continue;
      this.at += word.length;
      return value;
    }
    return undefined;
  }

  private shapeOf(line: string): Shape | null {
    const keys: string[] = [];
    const before: string[] = [];
    const seen = new Set<string>();
    let from = 0;
    let pattern = opening;
    for (;;) {
      pattern.lastIndex = from;
      const match = pattern.exec(line);
      const key = match?.[1];
      // Keys that are whole numbers come first in an object, wherever they stood.
      if (match === null || key === undefined || seen.has(key) || /^\d+$/.test(key)) return null;
      keys.push(key);
      seen.add(key);
      before.push(match[0]);
      this.at = pattern.lastIndex;
      if (this.value(line) === undefined || keys.length >= maxKeys) return null;
      from = this.at;
      const end = line.slice(from);
      if (/^[ \t]*\}[ \t]*$/.test(end.slice(0, 20)) && end.length <= 20) return { keys, before, end };
      pattern = following;
    }
  }
}

/** Without escapes, which would have to be understood. */
const opening = /[ \t]*\{[ \t]*"([^"\\]*)"[ \t]*:[ \t]*/y;
const following = /[ \t]*,[ \t]*"([^"\\]*)"[ \t]*:[ \t]*/y;

const constants: readonly (readonly [string, number | null])[] = [
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['true', null],
  ['false', null],
];
const quote = 34;
const backslash = 92;
const space = 32;

/** @returns -1 where the text has escapes, control characters or no end */
function plainTextEnd(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash || code < space) return -1;
  }
  return -1;
}

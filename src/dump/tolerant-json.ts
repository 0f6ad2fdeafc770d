// JSON as Python writes it: NaN, Infinity and -Infinity are numbers, and of a text that breaks off, what came before is kept.

import type { DumpProblem } from './model';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
/** Has no prototype: a key of the text can never reach one. */
export interface JsonObject {
  [key: string]: JsonValue;
}

export interface JsonRead {
  /** Undefined where not even a beginning could be read. */
  readonly value: JsonValue | undefined;
  readonly problem: DumpProblem | null;
  /** Whether the text ends before the document does. */
  readonly breaksOff: boolean;
  /** Where reading stopped, in UTF-16 units: the next document of a file with several begins there. */
  readonly end: number;
}

const maxDepth = 200;

/** Reads one JSON document that begins at `start`. Never throws. */
export function readJson(text: string, start = 0): JsonRead {
  const scanner = new Scanner(text, start);
  const value = scanner.document();
  return { value, problem: scanner.problem, breaksOff: scanner.breaksOff, end: scanner.at };
}

class Scanner {
  problem: DumpProblem | null = null;
  breaksOff = false;

  constructor(
    private readonly text: string,
    public at: number,
  ) {}

  document(): JsonValue | undefined {
    return this.value(0);
  }

  private value(depth: number): JsonValue | undefined {
    this.skipSpace();
    const character = this.text[this.at];
    if (character === undefined) return this.cut('The JSON text breaks off here.');
    if (depth > maxDepth) return this.fail('The JSON text is nested too deeply.');
    if (character === '{') return this.object(depth);
    if (character === '[') return this.array(depth);
    if (character === '"') return this.string();
    return this.word();
  }

  private object(depth: number): JsonObject {
    const object: JsonObject = Object.create(null);
    this.at++;
    for (;;) {
      this.skipSpace();
      if (this.take('}')) return object;
      if (this.text[this.at] !== '"') {
        this.expected('A name in double quotes is expected here.');
        return object;
      }
      const key = this.string();
      this.skipSpace();
      if (key === undefined || !this.take(':')) {
        this.expected('A colon is expected here.');
        return object;
      }
      const value = this.value(depth + 1);
      if (value !== undefined) object[key] = value;
      if (this.problem !== null) return object;
      this.skipSpace();
      if (!this.take(',') && this.text[this.at] !== '}') {
        this.expected('A comma or } is expected here.');
        return object;
      }
    }
  }

  private array(depth: number): JsonValue[] {
    const array: JsonValue[] = [];
    this.at++;
    for (;;) {
      this.skipSpace();
      if (this.take(']')) return array;
      const value = this.value(depth + 1);
      if (value !== undefined) array.push(value);
      if (this.problem !== null) return array;
      this.skipSpace();
      if (!this.take(',') && this.text[this.at] !== ']') {
        this.expected('A comma or ] is expected here.');
        return array;
      }
    }
  }

  private string(): string | undefined {
    const { text } = this;
    let end = this.at + 1;
    for (;;) {
      const code = text.charCodeAt(end);
      if (Number.isNaN(code)) return this.cut('The JSON text breaks off inside a string.');
      if (code === quote) break;
      end += code === backslash ? 2 : 1;
    }
    const raw = text.slice(this.at, end + 1);
    const start = this.at;
    this.at = end + 1;
    try {
      const parsed: unknown = JSON.parse(raw);
      if (typeof parsed === 'string') return parsed;
    } catch {
      // Raw control characters and unknown escapes: the text between the quotes is still worth showing.
      return raw.slice(1, -1);
    }
    this.at = start;
    return this.fail('A string is expected here.');
  }

  private word(): JsonValue | undefined {
    words.lastIndex = this.at;
    const word = words.exec(this.text)?.[0];
    if (word === undefined) return this.fail('A value is expected here.');
    const constant = constants.get(word);
    if (constant === undefined && !number.test(word)) {
      // The end of the text may have cut a word in two.
      if (this.at + word.length >= this.text.length) return this.cut('The JSON text breaks off here.');
      return this.fail(`“${word.slice(0, 40)}” is no JSON value.`);
    }
    this.at += word.length;
    return constant === undefined ? Number(word) : constant;
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === 32 || code === 10 || code === 13 || code === 9 || code === byteOrderMark) this.at++;
      else return;
    }
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  private expected(message: string): undefined {
    return this.isAtEnd() ? this.cut('The JSON text breaks off here.') : this.fail(message);
  }

  private cut(message: string): undefined {
    if (this.problem === null) this.breaksOff = true;
    return this.fail(message);
  }

  private fail(message: string): undefined {
    this.problem ??= { message, line: lineAt(this.text, this.at) };
    return undefined;
  }
}

const words = /[-+\w.]+/y;
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const constants: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);
const quote = 34;
const backslash = 92;
const byteOrderMark = 0xfeff;

function lineAt(text: string, at: number): number {
  let line = 1;
  for (let feed = text.indexOf('\n'); feed >= 0 && feed < at; feed = text.indexOf('\n', feed + 1)) line++;
  return line;
}

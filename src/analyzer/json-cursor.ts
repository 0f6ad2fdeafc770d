// Reads JSON in place: what is asked for is decoded with its offsets, the rest is checked and stepped over.

/** A string with the place of its literal, quotes included. */
export interface JsonString {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** Malformed JSON; the message says where in words. Thrown by the cursor, caught by whoever made it. */
export class JsonSyntaxError extends Error {}

const SCALAR = /(?:true|false|null|NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Python writes NaN and Infinity where it has them, so they are read. */
export class JsonCursor {
  constructor(
    readonly text: string,
    public at = 0,
  ) {}

  fail(expected: string): never {
    const before = this.text.slice(0, this.at);
    const line = before.split('\n').length;
    const column = this.at - (before.lastIndexOf('\n') + 1) + 1;
    const found = this.at >= this.text.length ? 'the end of the file' : JSON.stringify(this.text[this.at]);
    throw new JsonSyntaxError(`line ${line}, column ${column}: expected ${expected}, found ${found}`);
  }

  skipSpace(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return;
      this.at++;
    }
  }

  /** The next character that is not white space, or '' at the end. */
  peek(): string {
    this.skipSpace();
    return this.text[this.at] ?? '';
  }

  expect(character: string): void {
    if (this.peek() !== character) this.fail(JSON.stringify(character));
    this.at++;
  }

  string(): JsonString {
    this.skipSpace();
    const start = this.at;
    this.stepOverString();
    return { value: JSON.parse(this.text.slice(start, this.at)) as string, start, end: this.at };
  }

  /** Calls `member` with the cursor before each value; it must read or skip exactly that value. */
  object(member: (key: string) => void): void {
    this.expect('{');
    if (this.peek() === '}') {
      this.at++;
      return;
    }
    for (;;) {
      const key = this.string().value;
      this.expect(':');
      member(key);
      if (this.peek() === ',') this.at++;
      else break;
    }
    this.expect('}');
  }

  /** Calls `element` with the cursor before each value; it must read or skip exactly that value. */
  array(element: (index: number) => void): void {
    this.expect('[');
    if (this.peek() === ']') {
      this.at++;
      return;
    }
    for (let index = 0; ; index++) {
      element(index);
      if (this.peek() === ',') this.at++;
      else break;
    }
    this.expect(']');
  }

  /** Steps over any value, however deep, without recursion. */
  skip(): void {
    const closers: string[] = [];
    for (;;) {
      this.value(closers);
      for (;;) {
        const closer = closers.at(-1);
        if (closer === undefined) return;
        const next = this.peek();
        if (next === ',') {
          this.at++;
          if (closer === '}') this.key();
          break;
        }
        if (next !== closer) this.fail(`"," or "${closer}"`);
        this.at++;
        closers.pop();
      }
    }
  }

  private key(): void {
    this.stepOverString();
    this.expect(':');
  }

  /** Character by character: the base64 of a picture is too long for a regular expression. */
  private stepOverString(): void {
    if (this.peek() !== '"') this.fail('a string');
    this.at++;
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c === 34) break;
      if (c === 92) {
        ESCAPE.lastIndex = this.at;
        if (!ESCAPE.test(this.text)) this.fail('an escape that JSON knows');
        this.at = ESCAPE.lastIndex;
      } else if (c >= 32) this.at++;
      else this.fail('the end of a string before a control character or the end of the file');
    }
    this.at++;
  }

  /** Steps over a scalar or an empty container, or into containers down to the first scalar. */
  private value(closers: string[]): void {
    for (;;) {
      const c = this.peek();
      if (c === '"') {
        this.stepOverString();
        return;
      }
      if (c !== '{' && c !== '[') {
        SCALAR.lastIndex = this.at;
        if (!SCALAR.test(this.text)) this.fail('a value');
        this.at = SCALAR.lastIndex;
        return;
      }
      const closer = c === '{' ? '}' : ']';
      this.at++;
      if (this.peek() === closer) {
        this.at++;
        return;
      }
      closers.push(closer);
      if (c === '{') this.key();
    }
  }
}

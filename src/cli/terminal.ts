// What is written to the terminal: colours only where they are wanted, and nothing that could drive the terminal.

import { inspect } from 'node:util';

/** One of the process's output streams, as far as it matters here. */
export interface OutputStream {
  write(chunk: string | Uint8Array): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  blue(text: string): string;
  cyan(text: string): string;
}

function painter(isColored: boolean): Paint {
  const style = (name: keyof typeof inspect.colors): ((text: string) => string) => {
    const codes = inspect.colors[name];
    return isColored && codes ? (text) => `\u001b[${codes[0]}m${text}\u001b[${codes[1]}m` : (text) => text;
  };
  return {
    bold: style('bold'),
    dim: style('dim'),
    red: style('red'),
    green: style('green'),
    yellow: style('yellow'),
    blue: style('blue'),
    cyan: style('cyan'),
  };
}

/** Whether to colour: FORCE_COLOR before NO_COLOR before what the stream is. */
export function wantsColor(
  environment: Readonly<Record<string, string | undefined>>,
  isTTY: boolean | undefined,
): boolean {
  const force = environment.FORCE_COLOR;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (environment.NO_COLOR) return false;
  return isTTY === true && environment.TERM !== 'dumb';
}

/** The two output streams of a run, and how they are painted. */
export class Terminal {
  readonly paint: Paint;
  readonly errorPaint: Paint;

  constructor(
    private readonly stdout: OutputStream,
    private readonly stderr: OutputStream,
    private readonly environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.paint = painter(wantsColor(environment, stdout.isTTY));
    this.errorPaint = painter(wantsColor(environment, stderr.isTTY));
  }

  /** Whether a person watches the error stream. */
  get isWatched(): boolean {
    return this.stderr.isTTY === true;
  }

  /** Columns to wrap prose at: the terminal's width, but never a line too long to read. */
  get width(): number {
    return Math.max(40, Math.min(this.stdout.columns ?? 88, 100));
  }

  /** The same, with everything on the error stream: for what must not mix with the command's own output. */
  onErrorStream(): Terminal {
    return new Terminal(this.stderr, this.stderr, this.environment);
  }

  /** Writes to standard output as given. */
  write(chunk: string | Uint8Array): void {
    this.stdout.write(chunk);
  }

  line(text = ''): void {
    this.stdout.write(`${text}\n`);
  }

  /** Writes to standard error as given. */
  writeError(text: string): void {
    this.stderr.write(text);
  }

  errorLine(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  error(message: string): void {
    this.errorLine(`${this.errorPaint.red('error')}: ${message}`);
  }

  warning(message: string): void {
    this.errorLine(`${this.errorPaint.yellow('warning')}: ${message}`);
  }
}

/** Marks that reorder or hide text: bidirectional controls, joiners and byte order marks. */
const INVISIBLE = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/**
 * What to show for one character of a file, a path or a message: itself, or a visible stand-in where the terminal
 * would act on it instead of showing it.
 */
export function visibleCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  if (code < 0x80) return character;
  const isLoneSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code < 0xa0 || isLoneSurrogate || INVISIBLE.test(character) ? '\ufffd' : character;
}

/** Text on one line, with everything visible that a terminal would act on. */
export function visible(text: string): string {
  let out = '';
  for (const character of text.replace(/\s*[\r\n]+\s*/g, ' ')) out += visibleCharacter(character);
  return out;
}

/** Columns that a visible character takes: 2 for East Asian wide ones and emoji, 0 for combining marks. */
export function characterWidth(character: string): 0 | 1 | 2 {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (/\p{Mn}|\p{Me}/u.test(character)) return 0;
  return /\p{Emoji_Presentation}/u.test(character) || isWide(code) ? 2 : 1;
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}

/** A counter on standard error that shows itself when the work takes longer than a second and a person watches. */
export class Progress {
  private readonly started: number;
  private shownAt = Number.NEGATIVE_INFINITY;
  private isShown = false;

  /** @param now clock, in milliseconds */
  constructor(
    private readonly terminal: Terminal,
    private readonly label: string,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.started = now();
  }

  /** @param total undefined while it is not yet known */
  tick(done: number, total: number | undefined): void {
    if (!this.terminal.isWatched) return;
    const now = this.now();
    if (now - this.started < 1000 || now - this.shownAt < 100) return;
    this.shownAt = now;
    this.isShown = true;
    const count = total === undefined ? `${done}` : `${done} of ${total}`;
    this.terminal.writeError(`\r\u001b[K${this.label}: ${count}`);
  }

  /** Takes the counter off the terminal, before anything else is written. */
  clear(): void {
    if (this.isShown) this.terminal.writeError('\r\u001b[K');
    this.isShown = false;
  }
}

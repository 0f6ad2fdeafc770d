// Turns the tracebacks and warnings of a pytest report back into those that Python itself prints.

import type { LogLine } from './prefix';

const section = /^={3,} (.*?) ={3,}$/;
const failureTitle = /^_{3,} (.+?) _{3,}$/;
/** `train.py:12: in fit` with the code below, `train.py:12: RuntimeError` with the code above. */
const place = /^(\S.*?):(\d+): (?:in (\S.*?)|(\w*))\s*$/;
const definition = /^ {4,}(?:async )?def (\w+)\(/;
const running = /^> {3,}(\S.*)$/;
const errorLine = /^E( {2,}|$)(.*)$/;
const exceptionStart = /^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Warning|Interrupt|Exit|Failure))(?::|$)/;
const capturedTitle = /^-{3,} Captured /;
const summaryLine = /^(?:FAILED|ERROR) \S/;
const maxErrorLines = 2000;
const maxHeld = 5000;

type Part = 'none' | 'traceback' | 'captured' | 'warnings' | 'summary';

export class PytestReport {
  private part: Part = 'none';
  /** The failure that is being told of: what the frame at its end needs. */
  private function: string | null = null;
  private code: string | null = null;
  private errors: LogLine[] = [];
  private errorIndent = 0;
  private hasFrames = false;
  private hasToldFailures = false;
  /** The traceback of a failure, until what its test had printed before was shown. */
  private held: LogLine[] = [];

  /** @returns the lines that are complete now, in order. */
  push(line: LogLine): readonly LogLine[] {
    const { text } = line;
    if (text.startsWith('===')) return this.title(line);
    switch (this.part) {
      case 'none':
        return [line];
      case 'warnings':
        return [text.startsWith('  ') ? { ...line, text: text.slice(2) } : line];
      case 'summary':
        // One line for each failure, which was told of above unless tracebacks are off.
        return this.hasToldFailures && summaryLine.test(text) ? [] : [line];
      case 'captured':
        return failureTitle.test(text) ? [...this.release(), ...this.failure(line)] : [line];
      case 'traceback':
        this.held.push(...this.traceback(line));
        return this.held.length > maxHeld ? this.release() : [];
    }
  }

  end(): readonly LogLine[] {
    return this.release();
  }

  private release(): LogLine[] {
    const out = [...this.held, ...this.flushErrors()];
    this.held = [];
    return out;
  }

  private title(line: LogLine): LogLine[] {
    const name = section.exec(line.text)?.[1];
    if (name === undefined) return [line];
    const out = this.release();
    this.part = partOf(name);
    // Others draw such lines too, and say something in them.
    return [...out, line];
  }

  private failure(line: LogLine): LogLine[] {
    const heading = { ...line, text: 'Traceback (most recent call last):' };
    const isHeld = this.part === 'traceback';
    this.hasToldFailures = true;
    this.part = 'traceback';
    this.function = null;
    this.code = null;
    this.hasFrames = false;
    if (isHeld) return [heading];
    this.held.push(heading);
    return [];
  }

  private traceback(line: LogLine): LogLine[] {
    const { text } = line;
    if (failureTitle.test(text)) return [...this.flushErrors(), ...this.failure(line)];
    if (capturedTitle.test(text)) {
      const errors = this.flushErrors();
      this.part = 'captured';
      return errors;
    }
    if (text.startsWith('E')) {
      const error = errorLine.exec(text);
      if (error !== null) return this.error(line, error);
    }
    const at = place.exec(text);
    if (at !== null) return this.frame(line, at);
    const defined = definition.exec(text);
    if (defined !== null) {
      this.function = defined[1] ?? null;
      this.code = null;
      return [];
    }
    const runs = running.exec(text);
    if (runs !== null) {
      this.code = runs[1] ?? null;
      return [];
    }
    // The code of a short frame; what else is shown is source around it and values of arguments.
    if (this.hasFrames && this.function === null && this.code === null && /^ {4}\S/.test(text)) {
      this.code = '';
      return [line];
    }
    return [];
  }

  private frame(line: LogLine, [, path, number, name]: RegExpExecArray): LogLine[] {
    const isShort = name !== undefined;
    const frame = `  File "${path}", line ${number}, in ${name ?? this.function ?? '<module>'}`;
    const out: LogLine[] = [{ ...line, text: frame }];
    if (!isShort && this.code) out.push({ ...line, text: `    ${this.code}` });
    this.function = null;
    this.code = null;
    this.hasFrames = true;
    return isShort ? out : [...out, ...this.flushErrors(true)];
  }

  private error(line: LogLine, [, indent = '', message = '']: RegExpExecArray): LogLine[] {
    if (this.errors.length === 0) this.errorIndent = indent.length;
    if (this.errors.length < maxErrorLines) {
      const rest = ' '.repeat(Math.max(0, indent.length - this.errorIndent));
      this.errors.push({ ...line, text: `${rest}${message}` });
    }
    return [];
  }

  /** The exception stands above the place of the frame that raised it. */
  private flushErrors(hasPlace = false): LogLine[] {
    const { errors } = this;
    if (errors.length === 0 || (!hasPlace && this.part !== 'traceback')) return [];
    this.errors = [];
    // A comparison that failed is shown in words of pytest's own.
    return exceptionStart.test(errors[0]?.text ?? '') ? errors.filter(({ text }) => text !== '') : [];
  }
}

function partOf(title: string): Part {
  if (title === 'FAILURES' || title === 'ERRORS') return 'captured';
  if (title.startsWith('warnings summary')) return 'warnings';
  return title === 'short test summary info' ? 'summary' : 'none';
}

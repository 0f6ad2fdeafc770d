// Collects the stacks of a log as its lines go by: Python tracebacks in every style, and the forward stacks of anomaly warnings.

import { isUserPath } from '../frames';
import type { Frame } from '../model';
import { type FrameLocation, isMarkerLine, parseArrowLine, parseClassicFrame, parseNotebookFrame } from './frame-line';
import type { LogLine } from './prefix';

export interface Stack {
  readonly kind: StackKind;
  /** The line that opens it; null where the log begins in the middle of the stack. */
  readonly heading: string | null;
  readonly frames: readonly Frame[];
  /** `Type: message` as printed; null where none follows. */
  readonly exception: string | null;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly rank: number | null;
  readonly channel: string;
  /** Whether its beginning and its end are there. */
  readonly isComplete: boolean;
  /** Whether another exception led to this one, whose stack comes before. */
  readonly isChained: boolean;
}

/**
 * `exception`: a traceback. `forward`: who called the operation. `parent`: who called the operation that induced it.
 * `creation`: who put the operation into its graph.
 */
export type StackKind = 'exception' | 'forward' | 'parent' | 'creation';

/** The lines around the one that runs. */
const numberedCode = /^\s*\d+ {2,}/;
const maxFrames = 400;
const maxOpenStacks = 64;
const maxTextLength = 1000;
/** How many foreign lines (another thread's prints) may stand inside a stack. */
const maxForeignLines = 4;

interface OpenStack {
  kind: StackKind;
  heading: string | null;
  isNotebook: boolean;
  /** The exception's name, where the heading already says it. */
  announced: string | null;
  frames: Frame[];
  location: FrameLocation | null;
  text: string | null;
  firstLine: number;
  lastLine: number;
  rank: number | null;
  channel: string;
  foreign: number;
  isChained: boolean;
}

const mayBeHeading = /raceback|defined at|stack trace for/;
/** It may be glued to the progress bar that was being drawn. */
const pythonHeading = /Traceback \(most recent call last\):?\s*$/;
const notebookHeading = /^([A-Za-z_][\w.]*)\s+Traceback \(most recent call last\)\s*$/;
const forwardHeading = /Traceback of forward call that caused the error:\s*$/;
const parentHeading = /Traceback of forward call that induced the previous calculation:\s*$/;
const creationHeading =
  /^(?:Detected at node \S+ defined at \(most recent call last\)|Original stack trace for '[^']*'|Caused by op '[^']*', defined at):\s*$/;
const forwardEnd = /^\s?\((?:Triggered internally|print_stack|function )/;
const chainNote = /^(?:The above exception was the direct cause of|During handling of the above exception, another)/;
const exceptionLine = /^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: ?(.*))?$/;
const exceptionName =
  /(?:Error|Exception|Warning|Interrupt|Exit|Iteration|Failure|Fault|Timeout|Abort(?:ed)?|Group|NonFinite|NaN)$/;

export class StackCollector {
  private readonly open = new Map<string, OpenStack>();
  private readonly chained = new Set<string>();

  constructor(private readonly emit: (stack: Stack) => void) {}

  /** @returns whether the line is a frame or its code, which say nothing else, however much they look like a print. */
  line(line: LogLine): boolean {
    const { text } = line;
    if (mayBeHeading.test(text) && this.heading(line)) return false;
    const open = this.open.get(line.channel);
    return open === undefined ? this.idle(line) : this.inside(open, line);
  }

  end(): void {
    for (const open of [...this.open.values()]) this.close(open, null, false);
  }

  private heading(line: LogLine): boolean {
    const { text } = line;
    const notebook = notebookHeading.exec(text);
    const kind = pythonHeading.test(text)
      ? 'exception'
      : forwardHeading.test(text)
        ? 'forward'
        : parentHeading.test(text)
          ? 'parent'
          : creationHeading.test(text)
            ? 'creation'
            : null;
    if (kind === null) return false;
    const before = this.open.get(line.channel);
    if (before !== undefined) this.close(before, null, before.kind !== 'exception');
    this.begin(line, kind, text, notebook?.[1] ?? null, notebook !== null);
    return true;
  }

  private begin(
    line: LogLine,
    kind: StackKind,
    heading: string | null,
    announced: string | null,
    isNotebook: boolean,
  ): OpenStack {
    const open: OpenStack = {
      kind,
      heading,
      announced,
      isNotebook,
      frames: [],
      location: null,
      text: null,
      firstLine: line.number,
      lastLine: line.number,
      rank: line.rank,
      channel: line.channel,
      foreign: 0,
      isChained: this.chained.delete(line.channel),
    };
    if (this.open.size >= maxOpenStacks) {
      const oldest = this.open.values().next().value;
      if (oldest) this.close(oldest, null, false);
    }
    this.open.set(line.channel, open);
    return open;
  }

  /** Outside of any stack: a frame here means that the log was cut before the heading. */
  private idle(line: LogLine): boolean {
    if (chainNote.test(line.text)) {
      this.chained.add(line.channel);
      return false;
    }
    if (!line.text.startsWith('  File "')) return false;
    const location = parseClassicFrame(line.text);
    if (location === null) return false;
    const open = this.begin(line, 'exception', null, null, false);
    open.location = location;
    return true;
  }

  private inside(open: OpenStack, line: LogLine): boolean {
    const { text } = line;
    open.rank ??= line.rank;
    const location = open.isNotebook ? parseNotebookFrame(text) : parseClassicFrame(text);
    if (location !== null) {
      this.finishFrame(open);
      open.location = location;
      this.touch(open, line);
      return true;
    }
    return open.isNotebook ? this.insideNotebook(open, line) : this.insideClassic(open, line);
  }

  private insideNotebook(open: OpenStack, line: LogLine): boolean {
    const arrow = parseArrowLine(line.text);
    if (arrow !== null && open.location !== null) {
      if (open.location.line === 0) open.location = { ...open.location, line: arrow.line };
      if (open.location.line === arrow.line) open.text = arrow.code;
      this.touch(open, line);
      return true;
    }
    const name = exceptionLine.exec(line.text)?.[1];
    if (name !== undefined && (name === open.announced || isExceptionName(name))) this.closeWith(open, line);
    return numberedCode.test(line.text);
  }

  private insideClassic(open: OpenStack, line: LogLine): boolean {
    const { text } = line;
    if (open.heading === null && forwardEnd.test(text)) open.kind = 'forward';
    if (open.location !== null && /^\s{4}\s*\S/.test(text) && open.foreign === 0) {
      if (open.text === null && !isMarkerLine(text)) open.text = text.trim().slice(0, maxTextLength);
      this.touch(open, line);
      return true;
    }
    if (line.isProgressBar || text.trim().length === 0) return false;
    if (open.kind === 'exception') {
      const name = exceptionLine.exec(text)?.[1];
      if (name !== undefined && isExceptionName(name)) {
        this.closeWith(open, line);
        return false;
      }
    } else if (open.kind === 'creation') {
      // Its frames stand between empty lines, and the first line of another kind is the message.
      this.close(open, null, true);
      return false;
    } else if (forwardEnd.test(text)) {
      this.touch(open, line);
      this.close(open, null, open.heading !== null);
      return false;
    }
    if (/^\s{2}\[Previous line repeated \d+ more times?\]/.test(text) || isMarkerLine(text)) return true;
    if (++open.foreign > maxForeignLines) this.close(open, null, false);
    return false;
  }

  private closeWith(open: OpenStack, line: LogLine): void {
    this.touch(open, line);
    this.close(open, line.text.trim().slice(0, maxTextLength * 4), open.heading !== null);
  }

  private touch(open: OpenStack, line: LogLine): void {
    open.lastLine = line.number;
    open.foreign = 0;
  }

  private finishFrame(open: OpenStack): void {
    const { location } = open;
    if (location !== null) {
      open.frames.push({ ...location, text: open.text, isUser: isUserPath(location.path) });
      // Endless recursion: the ends say what happened, the middle repeats.
      if (open.frames.length > maxFrames) open.frames.splice(maxFrames >> 1, 1);
    }
    open.location = null;
    open.text = null;
  }

  private close(open: OpenStack, exception: string | null, isComplete: boolean): void {
    this.finishFrame(open);
    this.open.delete(open.channel);
    const { kind, heading, frames, firstLine, lastLine, rank, channel, isChained } = open;
    this.emit({ kind, heading, frames, exception, firstLine, lastLine, rank, channel, isComplete, isChained });
  }
}

function isExceptionName(name: string): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1);
  if (exceptionName.test(last)) return true;
  // A name of one's own, as `mylib.errors.Diverged`: only a dotted one can be told from a printed label.
  return name.includes('.') && /^[A-Z]\w*[a-z]/.test(last);
}

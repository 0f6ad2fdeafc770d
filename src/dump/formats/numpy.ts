// What NumPy leaves in a log: its RuntimeWarnings, the same as errors where the script asked for that, and all-NaN reductions.

import { explainForward } from '../forward-operation';
import { isUserPath, sourceOf } from '../frames';
import type { LineSpan, LogContext, LogDetector, LogEvidence, LogFormat, Sighting } from '../log/detector';
import { unknownAnomaly } from '../log/detector';
import type { LogLine } from '../log/prefix';
import type { ProgressPoint } from '../log/progress';
import type { Stack } from '../log/stack';
import type { AnomalyKind, Frame, NonFinite } from '../model';

export const numpy: LogFormat = { id: 'numpy', detect: (context) => new NumpyDetector(context) };

const maxEvents = 200;
const maxLineLength = 8000;

interface Event {
  readonly key: string;
  readonly isError: boolean;
  readonly message: string;
  readonly said: Said;
  readonly rank: number | null;
  readonly after: ProgressPoint;
  readonly firstLine: number;
  lastLine: number;
  frames: readonly Frame[];
}

/** What one sentence of NumPy says. */
interface Said {
  readonly fault: 'divide by zero' | 'overflow' | 'invalid value' | 'underflow' | 'empty';
  readonly op: string | null;
  readonly value: NonFinite;
  readonly why: string | null;
  readonly rules: readonly string[];
}

const located = /^\s*(.{1,1000}?):(\d+): RuntimeWarning: (.*)$/;
/** As `np.seterr(all='print')` writes it, without a place. */
const unlocated = /^\s*Warning: (.*)$/;
const raised = /^(?:FloatingPointError|RuntimeWarning): (.*)$/;
const encountered =
  /^(divide by zero|overflow|invalid value|underflow) encountered in ([\w.]+(?: [\w.]+)?(?: \([\w ,.]+\))?)\s*$/;
const reductions: readonly { readonly text: RegExp; readonly why: string; readonly rules: readonly string[] }[] = [
  { text: /^Mean of empty slice\.?$/, why: 'the mean of no elements is NaN', rules: ['NAN108'] },
  { text: /^All-NaN (?:slice|axis) encountered$/, why: 'all elements of one slice are NaN', rules: [] },
  {
    text: /^Degrees of freedom <= 0 for slice\.?$/,
    why: 'the variance of so few elements is NaN',
    rules: ['NAN108'],
  },
];
const sourceFile = /\.(?:pyx?|ipynb)$|^<[\w-]+>$|ipykernel_\d+/;

class NumpyDetector implements LogDetector {
  private readonly events: Event[] = [];
  private readonly keys = new Set<string>();
  private readonly understood: LineSpan[] = [];
  /** A warning whose source line comes next. */
  private readonly awaiting = new Map<string, Event>();
  private stackEnd = 0;
  private underflow: string | null = null;
  private leftOut = 0;

  constructor(private readonly context: LogContext) {}

  onStack(stack: Stack): void {
    this.stackEnd = stack.lastLine;
    if (stack.kind !== 'exception' || stack.exception === null) return;
    const message = stack.exception.trim();
    const said = sayings(raised.exec(message)?.[1] ?? '');
    if (said === null) return;
    const { rank, frames, firstLine, lastLine } = stack;
    this.understood.push({ firstLine, lastLine });
    this.add({ key: `error ${message} ${firstLine}`, isError: true, message, said, rank, frames, firstLine, lastLine });
  }

  onLine(line: LogLine): void {
    const { text, channel } = line;
    const event = this.awaiting.get(channel);
    if (event !== undefined) this.codeLine(event, line);
    if (text.length > maxLineLength || !text.includes('Warning: ') || line.number === this.stackEnd) return;
    const place = located.exec(text);
    const sentence = place?.[3] ?? unlocated.exec(text)?.[1];
    const said = sentence === undefined ? null : sayings(sentence.trim());
    if (said === null || sentence === undefined) return;
    const path = place === null ? null : pathIn(place[1] ?? '');
    if (place !== null && path === null) return;
    this.understood.push({ firstLine: line.number, lastLine: line.number });
    const frame: Frame | null =
      path === null ? null : { path, line: Number(place?.[2]), function: null, text: null, isUser: isUserPath(path) };
    const added = this.add({
      // Each place warns once, unless the script asked for all.
      key: `${path}:${place?.[2]} ${sentence} ${line.rank}`,
      isError: false,
      message: place === null ? text.trim() : `RuntimeWarning: ${sentence.trim()}`,
      said,
      rank: line.rank,
      frames: frame === null ? [] : [frame],
      firstLine: line.number,
      lastLine: line.number,
    });
    if (added !== null && frame !== null) this.awaiting.set(channel, added);
  }

  private codeLine(event: Event, { text, channel, number, isProgressBar }: LogLine): void {
    if (number === event.firstLine || isProgressBar) return;
    this.awaiting.delete(channel);
    const [frame] = event.frames;
    if (frame === undefined || !/^\s+\S/.test(text) || text.includes('Warning: ')) return;
    event.frames = [{ ...frame, text: text.trim().slice(0, 1000) }];
    event.lastLine = number;
  }

  private add(found: Omit<Event, 'after'>): Event | null {
    if (found.said.fault === 'underflow') {
      const end = found.isError ? 'The run stopped at' : 'NumPy warned of';
      this.underflow ??= `${end} an underflow in \`${found.said.op}\`: a result was too small for its type and became 0, which is no NaN.`;
      return null;
    }
    if (this.keys.has(found.key)) return null;
    if (this.events.length >= maxEvents) {
      this.leftOut++;
      return null;
    }
    this.keys.add(found.key);
    const event = { ...found, after: this.context.progress.point(found.rank) };
    this.events.push(event);
    return event;
  }

  finish(): LogEvidence {
    const problems =
      this.leftOut > 0 ? [{ message: `${this.leftOut} more warnings of NumPy are not listed.`, line: null }] : [];
    return {
      // Any program may use NumPy: where another framework speaks, the log is that one's.
      claim: this.events.length > 0 || this.underflow !== null ? 0.6 : 0,
      framework: 'numpy',
      sightings: this.events.map(sightingOf),
      problems,
      ...(this.underflow === null ? {} : { allClear: this.underflow }),
      understood: this.understood,
    };
  }
}

function sightingOf({ isError, message, said, rank, after, firstLine, lastLine, frames }: Event): Sighting {
  const source = sourceOf(frames);
  const { rules, why } = said.why === null ? explainForward(said.op, said.value, source?.text ?? null) : said;
  return {
    anomaly: {
      ...unknownAnomaly,
      kind: isError && said.fault !== 'underflow' ? errorKinds[said.fault] : 'warning',
      value: said.value,
      op: said.op,
      rank,
      source,
      frames,
      message,
      rules,
      span: { firstLine, lastLine },
    },
    after,
    at: null,
    order: firstLine,
    confidence: 'certain',
    why,
    isCause: source !== null,
  };
}

const errorKinds: Readonly<Record<Exclude<Said['fault'], 'underflow'>, AnomalyKind>> = {
  'divide by zero': 'inf-forward',
  overflow: 'overflow',
  'invalid value': 'nan-forward',
  empty: 'nan-forward',
};

function sayings(sentence: string): Said | null {
  const match = encountered.exec(sentence);
  if (match) {
    const fault = match[1] as 'divide by zero' | 'overflow' | 'invalid value' | 'underflow';
    const value = fault === 'invalid value' ? 'nan' : 'inf';
    return { fault, op: match[2] ?? null, value, why: null, rules: [] };
  }
  const reduction = reductions.find(({ text }) => text.test(sentence));
  return reduction === undefined
    ? null
    : { fault: 'empty', op: null, value: 'nan', why: reduction.why, rules: reduction.rules };
}

/** What stands before the path, a logger's name for example, is no part of it. */
function pathIn(text: string): string | null {
  const path = text.slice(text.lastIndexOf(': ') + 1).trim();
  return sourceFile.test(path) ? path : null;
}

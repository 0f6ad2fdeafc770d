// What Keras leaves in a log: progress bars of any version, and the words of TerminateOnNaN, which are glued to them.

import { sourceOf } from '../frames';
import type { LineSpan, LogContext, LogDetector, LogEvidence, LogFormat, Sighting } from '../log/detector';
import { unknownAnomaly } from '../log/detector';
import type { MetricLine } from '../log/metric-line';
import type { LogLine } from '../log/prefix';
import type { ProgressPoint } from '../log/progress';
import type { Stack } from '../log/stack';
import type { Frame, NonFinite } from '../model';

export const keras: LogFormat = { id: 'keras', detect: (context) => new KerasDetector(context) };

const maxStops = 200;

interface Stop {
  readonly message: string;
  readonly batch: number;
  readonly epoch: number | null;
  readonly rank: number | null;
  readonly firstLine: number;
  lastLine: number;
  readonly order: number;
  value: NonFinite;
  readonly frames: readonly Frame[];
  readonly after: ProgressPoint;
}

const stops = /Batch (\d+): Invalid loss, terminating training/;
const raises = /NaN or Inf loss encountered at batch (\d+)\. Loss value: (\S+?)\. Terminating/;
/** `40/40 [=====] - 1s 7ms/step - loss: …`, with heavy lines for the bar since Keras 3, without one where it is not drawn. */
const bar = /^\s*\d+\/(?:\d+|Unknown)\s.*?\d(?:us|ms|s|m|h)(?:\/(?:step|sample|epoch))?\b.* - \w*loss: /;

class KerasDetector implements LogDetector {
  private readonly stops: Stop[] = [];
  private readonly understood: LineSpan[] = [];
  private hasBars = false;
  /** The first bad loss of the epoch that is running. */
  private bad: { readonly line: number; readonly epoch: number | null; readonly value: NonFinite } | null = null;

  constructor(private readonly context: LogContext) {}

  onStack({ kind, exception, rank, firstLine, lastLine, frames }: Stack): void {
    const match = kind === 'exception' && exception !== null ? raises.exec(exception) : null;
    if (match === null || exception === null) return;
    const value = /nan/i.test(match[2] ?? '') ? 'nan' : (match[2] ?? '').startsWith('-') ? '-inf' : 'inf';
    this.stop({ message: exception, batch: Number(match[1]), rank, firstLine, lastLine, value, frames });
  }

  onLine(line: LogLine, metric: MetricLine | null): void {
    const { text, rank, number } = line;
    if (!text.includes('oss')) return;
    if (metric !== null && bar.test(text)) this.barLine(line, metric);
    const match = stops.exec(text);
    if (match === null) return;
    this.stop({
      message: match[0],
      batch: Number(match[1]),
      rank,
      firstLine: number,
      lastLine: number,
      value: null,
      frames: [],
    });
  }

  private barLine(line: LogLine, metric: MetricLine): void {
    this.hasBars = true;
    const loss = metric.values.find(({ name, value }) => name === 'loss' && !Number.isFinite(value));
    if (loss === undefined) return;
    const { epoch } = this.context.progress.point(line.rank);
    const value = Number.isNaN(loss.value) ? 'nan' : loss.value > 0 ? 'inf' : '-inf';
    if (this.bad === null || this.bad.epoch !== epoch) this.bad = { line: line.number, epoch, value };
    // The bar is drawn a last time after the training was stopped, and says what the loss was.
    const latest = this.stops.at(-1);
    if (latest === undefined || latest.epoch !== epoch || line.number - latest.lastLine > 2) return;
    if (latest.value === 'nonfinite') latest.value = value;
    latest.lastLine = line.number;
    this.understood.push({ firstLine: line.number, lastLine: line.number });
  }

  private stop(found: Omit<Stop, 'epoch' | 'order' | 'after' | 'value'> & { readonly value: NonFinite | null }): void {
    const after = this.context.progress.point(found.rank);
    const before = this.bad !== null && this.bad.epoch === after.epoch ? this.bad : null;
    this.understood.push({ firstLine: before?.line ?? found.firstLine, lastLine: found.lastLine });
    if (this.stops.length >= maxStops) return;
    this.stops.push({
      ...found,
      value: found.value ?? before?.value ?? 'nonfinite',
      epoch: after.epoch,
      order: Math.min(found.firstLine, before?.line ?? found.firstLine),
      after,
    });
  }

  finish(): LogEvidence {
    return {
      claim: this.stops.length > 0 ? 1 : this.hasBars ? 0.6 : 0,
      framework: 'keras',
      sightings: this.stops.map(sightingOf),
      problems: [],
      understood: this.understood,
    };
  }
}

function sightingOf({ message, batch, epoch, rank, firstLine, lastLine, order, value, frames, after }: Stop): Sighting {
  return {
    anomaly: {
      ...unknownAnomaly,
      // The callback does not tell NaN from infinity.
      kind: 'loss-nan',
      value,
      metric: 'loss',
      rank,
      source: sourceOf(frames),
      frames,
      message,
      span: { firstLine, lastLine },
    },
    after,
    at: { step: null, epoch, batch },
    order,
    confidence: 'certain',
    why: null,
  };
}

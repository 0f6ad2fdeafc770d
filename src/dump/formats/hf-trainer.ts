// The dictionaries that transformers' Trainer prints. A filter that is on by default leaves NaN out of the loss it averages: what then shows is a loss of exactly 0.

import { BarSteps, type MutablePlace } from '../log/bar-step';
import type { LineSpan, LogDetector, LogEvidence, LogFormat, Sighting } from '../log/detector';
import type { MetricLine } from '../log/metric-line';
import type { LogLine } from '../log/prefix';
import type { Anomaly } from '../model';

export const hfTrainer: LogFormat = { id: 'hf-trainer', detect: () => new HfTrainerDetector() };

const entry = /\{'(?:loss|grad_norm|eval_\w+|train_runtime|train_loss|learning_rate)': .*'epoch': /;
const maxLineLength = 8000;
const maxRecovered = 20;
/** A loss that was at least this, and then exactly 0 at once and for good, did not shrink to it. */
const visibleLoss = 0.1;
/** So many zeros in a row, where no gradient norm says what they are. */
const zerosToBelieve = 3;

/** Prints in a row whose gradient norm is not finite while the loss seems to be. */
interface Run {
  readonly text: string;
  readonly rank: number | null;
  readonly place: MutablePlace;
  readonly gradNorm: number;
  readonly firstLine: number;
  lastLine: number;
  /** The line of the first loss of exactly 0. */
  zeroAt: number | null;
}

interface Zeros {
  readonly text: string;
  readonly rank: number | null;
  readonly place: MutablePlace;
  readonly firstLine: number;
  readonly before: number;
  count: number;
  lastLine: number;
}

class HfTrainerDetector implements LogDetector {
  private readonly bars = new BarSteps();
  private entries = 0;
  private run: Run | null = null;
  private readonly recovered: Run[] = [];
  private zeros: Zeros | null = null;
  private lastLoss: number | null = null;

  onLine(line: LogLine, metric: MetricLine | null): void {
    if (metric === null) return;
    this.bars.line(line, metric);
    if (line.text.length > maxLineLength || !line.text.includes("'epoch': ") || !entry.test(line.text)) return;
    this.entries++;
    const loss = named(metric, 'loss');
    const gradNorm = named(metric, 'grad_norm');
    if (loss === null) return;
    if (gradNorm === null) this.withoutNorm(line, metric, loss);
    else this.withNorm(line, metric, loss, gradNorm);
    this.lastLoss = loss;
  }

  private withNorm(line: LogLine, metric: MetricLine, loss: number, gradNorm: number): void {
    if (Number.isFinite(gradNorm) || !Number.isFinite(loss)) {
      const { run } = this;
      this.run = null;
      // The step was skipped: a NaN that had reached the weights would have stayed.
      const isRecovered = run !== null && run.zeroAt === null && Number.isFinite(loss);
      if (isRecovered && this.recovered.length < maxRecovered) this.recovered.push(run);
      return;
    }
    this.run ??= {
      text: line.text.trim(),
      rank: line.rank,
      place: this.place(line, metric),
      gradNorm,
      firstLine: line.number,
      lastLine: line.number,
      zeroAt: null,
    };
    this.run.lastLine = line.number;
    if (loss === 0) this.run.zeroAt ??= line.number;
  }

  /** Before version 4.38 no gradient norm was printed. */
  private withoutNorm(line: LogLine, metric: MetricLine, loss: number): void {
    if (loss !== 0) {
      this.zeros = null;
      return;
    }
    if (this.zeros === null && this.lastLoss !== null && this.lastLoss >= visibleLoss) {
      this.zeros = {
        text: line.text.trim(),
        rank: line.rank,
        place: this.place(line, metric),
        firstLine: line.number,
        before: this.lastLoss,
        count: 0,
        lastLine: line.number,
      };
    }
    if (this.zeros === null) return;
    this.zeros.count++;
    this.zeros.lastLine = line.number;
  }

  private place(line: LogLine, metric: MetricLine): MutablePlace {
    const place = { step: metric.step, epoch: metric.epoch, batch: metric.batch };
    this.bars.add(place, line);
    return place;
  }

  finish(): LogEvidence {
    const { run, zeros } = this;
    const sightings: Sighting[] = this.recovered.map((one) => ({
      ...this.sighting(one, 'overflow-skip', one.gradNorm),
      role: 'benign',
    }));
    const understood: LineSpan[] = [...this.recovered];
    if (run !== null && run.zeroAt !== null) {
      sightings.push({ ...this.sighting(run, 'loss-nan', Number.NaN), why: hiddenBecause(run) });
      understood.push(run);
    } else if (zeros !== null && zeros.count >= zerosToBelieve) {
      sightings.push({
        ...this.sighting(zeros, 'loss-nan', Number.NaN),
        confidence: 'likely',
        why: `it falls from ${zeros.before} to exactly 0 and stays there, as it does where logging_nan_inf_filter, which is on by default, leaves NaN out of the average`,
      });
    }
    const claim = this.entries > 0 ? 0.8 : 0;
    const framework = this.entries > 0 ? 'transformers' : null;
    const [skipped] = this.recovered;
    const allClear =
      skipped === undefined
        ? {}
        : {
            allClear: `No NaN or Inf in the loss: grad_norm was not finite in line ${skipped.firstLine}, but the step was skipped, as a loss scale that settles does, and training went on.`,
          };
    return { claim, framework, sightings, problems: [], understood, ...allClear };
  }

  private sighting(at: Run | Zeros, kind: Anomaly['kind'], value: number): Sighting {
    const { text, rank, place, firstLine, lastLine } = at;
    return {
      anomaly: {
        kind,
        value: Number.isNaN(value) ? 'nan' : 'inf',
        op: null,
        outputIndex: null,
        module: null,
        param: 'gradNorm' in at ? 'grad_norm' : null,
        metric: null,
        rank,
        source: null,
        frames: [],
        message: text,
        stats: null,
        rules: [],
        span: { firstLine, lastLine },
      },
      after: null,
      at: place,
      order: firstLine,
      confidence: 'certain',
      why: null,
    };
  }
}

function hiddenBecause({ zeroAt, firstLine }: Run): string {
  const since = zeroAt === firstLine ? '' : ` from line ${zeroAt} on`;
  return `grad_norm says so, and the printed loss is exactly 0${since}, because logging_nan_inf_filter, which is on by default, leaves NaN out of the average`;
}

function named(metric: MetricLine, name: string): number | null {
  return metric.values.find((one) => one.name === name)?.value ?? null;
}

// The fallback for any text: printed losses that are NaN or Inf, statements that say so, and exceptions about them. Invents nothing.

import { sourceOf } from '../frames';
import { BarSteps, type MutablePlace } from '../log/bar-step';
import type { LogContext, LogDetector, LogEvidence, LogFormat, Sighting } from '../log/detector';
import { unknownAnomaly } from '../log/detector';
import { isAlarmingName, isLossName, type Metric, type MetricLine } from '../log/metric-line';
import { type Classified, classifyException, classifyStatement, mentionsNonFinite } from '../log/nan-messages';
import type { LogLine } from '../log/prefix';
import type { Stack } from '../log/stack';
import { metricKind, nonFiniteOf } from '../metric-kind';
import type { Dump, Frame } from '../model';

export const plainLog: LogFormat = { id: 'plain-log', detect: (context) => new PlainLogDetector(context) };

const maxStatements = 200;
/** How many lines after a statement may name the component that is bad. */
const componentLines = 3;

type MutableSighting = { -readonly [K in keyof Sighting]: Sighting[K] };

class PlainLogDetector implements LogDetector {
  private readonly sightings: MutableSighting[] = [];
  private readonly seen = new Set<string>();
  private framework: Dump['framework'] = null;
  private stackEnd = 0;
  private mentionedAt: number | null = null;
  private readonly bars = new BarSteps();
  private statement: { sighting: MutableSighting; until: number } | null = null;

  constructor(private readonly context: LogContext) {}

  onStack(stack: Stack): void {
    for (const { path } of stack.frames) this.noticeFramework(path);
    this.stackEnd = stack.lastLine;
    if (stack.kind !== 'exception' || stack.exception === null) return;
    const found = classifyException(stack.exception);
    if (found === null || this.sightings.length >= maxStatements) return;
    this.sightings.push(
      this.sighting(found, stack.exception, stack.frames, stack.rank, stack.firstLine, stack.lastLine),
    );
  }

  onLine(line: LogLine, metric: MetricLine | null): void {
    if (this.mentionedAt === null && mentionsNonFinite(line.text)) this.mentionedAt = line.number;
    if (this.framework === null && line.text.includes('-packages/')) this.noticeFramework(line.text);
    if (metric !== null) {
      this.metricLine(line, metric);
      return;
    }
    if (line.number === this.stackEnd || /^\s/.test(line.text) || this.sightings.length >= maxStatements) return;
    const found = classifyStatement(line.text);
    if (found === null) return;
    const key = `${found.kind} ${line.rank}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    const sighting = this.sighting(found, line.text.trim(), [], line.rank, line.number, line.number);
    this.sightings.push(sighting);
    this.statement = { sighting, until: line.number + componentLines };
  }

  private metricLine(line: LogLine, metric: MetricLine): void {
    this.bars.line(line, metric);
    metric.values.forEach((one, i) => {
      if (Number.isFinite(one.value) || (one.name !== null && !isAlarmingName(one.name))) return;
      if (!this.isComponentOfStatement(line, one)) this.badMetric(line, metric, one, i);
    });
  }

  /** `Loss is nan, stopping training` and, below it, `{'loss_ce': 2.1, 'loss_giou': nan}`: one event, and the dict names the part. */
  private isComponentOfStatement(line: LogLine, { name }: Metric): boolean {
    const { statement } = this;
    if (statement === null || line.number > statement.until || name === null || !isLossName(name)) return false;
    if (statement.sighting.anomaly.metric === null) {
      statement.sighting.anomaly = {
        ...statement.sighting.anomaly,
        metric: name,
        param: name,
        span: { firstLine: statement.sighting.anomaly.span?.firstLine ?? line.number, lastLine: line.number },
      };
    }
    return true;
  }

  private badMetric(line: LogLine, metric: MetricLine, { name, value }: Metric, index: number): void {
    const nonFinite = nonFiniteOf(value) ?? 'nonfinite';
    const key = `${name} ${nonFinite} ${line.rank}`;
    if (this.seen.has(key) || this.seen.size > 2000) return;
    this.seen.add(key);
    const kind = metricKind(name, nonFinite);
    const point = this.context.progress.point(line.rank);
    const place: MutablePlace = {
      step: metric.step,
      batch: metric.batch,
      epoch: metric.epoch ?? (point.isEpochRunning ? point.epoch : null),
    };
    this.bars.add(place, line);
    this.sightings.push({
      anomaly: {
        kind,
        value: nonFinite,
        op: null,
        outputIndex: null,
        module: null,
        param: null,
        metric: name,
        rank: line.rank,
        source: null,
        frames: [],
        message: line.text.trim(),
        stats: null,
        rules: [],
        span: { firstLine: line.number, lastLine: line.number },
      },
      after: null,
      at: place,
      // Within one line the loss comes first: gradients and metrics follow from it.
      order: line.number + (kind === 'loss-nan' || kind === 'loss-inf' ? 0.1 : 0.5) + index / 1000,
      confidence: 'certain',
      why: null,
    });
  }

  private sighting(
    found: Classified,
    message: string,
    frames: readonly Frame[],
    rank: number | null,
    firstLine: number,
    lastLine: number,
  ): MutableSighting {
    return {
      anomaly: {
        ...unknownAnomaly,
        ...found,
        rank,
        source: sourceOf(frames),
        frames,
        message,
        span: { firstLine, lastLine },
      },
      after: this.context.progress.point(rank),
      at: null,
      order: firstLine,
      confidence: 'certain',
      why: null,
    };
  }

  private noticeFramework(text: string): void {
    if (this.framework !== null) return;
    const match = /[/\\](torch|lightning|tensorflow|keras|jax|numpy)[/\\]/.exec(text)?.[1];
    if (match !== undefined) this.framework = frameworks[match] ?? null;
  }

  finish(): LogEvidence {
    return {
      claim: 0.05,
      framework: this.framework,
      sightings: this.sightings,
      problems: [],
      mentionedAt: this.mentionedAt,
    };
  }
}

const frameworks: Readonly<Record<string, Dump['framework']>> = {
  torch: 'pytorch',
  lightning: 'pytorch',
  tensorflow: 'tensorflow',
  keras: 'keras',
  jax: 'jax',
  numpy: 'numpy',
};

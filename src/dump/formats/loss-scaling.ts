// Loss scalers of mixed precision: the skips that DeepSpeed, fairseq, apex and others report, scales that scripts print, and how they end.

import { sourceOf } from '../frames';
import type { LineSpan, LogContext, LogDetector, LogEvidence, LogFormat, Sighting } from '../log/detector';
import { isGradientName, isLossName, type MetricLine } from '../log/metric-line';
import type { LogLine } from '../log/prefix';
import { nowhere, type Place } from '../log/progress';
import { SkipWatch, type Streak } from '../log/skip-watch';
import type { Stack } from '../log/stack';
import type { Framework, NonFinite, TensorStats } from '../model';
import { parsePythonNumber, pythonNumberPattern } from '../python-number';

export const lossScaling: LogFormat = { id: 'loss-scaling', detect: (context) => new LossScalingDetector(context) };

const number = pythonNumberPattern;
const maxLineLength = 8000;
const maxModules = 50;
/** No scaler begins with a scale that is smaller. */
const leastLossScale = 128;
const surelyHalving = 8;

interface SkipText {
  readonly text: RegExp;
  readonly framework: Framework;
}

/** Groups: rank, from (the scale that overflowed), to (the next one). */
const skipTexts: readonly SkipText[] = [
  // DeepSpeed, and DeepScale before it: OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, but hysteresis is 2. …
  {
    text: new RegExp(
      String.raw`\[(?:deepspeed|deepscale|LOMO)\] (?:OVERFLOW!|fp16 dynamic loss scale overflow!)(?: Rank (?<rank>\d+))? Skipping step\.(?: Attempted loss scale:? (?<from>${number}))?(?:, (?:but hysteresis is|reducing to (?<to>${number})))?`,
    ),
    framework: 'deepspeed',
  },
  {
    text: new RegExp(
      String.raw`Overflow detected\. Skipping step\. Attempted loss scale: (?<from>${number})(?:, reducing to (?<to>${number}))?`,
    ),
    framework: 'deepspeed',
  },
  // fairseq; the doubled word is its own
  {
    text: new RegExp(
      `(?:gradient overflow detected, ignoring gradient, setting loss scale to:|AMP: overflow detected, setting scale to(?: to)?) ?(?<to>${number})`,
    ),
    framework: 'fairseq',
  },
  // apex
  {
    text: new RegExp(
      String.raw`Gradient overflow\. {1,2}Skipping step,(?: loss scaler \d+)? reducing loss scale to (?<to>${number})`,
    ),
    framework: 'pytorch',
  },
  { text: /Gradient overflow, skipping update/, framework: 'pytorch' },
  // Colossal-AI
  { text: /Found overflow\. Skip step/, framework: 'pytorch' },
];
const skipGate = /verflow|OVERFLOW/;

/** The scaler gives up. */
const endings: readonly SkipText[] = [
  { text: /Current loss scale already at minimum - cannot decrease scale anymore/, framework: 'deepspeed' },
  { text: /Minimum loss scale reached \(/, framework: 'fairseq' },
  { text: /FloatingPointError: gradients are Nan\/Inf/, framework: 'fairseq' },
];
const endGate = /minimum - cannot|Minimum loss scale|gradients are Nan\/Inf/;

/** fairseq's NanDetector, which looks at each module once the run is lost. */
const badModule = new RegExp(
  String.raw`(?<value>NaN|Inf) detected in output of (?<module>\S*), shape: torch\.Size\(\[(?<shape>[\d, ]*)\]\), (?<phase>forward|backward)(?: input max: (?<max>${number}), input min: (?<min>${number}))?`,
);
const megatronLine = /\| number of (?:skipped|nan) iterations:\s*\d+ \|/;
const skippedIterations = /number of skipped iterations:\s*(\d+)/;
const nanIterations = /number of nan iterations:\s*(\d+)/;
const deepspeedSteps = /\bstep=(\d+), skipped=(\d+)/;
const scaleNames = /^(?:(?:loss|grad|amp)[_ -]?|(?:grad_?)?scaler[_.]?)?scale$|^(?:grad_?)?scaler$/i;

/** The scaler gave up. */
interface End {
  readonly line: LogLine;
  readonly stack: Stack | null;
}

interface BadModule {
  readonly module: string;
  readonly value: NonFinite;
  readonly isBackward: boolean;
  readonly line: LogLine;
  /** Of the output, then of the input. */
  readonly stats: readonly [TensorStats, TensorStats];
}

class LossScalingDetector implements LogDetector {
  /** Skips that a scaler reports, and those that only a falling scale tells of. */
  private readonly reported = new SkipWatch();
  private readonly inferred = new SkipWatch();
  private readonly scales = new Map<number | null, number>();
  private largestScale = 0;
  /** The step at which the scale fell last. */
  private lastFall: number | null = null;
  private readonly modules: BadModule[] = [];
  private readonly nanIterations: Sighting[] = [];
  private framework: Framework | null = null;
  /** How streaks ended, and an end whose streak is not in the log. */
  private readonly ends = new Map<Streak, End>();
  private lonelyEnd: End | null = null;
  private stack: Stack | null = null;
  private counts: { step: number; skipped: number } | null = null;
  private iteration: number | null = null;

  constructor(private readonly context: LogContext) {}

  onStack(stack: Stack): void {
    if (stack.kind === 'exception') this.stack = stack;
  }

  onLine(line: LogLine, metric: MetricLine | null): void {
    const { text } = line;
    if (text.length > maxLineLength) return;
    if (skipGate.test(text) && this.skipLine(line)) return;
    if (endGate.test(text)) this.endLine(line);
    if (text.includes(' detected in output of ')) this.moduleLine(line);
    if (metric !== null) this.printLine(line, metric);
  }

  private skipLine(line: LogLine): boolean {
    for (const { text, framework } of skipTexts) {
      const match = text.exec(line.text);
      if (match === null) continue;
      const { rank, from, to } = match.groups ?? {};
      this.framework ??= framework;
      const stated = rank === undefined ? line.rank : Number(rank);
      this.reported.skip({
        line,
        message: line.text.slice(match.index).trim(),
        rank: stated,
        from: parsePythonNumber(from ?? ''),
        to: parsePythonNumber(to ?? '') ?? parsePythonNumber(from ?? ''),
        place: null,
        after: this.context.progress.point(line.rank),
      });
      return true;
    }
    return false;
  }

  private endLine(line: LogLine): void {
    const found = endings.find(({ text }) => text.test(line.text));
    if (found === undefined) return;
    this.framework ??= found.framework;
    const end: End = { line, stack: this.stack?.lastLine === line.number ? this.stack : null };
    const streaks = this.reported.fail(line.rank, line.number);
    for (const streak of streaks) {
      if (!this.ends.has(streak)) this.ends.set(streak, end);
    }
    if (streaks.length === 0) this.lonelyEnd ??= end;
  }

  private moduleLine(line: LogLine): void {
    const groups = badModule.exec(line.text)?.groups;
    if (groups === undefined || this.modules.length >= maxModules) return;
    this.framework ??= 'fairseq';
    const value = groups.value === 'NaN' ? 'nan' : 'inf';
    this.modules.push({
      module: groups.module ?? '',
      value,
      isBackward: groups.phase === 'backward',
      line,
      stats: statsOf(groups),
    });
  }

  private printLine(line: LogLine, metric: MetricLine): void {
    const { rank } = line;
    const watched = metric.values.filter(({ name }) => name !== null && (isLossName(name) || isGradientName(name)));
    if (megatronLine.test(line.text)) {
      this.megatron(line, metric);
      return;
    }
    const scale = metric.values.find(({ name }) => name !== null && scaleNames.test(name))?.value ?? null;
    if (scale !== null) this.scaleLine(line, metric, scale);
    if (watched.some(({ value }) => !Number.isFinite(value))) {
      this.reported.fail(rank, line.number);
      this.inferred.fail(rank, line.number);
      return;
    }
    const deepspeed = deepspeedSteps.exec(line.text);
    if (deepspeed !== null) this.countLine(rank, Number(deepspeed[1]), Number(deepspeed[2]));
    const place = metric.step ?? metric.batch ?? metric.epoch;
    if (watched.length > 0 || deepspeed !== null) this.reported.print(rank, String(place ?? line.number));
  }

  /** `step=30, skipped=10`: between two of them, as many steps were made as the counts differ. */
  private countLine(rank: number | null, step: number, skipped: number): void {
    const before = this.counts;
    this.counts = { step, skipped };
    if (before === null) return;
    const made = step - before.step - (skipped - before.skipped);
    if (made > 0 && skipped === before.skipped) this.reported.settle(rank);
    if (made > 0) return;
    // Every step since the last count was skipped, so that the first of them is the next one.
    for (const streak of this.reported.streaks) {
      if (streak.first.after.count === before.step) this.firstSteps.set(streak, before.step + 1);
    }
  }

  private readonly firstSteps = new Map<Streak, number>();

  /** A script's own print of the scale: one that is half of the last is a step that was skipped. */
  private scaleLine(line: LogLine, metric: MetricLine, scale: number): void {
    const before = this.scales.get(line.rank);
    this.scales.set(line.rank, scale);
    this.largestScale = Math.max(this.largestScale, Number.isFinite(scale) ? scale : 0);
    if (before === undefined || !isPowerOfTwo(before / scale)) return;
    const { step, batch, epoch } = metric;
    const place = step ?? batch ?? (line.isProgressBar ? null : line.number);
    if (scale >= before) {
      const since = place === null || this.lastFall === null ? 0 : place - this.lastFall;
      // A bar is drawn more than once for one step, and for the next one with the old scale.
      if (since > (line.isProgressBar ? 1 : 0)) this.inferred.settle(line.rank);
      return;
    }
    this.lastFall = place;
    this.inferred.skip({
      line,
      message: line.text.trim(),
      rank: line.rank,
      from: before,
      to: scale,
      place: step === null && batch === null ? null : { step, batch, epoch },
      after: this.context.progress.point(line.rank),
    });
  }

  private megatron(line: LogLine, metric: MetricLine): void {
    this.framework ??= 'megatron';
    const skipped = Number(skippedIterations.exec(line.text)?.[1] ?? 0);
    const nan = Number(nanIterations.exec(line.text)?.[1] ?? 0);
    const { step } = metric;
    const since = step !== null && this.iteration !== null ? step - this.iteration : null;
    this.iteration = step;
    // Of several iterations in one line, which was the first cannot be told, unless it was all of them.
    const firstOf = (count: number) =>
      since !== null && count >= since && step !== null
        ? step - count + 1
        : since === null && count === 1
          ? step
          : null;
    if (skipped > 0) {
      const scale = metric.values.find(({ name }) => name !== null && scaleNames.test(name))?.value ?? null;
      const first = firstOf(skipped);
      this.reported.skip({
        line,
        message: line.text.trim(),
        rank: line.rank,
        from: null,
        to: scale,
        place: first === null ? null : { ...nowhere, step: first },
        after: this.context.progress.point(line.rank),
      });
    } else this.reported.settle(line.rank);
    if (nan === 0) return;
    this.reported.fail(line.rank, line.number);
    if (this.nanIterations.length > 0) return;
    const first = firstOf(nan);
    this.nanIterations.push({
      anomaly: {
        ...blank,
        kind: 'loss-nan',
        value: 'nonfinite',
        rank: line.rank,
        message: line.text.trim(),
        span: { firstLine: line.number, lastLine: line.number },
      },
      after: null,
      at: { ...nowhere, step: first },
      order: line.number,
      confidence: 'certain',
      why: `${nan} of the iterations that this line sums up had a loss that was not finite`,
    });
  }

  finish(): LogEvidence {
    // A log with reports needs no guesses.
    const isGuess = this.reported.streaks.length === 0;
    const watch = isGuess ? this.inferred : this.reported;
    watch.finish();
    const streaks = isGuess && !this.isLossScale() ? [] : watch.streaks;
    const fatal = streaks.filter(({ end }) => end === 'fatal');
    const benign = streaks.filter(({ end }) => end !== 'fatal');
    const sightings = [
      ...fatal.map((streak) => this.streakSighting(streak, isGuess)),
      ...benign.map((streak): Sighting => ({ ...this.streakSighting(streak, isGuess), role: 'benign' })),
      ...this.nanIterations,
      ...this.moduleSightings(fatal),
    ];
    if (this.lonelyEnd !== null) sightings.push(this.endSighting(this.lonelyEnd));
    const isHere = this.reported.streaks.length > 0 || sightings.length > 0 || this.framework !== null;
    const understood: LineSpan[] = [
      ...this.modules.map(({ line }) => ({ firstLine: line.number, lastLine: line.number })),
      ...this.nanIterations.flatMap(({ anomaly }) => anomaly.span ?? []),
      ...[...this.ends.values(), this.lonelyEnd].flatMap((end) =>
        end === null ? [] : { firstLine: end.line.number, lastLine: end.line.number },
      ),
    ];
    const [settled] = benign;
    return {
      claim: isHere ? (isGuess ? 0.6 : fatal.length > 0 ? 0.85 : 0.65) : 0,
      framework: this.framework ?? (isHere ? 'pytorch' : null),
      sightings,
      problems: [],
      understood,
      ...(settled === undefined ? {} : { allClear: settledWords(benign) }),
    };
  }

  /** Other things are called scale too, but only a loss scale is as large, or halves as often. */
  private isLossScale(): boolean {
    return this.largestScale >= leastLossScale || this.inferred.streaks.some(({ count }) => count >= surelyHalving);
  }

  private streakSighting(streak: Streak, isGuess: boolean): Sighting {
    const { first } = streak;
    const ended = this.ends.get(streak);
    const report = ended === undefined ? undefined : this.modules[0];
    const frames = ended?.stack?.frames ?? [];
    const step = this.firstSteps.get(streak);
    return {
      anomaly: {
        ...blank,
        kind: 'overflow-skip',
        value: report?.value ?? 'nonfinite',
        module: report?.module ?? null,
        rank: first.rank,
        source: sourceOf(frames),
        frames,
        message: report === undefined ? first.message : report.line.text.trim(),
        stats: report?.stats ?? null,
        span: { firstLine: first.line.number, lastLine: streak.lastLine },
      },
      after: step === undefined && first.place === null ? first.after : null,
      at: step === undefined ? first.place : ({ ...nowhere, step } satisfies Place),
      // Within one print the loss comes first: its NaN is why the step was skipped.
      order: first.line.number + (isGuess ? 0.3 : 0),
      confidence: isGuess || (ended === undefined && !fellToOne(streak)) ? 'likely' : 'certain',
      why: why(streak, report ?? null, ended !== undefined),
    };
  }

  private moduleSightings(fatal: readonly Streak[]): Sighting[] {
    const isTied = fatal.some((streak) => this.ends.has(streak));
    return this.modules.slice(isTied ? 1 : 0).map(({ module, value, isBackward, line, stats }) => ({
      anomaly: {
        ...blank,
        kind: isBackward ? 'nan-backward' : value === 'nan' ? 'nan-forward' : 'inf-forward',
        value,
        module: module === '' ? null : module,
        rank: line.rank,
        message: line.text.trim(),
        stats,
        span: { firstLine: line.number, lastLine: line.number },
      },
      after: this.context.progress.point(line.rank),
      at: null,
      order: line.number,
      confidence: 'certain',
      why: reachWords(stats),
    }));
  }

  private endSighting({ line, stack }: End): Sighting {
    const frames = stack?.frames ?? [];
    return {
      anomaly: {
        ...blank,
        kind: line.text.includes('gradients are') ? 'grad-nonfinite' : 'overflow-skip',
        value: 'nonfinite',
        rank: line.rank,
        source: sourceOf(frames),
        frames,
        message: line.text.trim(),
        span: { firstLine: stack?.firstLine ?? line.number, lastLine: line.number },
      },
      after: this.context.progress.point(line.rank),
      at: null,
      order: stack?.firstLine ?? line.number,
      confidence: 'certain',
      why: 'the scaler gave up: its scale could fall no further, which no settling explains',
    };
  }
}

const blank = {
  op: null,
  outputIndex: null,
  module: null,
  param: null,
  metric: null,
  source: null,
  frames: [],
  stats: null,
  rules: [],
} as const;

/** About: a bar shows three digits. */
function isPowerOfTwo(ratio: number): boolean {
  const exponent = Math.log2(ratio);
  return Number.isFinite(exponent) && Math.abs(exponent - Math.round(exponent)) < 0.01;
}

function fellToOne({ last }: Streak): boolean {
  return last.to !== null && last.to <= 1;
}

/** Scales are powers of two: whole ones keep all their digits, which are those that the log shows. */
function readableScale(scale: number): number {
  return scale >= 1 ? scale : Number(scale.toPrecision(4));
}

function why(streak: Streak, report: BadModule | null, gaveUp: boolean): string {
  const { count, first, last } = streak;
  const steps = count === 1 ? 'one step was' : `${count} steps in a row were`;
  const from = first.from ?? first.to;
  const scale =
    from !== null && last.to !== null && last.to !== from
      ? `, while the loss scale fell from ${from} to ${readableScale(last.to)}`
      : '';
  const end = gaveUp ? ', and the scaler gave up' : '';
  const module =
    report === null
      ? ''
      : `; once it was looked for, the first module to give ${report.value === 'nan' ? 'NaN' : 'infinity'} was ${report.module}${reachClause(report.stats)}`;
  return `${steps} skipped${scale}${end}${module}`;
}

function reachClause(stats: BadModule['stats']): string {
  const words = reachWords(stats);
  return words === null ? '' : `, ${words}`;
}

function reachWords([, { min, max }]: BadModule['stats']): string | null {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return null;
  return `whose input was finite, from ${min.toPrecision(3)} to ${max.toPrecision(3)}`;
}

function settledWords(streaks: readonly Streak[]): string {
  const count = streaks.reduce((sum, streak) => sum + streak.count, 0);
  const lines = streaks[0]?.first.line.number ?? 0;
  const isOpen = streaks.some(({ end }) => end === 'open');
  return isOpen
    ? `No NaN or Inf is proven: ${count === 1 ? 'one step was' : `${count} steps were`} skipped from line ${lines} on while the loss scale was still settling when the log ends.`
    : `No NaN or Inf in this log: ${count === 1 ? 'one step was' : `${count} steps were`} skipped while the loss scale settled, from line ${lines} on, and training went on.`;
}

function statsOf({ shape, min, max }: Readonly<Record<string, string | undefined>>): BadModule['stats'] {
  const unknown = { dtype: null, mean: null, absMin: null, absMax: null, nan: null, posInf: null, negInf: null };
  return [
    { ...unknown, name: 'output', shape: (shape?.match(/\d+/g) ?? []).map(Number), min: null, max: null },
    {
      ...unknown,
      name: 'input',
      shape: null,
      min: parsePythonNumber(min ?? ''),
      max: parsePythonNumber(max ?? ''),
    },
  ];
}

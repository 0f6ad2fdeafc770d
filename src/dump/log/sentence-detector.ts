// Formats that are single sentences: each row of a table says what one sentence of one program means.

import { sourceOf } from '../frames';
import type { Anomaly, AnomalyKind, Frame, Framework, NonFinite, TensorStats, Verdict } from '../model';
import { parsePythonNumber } from '../python-number';
import type { LineSpan, LogContext, LogDetector, LogEvidence, LogFormat, Sighting } from './detector';
import { isLossName, type MetricLine } from './metric-line';
import type { LogLine } from './prefix';
import type { Stack } from './stack';

export interface Sentence {
  /** A part that every line with the sentence holds: cheap to look for. */
  readonly key: string;
  /**
   * The sentence, with what it names in groups: op, module, param, metric, value, step, epoch, batch, rank, and counts of
   * elements as nan and inf, with dtype and shape.
   */
  readonly text: RegExp;
  readonly kind: AnomalyKind;
  readonly value?: NonFinite;
  /** What the sentence itself does not name, but only one operation says. */
  readonly op?: string;
  readonly framework: Framework | null;
  readonly confidence?: Verdict['confidence'];
  /** A clause without a full stop. */
  readonly why?: string;
  readonly rules?: readonly string[];
  /** The event that this and other sentences of the same name tell of, where one event is told in several ways. */
  readonly event?: string;
  /** Whether it is code, that of the deepest frame of a traceback, and not a line of text. */
  readonly isCode?: boolean;
  /** Whether the refused tensor is printed below, and only it says whether NaN was the matter. */
  readonly showsTensor?: boolean;
  /** Whether the lines below may name the losses by part. */
  readonly showsLosses?: boolean;
  /** What a line below names, with groups as in `text`. */
  readonly detail?: RegExp;
}

/** An error about numbers that looks like NaN and is none. */
export interface FalseAlarm {
  readonly key: string;
  readonly text: RegExp;
  readonly framework: Framework;
  /** What to say of the run: a whole sentence. */
  readonly meaning: string;
}

interface Table {
  readonly id: string;
  /** How surely a log with one of the sentences is of this format. */
  readonly claim: number;
  readonly sentences: readonly Sentence[];
  readonly falseAlarms?: readonly FalseAlarm[];
}

export function sentenceFormat(table: Table): LogFormat {
  const keys = [...table.sentences, ...(table.falseAlarms ?? [])].map(({ key }) => escaped(key));
  const gate = new RegExp([...new Set(keys)].join('|'));
  return { id: table.id, detect: (context) => new SentenceDetector(context, table, gate) };
}

const maxLineLength = 4000;
const maxSightings = 200;
const maxSpans = 10_000;
/** How many lines below a sentence may belong to it: the dictionary of losses, the traceback of what it raised. */
const linesBelow = 4;
/** How many lines of a printed tensor are looked through. */
const tensorLines = 100;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type MutableSighting = Mutable<Omit<Sighting, 'anomaly'>> & { anomaly: Mutable<Sighting['anomaly']> };

type Writing = Pick<LogLine, 'text' | 'number' | 'rank' | 'channel' | 'isProgressBar'>;

interface Told {
  readonly sentence: Sentence;
  readonly sighting: MutableSighting;
  readonly channel: string;
  readonly line: number;
}

class SentenceDetector implements LogDetector {
  private readonly sightings: MutableSighting[] = [];
  /** The first sighting of each event and process. */
  private readonly seen = new Map<string, MutableSighting>();
  private readonly understood: Mutable<LineSpan>[] = [];
  private framework: Framework | null = null;
  private allClear: string | null = null;
  private stack: Stack | null = null;
  /** The latest sentence, while lines below may add to it. */
  private told: Told | null = null;

  constructor(
    private readonly context: LogContext,
    private readonly table: Table,
    private readonly gate: RegExp,
  ) {}

  onStack(stack: Stack): void {
    if (stack.kind !== 'exception') return;
    this.stack = stack;
    this.failedCode(stack);
    const { told } = this;
    if (told === null || stack.channel !== told.channel || stack.firstLine > told.line + linesBelow) return;
    // The sentence was logged, and what it raised says where.
    if (told.sighting.anomaly.frames.length > 0 || stack.firstLine <= told.line) return;
    placeAt(told.sighting, stack);
    this.stretch(told, stack.lastLine);
  }

  onLine(line: LogLine, metric: MetricLine | null): void {
    if (this.told !== null) this.below(this.told, line, metric);
    if (line.text.length > maxLineLength || !this.gate.test(line.text)) return;
    for (const sentence of this.table.sentences) {
      const match = !sentence.isCode && line.text.includes(sentence.key) ? sentence.text.exec(line.text) : null;
      if (match === null) continue;
      this.tell(sentence, match, line, metric);
      return;
    }
    for (const alarm of this.table.falseAlarms ?? []) {
      if (!line.text.includes(alarm.key) || !alarm.text.test(line.text)) continue;
      this.allClear ??= alarm.meaning;
      this.framework ??= alarm.framework;
      this.understand(line.number, line.number);
      return;
    }
  }

  /** A generated check that says nothing but `AssertionError`: its code says what it looks at. */
  private failedCode(stack: Stack): void {
    const code = stack.frames.at(-1)?.text ?? '';
    if (!this.gate.test(code)) return;
    for (const sentence of this.table.sentences) {
      const match = sentence.isCode ? sentence.text.exec(code) : null;
      if (match === null) continue;
      const text = stack.exception === null ? code : `${code}\n${stack.exception}`;
      this.tell(
        sentence,
        match,
        { text, number: stack.lastLine, rank: stack.rank, channel: stack.channel, isProgressBar: false },
        null,
      );
      return;
    }
  }

  private tell(sentence: Sentence, match: RegExpExecArray, line: Writing, metric: MetricLine | null): void {
    const stack = this.stack?.lastLine === line.number ? this.stack : null;
    const sighting = this.sighting(sentence, match, line, stack);
    // Behind a progress bar: the bar says where the run is.
    if (line.isProgressBar && sighting.at === null && metric !== null) {
      sighting.at = { step: metric.step, batch: metric.batch, epoch: metric.epoch };
    }
    this.understand(stack?.firstLine ?? line.number, line.number);
    const key = this.keyOf(sentence, sighting);
    const earlier =
      this.seen.get(key) ?? (sighting.anomaly.rank === null ? this.seen.get(this.latestKeyOf(sentence)) : undefined);
    if (earlier !== undefined) {
      // Told again, by a handler or a launcher; a traceback says where.
      if (earlier.anomaly.frames.length === 0 && stack !== null) placeAt(earlier, stack);
      return;
    }
    if (this.sightings.length >= maxSightings) return;
    this.told = { sentence, sighting, channel: line.channel, line: line.number };
    if (sentence.showsTensor) return;
    this.seen.set(key, sighting).set(this.latestKeyOf(sentence), sighting);
    this.framework ??= sentence.framework;
    this.sightings.push(sighting);
  }

  private keyOf(sentence: Sentence, { anomaly }: MutableSighting): string {
    return `${this.latestKeyOf(sentence)} ${anomaly.rank} ${anomaly.module} ${anomaly.op} ${anomaly.param}`;
  }

  private latestKeyOf(sentence: Sentence): string {
    return sentence.event ?? String(this.table.sentences.indexOf(sentence));
  }

  /** The lines under a sentence: a tensor, the losses by part, a detail. */
  private below(told: Told, line: LogLine, metric: MetricLine | null): void {
    const { sentence, sighting } = told;
    if (line.number === told.line) return;
    if (line.number > told.line + (sentence.showsTensor ? tensorLines : linesBelow)) {
      this.told = null;
      return;
    }
    if (sentence.showsTensor) this.tensorLine(told, line);
    else if (sentence.detail !== undefined) {
      const groups = line.text.length > maxLineLength ? undefined : sentence.detail.exec(line.text)?.groups;
      if (groups === undefined) return;
      sighting.anomaly = { ...sighting.anomaly, ...named(groups) };
      this.stretch(told, line.number);
    } else if (sentence.showsLosses && metric !== null) this.lossLine(told, line, metric);
  }

  /** `tensor([[nan, nan],`: what the refused argument holds. Finite values are refused too, and then it is no NaN. */
  private tensorLine({ sighting, sentence }: Told, line: LogLine): void {
    const value = /\bnan\b/.test(line.text)
      ? 'nan'
      : /-inf\b/.test(line.text)
        ? '-inf'
        : /\binf\b/.test(line.text)
          ? 'inf'
          : null;
    if (value !== null) {
      this.framework ??= sentence.framework;
      this.sightings.push({ ...sighting, anomaly: { ...sighting.anomaly, value } });
      this.told = null;
    } else if (!/^(?:tensor|Parameter|\s)/.test(line.text)) this.told = null;
  }

  /** `Loss is nan, stopping training` and, below it, `{'loss_ce': 2.1, 'loss_giou': nan}`: one event, and the dict names the part. */
  private lossLine(told: Told, line: LogLine, metric: MetricLine): void {
    const bad = metric.values.filter(({ name, value }) => name !== null && isLossName(name) && !Number.isFinite(value));
    const [first] = bad;
    const { anomaly } = told.sighting;
    if (first === undefined || anomaly.metric !== null) return;
    anomaly.metric = first.name;
    anomaly.param = first.name;
    if (anomaly.value === 'nonfinite') {
      const isNan = bad.some(({ value }) => Number.isNaN(value));
      anomaly.value = isNan ? 'nan' : first.value > 0 ? 'inf' : '-inf';
      if (!isNan && anomaly.kind === 'loss-nan') anomaly.kind = 'loss-inf';
    }
    this.stretch(told, line.number);
  }

  private stretch({ sighting, line }: Told, lastLine: number): void {
    const firstLine = sighting.anomaly.span?.firstLine ?? line;
    sighting.anomaly.span = { firstLine, lastLine };
    this.understand(firstLine, lastLine);
  }

  private understand(firstLine: number, lastLine: number): void {
    const latest = this.understood.at(-1);
    if (latest !== undefined && (firstLine <= latest.lastLine + 1 || this.understood.length >= maxSpans)) {
      latest.lastLine = Math.max(latest.lastLine, lastLine);
    } else this.understood.push({ firstLine, lastLine });
  }

  private sighting(sentence: Sentence, match: RegExpExecArray, line: Writing, stack: Stack | null): MutableSighting {
    const groups = match.groups ?? {};
    const rank = numberOf(groups.rank) ?? line.rank ?? stack?.rank ?? null;
    const value = statedValue(groups) ?? sentence.value ?? null;
    const frames = stack?.frames ?? [];
    const step = numberOf(groups.step);
    const epoch = numberOf(groups.epoch);
    const batch = numberOf(groups.batch);
    const point = this.context.progress.point(rank);
    const firstLine = stack?.firstLine ?? line.number;
    return {
      anomaly: {
        kind: kindWith(sentence.kind, value, runsBackward(frames) || groups.op?.endsWith('_grad') === true),
        value,
        op: sentence.op ?? null,
        outputIndex: null,
        module: null,
        param: null,
        metric: null,
        rank,
        source: sourceOf(frames),
        frames,
        message: line.text.slice(line.isProgressBar ? match.index : 0).trim(),
        stats: statsOf(groups),
        rules: sentence.rules ?? [],
        span: { firstLine, lastLine: line.number },
        ...named(groups),
      },
      after: point,
      at: step === null && batch === null ? null : { step, batch, epoch: epoch ?? point.epoch },
      order: firstLine,
      confidence: sentence.confidence ?? 'certain',
      why: sentence.why ?? null,
    };
  }

  finish(): LogEvidence {
    const isHere = this.sightings.length > 0 || this.allClear !== null;
    return {
      claim: isHere ? this.table.claim : 0,
      framework: this.framework,
      sightings: this.sightings,
      problems: [],
      understood: this.understood,
      ...(this.allClear === null ? {} : { allClear: this.allClear }),
    };
  }
}

function placeAt({ anomaly }: MutableSighting, { frames }: Stack): void {
  anomaly.frames = frames;
  anomaly.source = sourceOf(frames);
}

/** Whether the calls go through the engine that computes gradients. */
function runsBackward(frames: readonly Frame[]): boolean {
  return frames.some((frame) => frame.function === '_engine_run_backward' || frame.function === 'run_backward');
}

type Groups = Readonly<Record<string, string | undefined>>;

function named({ op, module, param, metric }: Groups): Partial<Pick<Anomaly, 'op' | 'module' | 'param' | 'metric'>> {
  return {
    ...(op === undefined ? {} : { op }),
    ...(module === undefined ? {} : { module }),
    ...(param === undefined ? {} : { param }),
    ...(metric === undefined ? {} : { metric }),
  };
}

function statedValue(groups: Groups): NonFinite | null {
  const nan = numberOf(groups.nan);
  const inf = numberOf(groups.inf);
  if (nan !== null && inf !== null) return nan > 0 ? 'nan' : inf > 0 ? 'inf' : null;
  const { value } = groups;
  if (value === undefined) return null;
  const hasNan = /nan/i.test(value);
  const hasInf = /inf/i.test(value);
  if (hasNan && hasInf) return 'nonfinite';
  return hasNan ? 'nan' : hasInf ? (/-\s*inf/i.test(value) ? '-inf' : 'inf') : null;
}

function kindWith(kind: AnomalyKind, value: NonFinite | null, isBackward: boolean): AnomalyKind {
  const isInf = value === 'inf' || value === '-inf';
  if (kind === 'nan-forward') return isBackward ? 'nan-backward' : isInf ? 'inf-forward' : kind;
  return kind === 'loss-nan' && isInf ? 'loss-inf' : kind;
}

function statsOf({ nan, inf, dtype, shape, min, max }: Groups): readonly TensorStats[] | null {
  if (nan === undefined && shape === undefined) return null;
  return [
    {
      name: null,
      shape: shape === undefined ? null : (shape.match(/\d+/g) ?? []).map(Number),
      dtype: dtype ?? null,
      min: parsePythonNumber(min ?? ''),
      max: parsePythonNumber(max ?? ''),
      mean: null,
      absMin: null,
      absMax: null,
      nan: numberOf(nan),
      posInf: numberOf(inf),
      negInf: null,
    },
  ];
}

function numberOf(text: string | undefined): number | null {
  const value = text === undefined ? null : parsePythonNumber(text);
  return value !== null && Number.isFinite(value) ? value : null;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

// Tensors as lovely-tensors prints them: `tensor[8, 16] n=128 x∈[lo |sparkline| hi] μ=m σ=s +Inf! NaN!`, statistics of the finite elements alone.

import type { LineSpan, LogContext, LogDetector, LogEvidence, LogFormat, Sighting } from '../log/detector';
import type { MetricLine } from '../log/metric-line';
import type { LogLine } from '../log/prefix';
import type { Place } from '../log/progress';
import type { AnomalyKind, NonFinite, TensorStats } from '../model';
import { parsePythonNumber, pythonNumberPattern } from '../python-number';

export const lovelyTensors: LogFormat = {
  id: 'lovely-tensors',
  detect: (context) => new LovelyTensorsDetector(context),
};

const number = pythonNumberPattern;
const maxLineLength = 8000;
const maxTensors = 200;
const printed =
  /(?:tensor|Parameter|\b[A-Z]\w*(?=\[))(?:\[(?<shape>[\d, ]*)\])? (?:(?<dtype>[a-z]{1,4}\d{1,2}|bool|bf16) )?(?:n=\d+ (?:\([^)]*\) )?)?(?:[x∈]|μ|[+-]Inf!|NaN!)/u;
const range = new RegExp(String.raw`x∈\[(${number})(?: \|[^|]*\|)?,? (${number})\]`, 'u');
const mean = new RegExp(`μ=(${number})`, 'u');
/** Infinities of a mask are meant. */
const masks = /mask|bias_table|alibi/i;

class LovelyTensorsDetector implements LogDetector {
  private readonly sightings: Sighting[] = [];
  private readonly seen = new Set<string>();
  private readonly understood: LineSpan[] = [];
  /** Tensors that were printed. */
  private count = 0;
  /** A tensor printed beside the step's number, `step 3 input: tensor…`: those below it are of the same step. */
  private heading: Place | null = null;

  constructor(private readonly context: LogContext) {}

  onLine(line: LogLine, metric: MetricLine | null): void {
    const { text } = line;
    const namesStep = metric !== null && (metric.step !== null || metric.batch !== null);
    if (namesStep) this.heading = null;
    const isBad = text.includes('NaN!') || text.includes('Inf!');
    if (text.length > maxLineLength || !(isBad || text.includes(' x∈['))) return;
    const match = printed.exec(text);
    if (match === null) return;
    this.count++;
    if (namesStep) this.heading = { step: metric.step, epoch: metric.epoch, batch: metric.batch };
    if (!isBad || this.sightings.length >= maxTensors) return;
    const rest = text.slice(match.index);
    const value = valueIn(rest);
    const label = labelIn(text.slice(0, match.index));
    if (value === null || (value !== 'nan' && label !== null && masks.test(label))) return;
    const key = `${label} ${line.rank}`;
    this.understood.push({ firstLine: line.number, lastLine: line.number });
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.sightings.push(this.sighting(line, rest, label, value, match.groups ?? {}));
  }

  private sighting(
    line: LogLine,
    rest: string,
    label: string | null,
    value: NonFinite,
    groups: Readonly<Record<string, string | undefined>>,
  ): Sighting {
    return {
      anomaly: {
        kind: kindOf(label, value),
        value,
        op: null,
        outputIndex: null,
        module: label !== null && /^[A-Za-z_]\w*(?:\.\w+)+$/.test(label) ? label : null,
        param: null,
        metric: null,
        rank: line.rank,
        source: null,
        frames: [],
        message: line.text.trim(),
        stats: [statsOf(rest, label, groups)],
        rules: [],
        span: { firstLine: line.number, lastLine: line.number },
      },
      after: this.context.progress.point(line.rank),
      at: this.heading,
      order: line.number,
      confidence: 'certain',
      why: `the script printed ${label === null ? 'a tensor' : `\`${label}\``} with it in it`,
    };
  }

  finish(): LogEvidence {
    const isHere = this.count > 0;
    return {
      claim: this.sightings.length > 0 ? 0.72 : isHere ? 0.55 : 0,
      framework: isHere ? 'pytorch' : null,
      sightings: this.sightings,
      problems: [],
      understood: this.understood,
      ...(isHere ? { allClear: `No NaN or Inf in the ${this.count} tensors that this log prints.` } : {}),
    };
  }
}

function valueIn(text: string): NonFinite | null {
  if (text.includes('NaN!')) return 'nan';
  const hasPositive = text.includes('+Inf!');
  const hasNegative = text.includes('-Inf!');
  if (hasPositive && hasNegative) return 'nonfinite';
  return hasPositive ? 'inf' : hasNegative ? '-inf' : null;
}

/** What the script wrote before the tensor: `layer 3: `, `grad=`. */
function labelIn(text: string): string | null {
  const words = text.replace(/[\s:=({['"→>-]+$/, '');
  const last = /[\w.[\]]+(?: \w+){0,3}$/.exec(words.slice(-80))?.[0];
  return last === undefined || last === '' ? null : last;
}

function kindOf(label: string | null, value: NonFinite): AnomalyKind {
  const isInf = value === 'inf' || value === '-inf';
  if (label !== null && /grad/i.test(label)) return 'grad-nonfinite';
  if (label !== null && /loss/i.test(label)) return isInf ? 'loss-inf' : 'loss-nan';
  if (label !== null && /\b(?:inputs?|batch|data|images?|targets?|labels?)\b/i.test(label)) return 'input-nan';
  return isInf ? 'inf-forward' : 'nan-forward';
}

function statsOf(
  text: string,
  name: string | null,
  { shape, dtype }: Readonly<Record<string, string | undefined>>,
): TensorStats {
  const ends = range.exec(text);
  return {
    name,
    shape: shape === undefined ? [] : (shape.match(/\d+/g) ?? []).map(Number),
    dtype: dtype ?? null,
    min: parsePythonNumber(ends?.[1] ?? ''),
    max: parsePythonNumber(ends?.[2] ?? ''),
    mean: parsePythonNumber(mean.exec(text)?.[1] ?? ''),
    absMin: null,
    absMax: null,
    nan: null,
    posInf: null,
    negInf: null,
  };
}

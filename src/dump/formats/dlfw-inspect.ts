// Statistics that nvidia-dlfw-inspect and Transformer Engine log of each tensor: `LAYER_TENSOR_STAT  iteration=000004  value=nan`.

import type { LineSpan, LogDetector, LogEvidence, LogFormat, Sighting } from '../log/detector';
import type { LogLine } from '../log/prefix';
import { nowhere } from '../log/progress';
import type { Anomaly, NonFinite, Series } from '../model';
import { parsePythonNumber, pythonNumberPattern } from '../python-number';
import { ThinnedSeries } from '../thinned-series';

export const dlfwInspect: LogFormat = { id: 'dlfw-inspect', detect: () => new DlfwInspectDetector() };

const entry = new RegExp(String.raw`^(\S+)\s+iteration=(\d+)\s+value=(${pythonNumberPattern})\s*$`);
/** `decoder.1.mlp.fc1_activation_l1_norm`: the layer, what of it, and which number. */
const name = /^(.*)_(activation|gradient|weight|wgrad|dgrad|output|input|fprop|tensor)_(.+)$/;
const maxSeries = 128;
const maxSightings = 500;

class DlfwInspectDetector implements LogDetector {
  private readonly series = new Map<string, ThinnedSeries>();
  private readonly sightings: Sighting[] = [];
  private readonly seen = new Set<string>();
  private readonly understood: LineSpan[] = [];
  private entries = 0;

  onLine(line: LogLine): void {
    if (line.text.length > 2000 || !line.text.includes('iteration=')) return;
    const match = entry.exec(line.text);
    if (match === null) return;
    const [, statistic = '', iteration = '', printed = ''] = match;
    const value = parsePythonNumber(printed);
    if (value === null) return;
    this.entries++;
    this.record(`${line.rank === null ? '' : `rank ${line.rank} `}${statistic}`, Number(iteration), value);
    if (Number.isFinite(value) || this.seen.has(statistic) || this.sightings.length >= maxSightings) return;
    this.seen.add(statistic);
    this.understood.push({ firstLine: line.number, lastLine: line.number });
    this.sightings.push(sightingOf(line, statistic, Number(iteration), value));
  }

  private record(key: string, step: number, value: number): void {
    let series = this.series.get(key);
    if (series === undefined) {
      if (this.series.size >= maxSeries) return;
      series = new ThinnedSeries(key);
      this.series.set(key, series);
    }
    series.push(step, value);
  }

  finish(): LogEvidence {
    const series: Series[] = [...this.series.values()].map((one) => one.toSeries(one.name));
    const isHere = this.entries > 0;
    return {
      claim: isHere ? 0.9 : 0,
      framework: isHere ? 'pytorch' : null,
      sightings: inDataflow(this.sightings),
      problems: [],
      understood: this.understood,
      series,
      ...(isHere && this.sightings.length === 0
        ? { allClear: `No NaN or Inf in this log: all ${this.entries} logged statistics are finite.` }
        : {}),
    };
  }
}

function sightingOf(line: LogLine, statistic: string, step: number, number: number): Sighting {
  const value: NonFinite = Number.isNaN(number) ? 'nan' : number > 0 ? 'inf' : '-inf';
  const parts = name.exec(statistic);
  const what = parts?.[2] ?? null;
  return {
    anomaly: {
      kind: kindOf(what, value),
      value,
      op: null,
      outputIndex: null,
      module: parts?.[1] ?? null,
      param: what === 'weight' ? 'weight' : null,
      metric: statistic,
      rank: line.rank,
      source: null,
      frames: [],
      message: line.text.trim(),
      stats: null,
      rules: [],
      span: { firstLine: line.number, lastLine: line.number },
    },
    after: null,
    at: { ...nowhere, step },
    order: line.number,
    confidence: 'certain',
    why: what === null ? null : `the ${parts?.[3]} of its ${what}`,
  };
}

/** Statistics of one iteration are written layer by layer, but gradients come of the whole forward pass. */
function inDataflow(sightings: readonly Sighting[]): Sighting[] {
  const firstOf = new Map<number | null | undefined, number>();
  return sightings.map((sighting, i) => {
    const step = sighting.at?.step;
    const first = firstOf.get(step) ?? sighting.order;
    firstOf.set(step, first);
    const isGradient = sighting.anomaly.kind === 'grad-nonfinite';
    return { ...sighting, order: first + (isGradient ? 0.5 : 0) + i / 10_000 };
  });
}

function kindOf(what: string | null, value: NonFinite): Anomaly['kind'] {
  if (what === 'gradient' || what === 'wgrad' || what === 'dgrad') return 'grad-nonfinite';
  if (what === null) return 'metric-nonfinite';
  return value === 'nan' ? 'nan-forward' : 'inf-forward';
}

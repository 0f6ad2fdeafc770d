// What recorded metrics tell of a run, whatever file they stand in: the series, the first bad value of each, and a NaN that the log hides.

import { explosion } from './log/log-reader';
import { isAlarmingName, isGradientName, isLossName } from './log/metric-line';
import { metricKind, nonFiniteOf } from './metric-kind';
import type { Anomaly, AnomalyKind, NonFinite, Series, Verdict } from './model';
import { ThinnedSeries } from './thinned-series';
import { verdictOf } from './verdict';

/** Values that were recorded together. */
export interface MetricRow {
  readonly step: number | null;
  readonly epoch: number | null;
  readonly batch?: number | null;
  readonly rank: number | null;
  readonly values: readonly MetricValue[];
  /** When it was recorded: larger is later. */
  readonly time: number;
  readonly span: Anomaly['span'];
  /** The artefact's words; asked for only where something is wrong. */
  readonly message: () => string;
}

export interface MetricValue {
  readonly name: string;
  readonly value: number;
  /** Where the name says it better than the name of a metric can. */
  readonly kind?: AnomalyKind;
  readonly module?: string;
}

export interface MetricFindings {
  readonly anomalies: readonly Anomaly[];
  readonly series: readonly Series[];
  readonly verdict: Verdict;
  /** Names whose series were not kept because there are too many. */
  readonly leftOut: number;
}

interface Sighting {
  anomaly: Omit<Anomaly, 'role'>;
  time: number;
  /** A metric that never was finite is no cause of what comes later. */
  readonly isFromTheStart: boolean;
}

/** What one process wrote of its loss and gradients. */
interface HiddenNaN {
  /** The first of the readings without a finite one between, of which the latest is NaN. */
  gradient: Sighting | null;
  gradientAt: number | null;
  zeroLossAt: number | null;
  zeroLoss: string;
  /** Where it is proven: a loss of exactly 0 beside a gradient that is NaN. */
  proven: Sighting | null;
}

interface SeriesEntry {
  readonly rank: number | null;
  readonly data: ThinnedSeries;
  readonly isLoss: boolean;
  readonly isGradient: boolean;
  hasBeenFinite: boolean;
}

const maxSeries = 256;
const maxSightings = 1000;
const maxMessageLength = 1000;

export class MetricStory {
  private readonly series = new Map<string, SeriesEntry>();
  private readonly sightings: Sighting[] = [];
  private readonly seen = new Set<string>();
  private readonly hidden = new Map<number | null, HiddenNaN>();
  private readonly ranks = new Set<number | null>();
  private readonly unkept = new Set<string>();
  private rows = 0;
  private readings = 0;

  row(row: MetricRow): void {
    this.rows++;
    this.ranks.add(row.rank);
    for (const value of row.values) this.value(row, value);
  }

  private value(row: MetricRow, metric: MetricValue): void {
    const { name, value } = metric;
    this.readings++;
    const key = row.rank === null ? name : `${row.rank} ${name}`;
    const entry = this.entry(key, name, row.rank);
    entry?.data.push(row.step ?? row.batch ?? row.epoch ?? entry.data.count, value);
    const bad = nonFiniteOf(value);
    if (bad === null) {
      if (entry) entry.hasBeenFinite = true;
      if (value === 0 && entry?.isLoss) this.zeroLoss(row, name);
      else if (entry?.isGradient) this.hiddenOf(row.rank).gradient = null;
      return;
    }
    const sighting = this.sighting(row, metric, bad, key, entry?.hasBeenFinite === false);
    if (bad === 'nan' && entry?.isGradient) this.badGradient(row, sighting);
  }

  private entry(key: string, name: string, rank: number | null): SeriesEntry | undefined {
    let entry = this.series.get(key);
    if (entry === undefined) {
      if (this.series.size >= maxSeries) {
        if (this.unkept.size < 100_000) this.unkept.add(key);
        return undefined;
      }
      entry = {
        rank,
        data: new ThinnedSeries(name),
        isLoss: isLossName(name),
        isGradient: isGradientName(name),
        hasBeenFinite: false,
      };
      this.series.set(key, entry);
    }
    return entry;
  }

  /** Listed where it is the first of its kind; a gradient that is NaN again may yet turn out to be a hidden loss. */
  private sighting(
    row: MetricRow,
    metric: MetricValue,
    bad: NonFinite,
    key: string,
    isFromTheStart: boolean,
  ): Sighting {
    const { name, module } = metric;
    const { step, epoch, rank, span } = row;
    const seenKey = `${bad} ${key}`;
    const isListed = isAlarmingName(name) && !this.seen.has(seenKey) && this.sightings.length < maxSightings;
    const needsMessage = isListed || this.hiddenOf(rank).gradient === null;
    const sighting: Sighting = {
      anomaly: {
        kind: metric.kind ?? metricKind(name, bad),
        value: bad,
        op: null,
        outputIndex: null,
        module: module ?? null,
        param: null,
        metric: name,
        step,
        // Beside a step, a fraction of an epoch says the same again.
        epoch: step === null || Number.isInteger(epoch) ? epoch : null,
        batch: row.batch ?? null,
        rank,
        source: null,
        frames: [],
        message: needsMessage ? row.message().slice(0, maxMessageLength) : '',
        stats: null,
        rules: [],
        span,
      },
      time: row.time,
      isFromTheStart,
    };
    if (isListed) {
      this.seen.add(seenKey);
      this.sightings.push(sighting);
    }
    return sighting;
  }

  private hiddenOf(rank: number | null): HiddenNaN {
    let hidden = this.hidden.get(rank);
    if (hidden === undefined) {
      hidden = { gradient: null, gradientAt: null, zeroLossAt: null, zeroLoss: '', proven: null };
      this.hidden.set(rank, hidden);
    }
    return hidden;
  }

  private badGradient(row: MetricRow, sighting: Sighting): void {
    const hidden = this.hiddenOf(row.rank);
    hidden.gradient ??= sighting;
    hidden.gradientAt = row.step ?? this.rows;
    this.prove(hidden);
  }

  private zeroLoss(row: MetricRow, name: string): void {
    const hidden = this.hiddenOf(row.rank);
    hidden.zeroLossAt = row.step ?? this.rows;
    hidden.zeroLoss = name;
    this.prove(hidden);
  }

  /** Trainers that filter NaN out of the loss they print leave a loss of exactly 0 where the gradient still tells. */
  private prove(hidden: HiddenNaN): void {
    const { gradient, gradientAt, zeroLossAt, zeroLoss } = hidden;
    if (hidden.proven !== null || gradient === null || gradientAt === null || gradientAt !== zeroLossAt) return;
    gradient.anomaly = {
      ...gradient.anomaly,
      kind: 'loss-nan',
      metric: zeroLoss,
      param: gradient.anomaly.metric,
    };
    hidden.proven = gradient;
    if (!this.sightings.includes(gradient)) this.sightings.push(gradient);
  }

  /** @param name what the values stand in: `file`, `log` */
  finish(name = 'file'): MetricFindings {
    const series = this.allSeries();
    const sorted = this.inOrder();
    const anomalies = sorted.map(({ anomaly }, i): Anomaly => ({ ...anomaly, role: roleOf(anomaly, i, sorted) }));
    return { anomalies, series, verdict: this.verdict(sorted, anomalies, series, name), leftOut: this.unkept.size };
  }

  private allSeries(): Series[] {
    const several = this.ranks.size > 1;
    return [...this.series.values()].map(({ rank, data }) =>
      data.toSeries(several && rank !== null ? `${data.name} [rank ${rank}]` : data.name),
    );
  }

  /** By time; what belongs to one step is one moment, in which the loss comes first: gradients and metrics follow from it. */
  private inOrder(): Sighting[] {
    const moments = new Map<number, number>();
    for (const { anomaly, time } of this.sightings) {
      if (anomaly.step !== null) moments.set(anomaly.step, Math.min(time, moments.get(anomaly.step) ?? time));
    }
    const momentOf = ({ anomaly, time }: Sighting): number =>
      anomaly.step === null ? time : (moments.get(anomaly.step) ?? time);
    return [...this.sightings].sort(
      (a, b) =>
        Number(isBystander(a)) - Number(isBystander(b)) || momentOf(a) - momentOf(b) || dataflow(a) - dataflow(b),
    );
  }

  private verdict(
    sorted: readonly Sighting[],
    anomalies: readonly Anomaly[],
    series: readonly Series[],
    name: string,
  ): Verdict {
    const [sighting] = sorted;
    const [first] = anomalies;
    if (sighting !== undefined && first !== undefined) {
      const isHidden = [...this.hidden.values()].some(({ proven }) => proven === sighting);
      return verdictOf({
        first,
        confidence: isHidden ? 'likely' : 'certain',
        why: isHidden
          ? `the ${name} hides it behind a loss of exactly 0, but \`${first.param}\` beside it is NaN`
          : null,
        note: explosion(series, first),
      });
    }
    if (this.readings === 0) return { sentence: `This ${name} holds no values of a run.`, confidence: 'unknown' };
    return {
      sentence: `No NaN or Inf in this ${name}: all ${this.readings} recorded values ${this.hasOnlySentinels() ? 'but start values ' : ''}are finite.`,
      confidence: 'likely',
    };
  }

  /** Whether something is non-finite that is no alarm: `best_loss` before the first evaluation. */
  private hasOnlySentinels(): boolean {
    return [...this.series.values()].some(({ data }) => !data.toSeries('').values.every(Number.isFinite));
  }
}

function roleOf(anomaly: Omit<Anomaly, 'role'>, index: number, sorted: readonly Sighting[]): Anomaly['role'] {
  if (index === 0) return 'first';
  return anomaly.kind === sorted[0]?.anomaly.kind ? 'secondary' : 'consequence';
}

function isBystander({ isFromTheStart, anomaly }: Sighting): boolean {
  return isFromTheStart && anomaly.kind === 'metric-nonfinite';
}

function dataflow({ anomaly }: Sighting): number {
  switch (anomaly.kind) {
    case 'nan-forward':
    case 'inf-forward':
      return 0;
    case 'loss-nan':
    case 'loss-inf':
      return 1;
    case 'grad-nonfinite':
      return 2;
    default:
      return 3;
  }
}

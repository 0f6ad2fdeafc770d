// Where in the run each line of a log was written, and the series that its training prints make.

import type { Series } from '../model';
import { ThinnedSeries } from '../thinned-series';
import { isAlarmingName, type MetricLine, readMetricLine } from './metric-line';
import type { LogLine } from './prefix';

export interface Place {
  readonly step: number | null;
  readonly epoch: number | null;
  readonly batch: number | null;
}

export const nowhere: Place = { step: null, epoch: null, batch: null };

/** How far the prints of one process had come at some line. */
export interface ProgressPoint {
  readonly epoch: number | null;
  /** The last step or batch that was printed. */
  readonly count: number | null;
  /** Whether the script counts batches of an epoch and not steps. */
  readonly countsBatches: boolean;
  /** Step to step, where the last prints agree on it; null where only one was seen or they differ. */
  readonly stride: number | null;
  readonly epochStride: number | null;
  /** Whether the epoch was announced before its steps and not reported after them. */
  readonly isEpochRunning: boolean;
  /** The first and last step of each finished epoch, where all had the same. */
  readonly epochBounds: { readonly first: number; readonly last: number } | null;
}

interface Track {
  count: number | null;
  countsBatches: boolean;
  stepName: string | null;
  epoch: number | null;
  stride: number | null;
  epochStride: number | null;
  isEpochRunning: boolean;
  firstOfEpoch: number | null;
  bounds: { first: number; last: number } | null | undefined;
}

const wholeBar = /100%\||[━\]|]\s*(\d+)\/\1(?!\d)/;
const maxSeries = 128;

export class Progress {
  private readonly tracks = new Map<number | null, Track>();
  private readonly series = new Map<string, { rank: number | null; data: ThinnedSeries; unit: string }>();
  private readonly ranks = new Set<number | null>();
  /** Readings of the latest print that named no step: a bar drawn right after it says which it was. */
  private stepless: ThinnedSeries[] = [];
  private skippedSeries = 0;

  /** Takes a line in. @returns what it says, null where it is no training print. */
  observe(line: LogLine): MetricLine | null {
    const metric = readMetricLine(line);
    if (metric === null) return null;
    if (line.isProgressBar && metric.step !== null) {
      for (const data of this.stepless) data.correctLastStep(metric.step);
    }
    if (line.isProgressBar) this.enterByBar(line, metric);
    else this.advance(line.rank, metric);
    if (metric.values.length > 0 || line.isProgressBar) this.stepless = [];
    this.record(line, metric);
    return metric;
  }

  /** How far the given process has come by now; where it prints nothing itself, how far any has. */
  point(rank: number | null): ProgressPoint {
    const track =
      this.tracks.get(rank) ?? this.tracks.get(null) ?? (rank === null ? [...this.tracks.values()].at(-1) : undefined);
    const { count, countsBatches, epoch, stride, epochStride, isEpochRunning, bounds } = track ?? newTrack();
    return { count, countsBatches, epoch, stride, epochStride, isEpochRunning, epochBounds: bounds ?? null };
  }

  allSeries(): Series[] {
    const several = this.ranks.size > 1;
    return [...this.series.values()].map(({ rank, data }) =>
      data.toSeries(several && rank !== null ? `${data.name} [rank ${rank}]` : data.name),
    );
  }

  /** Series that were not kept because there are too many names. */
  get leftOut(): number {
    return this.skippedSeries;
  }

  private advance(rank: number | null, metric: MetricLine): void {
    if (metric.step === null && metric.epoch === null && metric.batch === null) return;
    const track = this.track(rank);
    const entersEpoch = metric.epoch !== null && Number.isInteger(metric.epoch) && metric.epoch !== track.epoch;
    if (entersEpoch) this.enterEpoch(track, metric);
    if (metric.epoch !== null) {
      track.epoch = metric.epoch;
      if (metric.step === null && metric.batch === null) {
        track.isEpochRunning = metric.values.length === 0;
        // The epoch's report closes its steps.
        if (!track.isEpochRunning) this.closeEpoch(track);
      } else track.isEpochRunning = true;
    }
    const count = metric.step ?? metric.batch;
    if (count === null) return;
    // A script that prints nothing but numbers prints them each step, until it shows that it does not.
    if (track.stepName !== metric.stepName) track.stride = metric.stepName === '' ? 1 : null;
    else if (track.count !== null && track.count !== count)
      track.stride = count > track.count ? count - track.count : null;
    track.stepName = metric.stepName;
    // Steps that go on counting through the epochs have no bounds within one.
    if (track.firstOfEpoch === null && track.bounds && track.bounds.first !== count) track.bounds = null;
    track.firstOfEpoch ??= count;
    track.count = count;
    track.countsBatches = metric.step === null;
  }

  /** A bar that names its epoch tells of the epoch that runs, where no print says more. */
  private enterByBar({ rank, text }: LogLine, metric: MetricLine): void {
    const { epoch } = metric;
    if (epoch === null || !Number.isInteger(epoch)) return;
    const track = this.track(rank);
    if (track.count !== null) return;
    if (epoch !== track.epoch) this.enterEpoch(track, metric);
    track.epoch = epoch;
    track.isEpochRunning = !wholeBar.test(text);
  }

  private enterEpoch(track: Track, metric: MetricLine): void {
    if (track.epoch !== null && metric.epoch !== null) track.epochStride = metric.epoch - track.epoch;
    this.closeEpoch(track);
  }

  private closeEpoch(track: Track): void {
    const { firstOfEpoch, count, bounds } = track;
    if (firstOfEpoch !== null && count !== null) {
      if (bounds === undefined) track.bounds = { first: firstOfEpoch, last: count };
      else if (bounds !== null && (bounds.first !== firstOfEpoch || bounds.last !== count)) track.bounds = null;
    }
    track.firstOfEpoch = null;
    track.count = null;
  }

  private track(rank: number | null): Track {
    let track = this.tracks.get(rank);
    if (track === undefined) {
      track = newTrack();
      this.tracks.set(rank, track);
    }
    return track;
  }

  private record(line: LogLine, metric: MetricLine): void {
    const unit = metric.step !== null || metric.batch !== null ? 'step' : metric.epoch !== null ? 'epoch' : 'reading';
    const x = metric.step ?? metric.batch ?? metric.epoch;
    for (const { name, value } of metric.values) {
      // A start value such as best_loss=inf is no reading.
      if (name !== null && !isAlarmingName(name)) continue;
      const label = name ?? 'value';
      const key = `${line.rank ?? ''} ${label}`;
      let entry = this.series.get(key);
      if (entry === undefined) {
        if (this.series.size >= maxSeries) {
          this.skippedSeries++;
          continue;
        }
        entry = { rank: line.rank, data: new ThinnedSeries(label), unit };
        this.series.set(key, entry);
        this.ranks.add(line.rank);
      }
      const step = x !== null && entry.unit === unit ? x : entry.data.count;
      // A bar is drawn many times for one step.
      if (line.isProgressBar) entry.data.pushOrKeep(step, value);
      else entry.data.push(step, value);
      if (unit !== 'step' && !line.isProgressBar) this.stepless.push(entry.data);
    }
  }
}

/**
 * Where the step after `point` is: prints tell of finished steps, so the failing one is the next.
 * What cannot be known (a script that prints each tenth step) is null.
 */
export function placeAfter(point: ProgressPoint): Place {
  const { count, countsBatches, epoch, stride, epochStride, isEpochRunning, epochBounds } = point;
  const wholeEpoch = epoch !== null && Number.isInteger(epoch) ? epoch : null;
  if (count === null) {
    if (isEpochRunning) return { ...nowhere, epoch: wholeEpoch };
    return { ...nowhere, epoch: epochStride === 1 && wholeEpoch !== null ? wholeEpoch + 1 : null };
  }
  const endsEpoch = epochBounds !== null && count >= epochBounds.last;
  // Between two prints at an epoch's end, the failing step may be of this epoch or of the next.
  if (stride !== 1) return { ...nowhere, epoch: endsEpoch ? null : wholeEpoch };
  const next = endsEpoch ? epochBounds.first : count + 1;
  return {
    epoch: wholeEpoch === null ? null : wholeEpoch + (endsEpoch ? 1 : 0),
    step: countsBatches ? null : next,
    batch: countsBatches ? next : null,
  };
}

function newTrack(): Track {
  return {
    count: null,
    countsBatches: false,
    stepName: null,
    epoch: null,
    stride: null,
    epochStride: null,
    isEpochRunning: false,
    firstOfEpoch: null,
    bounds: undefined,
  };
}

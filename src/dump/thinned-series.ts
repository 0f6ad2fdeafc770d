// A series of any length in bounded memory. Thinning keeps both ends, every extreme, and where each run of NaN or ±Inf begins and ends.

import type { Series } from './model';

const maxPoints = 8192;
const groupLength = 8;
/** Each kept point is at most one of: first, last, lowest, highest, or an end of a non-finite run. */
const maxRunsPerGroup = 3;

export class ThinnedSeries {
  private steps: number[] = [];
  private values: number[] = [];
  private total = 0;

  constructor(readonly name: string) {}

  get count(): number {
    return this.total;
  }

  push(step: number, value: number): void {
    this.total++;
    this.steps.push(step);
    this.values.push(value);
    if (this.values.length >= maxPoints) this.thin();
  }

  /** The same, but for a reading that repeats the latest one. */
  pushOrKeep(step: number, value: number): void {
    if (this.steps.at(-1) !== step || !Object.is(this.values.at(-1), value)) this.push(step, value);
  }

  /** Gives the step of the latest reading, where it is learnt only afterwards. */
  correctLastStep(step: number): void {
    if (this.steps.length > 0) this.steps[this.steps.length - 1] = step;
  }

  toSeries(name: string): Series {
    const { steps, values, total } = this;
    return { name, steps: [...steps], values: [...values], total };
  }

  private thin(): void {
    const { values } = this;
    const kept: number[] = [];
    for (let from = 0; from < values.length; from += groupLength) {
      const to = Math.min(values.length, from + groupLength);
      if (from === 0 || to === values.length || !this.keepExtremes(from, to, kept)) {
        kept.push(...this.groupIndices(from, to));
      }
    }
    this.steps = kept.map((i) => this.steps[i] ?? 0);
    this.values = kept.map((i) => values[i] ?? 0);
  }

  /** What nearly all groups come to. @returns false where the group holds a value that is not finite */
  private keepExtremes(from: number, to: number, kept: number[]): boolean {
    const { values } = this;
    let lowest = from;
    let highest = from;
    for (let i = from; i < to; i++) {
      const value = values[i] ?? 0;
      if (!Number.isFinite(value)) return false;
      if (value < (values[lowest] ?? 0)) lowest = i;
      if (value > (values[highest] ?? 0)) highest = i;
    }
    kept.push(Math.min(lowest, highest));
    if (lowest !== highest) kept.push(Math.max(lowest, highest));
    return true;
  }

  private groupIndices(from: number, to: number): number[] {
    const { values } = this;
    const chosen = new Set<number>();
    if (from === 0) chosen.add(0);
    if (to === values.length) chosen.add(to - 1);
    let lowest = -1;
    let highest = -1;
    let runs = 0;
    for (let i = from; i < to; i++) {
      const value = values[i] ?? 0;
      if (Number.isFinite(value)) {
        if (lowest < 0 || value < (values[lowest] ?? 0)) lowest = i;
        if (highest < 0 || value > (values[highest] ?? 0)) highest = i;
        continue;
      }
      const begins = i === 0 || kindOf(values[i - 1]) !== kindOf(value);
      const ends = i === values.length - 1 || kindOf(values[i + 1]) !== kindOf(value);
      // A loss that flickers between NaN and numbers would defeat any bound: of such a group the first runs stay.
      if ((begins || ends) && runs < maxRunsPerGroup) {
        chosen.add(i);
        if (ends) runs++;
      }
    }
    if (lowest >= 0) chosen.add(lowest).add(highest);
    return [...chosen].sort((a, b) => a - b);
  }
}

function kindOf(value: number | undefined): string {
  if (value === undefined || Number.isFinite(value)) return 'finite';
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

// The step of a print that names none: a progress bar that is drawn right after it says which it was.

import type { MetricLine } from './metric-line';
import type { LogLine } from './prefix';
import type { Place } from './progress';

export type MutablePlace = { -readonly [K in keyof Place]: Place[K] };

export class BarSteps {
  private open: MutablePlace[] = [];

  /** Takes in each training print, before its own places are added. */
  line(line: LogLine, metric: MetricLine): void {
    if (line.isProgressBar && metric.step !== null) {
      for (const place of this.open) place.step = metric.step;
    }
    this.open = [];
  }

  /** A place whose step the next bar completes. */
  add(place: MutablePlace, line: LogLine): void {
    if (place.step === null && place.batch === null && !line.isProgressBar) this.open.push(place);
  }
}

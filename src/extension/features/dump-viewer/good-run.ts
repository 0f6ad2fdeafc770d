// A run that went well, held against the one that is shown: its series behind the charts, its magnitudes in the table.

import type { ReadResult } from '../../../dump/model';
import type { ComparisonView, SeriesWindow } from '../../../protocol/dump-view';
import type { OperationComparison, OperationRows } from './operation-rows';
import { seriesWindow } from './series-window';
import { buildViewModel, type ViewModel } from './view-model';

export class GoodRun {
  private readonly model: ViewModel;
  private compared: { readonly operations: OperationRows; readonly comparison: OperationComparison } | undefined;

  constructor(name: string, result: ReadResult) {
    this.model = buildViewModel(name, result);
  }

  /** What of it stands beside these series and operations. */
  beside({ view, operations }: ViewModel): ComparisonView {
    const names = new Set(view.series.map(({ name }) => name));
    return {
      name: this.model.view.name,
      verdict: this.model.view.verdict,
      series: this.model.view.series
        .filter(({ name }) => names.has(name))
        .map(({ name, overview }) => ({ name, window: overview })),
      operationsMatched: this.compareOperations(operations).matches.size,
    };
  }

  compareOperations(operations: OperationRows): OperationComparison {
    if (this.compared?.operations !== operations) {
      this.compared = { operations, comparison: operations.compareWith(this.model.operations) };
    }
    return this.compared.comparison;
  }

  window(name: string, from: number, to: number, buckets: number): SeriesWindow | null {
    const index = this.model.view.series.findIndex((series) => series.name === name);
    const series = this.model.series[index];
    return series ? seriesWindow(series, from, to, buckets) : null;
  }
}

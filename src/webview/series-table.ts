// The readings of a chart as a table of any length.

import './virtual-rows';
import { html, nothing, type TemplateResult } from 'lit';
import type { SeriesView } from '../protocol/dump-view';
import { formatValue } from './number-format';
import type { PageContext } from './page-context';
import { axisName } from './series-summary';
import type { GridRow } from './virtual-rows';

export interface Reading {
  readonly x: number;
  readonly text: string;
  readonly isFinite: boolean;
}

/** @param id of the chart, unique on the page */
export function readingsTable(
  context: PageContext,
  series: SeriesView,
  rows: readonly Reading[],
  id: string,
): TemplateResult {
  const isPart = series.overview.thinned || !series.countsAreExact;
  const row = (index: number): GridRow => {
    const reading = rows[index];
    return {
      classes: reading?.isFinite === false ? 'is-bad' : '',
      cells: html`<span role="rowheader" class="number">${reading ? formatValue(reading.x) : ''}</span
        ><span role="gridcell" class="number ${reading?.isFinite === false ? 'bad' : ''}">${reading?.text ?? ''}</span>`,
    };
  };
  // What broke is what people look for.
  const firstBad = rows.findIndex((reading) => !reading.isFinite);
  return html`
    ${isPart ? html`<p class="quiet">${context.text('tableThinned')}</p>` : nothing}
    <nanlens-rows
      id="${id}-table"
      class="readings"
      .label=${`${series.name}: ${context.text('valuesAsTable')}`}
      .count=${rows.length}
      .row=${row}
      .head=${html`<span role="columnheader" class="number">${axisName(context, series)}</span
        ><span role="columnheader" class="number">${context.text('tableValue')}</span>`}
      .active=${Math.max(0, firstBad)}
      .startAt=${firstBad > 0 ? firstBad : null}
    ></nanlens-rows>
  `;
}

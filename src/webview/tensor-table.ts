// Statistics of tensors as a table: extremes, and how many elements are not finite.

import { html, type TemplateResult } from 'lit';
import type { TensorStatsView } from '../protocol/dump-view';
import type { StringKey } from '../protocol/strings';
import type { WireNumber } from '../protocol/wire-number';
import { formatCount, formatShape, formatValue } from './number-format';
import type { PageContext } from './page-context';

interface Column {
  readonly title: StringKey;
  readonly isNumber: boolean;
  /** Null where the artefact does not say. */
  text(stats: TensorStatsView): string | null;
  isBad?(stats: TensorStatsView): boolean;
}

export function tensorTable(context: PageContext, stats: readonly TensorStatsView[], caption: string): TemplateResult {
  // A column that no row fills says nothing and costs width.
  const columns = allColumns(context).filter((column, i) => i === 0 || stats.some((row) => column.text(row) !== null));
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${caption}>
    <table>
      <caption class="visually-hidden">${caption}</caption>
      <thead>
        <tr>${columns.map(({ title, isNumber }) => html`<th scope="col" class=${isNumber ? 'number' : ''}>${context.text(title)}</th>`)}</tr>
      </thead>
      <tbody>
        ${stats.map(
          (row, i) => html`<tr class=${isBroken(row) ? 'broken' : ''}>
            ${columns.map((column, at) => {
              const text = column.text(row);
              if (at === 0) return html`<th scope="row"><code>${text ?? `#${i}`}</code></th>`;
              const classes = `${column.isNumber ? 'number' : ''} ${column.isBad?.(row) ? 'bad' : ''}`;
              return html`<td class=${classes}>
                ${text ?? html`<span class="quiet" aria-hidden="true">–</span><span class="visually-hidden">${context.text('notSaid')}</span>`}
              </td>`;
            })}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function isBroken({ nan, posInf, negInf, min, max, mean, absMax }: TensorStatsView): boolean {
  return [nan, posInf, negInf].some((count) => (count ?? 0) > 0) || [min, max, mean, absMax].some(isNonFinite);
}

function isNonFinite(value: WireNumber | null): boolean {
  return typeof value === 'string';
}

function allColumns(context: PageContext): readonly Column[] {
  type ValueKey = 'min' | 'max' | 'mean' | 'absMin' | 'absMax';
  type CountKey = 'nan' | 'posInf' | 'negInf';
  const value = (title: StringKey, key: ValueKey): Column => ({
    title,
    isNumber: true,
    text: (stats) => (stats[key] === null ? null : formatValue(stats[key])),
    isBad: (stats) => isNonFinite(stats[key]),
  });
  const count = (title: StringKey, key: CountKey): Column => ({
    title,
    isNumber: true,
    text: (stats) => (stats[key] === null ? null : formatCount(stats[key], context.language)),
    isBad: (stats) => (stats[key] ?? 0) > 0,
  });
  return [
    { title: 'tensorName', isNumber: false, text: ({ name }) => name },
    { title: 'shape', isNumber: false, text: ({ shape }) => (shape === null ? null : formatShape(shape)) },
    { title: 'dtype', isNumber: false, text: ({ dtype }) => dtype },
    count('nanCount', 'nan'),
    count('positiveInfinityCount', 'posInf'),
    count('negativeInfinityCount', 'negInf'),
    value('minimum', 'min'),
    value('maximum', 'max'),
    value('mean', 'mean'),
    value('absoluteMinimum', 'absMin'),
    value('absoluteMaximum', 'absMax'),
  ];
}

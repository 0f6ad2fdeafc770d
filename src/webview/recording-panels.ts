// What a recorder's dump tells besides: the batch, how exact the replay was, and what each process saw.

import { html, nothing, type TemplateResult } from 'lit';
import type { BatchView, FidelityView, IndexRange, RankRow, RecordingView } from '../protocol/dump-view';
import type { StringKey } from '../protocol/strings';
import { kindText, roleText } from './anomaly-details';
import type { Markup } from './markup';
import { formatCount, formatValue } from './number-format';
import type { PageContext } from './page-context';
import { tensorTable } from './tensor-table';

const rangesInWords = 12;

export function batchPanel(context: PageContext, batch: BatchView): TemplateResult {
  const fact = factOf(context);
  const rows = batchSize(batch);
  const bad = rangesText(context, batch.badRows);
  const badWords =
    rows === null ? bad : context.text('badRowsOfAll', count(context, batch.badRowCount), count(context, rows), bad);
  return html`<dl class="facts">
      ${batch.index === null ? nothing : fact('batchIndex', count(context, batch.index))}
      ${batch.badRowCount === 0 ? nothing : fact('badRows', badWords)}
    </dl>
    ${batch.tensors.length === 0 ? nothing : tensorTable(context, batch.tensors, context.text('batchPanel'))}
    ${batch.samples.length === 0 ? nothing : samplesTable(context, batch)}`;
}

/** Nothing of a batch is worth a section of its own. */
export function saysOfBatch({ tensors, badRowCount, samples }: BatchView): boolean {
  return tensors.length > 0 || badRowCount > 0 || samples.length > 0;
}

function samplesTable(context: PageContext, batch: BatchView): TemplateResult {
  const title = context.text('sampleIndices');
  return html`<h3 class="table-title">${title}</h3>
    <div class="table-frame tall" tabindex="0" role="group" aria-label=${title}>
      <table>
        <caption class="visually-hidden">${title}</caption>
        <thead>
          <tr>
            <th scope="col" class="number">${context.text('sampleRow')}</th>
            <th scope="col" class="number">${context.text('sample')}</th>
          </tr>
        </thead>
        <tbody>
          ${batch.samples.map(
            ({ row, sample, isBad }) => html`<tr class=${isBad ? 'broken' : ''}>
              <th scope="row" class="number">${row}</th>
              <td class="number">${sample}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${batch.samplesLeftOut > 0 ? html`<p class="quiet">${context.text('andMore', count(context, batch.samplesLeftOut))}</p>` : nothing}`;
}

export function fidelityPanel(
  context: PageContext,
  fidelity: FidelityView | null,
  run: RecordingView['run'],
): TemplateResult {
  const fact = factOf(context);
  const words: StringKey =
    fidelity?.bitIdentical === true
      ? 'fidelitySame'
      : fidelity?.bitIdentical === false
        ? 'fidelityDiffers'
        : 'fidelityUnknown';
  const versions = [run.python === null ? null : `Python ${run.python}`, run.frameworkVersion].filter(
    (part) => part !== null,
  );
  return html`${fidelity === null ? nothing : html`<p class="fidelity">${context.text(words)}</p>`}
    <dl class="facts">
      ${fidelity === null || fidelity.lossThen === null ? nothing : fact('lossThen', formatValue(fidelity.lossThen))}
      ${fidelity === null || fidelity.lossReplayed === null ? nothing : fact('lossReplayed', formatValue(fidelity.lossReplayed))}
      ${
        fidelity === null || fidelity.notes.length === 0
          ? nothing
          : fact('fidelityNotes', html`<ul class="notes">${fidelity.notes.map((note) => html`<li>${note}</li>`)}</ul>`)
      }
      ${run.script === null ? nothing : fact('runScript', html`<code>${run.script}</code>`)}
      ${run.startedAt === null ? nothing : fact('runStarted', startedText(context, run.startedAt))}
      ${run.device === null ? nothing : fact('runDevice', run.device)}
      ${versions.length === 0 ? nothing : fact('runVersions', versions.join(', '))}
      ${run.worldSize === null ? nothing : fact('runWorldSize', count(context, run.worldSize))}
    </dl>`;
}

export function ranksPanel(context: PageContext, ranks: readonly RankRow[]): TemplateResult {
  const title = context.text('ranksPanel');
  const columns: readonly StringKey[] = ['rankColumn', 'roleColumn', 'eventColumn', 'placeColumn', 'stepColumn'];
  const text = (value: string | null): Markup =>
    value === null
      ? html`<span class="quiet" aria-hidden="true">–</span><span class="visually-hidden">${context.text('notSaid')}</span>`
      : html`${value}`;
  return html`<div class="table-frame tall" tabindex="0" role="group" aria-label=${title}>
    <table class="ranks">
      <caption class="visually-hidden">${title}</caption>
      <thead>
        <tr>${columns.map((key) => html`<th scope="col">${context.text(key)}</th>`)}</tr>
      </thead>
      <tbody>
        ${ranks.map(
          ({ rank, role, kind, op, place, step }) => html`<tr class=${role === 'first' ? 'broken' : ''}>
            <th scope="row">${context.text('rank', count(context, rank))}</th>
            <td>${role === null ? text(null) : html`<vscode-badge>${roleText(context, role)}</vscode-badge>`}</td>
            <td>${text(kind === null ? null : kindText(context, kind))} ${op === null ? nothing : html`<code>${op}</code>`}</td>
            <td>${place === null ? text(null) : html`<code>${place}</code>`}</td>
            <td>${text(step === null ? null : count(context, step))}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function factOf(context: PageContext): (key: StringKey, value: unknown) => TemplateResult {
  return (key, value) => html`<div class="fact"><dt>${context.text(key)}</dt><dd>${value}</dd></div>`;
}

/** Rows of the batch, where its tensors agree. */
function batchSize({ tensors }: BatchView): number | null {
  const sizes = new Set(tensors.map(({ shape }) => shape?.[0]).filter((size) => size !== undefined));
  const [size] = sizes;
  return sizes.size === 1 && size !== undefined ? size : null;
}

function rangesText(context: PageContext, ranges: readonly IndexRange[]): string {
  const words = ranges
    .slice(0, rangesInWords)
    .map(({ first, last }) => (first === last ? String(first) : context.text('rangeOf', first, last)));
  const more = ranges.length - words.length;
  if (more > 0) words.push(context.text('andMore', more));
  return words.join(', ');
}

function startedText(context: PageContext, startedAt: string): string {
  const time = new Date(startedAt);
  if (Number.isNaN(time.getTime())) return startedAt;
  try {
    return time.toLocaleString(context.language, { timeZoneName: 'short' });
  } catch {
    return startedAt;
  }
}

function count(context: PageContext, value: number): string {
  return formatCount(value, context.language);
}

// The table of modules and operations: what went in, what came out, how near to the limit of its type, and where it broke.

import '@vscode-elements/elements/dist/vscode-button/index.js';
import './virtual-rows';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type {
  ComparisonView,
  OperationDetails,
  OperationRow,
  OperationsView,
  TensorStatsView,
} from '../protocol/dump-view';
import type { StringKey } from '../protocol/strings';
import { broken } from './icons';
import { magnitude } from './magnitude';
import type { Markup } from './markup';
import { formatCount, formatValue } from './number-format';
import type { PageContext } from './page-context';
import { tensorTable } from './tensor-table';
import type { GridRow, VirtualRowsElement } from './virtual-rows';

/** Rows asked for at once. */
const pageSize = 100;
/** Pages kept; those in sight longest ago go first. */
const mostPages = 60;
const keptCharacters = 18;
/** Milliseconds in which rows must stay in sight to be asked for. */
const settleDelay = 30;

@customElement('nanlens-operations')
export class OperationTableElement extends LitElement {
  @property({ attribute: false }) context?: PageContext;
  @property({ attribute: false }) table?: OperationsView;
  @property({ type: Number }) generation = 0;
  /** Good run whose magnitudes stand beside; null where none has the like of these rows. */
  @property({ attribute: false }) comparison: ComparisonView | null = null;

  @state() private note = '';
  @state() private details: OperationDetails | null = null;
  @state() private active = 0;

  @query('nanlens-rows') private readonly grid!: VirtualRowsElement | null;

  private readonly pages = new Map<number, readonly OperationRow[]>();
  private readonly asked = new Set<number>();
  private readonly rows = new Map<number, OperationRow>();
  private loadTimer: ReturnType<typeof setTimeout> | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.loadTimer);
    this.loadTimer = undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('table') && !changed.has('generation') && !changed.has('comparison')) return;
    this.pages.clear();
    this.rows.clear();
    this.asked.clear();
    const { table } = this;
    if (table && this.comparison === null) for (const row of table.opening) this.rows.set(row.index, row);
    if (!changed.has('table') || !table) return;
    const before = changed.get('table');
    // A file that is read again mostly holds the same table: who stands in it stays there.
    if (before && before.count === table.count && before.firstBad === table.firstBad) return;
    this.details = null;
    this.note = '';
    // After hiding, the page comes back where it stood.
    const remembered = before ? null : (this.context?.state.row ?? null);
    this.active = remembered !== null && remembered < table.count ? remembered : (table.firstBad ?? 0);
    if (remembered !== null) void this.loadDetails(this.active);
  }

  protected override updated(changed: PropertyValues<this>): void {
    const isNewTable = changed.has('table');
    const before = changed.get('table');
    const isNew = isNewTable && before?.firstBad !== this.table?.firstBad;
    if (isNew && (this.active > 0 || this.table?.firstBad !== null)) this.grid?.scrollToRow(this.active);
    if (isNewTable || changed.has('generation') || changed.has('comparison')) this.grid?.refresh();
  }

  protected override render(): Markup {
    const { context, table } = this;
    if (!context || !table) return nothing;
    const button = (key: StringKey, press: () => void, disabled = false) =>
      html`<button type="button" class="toggle" ?disabled=${disabled} @click=${press}>${context.text(key)}</button>`;
    return html`
      <div class="table-tools">
        <p class="quiet" id="operations-summary">${this.summary(context, table)}</p>
        ${
          table.firstBad === null
            ? nothing
            : html`<span class="chart-actions">
                ${button('firstBadRow', () => this.goToFirstBad())}
                ${button('previousBadRow', () => this.goToBad(true))}
                ${button('nextBadRow', () => this.goToBad(false))}
              </span>`
        }
      </div>
      <nanlens-rows
        id="operations-grid"
        class="operations ${table.hasPlaces ? 'with-places' : ''} ${table.hasParameters ? 'with-parameters' : ''} ${this.comparison === null ? '' : 'with-good'}"
        .label=${context.text('modulesAndOperations')}
        .describedBy=${'operations-summary operations-help'}
        .count=${table.count}
        .head=${this.head(context, table)}
        .row=${this.row}
        .active=${this.active}
        .onActive=${this.select}
        .onEnter=${this.goTo}
        .onOtherKey=${this.onKey}
      ></nanlens-rows>
      <p class="visually-hidden" id="operations-help">${context.text('operationsHelp')}</p>
      <p class="quiet table-note">${context.text(table.hasTypes ? 'barsHelp' : 'barsWithoutTypes')}</p>
      <p class="jump-outcome" role="status">${this.note}</p>
      ${this.details ? this.detailsOf(context, this.details) : nothing}
    `;
  }

  goToFirstBad(): void {
    const row = this.table?.firstBad ?? null;
    if (row !== null) this.moveTo(row);
  }

  private async goToBad(backwards: boolean): Promise<void> {
    const { context, generation, active } = this;
    if (!context) return;
    try {
      const row = await context.host.request('nextBadOperation', { generation, operation: active, backwards });
      if (row === null) this.note = context.text('noMoreBadRows');
      else this.moveTo(row);
    } catch (error) {
      this.note = words(error);
    }
  }

  private moveTo(row: number): void {
    this.note = '';
    this.grid?.scrollToRow(row);
    this.select(row);
  }

  private summary(context: PageContext, table: OperationsView): string {
    const count = (value: number) => formatCount(value, context.language);
    const sentences = [
      table.count < table.total
        ? context.text('operationsOfTotal', count(table.count), count(table.total))
        : table.count === 1
          ? context.text('operationsOne')
          : context.text('operationsCount', count(table.count)),
      context.text(table.order === 'completion' ? 'orderCompletion' : 'orderExecution'),
      table.badCount === 0 ? context.text('operationsAllFinite') : context.text('operationsBad', count(table.badCount)),
    ];
    return sentences.join(' ');
  }

  private head(context: PageContext, table: OperationsView): TemplateResult {
    const column = (key: StringKey) => html`<span role="columnheader">${context.text(key)}</span>`;
    return html`${column('columnNumber')}${column('operation')}${table.hasPlaces ? column('columnSource') : nothing}${column('columnInputs')}${
      table.hasParameters ? column('columnParameters') : nothing
    }${column('columnOutputs')}${this.comparison === null ? nothing : column('columnGoodRun')}`;
  }

  private readonly row = (index: number): GridRow => {
    const { context, table } = this;
    const row = this.rows.get(index) ?? this.pages.get(Math.floor(index / pageSize))?.[index % pageSize];
    if (!context || !table) return { classes: '', cells: html`` };
    if (!row) {
      this.loadSoon();
      return {
        classes: 'loading',
        cells: html`<span role="gridcell" class="quiet number">${index}</span><span role="gridcell" class="quiet" aria-label=${context.text('loadingRows')}>…</span>`,
      };
    }
    const isFirst = index === table.firstBad;
    return {
      classes: `${isFirst ? 'first-bad' : ''} ${row.isBad ? 'is-bad' : ''}`,
      cells: html`<span role="gridcell" class="quiet number">${index}</span>
        <span role="rowheader" class="operation-name">
          <span class="operation-title">${isFirst ? broken : nothing}<code title=${row.name}>${endKept(row.name)}</code>${
            isFirst ? html`<span class="first-bad-label">${context.text('firstBad')}</span>` : nothing
          }</span>
          <span class="quiet operation-module" title=${row.module ?? ''}>${endKept(this.origin(context, row))}</span>
        </span>
        ${table.hasPlaces ? html`<span role="gridcell">${this.place(context, row)}</span>` : nothing}
        <span role="gridcell">${magnitude(context, row.inputs)}</span>
        ${table.hasParameters ? html`<span role="gridcell">${magnitude(context, row.parameters)}</span>` : nothing}
        <span role="gridcell">${magnitude(context, row.outputs, row.goodAbsMax)}</span>
        ${
          this.comparison === null
            ? nothing
            : html`<span role="gridcell" class="number">${row.goodAbsMax === null ? '–' : formatValue(row.goodAbsMax)}</span>`
        }`,
    };
  };

  private origin(context: PageContext, { module, phase }: OperationRow): string {
    const phaseName =
      phase === 'backward'
        ? context.text('phaseBackward')
        : phase === 'optimizer'
          ? context.text('phaseOptimizer')
          : '';
    return [module ?? '', phaseName].filter((part) => part !== '').join(' · ');
  }

  private place(context: PageContext, { place, index }: OperationRow): TemplateResult {
    if (!place) {
      return html`<span class="quiet" aria-hidden="true">–</span><span class="visually-hidden">${context.text('notSaid')}</span>`;
    }
    return html`<button
        type="button"
        class="link"
        tabindex="-1"
        title=${context.text('goToPlace', place.file, place.line)}
        @click=${() => this.goTo(index)}
      ><span class="place-file">${place.file}</span><span class="place-line">:${place.line}</span></button>
      <span class="quiet operation-module"><span>${place.function === null ? '' : context.text('inFunction', place.function)}</span></span>`;
  }

  private detailsOf(context: PageContext, details: OperationDetails): TemplateResult {
    const named = (tensors: readonly TensorStatsView[], key: StringKey): TensorStatsView[] =>
      tensors.map((tensor, i) => ({ ...tensor, name: context.text(key, tensor.name ?? i) }));
    const tensors = [
      ...named(details.inputs, 'inputName'),
      ...named(details.parameters, 'parameterName'),
      ...named(details.outputs, 'outputName'),
    ];
    const title = context.text('rowDetails', details.index);
    return html`<div class="row-details">
      <h3>${title}: <code>${details.name}</code></h3>
      ${tensors.length === 0 ? html`<p class="quiet">${context.text('notSaid')}</p>` : tensorTable(context, tensors, title)}
      ${details.tensorsLeftOut > 0 ? html`<p class="quiet">${context.text('tensorsLeftOut', details.tensorsLeftOut)}</p>` : nothing}
    </div>`;
  }

  private readonly select = (index: number): void => {
    this.active = index;
    this.context?.remember({ row: index });
    void this.loadDetails(index);
  };

  private readonly onKey = (key: string): boolean => {
    if (key === 'b' || key === 'B') this.goToFirstBad();
    else if (key === 'n' || key === 'N') void this.goToBad(false);
    else if (key === 'p' || key === 'P') void this.goToBad(true);
    else return false;
    return true;
  };

  private readonly goTo = async (operation: number): Promise<void> => {
    const { context, generation } = this;
    if (!context) return;
    try {
      this.note = (await context.host.request('goToOperation', { generation, operation })).message;
    } catch (error) {
      this.note = words(error);
    }
  };

  private async loadDetails(operation: number): Promise<void> {
    const { context, generation } = this;
    if (!context) return;
    try {
      const details = await context.host.request('operationDetails', { generation, operation });
      if (this.active === operation && this.generation === generation) this.details = details;
    } catch (error) {
      this.note = words(error);
    }
  }

  /** What is merely scrolled past is not asked for; what comes into sight next is. */
  private loadSoon(): void {
    const before = this.grid?.drawn.first ?? 0;
    this.loadTimer ??= setTimeout(() => {
      this.loadTimer = undefined;
      const { grid, table } = this;
      if (!grid || !table) return;
      const { first, end } = grid.drawn;
      if (Math.abs(first - before) > pageSize) {
        this.loadSoon();
        return;
      }
      const from = Math.max(0, Math.floor((first - pageSize / 2) / pageSize));
      const to = Math.floor(Math.min(table.count - 1, end + pageSize / 2) / pageSize);
      for (let page = from; page <= to; page++) void this.load(page);
    }, settleDelay);
  }

  private async load(page: number): Promise<void> {
    const { context, generation, comparison } = this;
    if (!context || this.asked.has(page)) return;
    this.asked.add(page);
    try {
      const params = { generation, from: page * pageSize, to: (page + 1) * pageSize };
      const rows = await context.host.request('operationRows', params);
      if (this.generation !== generation || this.comparison !== comparison) return;
      this.pages.set(page, rows);
      const [oldest] = this.pages.keys();
      if (this.pages.size > mostPages && oldest !== undefined) {
        this.pages.delete(oldest);
        this.asked.delete(oldest);
      }
      this.grid?.refresh();
    } catch (error) {
      this.asked.delete(page);
      this.note = words(error);
    }
  }
}

/** Of a dotted name the end says most, so that where room is short it is the beginning that gives way. */
function endKept(name: string): TemplateResult {
  const dot = name.length <= keptCharacters ? -1 : name.indexOf('.', name.length - keptCharacters);
  return html`<span class="head">${name.slice(0, dot < 0 ? undefined : dot)}</span><span>${dot < 0 ? '' : name.slice(dot)}</span>`;
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

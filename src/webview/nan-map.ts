// Where the offending tensor is not finite: a map with its rows and columns added up, in a picture and in words.

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { NanMapView, NonFiniteCounts, TensorListView, TensorRegion } from '../protocol/dump-view';
import type { StringKey } from '../protocol/strings';
import { fold, type Markup } from './markup';
import { type CellKind, drawMap, drawSwatch, kindsOf, layoutOf, type MapTheme, sum } from './nan-map-drawing';
import { formatCount, formatShape } from './number-format';
import type { PageContext } from './page-context';
import { onThemeChange } from './theme';

const gridRows = 160;
const gridColumns = 256;
const tableRows = 100;
/** Cells around the one that is looked into. */
const cellsAround = 3;

const kindNames: Readonly<Record<CellKind, StringKey>> = {
  nan: 'nan',
  posInf: 'positiveInfinity',
  negInf: 'negativeInfinity',
  finite: 'finite',
};

@customElement('nanlens-nan-map')
export class NanMapElement extends LitElement {
  @property({ attribute: false }) context?: PageContext;
  @property({ type: Number }) generation = 0;

  @state() private list: TensorListView | null = null;
  @state() private chosen: number | null = null;
  @state() private map: NanMapView | null = null;
  @state() private fault = '';
  @state() private cursor: { readonly row: number; readonly column: number } | null = null;

  private endThemeWatch: (() => void) | undefined;
  private resize: ResizeObserver | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.endThemeWatch = onThemeChange(() => this.draw());
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.endThemeWatch?.();
    this.resize?.disconnect();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('generation') || changed.has('context')) void this.loadList();
  }

  protected override updated(): void {
    this.draw();
  }

  protected override render(): Markup {
    const { context, list, map } = this;
    if (!context) return nothing;
    if (!list) return html`<p class="quiet">${this.fault || context.text('loadingMap')}</p>`;
    const problem = list.problem === null ? nothing : html`<p class="quiet map-problem">${list.problem}</p>`;
    if (this.chosen === null) {
      return list.problem === null ? html`<p class="quiet">${context.text('mapNoTensor')}</p>` : html`${problem}`;
    }
    return html`${problem}
      <div class="table-tools">
        <label class="tensor-choice"
          ><span class="quiet">${context.text('tensorChoice')}</span>
          <select @change=${this.onChoice}>
            ${list.entries.map(
              (entry, i) => html`<option value=${i} ?selected=${i === this.chosen} ?disabled=${!entry.canBeMapped}
                >${entry.name} · ${entry.dtype} ${formatShape(entry.shape)}</option>`,
            )}
          </select></label>
        ${
          map && !isWhole(map)
            ? html`<button type="button" class="toggle" @click=${() => this.load(null)}>${context.text('showAll')}</button>`
            : nothing
        }
      </div>
      ${this.fault === '' ? nothing : html`<p class="quiet" role="alert">${this.fault}</p>`}
      ${map ? this.picture(context, map) : html`<p class="quiet">${context.text('loadingMap')}</p>`}`;
  }

  private picture(context: PageContext, map: NanMapView): TemplateResult {
    const count = (value: number) => formatCount(value, context.language);
    const name = this.list?.entries[this.chosen ?? -1]?.name ?? '';
    const readout = this.readout(context, map);
    return html`
      <ul class="legend">
        ${(['nan', 'posInf', 'negInf', 'finite'] as const).map((kind) => {
          const number = kind === 'finite' ? elements(map) - sum(map.counts) : map.counts[kind];
          return html`<li class=${number === 0 ? 'quiet' : ''}><canvas class="swatch" data-kind=${kind} aria-hidden="true"></canvas
            >${context.text(kindNames[kind])} <span class="number">${count(number)}</span></li>`;
        })}
      </ul>
      <canvas
        class="nan-map"
        role="img"
        tabindex="0"
        aria-label=${context.text('mapLabel', name, this.summary(context, map))}
        aria-describedby="nan-map-help"
        @keydown=${this.onKey}
        @pointermove=${this.onPointer}
        @pointerleave=${() => this.moveCursor(null)}
        @click=${() => this.lookInto()}
      ></canvas>
      <p class="chart-readout map-readout" role="status">${readout}</p>
      <p class="visually-hidden" id="nan-map-help">${context.text('mapHelp')}</p>
      <p class="chart-summary map-summary">${this.summary(context, map)}</p>
      ${
        sum(map.counts) === 0
          ? nothing
          : fold(
              context,
              'nan-map-counts',
              context.text('mapCounts'),
              () => html`<div class="side-by-side">
                ${this.countsTable(context, map, 'mapRow')}${this.countsTable(context, map, 'mapColumn')}
              </div>`,
              () => this.requestUpdate(),
            )
      }
    `;
  }

  private summary(context: PageContext, map: NanMapView): string {
    const count = (value: number) => formatCount(value, context.language);
    const bad = sum(map.counts);
    const { region } = map;
    const sentences: string[] = [];
    if (!isWhole(map)) {
      const { firstRow, firstColumn, rows, columns } = region;
      const ends = [firstRow, firstRow + rows - 1, firstColumn, firstColumn + columns - 1].map(count);
      sentences.push(context.text('mapPart', ...ends));
    }
    if (bad === 0) sentences.push(context.text('mapSummaryNone', count(elements(map))));
    else {
      sentences.push(context.text('mapSummary', count(bad), count(elements(map))));
      const rows = map.rowCounts.filter((counts) => sum(counts) > 0).length;
      const columns = map.columnCounts.filter((counts) => sum(counts) > 0).length;
      sentences.push(
        context.text('mapSpread', count(rows), count(map.gridRows), count(columns), count(map.gridColumns)),
      );
    }
    const high = Math.ceil(region.rows / map.gridRows);
    const wide = Math.ceil(region.columns / map.gridColumns);
    if (high > 1 || wide > 1) sentences.push(context.text('mapThinned', count(high), count(wide)));
    if ((this.list?.entries[this.chosen ?? -1]?.shape.length ?? 0) > 2) sentences.push(context.text('mapRows'));
    return sentences.join(' ');
  }

  private countsTable(context: PageContext, map: NanMapView, side: 'mapRow' | 'mapColumn'): TemplateResult {
    const all = side === 'mapRow' ? map.rowCounts : map.columnCounts;
    const bad = all.map((counts, i) => ({ counts, i })).filter(({ counts }) => sum(counts) > 0);
    const kinds: readonly (readonly [StringKey, keyof NonFiniteCounts])[] = [
      ['nanCount', 'nan'],
      ['positiveInfinityCount', 'posInf'],
      ['negativeInfinityCount', 'negInf'],
    ];
    const title = context.text(side);
    return html`<div>
      <div class="table-frame tall" tabindex="0" role="group" aria-label="${context.text('mapCounts')}: ${title}">
        <table>
          <thead><tr><th scope="col" class="number">${title}</th>${kinds.map(([key]) => html`<th scope="col" class="number">${context.text(key)}</th>`)}</tr></thead>
          <tbody>
            ${bad.slice(0, tableRows).map(
              ({ counts, i }) => html`<tr>
                <th scope="row" class="number">${rangeText(context, side === 'mapRow' ? rowsOf(map, i) : columnsOf(map, i))}</th>
                ${kinds.map(([, key]) => html`<td class="number ${counts[key] > 0 ? 'bad' : 'quiet'}">${formatCount(counts[key], context.language)}</td>`)}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${bad.length > tableRows ? html`<p class="quiet">${context.text('andMore', bad.length - tableRows)}</p>` : nothing}
    </div>`;
  }

  private draw(): void {
    const { map } = this;
    const canvas = this.querySelector<HTMLCanvasElement>('canvas.nan-map');
    if (!map || !canvas || this.clientWidth === 0) return;
    const theme = readMapTheme(this);
    const layout = layoutOf(map, this.clientWidth);
    canvas.style.setProperty('width', `${layout.width}px`);
    canvas.style.setProperty('height', `${layout.height}px`);
    drawMap(canvas, map, layout, theme, this.cursor);
    for (const swatch of this.querySelectorAll<HTMLCanvasElement>('canvas.swatch')) {
      drawSwatch(swatch, swatch.dataset.kind as CellKind, theme);
    }
  }

  private readout(context: PageContext, map: NanMapView): string {
    const { cursor } = this;
    if (!cursor) return '';
    const rows = rowsOf(map, cursor.row);
    const columns = columnsOf(map, cursor.column);
    const isOne = rows.first === rows.last && columns.first === columns.last;
    const place = isOne
      ? context.text('mapCell', rows.first, columns.first)
      : context.text('mapCells', rows.first, rows.last, columns.first, columns.last);
    const kinds = kindsOf(map, cursor.row, cursor.column).map((kind) => context.text(kindNames[kind]));
    return `${place}: ${kinds.join(', ')}`;
  }

  private moveCursor(to: { readonly row: number; readonly column: number } | null): void {
    const { map } = this;
    if (!map) return;
    this.cursor = to && {
      row: Math.max(0, Math.min(map.gridRows - 1, to.row)),
      column: Math.max(0, Math.min(map.gridColumns - 1, to.column)),
    };
  }

  private readonly onPointer = (event: PointerEvent): void => {
    const { map } = this;
    if (!map) return;
    const { cellWidth, cellHeight } = layoutOf(map, this.clientWidth);
    const row = Math.floor(event.offsetY / cellHeight);
    const column = Math.floor(event.offsetX / cellWidth);
    this.moveCursor(row < map.gridRows && column < map.gridColumns ? { row, column } : null);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const { map } = this;
    if (!map || event.ctrlKey || event.metaKey || event.altKey) return;
    const { row, column } = this.cursor ?? { row: 0, column: -1 };
    const stride = event.shiftKey ? 10 : 1;
    switch (event.key) {
      case 'ArrowRight':
        this.moveCursor({ row, column: column + stride });
        break;
      case 'ArrowLeft':
        this.moveCursor({ row, column: column - stride });
        break;
      case 'ArrowDown':
        this.moveCursor({ row: row + stride, column });
        break;
      case 'ArrowUp':
        this.moveCursor({ row: row - stride, column });
        break;
      case 'n':
      case 'N':
        this.moveCursor(nextBadCell(map, row * map.gridColumns + column) ?? this.cursor);
        break;
      case 'Enter':
        this.lookInto();
        break;
      case '0':
        void this.load(null);
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  /** Shows the part around the cell, where it stands for more than one element. */
  private lookInto(): void {
    const { map, cursor } = this;
    if (!map || !cursor) return;
    const rows = rowsOf(map, cursor.row - cellsAround, cursor.row + cellsAround);
    const columns = columnsOf(map, cursor.column - cellsAround, cursor.column + cellsAround);
    const isThinned = map.region.rows > map.gridRows || map.region.columns > map.gridColumns;
    if (!isThinned) return;
    void this.load({
      firstRow: rows.first,
      rows: rows.last - rows.first + 1,
      firstColumn: columns.first,
      columns: columns.last - columns.first + 1,
    });
  }

  private readonly onChoice = (event: Event): void => {
    if (!(event.target instanceof HTMLSelectElement)) return;
    this.chosen = Number(event.target.value);
    this.context?.remember({ tensor: this.chosen });
    this.map = null;
    void this.load(null);
  };

  private async loadList(): Promise<void> {
    const { context, generation } = this;
    if (!context) return;
    try {
      const list = await context.host.request('tensorList', { generation });
      if (this.generation !== generation) return;
      this.list = list;
      const remembered = context.state.tensor;
      this.chosen = list.entries[remembered ?? -1]?.canBeMapped ? remembered : list.first;
      this.map = null;
      if (this.chosen !== null) await this.load(null);
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error);
    }
  }

  private async load(region: TensorRegion | null): Promise<void> {
    const { context, generation, chosen } = this;
    if (!context || chosen === null) return;
    this.fault = '';
    try {
      const map = await context.host.request('nanMap', { generation, tensor: chosen, region, gridRows, gridColumns });
      if (this.generation !== generation || this.chosen !== chosen) return;
      this.map = map;
      this.cursor = null;
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error);
    }
  }
}

function readMapTheme(element: Element): MapTheme {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    background: read('--chart-background'),
    finite: read('--map-finite'),
    nan: read('--chart-nan'),
    posInf: read('--chart-infinity'),
    negInf: read('--map-negative'),
    cursor: read('--chart-text'),
    frame: read('--map-frame'),
  };
}

function isWhole({ rows, columns, region }: NanMapView): boolean {
  return region.rows === rows && region.columns === columns;
}

function elements({ region }: NanMapView): number {
  return region.rows * region.columns;
}

interface Span {
  readonly first: number;
  readonly last: number;
}

function rowsOf({ region, gridRows: cells }: NanMapView, first: number, last = first): Span {
  return spanOf(region.firstRow, region.rows, cells, first, last);
}

function columnsOf({ region, gridColumns: cells }: NanMapView, first: number, last = first): Span {
  return spanOf(region.firstColumn, region.columns, cells, first, last);
}

/** Which of `count` elements from `start` on the cells `first` to `last` of `cells` stand for. */
function spanOf(start: number, count: number, cells: number, first: number, last: number): Span {
  const from = Math.max(0, first);
  const to = Math.min(cells - 1, last);
  return {
    first: start + Math.ceil((from * count) / cells),
    last: start + Math.ceil(((to + 1) * count) / cells) - 1,
  };
}

function rangeText(context: PageContext, { first, last }: Span): string {
  return first === last ? String(first) : context.text('rangeOf', first, last);
}

function nextBadCell(map: NanMapView, after: number): { readonly row: number; readonly column: number } | undefined {
  const found = /[^0]/.exec(map.cells.slice(after + 1));
  if (!found) return undefined;
  const at = after + 1 + found.index;
  return { row: Math.floor(at / map.gridColumns), column: at % map.gridColumns };
}

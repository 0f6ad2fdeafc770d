// One series as a chart that a mouse, a keyboard and a screen reader can walk along.

import '@vscode-elements/elements/dist/vscode-button/index.js';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { SeriesView, SeriesWindow } from '../protocol/dump-view';
import { type Chart, createChart } from './chart-drawing';
import { fold } from './markup';
import { formatValue } from './number-format';
import type { PageContext } from './page-context';
import { axisName, kindName, summarise, wholeRange } from './series-summary';
import { type Reading, readingsTable } from './series-table';
import { onThemeChange, readChartTheme } from './theme';
import { mergeWindows, nearestIndex } from './window-merge';

const height = 210;
/** Of the charts below the first. */
const lowerHeight = 150;
const refineDelay = 60;
/** Share of the part in sight that is fetched on each side of it, for moving there. */
const slack = 0.5;
const buckets = 2500;

@customElement('nanlens-chart')
export class ChartElement extends LitElement {
  @property({ attribute: false }) context?: PageContext;
  @property({ attribute: false }) series?: SeriesView;
  @property({ type: Number }) index = 0;
  @property({ type: Number }) generation = 0;

  /** Marks of non-finite readings on the canvas, as last drawn. */
  marks = 0;

  /** The good run's readings, where there is one to compare with. */
  @property({ attribute: false }) good: SeriesWindow | null = null;

  @state() private window: SeriesWindow | undefined;
  @state() private goodWindow: SeriesWindow | null = null;
  @state() private range: readonly [number, number] | null = null;
  @state() private logScale = false;
  @state() private cursor: number | null = null;

  private chart: Chart | undefined;
  private resize: ResizeObserver | undefined;
  private endThemeWatch: (() => void) | undefined;
  private refineTimer: ReturnType<typeof setTimeout> | undefined;
  private isRefining = false;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.endThemeWatch = onThemeChange(() => this.draw());
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.refineTimer);
    this.endThemeWatch?.();
    this.resize?.disconnect();
    this.chart?.plot.destroy();
    this.chart = undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { series, context } = this;
    if (changed.has('good')) {
      this.goodWindow = this.good;
      if (this.range) this.refineSoon();
    }
    if (!series || !context || !(changed.has('series') || changed.has('generation'))) return;
    const remembered = context.chart(this.key(series));
    this.window = series.overview;
    this.range = remembered.range;
    this.logScale = canBeLogarithmic(series) && (remembered.logScale ?? spansDecades(series));
    this.cursor = null;
    if (this.range) this.refineSoon();
  }

  protected override updated(changed: PropertyValues): void {
    if (['series', 'generation', 'logScale'].some((name) => changed.has(name))) this.draw();
    else if (['window', 'goodWindow', 'range'].some((name) => changed.has(name))) this.redraw();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { context, series, window } = this;
    if (!context || !series || !window) return nothing;
    const id = `series-${this.index}`;
    const stops = window.x.length;
    const readout = this.readout();
    return html`
      <div class="chart-head">
        <h3 id="${id}-name">${series.name}</h3>
        <span class="chart-readout" aria-hidden="true">${readout}</span>
        <span class="chart-actions">
          ${
            canBeLogarithmic(series)
              ? html`<button
                  type="button"
                  class="toggle"
                  aria-pressed=${this.logScale ? 'true' : 'false'}
                  @click=${this.toggleLogScale}
                >${context.text('logScale')}</button>`
              : nothing
          }
          ${
            this.range
              ? html`<button type="button" class="toggle" @click=${this.showAll}>${context.text('showAll')}</button>`
              : nothing
          }
        </span>
      </div>
      <div
        class="chart-canvas ${this.index === 0 ? '' : 'lower'}"
        role="slider"
        tabindex="0"
        aria-label=${context.text('chartLabel', series.name, axisName(context, series))}
        aria-describedby="${id}-summary ${id}-help"
        aria-valuemin="0"
        aria-valuemax=${Math.max(0, stops - 1)}
        aria-valuenow=${this.cursor ?? 0}
        aria-valuetext=${readout || summarise(context, series)}
        @keydown=${this.onKey}
        @wheel=${this.onWheel}
      ></div>
      <p class="chart-summary" id="${id}-summary">${summarise(context, series)}</p>
      <p class="visually-hidden" id="${id}-help">${context.text('chartHelp')}</p>
      ${fold(
        context,
        `values-${this.key(series)}`,
        context.text('valuesAsTable'),
        () => readingsTable(context, series, this.rows(), id),
        () => this.requestUpdate(),
      )}
    `;
  }

  /** The readings of the chart, non-finite ones included; as many as the window holds. */
  rows(): Reading[] {
    const { window } = this;
    if (!window) return [];
    return window.x.map((x, i) => ({ x, text: this.valueText(i), isFinite: window.y[i] !== null }));
  }

  private key(series: SeriesView): string {
    return `${this.index}:${series.name}`;
  }

  private get height(): number {
    return this.index === 0 ? height : lowerHeight;
  }

  private draw(): void {
    const { context, series, window } = this;
    const target = this.querySelector<HTMLElement>('.chart-canvas');
    if (!context || !series || !window || !target) return;
    this.chart?.plot.destroy();
    this.chart = undefined;
    target.replaceChildren();
    const width = target.clientWidth;
    if (width === 0) return;
    this.chart = createChart(
      {
        window,
        good: this.goodWindow,
        range: this.range ?? wholeRange(series),
        failedAt: series.failedAt,
        logScale: this.logScale,
        countsAreExact: series.countsAreExact,
        axisName: axisName(context, series),
        hasWholeSteps: series.overview.x.every(Number.isInteger),
        theme: readChartTheme(this),
        width,
        height: this.height,
        labelOf: (kind) => (kind === 'failure' ? context.text('failedHere') : kindName(context, kind)),
        onCursor: (index) => {
          this.cursor = index;
        },
        onZoom: (from, to) => this.zoom(from, to),
        onShowAll: () => this.showAll(),
        onDrawn: (marks) => {
          this.marks = marks;
        },
      },
      target,
    );
  }

  /** Draws another part, or the same one finer, with the chart that stands. */
  private redraw(): void {
    const { series, window, chart } = this;
    if (!series || !window) return;
    if (!chart) this.draw();
    else chart.update({ window, good: this.goodWindow, range: this.range ?? wholeRange(series) });
  }

  private fit(): void {
    const width = this.querySelector('.chart-canvas')?.clientWidth ?? 0;
    if (!this.chart) this.draw();
    else if (width > 0 && width !== this.chart.plot.width) this.chart.plot.setSize({ width, height: this.height });
  }

  private readonly toggleLogScale = (): void => {
    this.logScale = !this.logScale;
    if (this.series) this.context?.rememberChart(this.key(this.series), { logScale: this.logScale });
  };

  private readonly showAll = (): void => {
    clearTimeout(this.refineTimer);
    this.range = null;
    this.window = this.series?.overview;
    this.goodWindow = this.good;
    this.cursor = null;
    if (this.series) this.context?.rememberChart(this.key(this.series), { range: null });
  };

  private zoom(from: number, to: number): void {
    const { series } = this;
    if (!series || !(to > from)) return;
    const [start, end] = wholeRange(series);
    const range = [Math.max(from, start), Math.min(to, end)] as const;
    if (range[0] <= start && range[1] >= end) {
      this.showAll();
      return;
    }
    if (range[1] <= range[0]) return;
    this.range = range;
    this.context?.rememberChart(this.key(series), { range });
    this.refineSoon();
  }

  /** Asks the host for the readings that the overview had no room for, again and again while the part in sight moves. */
  private refineSoon(): void {
    if (this.refineTimer !== undefined || this.isRefining || !this.range) return;
    if (!this.series?.overview.thinned && !this.good?.thinned) return;
    this.refineTimer = setTimeout(() => {
      this.refineTimer = undefined;
      void this.refine();
    }, refineDelay);
  }

  private async refine(): Promise<void> {
    const { series, range, context, generation, index, good } = this;
    if (!series || !range || !context) return;
    this.isRefining = true;
    const air = (range[1] - range[0]) * slack;
    const stretch = { generation, series: index, from: range[0] - air, to: range[1] + air, buckets };
    const ask = (wanted: boolean, ofGoodRun: boolean) =>
      wanted ? context.host.request('seriesWindow', { ...stretch, ofGoodRun }) : null;
    try {
      const [own, other] = await Promise.all([ask(series.overview.thinned, false), ask(good?.thinned ?? false, true)]);
      if (this.generation !== generation || this.series !== series || !this.range) return;
      if (own) this.useWindow(mergeWindows(series.overview, own));
      if (good && good === this.good && other) this.goodWindow = mergeWindows(good, other);
    } catch {
      // The overview stays: it is coarser, but true.
    } finally {
      this.isRefining = false;
      if (this.range && this.range !== range) this.refineSoon();
    }
  }

  /** The cursor stays at its x, whose index is another now. */
  private useWindow(window: SeriesWindow): void {
    const x = this.cursor === null ? undefined : this.window?.x[this.cursor];
    this.window = window;
    if (x !== undefined) this.cursor = nearestIndex(window, x);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const stops = this.window?.x.length ?? 0;
    if (stops === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.cursor ?? (event.key === 'ArrowLeft' ? stops : -1);
    const stride = event.shiftKey ? 10 : 1;
    switch (event.key) {
      case 'ArrowRight':
      case 'ArrowUp':
        this.moveCursor(at + stride);
        break;
      case 'ArrowLeft':
      case 'ArrowDown':
        this.moveCursor(at - stride);
        break;
      case 'Home':
        this.moveCursor(0);
        break;
      case 'End':
        this.moveCursor(stops - 1);
        break;
      case '+':
      case '=':
        this.zoomBy(0.5);
        break;
      case '-':
        this.zoomBy(2);
        break;
      case 'PageDown':
        this.panBy(0.5);
        break;
      case 'PageUp':
        this.panBy(-0.5);
        break;
      case 'n':
      case 'N':
        this.moveToNonFinite(at);
        break;
      case '0':
        this.showAll();
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  /** Sideways moves the part in sight; with Control, as pinching does, it grows and shrinks. Plain scrolling stays the page's. */
  private readonly onWheel = (event: WheelEvent): void => {
    const width = this.chart?.plot.bbox.width ?? 0;
    if (width === 0) return;
    const sideways = event.deltaX !== 0 ? event.deltaX : event.shiftKey ? event.deltaY : 0;
    if (event.ctrlKey) this.zoomBy(Math.exp(event.deltaY / 200));
    else if (sideways !== 0 && this.range) this.panBy((sideways * devicePixelRatio) / width);
    else return;
    event.preventDefault();
  };

  /** Moves the part in sight by a share of its width. */
  private panBy(share: number): void {
    const { series, range } = this;
    if (!series || !range) return;
    const [start, end] = wholeRange(series);
    const width = range[1] - range[0];
    const from = Math.max(start, Math.min(end - width, range[0] + share * width));
    this.zoom(from, from + width);
  }

  private moveToNonFinite(at: number): void {
    const { window } = this;
    const found = window?.y.findIndex((value, i) => i > at && value === null) ?? -1;
    const first = window?.y.indexOf(null) ?? -1;
    if (found >= 0) this.moveCursor(found);
    else if (first >= 0) this.moveCursor(first);
  }

  private moveCursor(to: number): void {
    const { window } = this;
    const plot = this.chart?.plot;
    if (!plot || !window) return;
    const index = Math.max(0, Math.min(window.x.length - 1, to));
    const x = window.x[index];
    if (x === undefined) return;
    const value = window.y[index];
    const top = typeof value === 'number' ? plot.valToPos(value, 'y') : 0;
    plot.setCursor({ left: plot.valToPos(x, 'x'), top });
    this.cursor = index;
  }

  private zoomBy(factor: number): void {
    const { series } = this;
    if (!series) return;
    const [from, to] = this.range ?? wholeRange(series);
    const centre = (this.cursor === null ? undefined : this.window?.x[this.cursor]) ?? (from + to) / 2;
    this.zoom(centre - (centre - from) * factor, centre + (to - centre) * factor);
  }

  private readout(): string {
    const { context, series, window, cursor } = this;
    if (!context || !series || !window || cursor === null) return '';
    const x = window.x[cursor];
    return x === undefined ? '' : `${axisName(context, series)} ${formatValue(x)}: ${this.valueText(cursor)}`;
  }

  private valueText(index: number): string {
    const { context, window } = this;
    const value = window?.y[index];
    if (typeof value === 'number') return formatValue(value);
    const x = window?.x[index] ?? Number.NaN;
    const run = window?.runs.find((one) => one.from <= x && x <= one.to);
    return run && context ? kindName(context, run.kind) : '';
  }
}

function canBeLogarithmic(series: SeriesView): boolean {
  return series.lowest !== null && series.lowest.value > 0;
}

/** More than four decades: on a linear axis all but the peak would be a flat line. */
function spansDecades({ lowest, highest }: SeriesView): boolean {
  return lowest !== null && highest !== null && lowest.value > 0 && highest.value / lowest.value > 1e4;
}

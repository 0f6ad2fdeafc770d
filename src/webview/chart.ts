// One series as a chart that a mouse, a keyboard and a screen reader can walk along.

import '@vscode-elements/elements/dist/vscode-button/index.js';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type uPlot from 'uplot';
import type { SeriesView, SeriesWindow } from '../protocol/dump-view';
import { createChart } from './chart-drawing';
import { formatValue } from './number-format';
import type { PageContext } from './page-context';
import { axisName, kindName, summarise, wholeRange } from './series-summary';
import { onThemeChange, readChartTheme } from './theme';

const height = 210;
const refineDelay = 80;

@customElement('nanlens-chart')
export class ChartElement extends LitElement {
  @property({ attribute: false }) context?: PageContext;
  @property({ attribute: false }) series?: SeriesView;
  @property({ type: Number }) index = 0;
  @property({ type: Number }) generation = 0;

  /** Marks of non-finite readings on the canvas, as last drawn. */
  marks = 0;

  @state() private window: SeriesWindow | undefined;
  @state() private range: readonly [number, number] | null = null;
  @state() private logScale = false;
  @state() private cursor: number | null = null;

  private plot: uPlot | undefined;
  private resize: ResizeObserver | undefined;
  private endThemeWatch: (() => void) | undefined;
  private refineTimer: ReturnType<typeof setTimeout> | undefined;

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
    this.plot?.destroy();
    this.plot = undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { series, context } = this;
    if (!series || !context || !(changed.has('series') || changed.has('generation'))) return;
    const remembered = context.chart(this.key(series));
    this.window = series.overview;
    this.range = remembered.range;
    this.logScale = canBeLogarithmic(series) && (remembered.logScale ?? spansDecades(series));
    this.cursor = null;
    if (this.range) this.refineSoon();
  }

  protected override updated(changed: PropertyValues): void {
    const drawn = ['series', 'generation', 'window', 'range', 'logScale'];
    if (drawn.some((name) => changed.has(name))) this.draw();
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
        class="chart-canvas"
        role="slider"
        tabindex="0"
        aria-label=${context.text('chartLabel', series.name, axisName(context, series))}
        aria-describedby="${id}-summary ${id}-help"
        aria-valuemin="0"
        aria-valuemax=${Math.max(0, stops - 1)}
        aria-valuenow=${this.cursor ?? 0}
        aria-valuetext=${readout || summarise(context, series)}
        @keydown=${this.onKey}
      ></div>
      <p class="chart-summary" id="${id}-summary">${summarise(context, series)}</p>
      <p class="visually-hidden" id="${id}-help">${context.text('chartHelp')}</p>
    `;
  }

  /** The readings in sight, non-finite ones included; as many as the window holds. */
  rows(): { readonly x: number; readonly text: string; readonly isFinite: boolean }[] {
    const { window } = this;
    if (!window) return [];
    return window.x.map((x, i) => ({ x, text: this.valueText(i), isFinite: window.y[i] !== null }));
  }

  private key(series: SeriesView): string {
    return `${this.index}:${series.name}`;
  }

  private draw(): void {
    const { context, series, window } = this;
    const target = this.querySelector<HTMLElement>('.chart-canvas');
    if (!context || !series || !window || !target) return;
    this.plot?.destroy();
    this.plot = undefined;
    target.replaceChildren();
    const width = target.clientWidth;
    if (width === 0) return;
    this.plot = createChart(
      {
        window,
        range: this.range ?? wholeRange(series),
        failedAt: series.failedAt,
        logScale: this.logScale,
        countsAreExact: series.countsAreExact,
        axisName: axisName(context, series),
        theme: readChartTheme(this),
        width,
        height,
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

  private fit(): void {
    const width = this.querySelector('.chart-canvas')?.clientWidth ?? 0;
    if (!this.plot) this.draw();
    else if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height });
  }

  private readonly toggleLogScale = (): void => {
    this.logScale = !this.logScale;
    if (this.series) this.context?.rememberChart(this.key(this.series), { logScale: this.logScale });
  };

  private readonly showAll = (): void => {
    clearTimeout(this.refineTimer);
    this.range = null;
    this.window = this.series?.overview;
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

  /** Asks the host for the readings that the overview had no room for. */
  private refineSoon(): void {
    const { series, range, context, generation, index } = this;
    clearTimeout(this.refineTimer);
    if (!series?.overview.thinned || !range || !context) return;
    this.refineTimer = setTimeout(async () => {
      const air = (range[1] - range[0]) * 0.03;
      const params = { generation, series: index, from: range[0] - air, to: range[1] + air, buckets: 1500 };
      try {
        const window = await context.host.request('seriesWindow', params);
        if (this.range === range && this.generation === generation) this.window = window;
      } catch {
        // The overview stays: it is coarser, but true.
      }
    }, refineDelay);
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
      case '0':
        this.showAll();
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  private moveCursor(to: number): void {
    const { plot, window } = this;
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

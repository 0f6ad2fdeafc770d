// Draws one series with uPlot, and over it the marks of readings that are not finite, which uPlot itself would bridge.

import uPlot from 'uplot';
import type { NonFiniteRun, SeriesWindow } from '../protocol/dump-view';
import { formatValue } from './number-format';
import type { ChartTheme } from './theme';

/** What stands over the line: readings that are not finite, and the place where the run failed. */
export interface Mark extends Omit<NonFiniteRun, 'kind'> {
  readonly kind: NonFiniteRun['kind'] | 'failure';
}

/** What changes while a chart stands. */
export interface ChartContent {
  readonly window: SeriesWindow;
  /** Readings of a good run, drawn behind. */
  readonly good: SeriesWindow | null;
  /** First and last x shown. */
  readonly range: readonly [number, number];
}

export interface ChartInput extends ChartContent {
  readonly failedAt: number | null;
  readonly logScale: boolean;
  /** Whether a mark may say how many readings it stands for. */
  readonly countsAreExact: boolean;
  readonly axisName: string;
  /** Whether x counts something, so that between two neighbours there is nothing to label. */
  readonly hasWholeSteps: boolean;
  readonly theme: ChartTheme;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  labelOf(kind: Mark['kind']): string;
  onCursor(index: number | null): void;
  onZoom(from: number, to: number): void;
  onShowAll(): void;
  /** Hears how many marks stand on the canvas after each drawing. */
  onDrawn(marks: number): void;
}

const markRow = 20;

/** Steps are counted, so between 1 and 2 there is nothing to label. */
const wholeIncrements = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

export interface Chart {
  readonly plot: uPlot;
  /** Draws something else without making the chart anew. */
  update(content: ChartContent): void;
}

export function createChart(given: ChartInput, target: HTMLElement): Chart {
  let input = given;
  const { theme } = input;
  const axis = (size: number): uPlot.Axis => ({
    stroke: theme.faint,
    font: `11px ${theme.font}`,
    size,
    gap: 4,
    grid: { stroke: theme.grid, width: 1 },
    ticks: { stroke: theme.grid, width: 1, size: 4 },
  });
  const options: uPlot.Options = {
    width: input.width,
    height: input.height,
    padding: [markRow + 4, 12, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 7, fill: theme.line, stroke: theme.line },
      drag: { x: true, y: false, setScale: false },
      bind: {
        dblclick: () => () => {
          input.onShowAll();
          return null;
        },
      },
    },
    scales: {
      x: { time: false, range: () => padded(input.range) },
      y: {
        distr: input.logScale ? 3 : 1,
        range: (_, min, max) => verticalRange(...withGood(min, max, input), input.logScale),
      },
    },
    axes: [
      {
        ...axis(34),
        ...(input.hasWholeSteps ? { incrs: wholeIncrements } : {}),
        label: input.axisName,
        labelSize: 14,
        labelGap: 0,
        labelFont: `11px ${theme.font}`,
      },
      { ...axis(64), values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : formatTick(tick))) },
    ],
    series: [
      {},
      {
        stroke: theme.line,
        width: theme.isHighContrast ? 2 : 1.5,
        spanGaps: false,
        points: { size: 5, fill: theme.line, stroke: theme.line, show: () => input.window.x.length <= 60 },
      },
    ],
    hooks: {
      drawAxes: [(chart) => drawGood(chart, input)],
      draw: [(chart) => input.onDrawn(drawMarks(chart, input))],
      setCursor: [(chart) => input.onCursor(chart.cursor.idx ?? null)],
      setSelect: [
        (chart) => {
          const { left, width } = chart.select;
          if (width < 4) return;
          input.onZoom(chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x'));
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
  const plot = new uPlot(options, dataOf(input.window), target);
  return {
    plot,
    update(content) {
      const isNewWindow = content.window !== input.window;
      input = { ...input, ...content };
      const [min, max] = input.range;
      plot.batch(() => {
        if (isNewWindow) plot.setData(dataOf(input.window), false);
        plot.setScale('x', { min, max });
      });
    },
  };
}

function dataOf({ x, y }: SeriesWindow): uPlot.AlignedData {
  return [[...x], [...y]];
}

/** The vertical range with the good run's readings in sight. */
function withGood(
  min: number | null,
  max: number | null,
  { good, range, logScale }: ChartInput,
): [number | null, number | null] {
  let low = min ?? Number.POSITIVE_INFINITY;
  let high = max ?? Number.NEGATIVE_INFINITY;
  for (let i = 0; i < (good?.x.length ?? 0); i++) {
    const x = good?.x[i] ?? 0;
    const y = good?.y[i] ?? null;
    if (y === null || x < range[0] || x > range[1] || (logScale && y <= 0)) continue;
    if (y < low) low = y;
    if (y > high) high = y;
  }
  return low <= high ? [low, high] : [min, max];
}

/** The good run's line: muted and dashed, behind this run's own. */
function drawGood(chart: uPlot, { good, theme, logScale }: ChartInput): void {
  if (!good) return;
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = theme.faint;
  ctx.lineWidth = (theme.isHighContrast ? 1.5 : 1) * devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  let isDown = false;
  for (let i = 0; i < good.x.length; i++) {
    const y = good.y[i] ?? null;
    if (y === null || (logScale && y <= 0)) {
      isDown = false;
      continue;
    }
    const left = chart.valToPos(good.x[i] ?? 0, 'x', true);
    const top = chart.valToPos(y, 'y', true);
    if (isDown) ctx.lineTo(left, top);
    else ctx.moveTo(left, top);
    isDown = true;
  }
  ctx.stroke();
  ctx.restore();
}

function formatTick(value: number): string {
  const text = formatValue(value);
  return text.includes('e') ? formatValue(Number(value.toPrecision(2))) : text;
}

/** A little air on both sides, so that a mark on the last reading is not cut off. */
function padded([from, to]: readonly [number, number]): [number, number] {
  const air = to > from ? (to - from) * 0.02 : 0.5;
  return [from - air, to + air];
}

function verticalRange(min: number | null, max: number | null, logScale: boolean): uPlot.Range.MinMax {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max))
    return logScale ? [0.1, 1] : [0, 1];
  if (logScale) return uPlot.rangeLog(min, max, 10, false);
  // Near the largest double the usual air around the data would itself be infinite.
  if (max - min > 1e300) return [min, max];
  return uPlot.rangeNum(min, max, { min: { pad: 0.08, soft: 0, mode: 2 }, max: { pad: 0.08, soft: 0, mode: 2 } });
}

function marksOf({ window, failedAt }: ChartInput): readonly Mark[] {
  if (failedAt === null) return window.runs;
  return [...window.runs, { kind: 'failure' as const, from: failedAt, to: failedAt, count: 1 }].sort(
    (a, b) => a.from - b.from,
  );
}

/** @returns how many marks are in sight. */
function drawMarks(chart: uPlot, input: ChartInput): number {
  const { ctx, bbox } = chart;
  const { theme } = input;
  const ratio = devicePixelRatio;
  const shown = marksOf(input).filter((run) => run.to >= input.range[0] && run.from <= input.range[1]);
  const labels: { readonly x: number; readonly run: Mark }[] = [];
  ctx.save();
  for (const run of shown) {
    const color = isInfinity(run) ? theme.infinity : theme.nan;
    const from = clamp(chart.valToPos(run.from, 'x', true), bbox.left, bbox.left + bbox.width);
    const to = clamp(chart.valToPos(run.to, 'x', true), bbox.left, bbox.left + bbox.width);
    if (to - from > ratio) {
      ctx.globalAlpha = theme.isHighContrast ? 0.35 : 0.16;
      ctx.fillStyle = color;
      ctx.fillRect(from, bbox.top, to - from, bbox.height);
      ctx.globalAlpha = 1;
    }
    ctx.strokeStyle = color;
    ctx.lineWidth = 2 * ratio;
    ctx.setLineDash(isInfinity(run) ? [5 * ratio, 3 * ratio] : []);
    ctx.beginPath();
    ctx.moveTo(from, bbox.top - 2 * ratio);
    ctx.lineTo(from, bbox.top + bbox.height);
    ctx.stroke();
    labels.push({ x: from, run });
  }
  ctx.setLineDash([]);
  drawLabels(chart, labels, input, ratio);
  ctx.restore();
  return shown.length;
}

/** Names each mark in words above the plot; where names would overlap, the first stands for its neighbours of that kind. */
function drawLabels(
  chart: uPlot,
  labels: readonly { readonly x: number; readonly run: Mark }[],
  input: ChartInput,
  ratio: number,
): void {
  const { ctx, bbox } = chart;
  const { theme } = input;
  ctx.font = `600 ${11 * ratio}px ${theme.font}`;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  const height = 16 * ratio;
  const top = bbox.top - markRow * ratio;
  const padding = 5 * ratio;
  let freeFrom = Number.NEGATIVE_INFINITY;
  for (const { x, run } of labels) {
    const name = input.labelOf(run.kind);
    const text = run.count > 1 && input.countsAreExact ? `${name} ×${run.count}` : name;
    const width = ctx.measureText(text).width + 2 * padding;
    const left = clamp(x - width / 2, bbox.left, bbox.left + bbox.width - width + 10 * ratio);
    if (left < freeFrom) continue;
    freeFrom = left + width + 3 * ratio;
    ctx.fillStyle = isInfinity(run) ? theme.infinity : theme.nan;
    ctx.beginPath();
    ctx.roundRect(left, top, width, height, 3 * ratio);
    ctx.fill();
    ctx.fillStyle = theme.background;
    ctx.fillText(text, left + padding, top + height / 2 + ratio / 2);
  }
}

function isInfinity({ kind }: Mark): boolean {
  return kind === 'inf' || kind === '-inf';
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

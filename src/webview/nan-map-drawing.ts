// Draws the map of a tensor: cells, and beside them how many elements of each row and column are not finite.

import type { NanMapView, NonFiniteCounts } from '../protocol/dump-view';

export interface MapTheme {
  readonly background: string;
  readonly finite: string;
  readonly nan: string;
  readonly posInf: string;
  readonly negInf: string;
  readonly cursor: string;
  readonly frame: string;
}

/** In CSS pixels. */
export interface MapLayout {
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly mapWidth: number;
  readonly mapHeight: number;
  readonly width: number;
  readonly height: number;
}

export type CellKind = 'nan' | 'posInf' | 'negInf' | 'finite';

const projection = 46;
const gap = 6;
const tallest = 380;
const largestCell = 18;
const flattest = 26;
/** What is not finite is at least so large on the screen, also where a cell is smaller. */
const smallestMark = 4;

/** A cell has whole pixels, so that no seam between cells looks like data. */
export function layoutOf({ gridRows, gridColumns }: NanMapView, available: number): MapLayout {
  const room = Math.max(60, available - projection - gap);
  const cellWidth = Math.max(1, Math.min(largestCell, Math.floor(room / gridColumns)));
  const low = gridRows <= 4 ? flattest : 2;
  const cellHeight = Math.max(low, Math.min(largestCell, Math.floor(tallest / gridRows)));
  const mapWidth = cellWidth * gridColumns;
  const mapHeight = cellHeight * gridRows;
  return {
    cellWidth,
    cellHeight,
    mapWidth,
    mapHeight,
    width: mapWidth + gap + projection,
    height: mapHeight + gap + projection,
  };
}

/** What a cell shows, worst first. */
export function kindsOf(map: NanMapView, row: number, column: number): readonly CellKind[] {
  const bits = Number.parseInt(map.cells[row * map.gridColumns + column] ?? '0', 16);
  const kinds: CellKind[] = [];
  if (bits & 1) kinds.push('nan');
  if (bits & 2) kinds.push('posInf');
  if (bits & 4) kinds.push('negInf');
  return kinds.length === 0 ? ['finite'] : kinds;
}

export function drawMap(
  canvas: HTMLCanvasElement,
  map: NanMapView,
  layout: MapLayout,
  theme: MapTheme,
  cursor: { readonly row: number; readonly column: number } | null,
): void {
  const ratio = devicePixelRatio;
  canvas.width = Math.round(layout.width * ratio);
  canvas.height = Math.round(layout.height * ratio);
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  context.fillStyle = theme.background;
  context.fillRect(0, 0, layout.width, layout.height);
  context.fillStyle = theme.finite;
  context.fillRect(0, 0, layout.mapWidth, layout.mapHeight);
  const fills = fillsOf(context, theme);
  const { cellWidth, cellHeight } = layout;
  for (let row = 0; row < map.gridRows; row++) {
    for (let column = 0; column < map.gridColumns; column++) {
      if (map.cells[row * map.gridColumns + column] === '0') continue;
      const kinds = kindsOf(map, row, column);
      const width = Math.max(cellWidth, smallestMark);
      const height = Math.max(cellHeight, smallestMark) / kinds.length;
      const left = Math.min(column * cellWidth, layout.mapWidth - width);
      const top = Math.min(row * cellHeight, layout.mapHeight - height * kinds.length);
      for (const [i, kind] of kinds.entries()) {
        context.fillStyle = fills[kind];
        context.fillRect(Math.max(0, left), Math.max(0, top) + i * height, width, height);
      }
    }
  }
  context.strokeStyle = theme.frame;
  context.lineWidth = 1;
  context.strokeRect(0.5, 0.5, layout.mapWidth - 1, layout.mapHeight - 1);
  drawProjections(context, map, layout, fills, theme);
  if (!cursor) return;
  context.strokeStyle = theme.cursor;
  context.lineWidth = 2;
  context.strokeRect(cursor.column * cellWidth - 1, cursor.row * cellHeight - 1, cellWidth + 2, cellHeight + 2);
}

/** A field of the legend. */
export function drawSwatch(canvas: HTMLCanvasElement, kind: CellKind, theme: MapTheme): void {
  const ratio = devicePixelRatio;
  const size = 14;
  canvas.width = size * ratio;
  canvas.height = size * ratio;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  context.fillStyle = fillsOf(context, theme)[kind];
  context.fillRect(0, 0, size, size);
}

type Fills = Readonly<Record<CellKind, string | CanvasPattern>>;

/** Colours with a texture each, for eyes and screens that do not tell colours apart. */
function fillsOf(context: CanvasRenderingContext2D, theme: MapTheme): Fills {
  const texture = (color: string, paint: (tile: CanvasRenderingContext2D) => void): string | CanvasPattern => {
    const tile = document.createElement('canvas');
    tile.width = 8;
    tile.height = 8;
    const inner = tile.getContext('2d');
    if (!inner) return color;
    inner.fillStyle = color;
    inner.fillRect(0, 0, 8, 8);
    inner.strokeStyle = theme.background;
    inner.lineWidth = 1;
    inner.beginPath();
    paint(inner);
    inner.stroke();
    return context.createPattern(tile, 'repeat') ?? color;
  };
  const line = (tile: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number) => {
    tile.moveTo(x1, y1);
    tile.lineTo(x2, y2);
  };
  return {
    finite: theme.finite,
    nan: theme.nan,
    posInf: texture(theme.posInf, (tile) => {
      line(tile, 2.5, 0, 2.5, 8);
      line(tile, 6.5, 0, 6.5, 8);
    }),
    negInf: texture(theme.negInf, (tile) => {
      line(tile, 0, 2.5, 8, 2.5);
      line(tile, 0, 6.5, 8, 6.5);
    }),
  };
}

function drawProjections(
  context: CanvasRenderingContext2D,
  map: NanMapView,
  layout: MapLayout,
  fills: Fills,
  theme: MapTheme,
): void {
  const { cellWidth, cellHeight, mapWidth, mapHeight } = layout;
  const mostInRow = Math.max(1, ...map.rowCounts.map(sum));
  const mostInColumn = Math.max(1, ...map.columnCounts.map(sum));
  context.fillStyle = theme.frame;
  context.fillRect(mapWidth + gap, 0, 1, mapHeight);
  context.fillRect(0, mapHeight + gap, mapWidth, 1);
  for (const [row, counts] of map.rowCounts.entries()) {
    let at = mapWidth + gap + 1;
    for (const [kind, share] of shares(counts, mostInRow)) {
      context.fillStyle = fills[kind];
      const length = Math.max(1, share * (projection - 1));
      context.fillRect(at, row * cellHeight, length, cellHeight);
      at += length;
    }
  }
  for (const [column, counts] of map.columnCounts.entries()) {
    let at = mapHeight + gap + 1;
    for (const [kind, share] of shares(counts, mostInColumn)) {
      context.fillStyle = fills[kind];
      const length = Math.max(1, share * (projection - 1));
      context.fillRect(column * cellWidth, at, cellWidth, length);
      at += length;
    }
  }
}

function shares(counts: NonFiniteCounts, most: number): readonly (readonly ['nan' | 'posInf' | 'negInf', number])[] {
  const kinds = ['nan', 'posInf', 'negInf'] as const;
  return kinds.filter((kind) => counts[kind] > 0).map((kind) => [kind, counts[kind] / most] as const);
}

export function sum({ nan, posInf, negInf }: NonFiniteCounts): number {
  return nan + posInf + negInf;
}

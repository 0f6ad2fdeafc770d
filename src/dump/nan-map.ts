// Where a tensor of a .safetensors file is not finite: a grid in which each cell tells of any such element it stands for.

import type { ByteSource } from './model';
import type { ElementType, FloatLayout, TensorEntry } from './safetensors';

/** A tensor as a matrix: all dimensions but the last make its rows. */
export interface MatrixSize {
  readonly rows: number;
  readonly columns: number;
}

export interface MatrixRegion {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstColumn: number;
  readonly columns: number;
}

export interface NanMap {
  readonly size: MatrixSize;
  readonly region: MatrixRegion;
  readonly gridRows: number;
  readonly gridColumns: number;
  /** Row by row, bits added up: 1 NaN, 2 +Inf, 4 −Inf. */
  readonly cells: Uint8Array;
  /** Three counts (NaN, +Inf, −Inf) for each row of the grid. */
  readonly rowCounts: Float64Array;
  readonly columnCounts: Float64Array;
}

export const nanBit = 1;
export const posInfBit = 2;
export const negInfBit = 4;
/** Place in a triple of counts, by bit. */
const placeOfBit = [0, 0, 1, 0, 2] as const;

/** Bytes read at once. */
const pieceLength = 1 << 20;
/** Of a tensor that has more, the first rows are shown; whoever wants others names them. */
const mostBytesRead = 256 * 1024 * 1024;

/** A vector is one row: its elements stand side by side. */
export function matrixSize(shape: readonly number[]): MatrixSize {
  const columns = shape.at(-1) ?? 1;
  return { rows: shape.slice(0, -1).reduce((product, length) => product * length, 1), columns };
}

/**
 * Reads the region alone, piece by piece.
 *
 * @param wanted all of the tensor where it is null; what lies outside of the tensor is cut away
 * @returns null where the elements are no floating-point numbers, or there are none in the region
 * @throws the signal's reason where it is aborted, and whatever the source throws
 */
export async function nanMap(
  source: ByteSource,
  entry: TensorEntry,
  wanted: MatrixRegion | null,
  grid: { readonly rows: number; readonly columns: number },
  signal: AbortSignal,
  mostBytes = mostBytesRead,
): Promise<NanMap | null> {
  const size = matrixSize(entry.shape);
  const { type } = entry;
  if (!type?.float) return null;
  const rowBytes = size.columns * type.bytes;
  const region = cut(
    wanted ?? { firstRow: 0, firstColumn: 0, ...size },
    size,
    Math.max(1, Math.floor(mostBytes / rowBytes)),
  );
  if (region.rows === 0 || region.columns === 0) return null;
  const gridRows = Math.min(grid.rows, region.rows);
  const gridColumns = Math.min(grid.columns, region.columns);
  const map: NanMap = {
    size,
    region,
    gridRows,
    gridColumns,
    cells: new Uint8Array(gridRows * gridColumns),
    rowCounts: new Float64Array(3 * gridRows),
    columnCounts: new Float64Array(3 * gridColumns),
  };
  const from = entry.from + region.firstRow * rowBytes;
  const to = from + region.rows * rowBytes;
  const step = Math.max(type.bytes, pieceLength - (pieceLength % type.bytes));
  for (let at = from; at < to; at += step) {
    signal.throwIfAborted();
    const piece = await source.read(at, Math.min(to, at + step));
    if (piece.length < Math.min(to, at + step) - at)
      throw new Error('The file of tensors became shorter while it was read.');
    countPiece(map, piece, type, type.float, (at - from) / type.bytes);
  }
  return map;
}

/** @param first index, within the rows of the region, of the first element of the piece */
function countPiece(map: NanMap, piece: Uint8Array, type: ElementType, float: FloatLayout, first: number): void {
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  const { region, size, gridRows, gridColumns } = map;
  const partBytes = type.bytes / type.parts;
  let row = Math.floor(first / size.columns);
  let column = first - row * size.columns;
  for (let at = 0; at < piece.length; at += type.bytes) {
    let bits = bitsAt(view, at, float);
    if (type.parts === 2) bits |= bitsAt(view, at + partBytes, float);
    const inRegion = column - region.firstColumn;
    if (bits !== 0 && inRegion >= 0 && inRegion < region.columns) {
      // Of a complex number that is both, NaN is told.
      const kind = bits & nanBit ? nanBit : bits & posInfBit ? posInfBit : negInfBit;
      const gridRow = Math.floor((row * gridRows) / region.rows);
      const gridColumn = Math.floor((inRegion * gridColumns) / region.columns);
      add(map, gridRow, gridColumn, kind);
    }
    if (++column === size.columns) {
      column = 0;
      row++;
    }
  }
}

function add(map: NanMap, row: number, column: number, kind: 1 | 2 | 4): void {
  const cell = row * map.gridColumns + column;
  map.cells[cell] = (map.cells[cell] ?? 0) | kind;
  const place = placeOfBit[kind] ?? 0;
  const rowPlace = 3 * row + place;
  const columnPlace = 3 * column + place;
  map.rowCounts[rowPlace] = (map.rowCounts[rowPlace] ?? 0) + 1;
  map.columnCounts[columnPlace] = (map.columnCounts[columnPlace] ?? 0) + 1;
}

/** 0 for a finite number. Looks at bits, so that no type needs to be turned into a number. */
function bitsAt(view: DataView, at: number, float: FloatLayout): number {
  const { wordBytes, wordOffset, exponent, mantissa, hasInfinity } = float;
  const word =
    wordBytes === 4
      ? view.getUint32(at + wordOffset, true)
      : wordBytes === 2
        ? view.getUint16(at, true)
        : view.getUint8(at);
  if ((word & exponent) !== exponent) return 0;
  const rest = word & mantissa;
  if (!hasInfinity) return rest === mantissa ? nanBit : 0;
  // Of a double the lower half of the mantissa lies in the other word.
  if (rest !== 0 || (wordOffset === 4 && view.getUint32(at, true) !== 0)) return nanBit;
  const sign = exponent < 0x80 ? 0x80 : exponent < 0x8000 ? 0x8000 : 0x8000_0000;
  return (word & sign) === 0 ? posInfBit : negInfBit;
}

function cut({ firstRow, rows, firstColumn, columns }: MatrixRegion, size: MatrixSize, mostRows: number): MatrixRegion {
  const top = Math.min(firstRow, size.rows);
  const left = Math.min(firstColumn, size.columns);
  return {
    firstRow: top,
    rows: Math.min(rows, size.rows - top, mostRows),
    firstColumn: left,
    columns: Math.min(columns, size.columns - left),
  };
}

// The tensors beside a dump: what there is, and where each is not finite.

import { labelCounts } from '../../../dump/label-counts';
import type { ByteSource } from '../../../dump/model';
import { type NanMap, nanMap } from '../../../dump/nan-map';
import { readTensorDirectory, type TensorDirectory, type TensorEntry } from '../../../dump/safetensors';
import type { LabelCountsView, NanMapView, NonFiniteCounts, TensorListView } from '../../../protocol/dump-view';
import type { HostMethods } from '../../../protocol/messages';
import { longText, shortText } from './shown-text';

const mostEntries = 500;
const mostDimensions = 16;
const mostLabelVectors = 16;
const mostLabels = 200;

export class TensorFile {
  private source: Promise<ByteSource> | undefined;
  private directory: Promise<TensorDirectory> | undefined;

  /** @param openFile rejects, in words, where there is no such file */
  constructor(private readonly openFile: () => Promise<ByteSource>) {}

  async list(): Promise<TensorListView> {
    let directory: TensorDirectory;
    try {
      directory = await this.read();
    } catch (error) {
      // Whoever copies a dump often leaves the tensors behind; they may still come.
      this.source = undefined;
      this.directory = undefined;
      const problem = longText(error instanceof Error ? error.message : String(error));
      return { entries: [], entriesLeftOut: 0, first: null, problem };
    }
    const listed = directory.tensors.slice(0, mostEntries);
    return {
      entries: listed.map((entry) => ({
        name: shortText(entry.name),
        dtype: shortText(entry.dtype),
        shape: entry.shape.slice(0, mostDimensions),
        canBeMapped: canBeMapped(entry),
      })),
      entriesLeftOut: directory.tensors.length - listed.length,
      first: mostTelling(listed),
      problem: directory.problems.length === 0 ? null : longText(directory.problems.join(' ')),
    };
  }

  /** @throws Error, in words, where that tensor cannot be looked at. */
  async map(
    { tensor, region, gridRows, gridColumns }: HostMethods['nanMap']['params'],
    signal: AbortSignal,
    refusal: string,
  ): Promise<NanMapView> {
    const entry = (await this.read()).tensors.slice(0, mostEntries)[tensor];
    const grid = { rows: gridRows, columns: gridColumns };
    const map = entry && (await nanMap(await this.open(), entry, region, grid, signal));
    if (!map) throw new Error(refusal);
    return mapView(map);
  }

  /** Of the vectors of whole numbers in the batch. Rejects, in words, where the file cannot be read. */
  async labels(): Promise<LabelCountsView[]> {
    const { tensors } = await this.read();
    const source = await this.open();
    const views: LabelCountsView[] = [];
    // The recorder names the tensors of a batch so.
    for (const entry of tensors.filter(({ name }) => /^batch\d/.test(name)).slice(0, mostLabelVectors)) {
      const counts = await labelCounts(source, entry);
      if (!counts) continue;
      const shown = counts.slice(0, mostLabels);
      views.push({ name: shortText(entry.name), counts: shown, labelsLeftOut: counts.length - shown.length });
    }
    return views;
  }

  /** Once: some file systems give whole files only. */
  private open(): Promise<ByteSource> {
    this.source ??= this.openFile();
    return this.source;
  }

  private read(): Promise<TensorDirectory> {
    this.directory ??= this.open().then(readTensorDirectory);
    return this.directory;
  }
}

function canBeMapped({ type, shape }: TensorEntry): boolean {
  return type?.float !== null && type !== null && shape.every((length) => length > 0);
}

/** What came out of the operation shows the failure; what went in comes after it. */
function mostTelling(entries: readonly TensorEntry[]): number | null {
  const output = entries.findIndex((entry) => canBeMapped(entry) && /^output/i.test(entry.name));
  const any = output >= 0 ? output : entries.findIndex(canBeMapped);
  return any >= 0 ? any : null;
}

function mapView({ size, region, gridRows, gridColumns, cells, rowCounts, columnCounts }: NanMap): NanMapView {
  const rows = triples(rowCounts);
  return {
    ...size,
    region,
    gridRows,
    gridColumns,
    cells: Array.from(cells, (bits) => bits.toString(16)).join(''),
    rowCounts: rows,
    columnCounts: triples(columnCounts),
    counts: rows.reduce((a, b) => ({ nan: a.nan + b.nan, posInf: a.posInf + b.posInf, negInf: a.negInf + b.negInf })),
  };
}

function triples(counts: Float64Array): NonFiniteCounts[] {
  return Array.from({ length: counts.length / 3 }, (_, i) => ({
    nan: counts[3 * i] ?? 0,
    posInf: counts[3 * i + 1] ?? 0,
    negInf: counts[3 * i + 2] ?? 0,
  }));
}

// A fine stretch of a series with the coarse overview around it, so that moving along it never shows a hole.

import type { SeriesWindow } from '../protocol/dump-view';

export function mergeWindows(overview: SeriesWindow, fine: SeriesWindow): SeriesWindow {
  if (fine === overview || fine.x.length === 0) return overview;
  const before = overview.x.findIndex((x) => x >= fine.from);
  const after = overview.x.findLastIndex((x) => x <= fine.to) + 1;
  const end = before < 0 ? overview.x.length : before;
  const around = overview.runs.filter((run) => run.from < fine.from || run.to > fine.to);
  // A run that reaches beyond the stretch is whole in the overview alone.
  const straddling = around.filter((run) => run.to >= fine.from && run.from <= fine.to);
  const inside = fine.runs.filter(
    (run) => !straddling.some((one) => one.kind === run.kind && one.from <= run.from && run.to <= one.to),
  );
  return {
    from: overview.from,
    to: overview.to,
    x: [...overview.x.slice(0, end), ...fine.x, ...overview.x.slice(after)],
    y: [...overview.y.slice(0, end), ...fine.y, ...overview.y.slice(after)],
    runs: [...around, ...inside].sort((a, b) => a.from - b.from),
    count: overview.count,
    thinned: overview.thinned,
  };
}

/** Index of the x that lies nearest; null where there is none. */
export function nearestIndex({ x }: SeriesWindow, wanted: number): number | null {
  if (x.length === 0) return null;
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  const below = x[low - 1];
  return below !== undefined && wanted - below < (x[low] ?? 0) - wanted ? low - 1 : low;
}

// A series in words: what the chart shows, for people who do not see it.

import type { NonFiniteRun, SeriesView } from '../protocol/dump-view';
import { formatCount, formatValue } from './number-format';
import type { PageContext } from './page-context';

const runsInWords = 5;

export function axisName(context: PageContext, series: SeriesView): string {
  return context.text(series.axis === 'step' ? 'axisStep' : 'axisReading');
}

export function kindName(context: PageContext, kind: NonFiniteRun['kind']): string {
  if (kind === 'nan') return context.text('nan');
  return context.text(kind === 'inf' ? 'positiveInfinity' : 'negativeInfinity');
}

/** First and last x that the whole chart shows: all readings, and the place where the run failed. */
export function wholeRange({ overview, failedAt }: SeriesView): readonly [number, number] {
  return [overview.from, Math.max(overview.to, failedAt ?? overview.to)];
}

export function summarise(context: PageContext, series: SeriesView): string {
  const axis = axisName(context, series);
  const { from, to } = series.overview;
  const at = (x: number) => `${axis} ${formatValue(x)}`;
  const sentences = [
    context.text('summaryRange', readings(context, series.count), axis, formatValue(from), formatValue(to)),
  ];
  const { lowest, highest, lastFinite } = series;
  if (series.nonFinite > 0) sentences.push(`${runsSentence(context, series)}.`);
  if (lowest && highest) {
    if (series.nonFinite > 0 && lastFinite) {
      sentences.push(context.text('summaryLastFinite', formatValue(lastFinite.value), at(lastFinite.x)));
    }
    sentences.push(
      context.text(
        'summaryExtremes',
        formatValue(lowest.value),
        at(lowest.x),
        formatValue(highest.value),
        at(highest.x),
      ),
    );
  } else if (series.count > 0) {
    sentences.push(context.text('summaryNoFinite'));
  }
  if (series.failedAt !== null) sentences.push(context.text('summaryFailed', at(series.failedAt)));
  if (series.nonFinite === 0 && series.failedAt === null && series.count > 0)
    sentences.push(context.text('summaryAllFinite'));
  return sentences.join(' ');
}

export function describeRun(context: PageContext, run: NonFiniteRun, axis: string, countsAreExact = true): string {
  const kind = kindName(context, run.kind);
  if (run.from === run.to && run.count === 1) return context.text('summaryRun', kind, axis, formatValue(run.from));
  if (!countsAreExact) return context.text('summaryRunRange', kind, axis, formatValue(run.from), formatValue(run.to));
  const count = formatCount(run.count, context.language);
  return context.text('summaryRunMany', kind, axis, formatValue(run.from), formatValue(run.to), count);
}

function runsSentence(context: PageContext, series: SeriesView): string {
  const { runs } = series.overview;
  const axis = axisName(context, series);
  const words = runs.slice(0, runsInWords).map((run) => describeRun(context, run, axis, series.countsAreExact));
  const more = runs.length - words.length;
  if (more > 0) words.push(context.text('summaryMoreRuns', formatCount(more, context.language)));
  return words.join(', ');
}

function readings(context: PageContext, count: number): string {
  return count === 1 ? context.text('readingsOne') : context.text('readings', formatCount(count, context.language));
}

// Reads back from the document what a person sees, so that a test of the host can ask the page itself.

import type { PageDescription, ViewState } from '../protocol/messages';
import type { ChartElement } from './chart';
import type { VirtualRowsElement } from './virtual-rows';

export function describePage(root: ParentNode, state: ViewState | undefined): PageDescription {
  const text = (selector: string) => normalised(root.querySelector(selector)?.textContent);
  return {
    status: state?.status ?? 'reading',
    generation: state?.generation ?? 0,
    heading: text('h1'),
    confidence: root.querySelector('.confidence')?.getAttribute('data-confidence') ?? null,
    sections: [...root.querySelectorAll('h2')].map((heading) => normalised(heading.textContent)),
    facts: [...root.querySelectorAll('[data-section="failure"] .fact')].map(
      (row) =>
        [normalised(row.querySelector('dt')?.textContent), normalised(row.querySelector('dd')?.textContent)] as const,
    ),
    blamed: blamedLine(root),
    userFrames: root.querySelectorAll('[data-section="frames"] .calls > .call:not(.library) .link').length,
    libraryFrames: root.querySelectorAll('[data-section="frames"] .calls > .call.library').length,
    charts: [...root.querySelectorAll<ChartElement>('nanlens-chart')].map((chart) => ({
      name: normalised(chart.querySelector('h3')?.textContent),
      points: chart.rows().filter((row) => row.isFinite).length,
      marks: chart.marks,
      summary: normalised(chart.querySelector('.chart-summary')?.textContent),
    })),
    operations: operations(root),
    ranks: [...root.querySelectorAll('[data-section="ranks"] tbody tr')].map((row) => normalised(row.textContent)),
    nanMap: text('.map-summary'),
    problems: [...root.querySelectorAll('.problems > li')].map((item) => normalised(item.textContent)),
    textLines: root.querySelectorAll('[data-section="text"] .code-line').length,
  };
}

function operations(root: ParentNode): PageDescription['operations'] {
  const grid = root.querySelector<VirtualRowsElement>('nanlens-rows.operations');
  if (!grid) return null;
  const name = grid.querySelector('.first-bad .operation-title code')?.textContent;
  return { count: grid.count, firstBad: name ? normalised(name) : null, rowsInSight: grid.rowsInSight };
}

function blamedLine(root: ParentNode): PageDescription['blamed'] {
  const blamed = root.querySelector('[data-section="frames"] .blamed');
  if (!blamed) return null;
  const line = blamed.querySelector('.code-line.marked');
  const place = normalised(blamed.querySelector('.place .link')?.textContent);
  return {
    place,
    line: Number(line?.getAttribute('data-line') ?? place.split(':').at(-1)),
    text: line?.querySelector('code')?.textContent?.trim() ?? '',
  };
}

function normalised(text: string | null | undefined): string {
  return (text ?? '').replace(/\s+/g, ' ').trim();
}

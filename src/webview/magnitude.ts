// How large the numbers of a tensor are, against the largest of their type: in figures, and as a bar on a log scale.

import { html, nothing, svg, type TemplateResult } from 'lit';
import type { TensorSummary } from '../protocol/dump-view';
import { formatCount, formatShape, formatValue } from './number-format';
import type { PageContext } from './page-context';
import { kindName } from './series-summary';

/** Where bars begin: below it, no training overflows. */
const smallest = 1e-8;
/** Within this factor of the limit a bar warns. */
const nearLimit = 10;

/** Share of the bar that a magnitude fills, from 0 to 100. */
export function barLength(absMax: number, limit: number): number {
  if (absMax <= smallest) return 0;
  const share = Math.log10(absMax / smallest) / Math.log10(limit / smallest);
  return Math.max(0, Math.min(100, 100 * share));
}

/** @param goodAbsMax what the good run had here, drawn as a tick */
export function magnitude(
  context: PageContext,
  summary: TensorSummary | null,
  goodAbsMax: number | null = null,
): TemplateResult {
  if (summary === null) {
    return html`<span class="quiet" aria-hidden="true">–</span><span class="visually-hidden">${context.text('notSaid')}</span>`;
  }
  const { absMax, limit, nonFinite, dtype, shape, tensors } = summary;
  const isBroken = nonFinite.length > 0;
  const form = [dtype ?? '', shape === null ? '' : formatShape(shape)].filter((part) => part !== '').join(' ');
  const atMost = limit === null || dtype === null ? '' : context.text('ofAtMost', formatValue(limit), dtype);
  const together = tensors > 1 ? context.text('tensorsTogether', tensors) : '';
  const title = [form, atMost, together].filter((part) => part !== '').join(', ');
  return html`<div class="magnitude ${isBroken ? 'is-broken' : ''}" title=${title}>
    <span class="magnitude-figures">
      ${
        isBroken
          ? html`<strong class="bad">${brokenWords(context, summary)}</strong>`
          : html`<span>${absMax === null ? nothing : formatValue(absMax)}</span>`
      }
      <span class="magnitude-form quiet">${form}</span>
    </span>
    ${limit === null || (absMax === null && !isBroken) ? nothing : bar(absMax ?? 0, limit, isBroken, goodAbsMax)}
    <span class="visually-hidden">${absMax === null ? '' : atMost} ${together}</span>
  </div>`;
}

/** `NaN 12, −Inf 4`. */
function brokenWords(context: PageContext, { nonFinite }: TensorSummary): string {
  return nonFinite
    .map(({ kind, count }) =>
      count === null ? kindName(context, kind) : `${kindName(context, kind)} ${formatCount(count, context.language)}`,
    )
    .join(', ');
}

function bar(absMax: number, limit: number, isBroken: boolean, goodAbsMax: number | null): TemplateResult {
  const length = barLength(absMax, limit);
  const level = isBroken ? 'broken-bar' : absMax * nearLimit >= limit ? 'near-bar' : 'plain-bar';
  return html`<svg class="bar ${level}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    <rect class="bar-track" x="0" y="0" width="100" height="6" />
    <rect class="bar-fill" x="0" y="0" width=${isBroken ? 100 : length} height="6" />
    ${isBroken ? teeth : nothing}
    ${goodAbsMax === null ? nothing : svg`<rect class="bar-good" x=${Math.min(99, barLength(goodAbsMax, limit))} y="0" width="1" height="6" />`}
  </svg>`;
}

/** Gaps in the bar, so that what is not finite differs by more than its colour. */
const teeth = Array.from(
  { length: 16 },
  (_, i) => svg`<rect class="bar-tooth" x=${6 * i + 3} y="0" width="1.6" height="6" />`,
);

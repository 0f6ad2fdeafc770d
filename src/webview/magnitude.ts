// How large the numbers of a tensor are, against the largest of their type: in figures, and as a bar on a log scale.

import { html, nothing, svg, type TemplateResult } from 'lit';
import type { NonFiniteRun, TensorSummary } from '../protocol/dump-view';
import type { StringKey } from '../protocol/strings';
import type { Markup } from './markup';
import { formatCount, formatShape, formatValue } from './number-format';
import type { PageContext } from './page-context';

/** Where bars begin: below it, no training overflows. */
const smallest = 1e-8;
const largestHalf = 65_504;
const largestSingle = 3.4028234663852886e38;
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
    ${barOf(summary, goodAbsMax)}
    <span class="visually-hidden">${absMax === null ? '' : atMost} ${together}</span>
  </div>`;
}

const shortNames: Readonly<Record<NonFiniteRun['kind'], StringKey>> = {
  nan: 'nanCount',
  inf: 'positiveInfinityCount',
  '-inf': 'negativeInfinityCount',
};

/** `NaN 12, −Inf 4`. */
function brokenWords(context: PageContext, { nonFinite }: TensorSummary): string {
  const words = nonFinite.map(({ kind, count }) => {
    const name = context.text(shortNames[kind]);
    return count === null ? name : `${name} ${formatCount(count, context.language)}`;
  });
  return words.join(', ');
}

function barOf({ absMax, limit, dtype, nonFinite }: TensorSummary, goodAbsMax: number | null): Markup {
  const isBroken = nonFinite.length > 0;
  if (absMax === null && !isBroken) return nothing;
  const size = absMax ?? 0;
  if (limit !== null) {
    const level = isBroken ? 'broken-bar' : size * nearLimit >= limit ? 'near-bar' : 'plain-bar';
    return bar(
      level,
      isBroken ? 100 : barLength(size, limit),
      goodAbsMax === null ? null : barLength(goodAbsMax, limit),
    );
  }
  // A type that is known and has no limit has no infinity either.
  if (dtype !== null) return nothing;
  const level = isBroken ? 'broken-bar' : size > largestHalf ? 'near-bar' : 'plain-bar';
  return bar(level, isBroken ? 100 : barLength(size, largestSingle), barLength(largestHalf, largestSingle));
}

/** @param mark where a tick stands, from 0 to 100 */
function bar(level: string, length: number, mark: number | null): TemplateResult {
  return html`<svg class="bar ${level}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    <rect class="bar-track" x="0" y="0" width="100" height="6" />
    <path class="bar-fill" d="M0 3H${length}" />
    ${mark === null ? nothing : svg`<rect class="bar-mark" x=${Math.min(99, mark)} y="0" width="1" height="6" />`}
  </svg>`;
}

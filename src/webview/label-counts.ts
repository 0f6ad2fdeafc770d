// How often each label occurs in the batch, where the recorder kept it.

import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { LabelCountsView } from '../protocol/dump-view';
import type { Markup } from './markup';
import { formatCount } from './number-format';
import type { PageContext } from './page-context';

@customElement('nanlens-label-counts')
export class LabelCountsElement extends LitElement {
  @property({ attribute: false }) context?: PageContext;
  @property({ type: Number }) generation = 0;

  @state() private vectors: readonly LabelCountsView[] = [];

  protected override createRenderRoot(): this {
    return this;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('generation') || changed.has('context')) void this.load();
  }

  protected override render(): Markup {
    const { context } = this;
    if (!context) return nothing;
    return html`${this.vectors.map(({ name, counts, labelsLeftOut }) => {
      const title = context.text('labelCounts', name);
      const most = Math.max(1, ...counts.map(({ count }) => count));
      return html`<h3 class="table-title">${title}</h3>
        <div class="table-frame tall" tabindex="0" role="group" aria-label=${title}>
          <table class="labels">
            <caption class="visually-hidden">${title}</caption>
            <thead>
              <tr>
                <th scope="col" class="number">${context.text('labelColumn')}</th>
                <th scope="col" class="number">${context.text('countColumn')}</th>
                <td></td>
              </tr>
            </thead>
            <tbody>
              ${counts.map(
                ({ label, count }) => html`<tr>
                  <th scope="row" class="number">${label}</th>
                  <td class="number">${formatCount(count, context.language)}</td>
                  <td aria-hidden="true">
                    <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" focusable="false">
                      <path class="bar-fill" d="M0 3H${(100 * count) / most}" />
                    </svg>
                  </td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
        ${labelsLeftOut > 0 ? html`<p class="quiet">${context.text('andMore', labelsLeftOut)}</p>` : nothing}`;
    })}`;
  }

  private async load(): Promise<void> {
    const { context, generation } = this;
    if (!context) return;
    try {
      const vectors = await context.host.request('labelCounts', { generation });
      if (this.generation === generation) this.vectors = vectors;
    } catch {
      // That the tensors cannot be read is said where their map would be.
    }
  }
}

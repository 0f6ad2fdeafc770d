// The lines of the artefact itself that say what is claimed above them.

import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { TextExcerpt } from '../protocol/dump-view';
import { codeListing, type Markup } from './markup';
import type { PageContext } from './page-context';

@customElement('nanlens-raw-text')
export class RawTextElement extends LitElement {
  @property({ attribute: false }) context?: PageContext;
  @property({ type: Number }) index = 0;
  @property({ type: Number }) generation = 0;

  @state() private excerpt: TextExcerpt | null = null;
  @state() private note = '';

  protected override createRenderRoot(): this {
    return this;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('generation') || changed.has('index')) void this.load();
  }

  protected override render(): Markup {
    const { context, excerpt } = this;
    if (!context) return nothing;
    if (!excerpt) return html`<p class="quiet">${this.note || context.text('loadingText')}</p>`;
    const last = excerpt.firstLine + excerpt.lines.length - 1;
    return codeListing(context, excerpt, context.text('rawTextLines', excerpt.firstLine, last));
  }

  private async load(): Promise<void> {
    const { context, index, generation } = this;
    if (!context) return;
    try {
      const excerpt = await context.host.request('textExcerpt', { generation, anomaly: index });
      if (this.generation === generation) this.excerpt = excerpt;
      this.note = excerpt ? '' : '–';
    } catch (error) {
      this.note = error instanceof Error ? error.message : String(error);
    }
  }
}

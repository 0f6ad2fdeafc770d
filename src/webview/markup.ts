// Small pieces of markup that several sections share. Everything from a dump goes in as text, never as markup.

import { html, nothing, type TemplateResult } from 'lit';
import type { TextExcerpt } from '../protocol/dump-view';
import type { PageContext } from './page-context';

export type Markup = TemplateResult | typeof nothing;

/** Text in which backticks mark code, as verdicts are written. */
export function withCode(text: string): TemplateResult {
  const parts = text.split('`');
  // An odd backtick opens nothing that closes, so it stays what it is.
  if (parts.length % 2 === 0) return html`${text}`;
  return html`${parts.map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

export function section(id: string, title: string, content: unknown): TemplateResult {
  return html`<section aria-labelledby="${id}-heading" data-section=${id}>
    <h2 id="${id}-heading">${title}</h2>
    ${content}
  </section>`;
}

/** A fold whose content is made only while it stands open, and which is remembered. */
export function fold(
  context: PageContext,
  key: string,
  summary: unknown,
  content: () => unknown,
  onToggle: () => void,
): TemplateResult {
  const open = context.isOpen(key);
  const toggle = (event: Event) => {
    const details = event.currentTarget;
    if (!(details instanceof HTMLDetailsElement) || details.open === context.isOpen(key)) return;
    context.setOpen(key, details.open);
    onToggle();
  };
  return html`<details ?open=${open} @toggle=${toggle} data-fold=${key}>
    <summary>${summary}</summary>
    ${open ? html`<div class="fold-content">${content()}</div>` : nothing}
  </details>`;
}

/** Numbered lines, the blamed ones marked by colour, by a bar, by a sign and in words. */
export function codeListing(context: PageContext, excerpt: TextExcerpt, name: string): TemplateResult {
  const last = excerpt.firstLine + excerpt.lines.length - 1;
  const digits = String(last).length;
  return html`<div class="code" role="group" aria-label=${name} data-digits=${digits}>
    ${excerpt.lines.map((text, i) => {
      const line = excerpt.firstLine + i;
      const marked = line >= excerpt.marked.first && line <= excerpt.marked.last;
      return html`<div class="code-line ${marked ? 'marked' : ''}" data-line=${line}
        ><span class="line-number" aria-hidden="true">${line}</span
        >${marked ? html`<span class="visually-hidden">${context.text('blamedLine')} ${line}: </span>` : nothing}<code
          >${text}</code
        ></div>`;
    })}
  </div>`;
}

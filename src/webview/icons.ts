// Small drawings in the text colour. Inline, so that the page loads no font and no picture.

import { html, svg, type TemplateResult } from 'lit';

function icon(shape: TemplateResult): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${shape}</svg>`;
}

export const broken = icon(svg`<path
  d="M8 1.2 15.2 14H.8L8 1.2Zm0 2.1L2.5 13h11L8 3.3ZM7.4 6.4h1.2v3.6H7.4V6.4Zm0 4.5h1.2v1.2H7.4v-1.2Z" />`);

export const healthy = icon(svg`<path
  d="M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm0 1.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2Zm3.3 3 .9.8-4.9 5.5-3-2.9.8-.9 2.1 2 4.1-4.5Z" />`);

export const unreadable = icon(svg`<path
  d="M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm0 1.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2Zm-2 3 2 2 2-2 .9.8-2.1 2 2.1 2.1-.9.8-2-2-2 2-.9-.8 2.1-2.1-2.1-2 .9-.8Z" />`);

export const notice = icon(svg`<path
  d="M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm0 1.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2ZM7.4 7h1.2v4.6H7.4V7Zm0-2.4h1.2v1.2H7.4V4.6Z" />`);

export const arrow = icon(svg`<path d="M9.2 3.2 14 8l-4.8 4.8-.9-.9 3.3-3.3H2V7.4h9.6L8.3 4.1l.9-.9Z" />`);

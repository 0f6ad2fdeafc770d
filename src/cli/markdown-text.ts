// Our own Markdown (rule pages and summaries) as plain, wrapped terminal text.

import { wrap } from './arguments';
import type { Paint } from './terminal';

const PLAIN: Pick<Paint, 'bold' | 'cyan' | 'dim'> = {
  bold: (text) => text,
  cyan: (text) => text,
  dim: (text) => text,
};

/** Code spans, emphasis and links of one wrapped paragraph. */
function inline(text: string, paint: Pick<Paint, 'bold' | 'cyan' | 'dim'>): string {
  // Split at code spans first: what stands in them is not Markdown.
  return text
    .split(/(`[^`]*`)/)
    .map((part) => {
      if (part.length > 1 && part.startsWith('`')) return paint.cyan(part.slice(1, -1));
      return part
        .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, '$1 ($2)')
        .replace(/\*\*([^*]+)\*\*/g, (_, strong: string) => paint.bold(strong))
        .replace(/(^|[\s(])[*_]([^*_\s][^*_]*)[*_](?=$|[\s.,;:)])/g, '$1$2');
    })
    .join('');
}

/** Headings, paragraphs, lists, tables and code blocks as text of at most `width` columns where words allow. */
export function markdownToText(
  markdown: string,
  width: number,
  paint: Pick<Paint, 'bold' | 'cyan' | 'dim'> = PLAIN,
): string {
  const out: string[] = [];
  let paragraph: string[] = [];
  const flush = (): void => {
    if (paragraph.length === 0) return;
    const [first = ''] = paragraph;
    const bullet = /^(\s*(?:[-*]|\d+\.)\s+)/.exec(first)?.[1] ?? '';
    const text = paragraph.join(' ').slice(bullet.length);
    const room = width - bullet.length;
    // Wrapped before it is painted: escape codes have no width.
    const lines = wrap(text, room);
    const painted = inline(lines.join('\n'), paint).split('\n');
    for (const [i, line] of painted.entries()) out.push(`${i === 0 ? bullet : ' '.repeat(bullet.length)}${line}`);
    paragraph = [];
  };
  let isCode = false;
  for (const line of markdown.split('\n')) {
    if (line.trimStart().startsWith('```')) {
      flush();
      isCode = !isCode;
    } else if (isCode) {
      out.push(line === '' ? '' : `    ${line}`);
    } else if (line.trim() === '') {
      flush();
      if (out.length > 0 && out.at(-1) !== '') out.push('');
    } else if (line.startsWith('#')) {
      flush();
      out.push(paint.bold(inline(line.replace(/^#+\s*/, ''), PLAIN)));
    } else if (line.startsWith('|')) {
      flush();
      if (!/^[|\s:-]+$/.test(line)) out.push(inline(line, paint));
    } else {
      if (/^\s*(?:[-*]|\d+\.)\s+/.test(line)) flush();
      paragraph.push(paragraph.length === 0 ? line.trimEnd() : line.trim());
    }
  }
  flush();
  while (out.at(-1) === '') out.pop();
  return out.join('\n');
}

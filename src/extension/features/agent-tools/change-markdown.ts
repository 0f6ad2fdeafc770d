// The change that a person is asked to agree to, as Markdown in which no word of a file can become a link or a command.

import { boundedDiff } from '../../../agent/answers';
import { fenced, plain } from '../../quoted-markdown';

export interface ShownChange {
  readonly path: string;
  /** Of the fix; may quote the file. */
  readonly title: string;
  readonly code: string;
  readonly warning: string | undefined;
  readonly diff: string;
}

export function changeAsMarkdown({ path, title, code, warning, diff }: ShownChange): string {
  return [
    `${plain(path)}: ${plain(title)} (${plain(code)})`,
    ...(warning === undefined ? [] : ['', `**${plain(warning)}**`]),
    '',
    ...fenced(boundedDiff(diff, []).trimEnd(), 'diff'),
  ].join('\n');
}

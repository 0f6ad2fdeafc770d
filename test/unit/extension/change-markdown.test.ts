// What a person is asked to agree to: whatever the file holds, it stays text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeAsMarkdown } from '../../../src/extension/features/agent-tools/change-markdown';

test('no word of the file breaks out of the change', () => {
  const diff = '--- a\n+++ a\n@@ -1 +1 @@\n-x\n+"""\n````\n[go](command:evil)\n"""\n';
  const lines = changeAsMarkdown({
    path: '[a](command:b)/<img src=x>.py',
    title: 'Write `x` ![](http://evil)',
    code: 'NAN101',
    warning: 'This *may* change results.',
    diff,
  }).split('\n');
  const fence = lines.findIndex((line) => /^`{5}diff$/.test(line));
  assert.ok(fence > 0);
  assert.equal(lines.at(-1), '`````');
  assert.deepEqual(lines.slice(fence + 1, -1).join('\n'), diff.trimEnd());
  const before = lines.slice(0, fence).join('\n');
  assert.doesNotMatch(before, /(?<!\\)[[\]`<>]/);
  assert.match(before, /\n\*\*This \\\*may\\\* change results\.\*\*\n/);
});

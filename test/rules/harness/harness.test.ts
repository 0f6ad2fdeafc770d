// The fixture harness itself: it reads what is written, and it does notice what it is there to notice.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Finding, Fix } from '../../../src/analyzer/finding';
import { applyHunks } from './apply-hunks';
import { compareFindings, compareFixes } from './expectations';
import { checkFinding } from './finding-checks';
import type { Fixture } from './fixture';
import { readFixtures } from './markdown';
import { importedNames, renameImport, tokenize } from './python-tokens';

const PROGRAM = `# NAN101 log-of-possible-zero

## Group

### Case

\`\`\`python min-confidence=possible
import torch
x = torch.log(p)  # error: [NAN101] (likely) "possible zero"
#   ^^^^^^^^^^^^
\`\`\`

\`\`\`diff title="clamp" safety=unsafe
-x = torch.log(p)
+x = torch.log(p.clamp(min=1e-6))
\`\`\`
`;

function only(text: string): Fixture {
  const [fixture] = readFixtures('NAN101.md', text);
  assert.ok(fixture);
  return fixture;
}

const fix: Fix = {
  title: 'Clamp the operand',
  safety: 'unsafe',
  edits: [{ span: { start: 28, end: 28 }, text: '.clamp(min=1e-6)' }],
};
const finding: Finding = {
  code: 'NAN101',
  name: 'log-of-possible-zero',
  severity: 'warning',
  confidence: 'likely',
  span: { start: 17, end: 29 },
  message: '`p` is a possible zero.',
  related: [],
  fixes: [fix],
};

describe('fixture harness', () => {
  test('reads a program, its mark and its diff', () => {
    const fixture = only(PROGRAM);
    assert.equal(fixture.source, 'import torch\nx = torch.log(p)\n');
    assert.equal(fixture.title, 'Group › Case');
    assert.equal(fixture.config.minConfidence, 'possible');
    assert.deepEqual(fixture.marks, [
      { code: 'NAN101', line: 1, span: { start: 17, end: 29 }, confidence: 'likely', message: 'possible zero' },
    ]);
    assert.deepEqual(compareFindings(fixture, [finding]), []);
    assert.deepEqual(compareFixes(fixture, [finding]), []);
  });

  const wrong: Record<string, Partial<Finding>> = {
    'another span': { span: { start: 17, end: 28 } },
    'another line': { span: { start: 0, end: 6 } },
    'another code': { code: 'NAN102' },
    'another confidence': { confidence: 'proven' },
    'another message': { message: '`p` is zero.' },
  };
  for (const [what, change] of Object.entries(wrong)) {
    test(`notices ${what}`, () => {
      assert.notDeepEqual(compareFindings(only(PROGRAM), [{ ...finding, ...change }]), []);
    });
  }

  test('notices a finding too few and one too many', () => {
    assert.equal(compareFindings(only(PROGRAM), []).length, 1);
    assert.equal(compareFindings(only(PROGRAM), [finding, finding]).length, 1);
  });

  test('notices a fix of another text, title or safety', () => {
    const changes: Partial<Fix>[] = [{ edits: [] }, { title: 'Add' }, { safety: 'safe' }];
    for (const change of changes) {
      assert.equal(compareFixes(only(PROGRAM), [{ ...finding, fixes: [{ ...fix, ...change }] }]).length, 1);
    }
  });

  test('a span over lines is drawn line by line', () => {
    const text = '# T\n```python\nx = f(  # error: [NAN101]\n#   ^^\n    y)\n#   ^^\nz\n```\n';
    const { marks, source } = only(text);
    assert.equal(source, 'x = f(\n    y)\nz\n');
    assert.deepEqual(marks[0]?.span, { start: 4, end: 13 });
  });

  const mistakes: Record<string, string> = {
    'an open block': '# T\n```python\nx\n',
    'an unknown language': '# T\n```js\nx\n```\n',
    'an unknown setting': '# T\n```python sellect=NAN101\nx\n```\n',
    'carets without a mark': '# T\n```python\nx = 1\n#   ^\n```\n',
    'a mark that cannot be read': '# T\n```python\nx = 1  # error: NAN101\n```\n',
    'too few carets': '# T\n```python\nx = f(y) + f(z)  # error: [NAN101] # error: [NAN101]\n#   ^^^^\n```\n',
    'a diff without a program': '# T\n```diff\n-x\n```\n',
    'an empty diff': '# T\n```python\nx\n```\n```diff\n```\n',
  };
  for (const [what, text] of Object.entries(mistakes)) {
    test(`refuses ${what}`, () => {
      assert.throws(() => readFixtures('NAN101.md', text), /^Error: NAN101\.md:\d+/);
    });
  }

  test('a diff must fit the program', () => {
    assert.throws(() => applyHunks('a\nb\n', [{ before: ['c'], after: ['d'] }]));
    assert.equal(applyHunks('a\nb\na\n', [{ before: ['b', 'a'], after: ['b'] }]), 'a\nb\n');
  });

  test('a message names its operand in one or two sentences', () => {
    const rules = [{ code: 'NAN101', name: 'log-of-possible-zero', fixable: 'unsafe' }] as unknown as Parameters<
      typeof checkFinding
    >[2];
    const source = 'import torch\nx = torch.log(p)\n';
    assert.deepEqual(checkFinding(source, finding, rules), []);
    const messages = ['p is zero.', '`q` is zero.', '`p` is zero', '`p` is zero. It is. It really is.'];
    for (const message of messages)
      assert.equal(checkFinding(source, { ...finding, message }, rules).length, 1, message);
    const outside = { ...finding, span: { start: 90, end: 99 } };
    assert.equal(checkFinding(source, outside, rules).length, 1);
    const safe = { ...finding, fixes: [{ ...fix, safety: 'safe' as const }] };
    assert.equal(checkFinding(source, safe, rules).length, 1);
  });

  test('tokens and imports are renamed only where they are names', () => {
    const source = 'from torch import log as L, nn\nimport numpy as np\nx = nn.f(nn=L(np.np), y="a")  # nn\n';
    assert.deepEqual(importedNames(source), ['L', 'nn', 'np']);
    assert.equal(
      renameImport(source, 'nn', 'm'),
      'from torch import log as L, nn as m\nimport numpy as np\nx = m.f(nn=L(np.np), y="a")  # nn\n',
    );
    assert.equal(
      renameImport(source, 'np', 'n'),
      'from torch import log as L, nn\nimport numpy as n\nx = nn.f(nn=L(n.np), y="a")  # nn\n',
    );
    assert.equal(renameImport('import re\nx = f"{re.x}"\n', 're', 'r'), undefined);
    assert.deepEqual(
      tokenize('a **= 1e-8 # x\n"""b\n"""').map(({ text }) => text),
      ['a', '**=', '1e-8', '# x', '"""b\n"""'],
    );
  });
});

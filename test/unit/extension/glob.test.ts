// Patterns of `files.exclude` mean what VS Code's documentation says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hiddenBy } from '../../../src/extension/workspace-check/glob';

function matches(pattern: string, path: string): boolean {
  return hiddenBy({ [pattern]: true })(path);
}

test('globs meet whole paths', () => {
  const yes: readonly [string, string][] = [
    ['**/.git', '.git'],
    ['**/.git', 'a/b/.git'],
    ['**/*.py', 'x.py'],
    ['**/*.py', 'a/b/x.py'],
    ['data/**', 'data/raw/x.py'],
    ['data/**', 'data'],
    ['data/', 'data'],
    ['*.py', 'x.py'],
    ['a/**/z.py', 'a/z.py'],
    ['a/**/z.py', 'a/b/c/z.py'],
    ['**/{gen,tmp*}/x.py', 'a/tmp3/x.py'],
    ['**/*.{py,ipynb}', 'n.ipynb'],
    ['run[0-9].py', 'run7.py'],
    ['run[!0-9].py', 'runs.py'],
    ['?.py', 'a.py'],
    ['a+b (1).py', 'a+b (1).py'],
    ['**', 'any/thing.py'],
  ];
  const no: readonly [string, string][] = [
    ['*.py', 'a/x.py'],
    ['.git', 'a/.git'],
    ['**/git', 'a/digit'],
    ['?.py', 'ab.py'],
    ['a?b.py', 'a/b.py'],
    ['run[!0-9].py', 'run7.py'],
    ['data/**', 'database/x.py'],
    ['x.py', 'xzpy'],
  ];
  assert.deepEqual(
    yes.filter(([pattern, path]) => !matches(pattern, path)),
    [],
  );
  assert.deepEqual(
    no.filter(([pattern, path]) => matches(pattern, path)),
    [],
  );
});

test('what is switched off, conditional or no pattern hides nothing', () => {
  const setting = { 'a.py': false, 'b.py': { when: '$(basename).ts' }, '[z-a].py': true, 'c.py': true };
  const isHidden = hiddenBy(setting);
  assert.deepEqual(['a.py', 'b.py', 'z.py', 'c.py'].map(isHidden), [false, false, false, true]);
  for (const value of [undefined, null, 7, 'x', []]) assert.equal(hiddenBy(value)('a.py'), false);
});

// Paths of other machines find their file here by their tail, and never climb out of where they are looked for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyMapping,
  bestSuffixMatches,
  globForName,
  isAbsolutePath,
  localPath,
  locateLine,
  mappingOf,
  pathSegments,
} from '../../../src/extension/features/dump-viewer/path-suffix';

test('the longest common tail wins; equal tails are all kept', () => {
  const files = ['/ws/a/models/losses.py', '/ws/b/models/losses.py', '/ws/losses.py', '/ws/b/models/losses.pyi'];
  assert.deepEqual(bestSuffixMatches('/home/ada/b/models/losses.py', files), ['/ws/b/models/losses.py']);
  assert.deepEqual(bestSuffixMatches('C:\\Users\\Ada\\a\\models\\losses.py', files), ['/ws/a/models/losses.py']);
  assert.deepEqual(bestSuffixMatches('models/losses.py', files), files.slice(0, 2));
  assert.deepEqual(bestSuffixMatches('/other/train.py', files), []);
});

test('what names no file matches none', () => {
  for (const path of ['', '/', '..', '<stdin>', '<frozen runpy>', '../..', 'a\0b']) {
    assert.deepEqual(bestSuffixMatches(path, ['/ws/a.py', '/ws/b']), [], path);
  }
  assert.deepEqual(pathSegments('../../etc/./passwd'), ['etc', 'passwd']);
});

test('a choice of one file answers for its folder, and only for it', () => {
  const mapping = mappingOf('/cluster/job7/src/models/losses.py', '/ws/project/src/models/losses.py');
  assert.ok(mapping);
  assert.equal(applyMapping(mapping, '/cluster/job7/src/train.py'), '/ws/project/src/train.py');
  assert.equal(applyMapping(mapping, '/cluster/job7/../../etc/passwd'), undefined);
  assert.equal(applyMapping(mapping, '/usr/lib/python3/ast.py'), undefined);
  assert.equal(mappingOf('/a/x.py', '/b/y.py'), undefined);
});

test('absolute is what any system calls so', () => {
  for (const path of ['/a', 'C:\\a', 'c:/a', '\\\\host\\share']) assert.equal(isAbsolutePath(path), true, path);
  for (const path of ['a/b', './a', 'C:a', '']) assert.equal(isAbsolutePath(path), false, path);
});

test('no path names another computer', () => {
  for (const path of [
    '\\\\host\\share\\a.py',
    '//host/share/a.py',
    '\\/host/share/a.py',
    '/\\host\\share/a.py',
    '///host/share/a.py',
  ]) {
    assert.equal(localPath(path), '/host/share/a.py', path);
  }
  assert.equal(localPath('/home/ada/a.py'), '/home/ada/a.py');
  assert.equal(localPath('C:\\runs\\a.py'), '/C:/runs/a.py');
  assert.equal(localPath('file:///etc/passwd'), '/file:///etc/passwd');
});

test('a name with characters that globs know is looked for as it is written', () => {
  assert.equal(globForName('a[1]{x}*.py'), '**/a?1??x??.py');
  assert.equal(globForName('train.py'), '**/train.py');
});

test('a line is found where it stands, where it went, or said to be gone', () => {
  const lines = ['import torch', 'x = 1', '    loss = f(x)', 'y = 2', 'loss = f(x)'];
  assert.deepEqual(locateLine(lines, 3, 'loss = f(x)'), { kind: 'same', line: 3 });
  assert.deepEqual(locateLine(lines, 1, 'loss = f(x)'), { kind: 'moved', line: 3 });
  assert.deepEqual(locateLine(lines, 4, '  loss = f(x)  '), { kind: 'moved', line: 3 });
  assert.deepEqual(locateLine(lines, 2, 'loss = g(x)'), { kind: 'differs', line: 2 });
  assert.deepEqual(locateLine(lines, 99, null), { kind: 'unknown', line: 5 });
  assert.deepEqual(locateLine([], 3, 'x'), { kind: 'differs', line: 1 });
  assert.deepEqual(locateLine(lines, -4, ''), { kind: 'unknown', line: 1 });
});

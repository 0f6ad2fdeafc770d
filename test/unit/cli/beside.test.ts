// Configuration files beside a script, as the command line finds them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filesBeside } from '../../../src/cli/beside';
import { Workspace } from './harness';

const SCRIPT = 'import deepspeed\nargs = TrainingArguments(deepspeed="conf/ds.json")\n';

/** What is read for `script` in a folder with these files. */
async function read(files: Readonly<Record<string, string>>, script: string | undefined): Promise<unknown> {
  let found: unknown;
  await Workspace.with(files, async (workspace) => {
    const file = script === undefined ? undefined : workspace.at(script);
    found = await filesBeside({ texts: [SCRIPT], isNotebook: false }, file, workspace.folder);
  });
  return found;
}

describe('files beside a script', () => {
  it('are read from its folder', async () =>
    assert.deepEqual(await read({ 'a/conf/ds.json': '{}', 'conf/ds.json': '[]' }, 'a/train.py'), {
      'conf/ds.json': '{}',
    }));

  it('or from where the command runs', async () => {
    assert.deepEqual(await read({ 'conf/ds.json': '[]' }, 'a/train.py'), { 'conf/ds.json': '[]' });
    assert.deepEqual(await read({ 'conf/ds.json': '[]' }, undefined), { 'conf/ds.json': '[]' });
  });

  it('and need not be there, nor be files', async () => {
    assert.deepEqual(await read({}, 'train.py'), {});
    assert.deepEqual(await read({ 'conf/ds.json/x.txt': '' }, 'train.py'), {});
  });

  it('unless they are data', async () =>
    assert.deepEqual(await read({ 'conf/ds.json': ' '.repeat(2 << 20) }, 'train.py'), {}));
});

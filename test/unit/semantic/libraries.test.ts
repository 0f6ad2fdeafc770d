// The tables of the libraries: what they name, somebody knows how to compute.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JAX } from '../../../src/semantic/libraries/jax';
import { NUMPY, PYTHON } from '../../../src/semantic/libraries/numpy';
import { PYTENSOR } from '../../../src/semantic/libraries/pytensor';
import { type LibraryTable, parseSignature } from '../../../src/semantic/libraries/table';
import { KERAS, TENSORFLOW } from '../../../src/semantic/libraries/tensorflow';
import { TORCH } from '../../../src/semantic/libraries/torch';
import { hasTransfer } from '../../../src/semantic/operations';

const TABLES: Readonly<Record<string, LibraryTable>> = { TORCH, NUMPY, PYTHON, TENSORFLOW, KERAS, JAX, PYTENSOR };

for (const [name, table] of Object.entries(TABLES)) {
  test(`every operation of ${name} has a transfer function`, () => {
    const { framework } = table;
    const groups = [...Object.values(table.functions), table.methods, ...Object.values(table.modules)];
    const missing = groups
      .flatMap((group) => Object.entries(group))
      .filter(([, spec]) => !hasTransfer(parseSignature(spec, framework).operation))
      .map(([call, spec]) => `${call}: ${spec}`);
    assert.deepEqual(missing, []);
  });
}

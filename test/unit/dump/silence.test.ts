// Lines that hold the words of NaN and tell of none: no anomaly, whatever reader looks at them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesSource } from '../../../src/dump/byte-source';
import { openDump } from '../../../src/dump/open';

const quiet: Record<string, string> = {
  'a document about a loss': 'An empty cell is read as NaN, and one of them makes the whole loss NaN. Fill them first.',
  'a text that is no number': `Traceback (most recent call last):
  File "/home/ada/table.py", line 3, in <module>
    ages = [int(cell) for cell in row]
ValueError: invalid literal for int() with base 10: 'nan'`,
  'a key that is called nan': `Traceback (most recent call last):
  File "/home/ada/table.py", line 9, in <module>
    names["nan"]
KeyError: 'nan'`,
  'a listing of a check': `def safe(x):
    try:
        return tf.debugging.check_numerics(x, "gate")
    except tf.errors.InvalidArgumentError as error:
        assert "gate : Tensor had NaN values" in error.message`,
  'a difference of files': `diff --git a/notes.json b/notes.json
+Invalid nan value encountered in the output of a jax.jit function. Calling the de-optimized version.
+  "message": "FloatingPointError: invalid value (nan) encountered in log",
-FloatingPointError: invalid value (inf) encountered in exp`,
  'a document that quotes an error': '> InvalidArgumentError: LossTensor is inf or nan. : Tensor had NaN values',
  'a comment on a warning': '# 1e-5 keeps "RuntimeWarning: divide by zero encountered in log" away',
  'a warning of another kind': `/home/ada/serve.py:12: RuntimeWarning: coroutine 'infer' was never awaited
  infer(batch)`,
  'an underflow': `/home/ada/kernel.py:4: RuntimeWarning: underflow encountered in exp
  return np.exp(-distance)`,
  'a division in plain Python': `Traceback (most recent call last):
  File "/home/ada/mean.py", line 2, in mean
    return sum(values) / len(values)
ZeroDivisionError: division by zero`,
  'a check of checkify that is no NaN': 'jax._src.checkify.JaxRuntimeError: index out of bounds (`check` failed)',
  'a table of data': '   rooms  alley   price\n0    NaN    NaN  127500\n1    2.0    NaN  106000',
  'a result that is built': 'result = Fit(slope=slope,\n             standard_error=NaN, estimate=NaN)',
  'a pattern of a format': "print('Batch %d: Invalid loss, terminating training' % batch)",
  'a report of pytest': `=================================== FAILURES ===================================
___________________________________ test_rows ___________________________________

    def test_rows():
>       assert names == ["nan", "inf"]
E       AssertionError: assert ['info'] == ['nan', 'inf']

test_names.py:4: AssertionError
=========================== short test summary info ============================
FAILED test_names.py::test_rows - AssertionError: assert ['info'] == ['nan', 'inf']`,
  'a table of rich': `[07:33:59] INFO     infinite loader on, inf_nan_filter=True    run.py:8
           INFO     epoch 1 loss 0.52 nano-inference model    run.py:9`,
};

for (const [name, text] of Object.entries(quiet)) {
  test(`${name} tells of no NaN`, async () => {
    const { dump } = await openDump(
      bytesSource('x', new TextEncoder().encode(`${text}\n`)),
      new AbortController().signal,
    );
    assert.deepEqual(
      dump.anomalies.map(({ kind, message }) => [kind, message]),
      [],
    );
  });
}

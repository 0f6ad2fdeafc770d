// What rich and pytest draw is the same stacks and lines as Python's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanLine, noHints } from '../../../src/dump/log/prefix';
import { PytestReport } from '../../../src/dump/log/pytest-report';
import { RichLayout } from '../../../src/dump/log/rich-layout';

function through(layout: RichLayout | PytestReport, text: string): string[] {
  const lines = text.split('\n').flatMap((line, i) => cleanLine(i + 1, line, true, noHints));
  return [...lines.flatMap((line) => layout.push(line)), ...layout.end()].map((line) => line.text.trimEnd());
}

test('a message that a table breaks is one line again, and its own lines stay', () => {
  const table = [
    '[11/22/26 15:36:43] WARNING  /home/ada/fit.py:12:     warnings.py:109',
    `${' '.repeat(29)}RuntimeWarning: divide by                  `,
    `${' '.repeat(29)}zero encountered in log                    `,
    `${' '.repeat(29)}  return np.log(p)                         `,
    `${' '.repeat(20)}INFO     step 1 loss 0.5          fit.py:20`,
    'done',
  ].join('\n');
  assert.deepEqual(through(new RichLayout(), table), [
    '/home/ada/fit.py:12: RuntimeWarning: divide by zero encountered in log',
    '  return np.log(p)',
    'step 1 loss 0.5',
    'done',
  ]);
});

test('a word that is wider than the column is whole again', () => {
  const table = [
    `[15:36:43] ERROR    ${'x'.repeat(20)} a.py:1`,
    `${' '.repeat(20)}${'y'.repeat(8)} end           `,
  ].join('\n');
  assert.deepEqual(through(new RichLayout(), table), [`${'x'.repeat(20)}${'y'.repeat(8)} end`]);
});

test('a traceback in a box, with local variables and a path over two rows', () => {
  const box = `╭──────── Traceback (most recent call last) ────────╮
│ /home/ada/project/a_rather_long_folder/train.py:4 │
│ 0 in fit                                          │
│                                                   │
│   39 │   for step in range(3):                    │
│ ❱ 40 │   │   loss.backward()                      │
│   41                                              │
│                                                   │
│ ╭──── locals ────╮                                │
│ │ loss = nan     │                                │
│ ╰────────────────╯                                │
╰───────────────────────────────────────────────────╯
RuntimeError: Function 'LogBackward0' returned nan
values in its 0th output.
bye`;
  assert.deepEqual(through(new RichLayout(), box), [
    'Traceback (most recent call last):',
    '  File "/home/ada/project/a_rather_long_folder/train.py", line 40, in fit',
    '    loss.backward()',
    "RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.",
    'bye',
  ]);
});

test('a failure of pytest comes after what its test had printed', () => {
  const report = `=================================== FAILURES ===================================
____________________________________ test_fit ____________________________________

    def test_fit():
>       fit()

test_fit.py:9: 
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ 

rate = 0.1

    def fit(rate=0.1):
>       raise FloatingPointError("loss is nan")
E       FloatingPointError: loss is nan

fit.py:3: FloatingPointError
----------------------------- Captured stdout call -----------------------------
step 0 loss 0.5
=============================== warnings summary ===============================
test_fit.py::test_fit
  /home/ada/fit.py:2: RuntimeWarning: overflow encountered in exp
    return np.exp(x)

-- Docs: https://docs.pytest.org/en/stable/how-to/capture-warnings.html
=========================== short test summary info ============================
FAILED test_fit.py::test_fit - FloatingPointError: loss is nan`;
  assert.deepEqual(
    through(new PytestReport(), report).filter((line) => line !== '' && !line.startsWith('===')),
    [
      'step 0 loss 0.5',
      'Traceback (most recent call last):',
      '  File "test_fit.py", line 9, in test_fit',
      '    fit()',
      '  File "fit.py", line 3, in fit',
      '    raise FloatingPointError("loss is nan")',
      'FloatingPointError: loss is nan',
      'test_fit.py::test_fit',
      '/home/ada/fit.py:2: RuntimeWarning: overflow encountered in exp',
      '  return np.exp(x)',
      '-- Docs: https://docs.pytest.org/en/stable/how-to/capture-warnings.html',
    ],
  );
});

test('text of any other kind goes through as it is', () => {
  const text = '=== part one ===\n    INFO  four\n[12:00] INFO five\n| a | b |\n+---+\nE   no error\n> quoted';
  assert.deepEqual(through(new RichLayout(), text), text.split('\n'));
  assert.deepEqual(through(new PytestReport(), text), text.split('\n'));
});

test("pytest's summary repeats failures that were told of, and tells of them where tracebacks are off", () => {
  const summary = [
    '========== short test summary info ==========',
    "FAILED test_fit.py::test_slope - RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.",
    '========== 1 failed in 0.50s ==========',
  ];
  const failure = [
    '========== FAILURES ==========',
    '_____ test_slope _____',
    '    def test_slope():',
    '>       loss.backward()',
    "E       RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.",
    '',
    'test_fit.py:9: RuntimeError',
  ];
  const repeats = (lines: readonly string[]) =>
    through(new PytestReport(), lines.join('\n')).filter((line) => line.includes('LogBackward0')).length;
  assert.equal(repeats(summary), 1);
  assert.equal(repeats([...failure, ...summary]), 1);
});

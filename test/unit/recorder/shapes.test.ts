// Where the recorder goes in training scripts of every shape: shapes.md holds programs and what becomes of them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import type { Analyzer } from '../../../src/analyzer/analyzer';
import { removeRecorder } from '../../../src/analyzer/recorder/remove';
import { showDifference } from '../../rules/harness/apply-hunks';
import { compileErrors } from '../checkpoints/checkpointing';
import { newAnalyzer, recorded, removed } from './recording';

interface Shape {
  readonly title: string;
  readonly program: string;
  /** The body of a diff with one line of context. */
  readonly change: string;
  readonly problems: readonly string[];
}

function shapes(): Shape[] {
  const text = readFileSync(path.join(process.cwd(), 'test/unit/recorder/shapes.md'), 'utf8');
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const block = (language: string): string =>
        new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(section)?.[1] ?? '';
      const problems = block('text').trimEnd();
      return {
        title: section.split('\n', 1)[0] ?? '',
        program: block('python'),
        change: block('diff').trimEnd(),
        problems: problems === '' ? [] : problems.split('\n'),
      };
    });
}

let analyzer: Analyzer;
before(async () => {
  analyzer = await newAnalyzer();
});

describe('the recorder in', () => {
  for (const { title, program, change, problems } of shapes()) {
    test(title, () => {
      const outcome = recorded(analyzer, program);
      const difference = outcome.text === program ? '' : showDifference(program, outcome.text).replace(/^@@\n/, '');
      assert.equal(difference, change);
      assert.deepEqual(outcome.problems, problems);
      assert.ok(change !== '' || problems.length > 0, 'nothing is done, and nothing is said');
    });
  }

  test('every shape is Python afterwards', () => {
    const texts = shapes().map(({ program }) => recorded(analyzer, program).text);
    assert.ok(texts.length > 20);
    assert.deepEqual(
      compileErrors(texts).filter((error) => error !== null),
      [],
    );
  });
});

describe('lines of the recorder', () => {
  const script = [
    'import torch',
    'model = torch.nn.Linear(1, 1)',
    'optimizer = torch.optim.SGD(model.parameters(), lr=0.1)',
    'for batch in loader:',
    '    model(batch).sum().backward()',
    '    optimizer.step()',
    '',
  ].join('\n');

  test('are told by their place in the text before', () => {
    assert.deepEqual(recorded(analyzer, script).inserted, [
      { line: 2, text: 'import nanlens' },
      { line: 4, text: 'rec = nanlens.Recorder(model, optimizer)' },
      { line: 4, text: 'rec.watch(loader)' },
    ]);
  });

  test('are taken out after a person or a formatter has changed them', () => {
    const { text } = recorded(analyzer, script);
    const call = 'nanlens.Recorder(model, optimizer)  # nanlens: recorder';
    assert.ok(text.includes(call));
    const spread =
      'nanlens.Recorder(\n    model,  # a ) in a comment\n    optimizer,\n    out="(",\n)  # nanlens: recorder';
    assert.equal(removed(text.replace(call, spread)), script);
    assert.equal(
      removed(text.replace('rec.watch(loader)', 'rec.watch(\n    loader[")"]\n)')),
      script.replace('loader:', '\n    loader[")"]\n:'),
    );
    assert.equal(
      removed(text.replace('optimizer.step()', 'optimizer.step(  # typing')),
      script.replace('optimizer.step()', 'optimizer.step(  # typing'),
    );
  });

  test('are taken out below a quote that somebody left open', () => {
    const { text } = recorded(analyzer, script);
    assert.equal(
      removed(text.replace('import torch\n', 'import torch\nx = """\n')),
      script.replace('import torch\n', 'import torch\nx = """\n'),
    );
  });

  test('that have lost their end are left, and it is said', () => {
    const { text } = recorded(analyzer, script);
    const { problems } = removeRecorder(text.replace('rec.watch(loader):', 'rec.watch(loader:'));
    assert.deepEqual(problems, ['the parenthesis of rec.watch( in line 6 is not closed, so it was left there']);
  });

  test('of others are left alone', () => {
    for (const text of [
      'import nanlens\nrec = nanlens.Recorder(m, o)\nfor b in rec.watch(l): pass\n',
      'import nanlens  # mine\nnanlens.attach(trainer)\n',
      's = "rec = nanlens.Recorder(m, o)  # nanlens: recorder"\n',
    ]) {
      assert.equal(removed(text), text);
    }
  });

  test('are not put into a script with a recorder of its own', () => {
    for (const own of [
      'import nanlens\nrec = nanlens.Recorder(model, optimizer)\n',
      'from nanlens import Recorder\n',
    ]) {
      const { edits, problems } = analyzer.insertRecorder(own + script);
      assert.deepEqual([edits, problems], [[], ['the recorder is in this script already']]);
    }
    // The finite checks that record import something else.
    assert.notEqual(
      recorded(analyzer, `try: from nanlens import check\nexcept ImportError: check = None\n${script}`).edits.length,
      0,
    );
  });
});

// Property: a span that survives changes still covers the very same text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shiftFindings, shiftThrough, type TextChange } from '../../../src/extension/analysis/shift';
import { applyEdits } from '../../../src/text/edit';

function apply(text: string, changes: readonly TextChange[]): string {
  return changes.reduce(
    (current, { rangeOffset, rangeLength, text: written }) =>
      applyEdits(current, [{ span: { start: rangeOffset, end: rangeOffset + rangeLength }, text: written }]),
    text,
  );
}

test('a span that survives covers the same text', () => {
  const text = 'ab log(p) cd';
  const span = { start: 3, end: 9 };
  let survived = 0;
  let dropped = 0;
  for (let start = 0; start <= text.length; start++) {
    for (let length = 0; start + length <= text.length; length++) {
      for (const written of ['', ' ', '\n', 'x', ' x', 'x ', '.sum()']) {
        const changes = [{ rangeOffset: start, rangeLength: length, text: written }];
        const after = apply(text, changes);
        const moved = shiftThrough(span, changes);
        if (!moved) {
          dropped++;
          continue;
        }
        survived++;
        assert.equal(after.slice(moved.start, moved.end), 'log(p)', JSON.stringify(changes));
        assert.doesNotMatch(after.slice(0, moved.start), /[a-z]x$/, 'not glued to what was written before it');
      }
    }
  }
  assert.ok(survived > 100 && dropped > 100);
});

test('changes are made one after another', () => {
  const changes = [
    { rangeOffset: 0, rangeLength: 0, text: '# top\n' },
    { rangeOffset: 0, rangeLength: 2, text: '' },
  ];
  assert.deepEqual(shiftThrough({ start: 10, end: 12 }, changes), { start: 14, end: 16 });
});

test('joining an expression to the span gives it up', () => {
  assert.equal(shiftThrough({ start: 3, end: 9 }, [{ rangeOffset: 9, rangeLength: 0, text: '.sum()' }]), undefined);
  assert.equal(shiftThrough({ start: 3, end: 9 }, [{ rangeOffset: 3, rangeLength: 0, text: 'math.' }]), undefined);
  assert.deepEqual(shiftThrough({ start: 3, end: 9 }, [{ rangeOffset: 9, rangeLength: 0, text: ' + 1' }]), {
    start: 3,
    end: 9,
  });
});

test('evidence that was edited is left out, and stale fixes are never kept', () => {
  const finding = {
    code: 'NAN101',
    name: 'log-of-possible-zero',
    severity: 'warning',
    confidence: 'proven',
    span: { start: 20, end: 26 },
    message: 'm',
    related: [
      { span: { start: 0, end: 4 }, message: 'edited' },
      { span: { start: 10, end: 12 }, message: 'kept' },
    ],
    fixes: [{ title: 'f', safety: 'safe', edits: [{ span: { start: 20, end: 26 }, text: '' }] }],
  } as const;
  const [shifted] = shiftFindings([finding], [{ rangeOffset: 1, rangeLength: 1, text: 'xyz' }]);
  assert.deepEqual(shifted, {
    ...finding,
    span: { start: 22, end: 28 },
    related: [{ span: { start: 12, end: 14 }, message: 'kept' }],
    fixes: [],
  });
});

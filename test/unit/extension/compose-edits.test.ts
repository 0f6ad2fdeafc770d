// Property: composed edits give the text that the two rounds give, for random edits of random texts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeEdits } from '../../../src/extension/engine/compose-edits';
import { applyEdits, checkEdits, type Edit } from '../../../src/text/edit';

/** A small deterministic generator, so that a failure can be run again. */
function randomSource(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomEdits(length: number, random: (below: number) => number): Edit[] {
  const edits: Edit[] = [];
  let at = random(4);
  while (at <= length && edits.length < 5) {
    const end = Math.min(length, at + random(4));
    edits.push({ span: { start: at, end }, text: 'xyz'.slice(0, random(4)) });
    at = end + 1 + random(5);
  }
  return edits;
}

test('composed edits do what both rounds do', () => {
  for (let seed = 1; seed <= 5000; seed++) {
    const random = randomSource(seed);
    const text = 'abcdefghijklmnopqrstuvw'.slice(0, random(24));
    const first = randomEdits(text.length, random);
    const middle = applyEdits(text, first);
    const second = randomEdits(middle.length, random);
    const composed = composeEdits(text.length, first, second);
    assert.equal(checkEdits(composed, text.length), undefined, `seed ${seed}`);
    assert.equal(applyEdits(text, composed), applyEdits(middle, second), `seed ${seed}`);
  }
});

test('text that neither round touches is in no edit', () => {
  const composed = composeEdits(
    20,
    [{ span: { start: 2, end: 3 }, text: 'A' }],
    [{ span: { start: 15, end: 16 }, text: 'B' }],
  );
  assert.deepEqual(composed, [
    { span: { start: 2, end: 3 }, text: 'A' },
    { span: { start: 15, end: 16 }, text: 'B' },
  ]);
});

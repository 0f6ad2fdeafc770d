// The pause before work: restarted by each call, bounded by a limit, kept apart by key.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Debouncer } from '../../../src/extension/analysis/debounce';
import { FakeClock } from './fake-clock';

test('work is done once, after the pause, and only the newest', async () => {
  const clock = new FakeClock();
  const debouncer = new Debouncer(clock, 100, 1000);
  const done: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    debouncer.schedule('key', () => done.push(`${name}@${clock.now()}`));
    await clock.advance(60);
  }
  await clock.advance(500);
  assert.deepEqual(done, ['c@220']);
});

test('typing without a pause does not put it off for ever', async () => {
  const clock = new FakeClock();
  const debouncer = new Debouncer(clock, 100, 1000);
  const done: number[] = [];
  for (let i = 0; i < 25; i++) {
    debouncer.schedule('key', () => done.push(clock.now()));
    await clock.advance(50);
  }
  assert.deepEqual(done, [1000]);
});

test('keys do not disturb one another, and cancelled work is not done', async () => {
  const clock = new FakeClock();
  const debouncer = new Debouncer(clock, 100, 1000);
  const done: string[] = [];
  debouncer.schedule('a', () => done.push('a'));
  debouncer.schedule('b', () => done.push('b'));
  debouncer.schedule('c', () => done.push('c'));
  debouncer.cancel('b');
  assert.equal(debouncer.isWaiting('b'), false);
  assert.equal(debouncer.isWaiting('a'), true);
  await clock.advance(100);
  assert.deepEqual(done, ['a', 'c']);
  debouncer.schedule('a', () => done.push('again'));
  debouncer.cancelAll();
  await clock.advance(1000);
  assert.deepEqual(done, ['a', 'c']);
});

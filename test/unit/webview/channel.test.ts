// Every request is answered, whatever the other side does; what makes no sense is reported and changes nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel, type Message, RequestError } from '../../../src/protocol/channel';
import type { Method } from '../../../src/protocol/messages';
import { checkHostParams } from '../../../src/protocol/validation';

interface Left {
  readonly add: Method<readonly [number, number], number>;
  readonly fail: Method<null, null>;
}
interface Right {
  readonly echo: Method<unknown, unknown>;
  readonly never: Method<null, null>;
}

/** Two ends joined by what JSON can carry. */
function pair() {
  const faults: string[] = [];
  const wire = (deliver: (data: unknown) => void) => (message: Message) =>
    queueMicrotask(() => deliver(JSON.parse(JSON.stringify(message))));
  const left: Channel<Right, Left> = new Channel<Right, Left>({
    post: wire((data) => right.receive(data)),
    onFault: (fault) => faults.push(fault),
    handlers: {
      add: ([a, b]) => a + b,
      fail: () => {
        throw new Error('the disk is full');
      },
    },
  });
  const right: Channel<Left, Right> = new Channel<Left, Right>({
    post: wire((data) => left.receive(data)),
    onFault: (fault) => faults.push(fault),
    handlers: { echo: (value) => value, never: () => new Promise<null>(() => undefined) },
  });
  return { left, right, faults };
}

test('both ends ask at once and each gets its own answer', async () => {
  const { left, right } = pair();
  const answers = await Promise.all([
    right.request('add', [1, 2]),
    left.request('echo', { deep: ['x', null] }),
    right.request('add', [20, 22]),
  ]);
  assert.deepEqual(answers, [3, { deep: ['x', null] }, 42]);
});

test('a handler that throws is an answer, in its own words', async () => {
  const { right, faults } = pair();
  await assert.rejects(right.request('fail', null), (error) => {
    assert.ok(error instanceof RequestError);
    assert.equal(error.message, 'the disk is full');
    return true;
  });
  assert.deepEqual(faults, ['request “fail” failed: the disk is full']);
});

test('a request for what nobody offers, names of every object included, is refused', async () => {
  const { left, faults } = pair();
  const sent: Message[] = [];
  const channel = new Channel<Left, Right>({
    post: (message) => sent.push(message),
    handlers: { echo: (value) => value, never: () => null },
    onFault: (fault) => faults.push(fault),
  });
  for (const method of ['nothing', 'toString', '__proto__', 'constructor']) {
    channel.receive({ kind: 'request', id: 7, method, params: null });
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sent.length, 4);
  for (const message of sent) assert.ok(message.kind === 'reply' && 'error' in message.reply);
  left.close('done');
});

test('messages of any shape are survived, and none of them counts as an answer', async () => {
  const { left, faults } = pair();
  const asked = left.request('never', null);
  const nonsense = [
    undefined,
    null,
    5,
    'text',
    [],
    {},
    { kind: 'reply' },
    { kind: 'reply', id: 1 },
    { kind: 'reply', id: 1, reply: {} },
    { kind: 'reply', id: '1', reply: { ok: 1 } },
    { kind: 'request', id: 1 },
    { kind: 'other', id: 1 },
  ];
  for (const data of nonsense) left.receive(data);
  left.receive({ kind: 'reply', id: 99, reply: { ok: 1 } });
  assert.equal(faults.length, nonsense.length);
  left.close('closed for the night');
  await assert.rejects(asked, /closed for the night/);
});

test('closing and cancelling refuse what waits and what comes later', async () => {
  const { left } = pair();
  const cancel = new AbortController();
  const cancelled = left.request('never', null, cancel.signal);
  const waiting = left.request('never', null);
  cancel.abort();
  await assert.rejects(cancelled, RequestError);
  left.close('gone');
  await assert.rejects(waiting, /gone/);
  await assert.rejects(left.request('echo', 1), /gone/);
});

test('the host takes well-formed params and nothing else', () => {
  const good = { generation: 1, anomaly: 0, frame: 3 };
  assert.deepEqual(checkHostParams('goToLine', good), { ok: good });
  const bad: readonly (readonly [Parameters<typeof checkHostParams>[0], unknown])[] = [
    ['goToLine', null],
    ['goToLine', { ...good, frame: -1 }],
    ['goToLine', { ...good, frame: 1.5 }],
    ['goToLine', { ...good, frame: '1' }],
    ['goToLine', { ...good, path: '/etc/passwd' }],
    ['seriesWindow', { generation: 1, series: 0, from: null, to: 1, buckets: 10 }],
    ['seriesWindow', { generation: 1, series: 0, from: 0, to: Number.POSITIVE_INFINITY, buckets: 10 }],
    ['seriesWindow', { generation: 1, series: 0, from: 0, to: 1, buckets: 1e9 }],
    ['openRule', { code: 'https://example.org' }],
    ['openRule', { code: '../NAN101' }],
    ['reload', { now: true }],
  ];
  for (const [method, params] of bad) {
    const checked = checkHostParams(method, params);
    assert.ok('error' in checked, `${method} took ${JSON.stringify(params)}`);
    assert.match(checked.error, new RegExp(`^“${method}”`));
  }
});

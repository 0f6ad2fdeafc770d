// The engine's client against workers that answer, hang, die or never start.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineClient, type EngineState, type WorkerConnection } from '../../../src/extension/engine/client';
import type { AnalyzeRequest, FromWorker, ToWorker } from '../../../src/extension/engine/messages';
import { FakeClock, settle } from './fake-clock';

type Behaviour = 'answers' | 'silent at start' | 'fails at start' | 'hangs' | 'dies at work';

class FakeWorker implements WorkerConnection {
  ended = false;
  readonly received: string[] = [];
  private tell: (message: FromWorker) => void = () => undefined;
  private die: (reason: string) => void = () => undefined;

  constructor(private readonly behaviour: () => Behaviour) {}

  post(message: ToWorker): void {
    const behaviour = this.behaviour();
    if (message.type === 'start') {
      if (behaviour === 'fails at start') queueMicrotask(() => this.tell({ type: 'failed', message: 'no memory' }));
      else if (behaviour !== 'silent at start') queueMicrotask(() => this.tell({ type: 'started' }));
      return;
    }
    const text = message.request.kind === 'analyze' ? (message.request.program.cells[0] ?? '') : '';
    this.received.push(text);
    if (behaviour === 'dies at work') queueMicrotask(() => this.die('out of memory'));
    else if (behaviour === 'answers') {
      setImmediate(() =>
        this.tell({ type: 'reply', id: message.id, value: [{ findings: [], problems: [{ message: text }] }] }),
      );
    }
  }
  onMessage(listener: (message: FromWorker) => void): void {
    this.tell = (message) => {
      if (!this.ended) listener(message);
    };
  }
  onDeath(listener: (reason: string) => void): void {
    this.die = listener;
  }
  terminate(): void {
    this.ended = true;
    this.die('terminated');
  }
}

function setUp(initial: Behaviour) {
  const world = {
    behaviour: initial,
    workers: [] as FakeWorker[],
    states: [] as EngineState[],
    log: [] as string[],
    localRequests: 0,
    clock: new FakeClock(),
    canConnect: true,
    binariesReadable: true,
  };
  const client = new EngineClient({
    async connect() {
      if (!world.canConnect) throw new Error('workers are forbidden here');
      const worker = new FakeWorker(() => world.behaviour);
      world.workers.push(worker);
      return worker;
    },
    async loadBinaries() {
      if (!world.binariesReadable) throw new Error('not found');
      return { runtime: new Uint8Array(), language: new Uint8Array() };
    },
    async createLocal() {
      return {
        handle() {
          world.localRequests++;
          return [] as never;
        },
      };
    },
    clock: world.clock,
    log: (message) => world.log.push(message),
    onState: (state) => world.states.push(state),
  });
  return { client, world };
}

function analyze(text: string): AnalyzeRequest {
  const config = { select: [], ignore: [], minConfidence: 'likely', severity: {} } as const;
  return { kind: 'analyze', program: { cells: [text], isNotebook: false }, config };
}

async function steps(count = 6): Promise<void> {
  for (let i = 0; i < count; i++) await settle();
}

test('a request is answered by a worker that starts when it is first needed', async () => {
  const { client, world } = setUp('answers');
  assert.equal(world.workers.length, 0);
  const outcome = await client.request('a', analyze('one'), 1000);
  assert.equal(outcome.kind === 'done' && outcome.value[0]?.problems[0]?.message, 'one');
  assert.equal(world.workers.length, 1);
  assert.equal(client.state, 'idle');
  assert.deepEqual([...new Set(world.states)], ['starting', 'working', 'idle']);
});

test('of waiting requests with one key only the newest is carried out', async () => {
  const { client, world } = setUp('answers');
  const outcomes = await Promise.all([
    client.request('a', analyze('a1'), 1000),
    client.request('b', analyze('b1'), 1000),
    client.request('a', analyze('a2'), 1000),
    client.request('a', analyze('a3'), 1000),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.kind),
    ['superseded', 'done', 'superseded', 'done'],
  );
  assert.deepEqual(world.workers[0]?.received, ['b1', 'a3']);
});

test('a stuck request is ended after its budget, and others go on in a new worker', async () => {
  const { client, world } = setUp('hangs');
  const stuck = client.request('a', analyze('stuck'), 5000);
  await steps();
  const other = client.request('b', analyze('other'), 5000);
  world.behaviour = 'answers';
  await world.clock.advance(5000);
  assert.deepEqual(await stuck, { kind: 'timeout', milliseconds: 5000 });
  assert.equal((await other).kind, 'done');
  assert.equal(world.workers.length, 2);
  assert.equal(world.workers[0]?.ended, true);
  assert.deepEqual(world.workers[1]?.received, ['other']);
  assert.equal(world.log.length, 1);
});

test('a worker that dies is replaced, but not for ever, and never by the host itself', async () => {
  const { client, world } = setUp('dies at work');
  for (let i = 0; i < 6; i++) assert.equal((await client.request('a', analyze('x'), 1000)).kind, 'failed');
  assert.equal(world.workers.length, 4);
  assert.equal(world.localRequests, 0);
  assert.equal(client.state, 'stopped');
  assert.match(client.stopReason ?? '', /4 times/);
  world.behaviour = 'answers';
  client.restart();
  assert.equal((await client.request('a', analyze('x'), 1000)).kind, 'done');
});

test('deaths that lie far apart do not add up', async () => {
  const { client, world } = setUp('dies at work');
  for (let i = 0; i < 8; i++) {
    await client.request('a', analyze('x'), 1000);
    await world.clock.advance(3 * 60_000);
  }
  assert.notEqual(client.state, 'stopped');
});

for (const reason of ['cannot connect', 'fails at start', 'silent at start'] as const) {
  test(`where no worker can start (${reason}), the host does the work, and says so`, async () => {
    const { client, world } = setUp(reason === 'cannot connect' ? 'answers' : reason);
    world.canConnect = reason !== 'cannot connect';
    const pending = client.request('a', analyze('x'), 1000);
    await world.clock.advance(60_000);
    assert.equal((await pending).kind, 'done');
    assert.equal(world.localRequests, 1);
    assert.equal(world.log.length, 1);
    assert.match(world.log[0] ?? '', /inside the extension host/);
    for (const worker of world.workers) assert.equal(worker.ended, true);

    const large = client.request('a', analyze('x'.repeat(1_000_001)), 1000);
    await world.clock.advance(10);
    assert.equal((await large).kind, 'failed');
  });
}

test('without its files the engine stops and says why', async () => {
  const { client, world } = setUp('answers');
  world.binariesReadable = false;
  const outcome = await client.request('a', analyze('x'), 1000);
  assert.equal(outcome.kind, 'failed');
  assert.equal(client.state, 'stopped');
  assert.match(client.stopReason ?? '', /could not be read: not found/);
});

test('a restart in the middle keeps what waits and drops what ran', async () => {
  const { client, world } = setUp('hangs');
  const running = client.request('a', analyze('a'), 60_000);
  await steps();
  const waiting = client.request('b', analyze('b'), 60_000);
  world.behaviour = 'answers';
  client.restart();
  assert.equal((await running).kind, 'superseded');
  assert.equal((await waiting).kind, 'done');
});

test('after disposal nothing is left running', async () => {
  const { client, world } = setUp('hangs');
  const running = client.request('a', analyze('a'), 1000);
  await steps();
  const waiting = client.request('b', analyze('b'), 1000);
  client.dispose();
  assert.equal((await running).kind, 'superseded');
  assert.equal((await waiting).kind, 'superseded');
  assert.equal((await client.request('c', analyze('c'), 1000)).kind, 'superseded');
  assert.equal(
    world.workers.every((worker) => worker.ended),
    true,
  );
});

test('whoever may wait goes on once nothing is asked for, and when the client ends', async () => {
  const { client } = setUp('answers');
  const order: string[] = [];
  await client.whenQuiet();
  const first = client.request('a', analyze('a'), 1000).then(() => order.push('a'));
  const second = client.request('b', analyze('b'), 1000).then(() => order.push('b'));
  const quiet = client.whenQuiet().then(() => order.push('quiet'));
  await Promise.all([first, second, quiet]);
  assert.deepEqual(order, ['a', 'b', 'quiet']);
  const { client: stuck } = setUp('hangs');
  void stuck.request('a', analyze('a'), 1000);
  const ended = stuck.whenQuiet();
  stuck.dispose();
  await ended;
});

// Planned breakpoints under the real debugpy: they stop at the first NaN of a real script, and on a healthy one never.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BreakpointPlan } from '../../src/analyzer/breakpoints/plan';
import { Debuggee } from '../../src/extension/features/debugging/debuggee';
import {
  type NanBreakpoint,
  type NanHit,
  NanWatch,
  type Trouble,
} from '../../src/extension/features/debugging/nan-watch';
import { DebugAdapter } from '../harness/debug-adapter';
import { debug, describeStop, planFor, prepare, python, write } from './planned-session';

prepare();

const MODEL = `import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 4)
        self.head = nn.Linear(4, 1)

    def forward(self, x, scale):
        h = torch.relu(self.body(x))
        if scale is None:
            z = h + 1
        else:
            z = h / scale
        with torch.autocast("cpu", enabled=False):
            w = z * 2
        for _ in range(2):
            w = w + 1
        return self.head(w)

torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
for step in range(6):
    x = torch.randn(8, 4)
    optimizer.zero_grad()
    scale = torch.zeros(4) if step == BAD else torch.ones(4)
    out = net(x.relu(), scale)
    loss = out.square().mean()
    loss.backward()
    optimizer.step()
print("the end")
`;

describe('breakpoints of a training script', () => {
  test('stop at the first NaN, on the line that runs next, and say what it is made of', async () => {
    await debug(MODEL.replace('BAD', '3'), {}, async (stop, session, plan) => {
      assert.ok(stop, 'it did not stop');
      assert.equal(stop.line, 16);
      assert.equal(await session.evaluate('step', stop.frameId), '3');
      const { faults, madeOf } = await describeStop(stop, session, plan);
      assert.deepEqual(
        faults.map(({ name, size, shape, dtype }) => ({ name, size, shape, dtype })),
        [{ name: 'z', size: 32, shape: [8, 4], dtype: 'torch.float32' }],
      );
      assert.ok((faults[0]?.nan ?? 0) > 0);
      assert.deepEqual(madeOf, [], 'what z is made of is finite');
    });
  });

  test('never stop where all is finite', async () => {
    await debug(MODEL.replace('BAD', '-1'), {}, async (stop, session) => {
      assert.equal(stop, undefined);
      assert.match(session.output, /the end/);
      assert.doesNotMatch(session.output, /Error/);
    });
  });

  test('stop before an update with gradients that are not finite, and before a loss that is infinite goes backward', async () => {
    const source = `import torch
w = torch.zeros(3, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
def train(loss_of):
    for step in range(2):
        optimizer.zero_grad()
        loss = loss_of(w)
        loss.backward()
        optimizer.step()
train(lambda w: w.sum())
with torch.no_grad(): w.zero_()
train(lambda w: w.square().sum().sqrt())
with torch.no_grad(): w.zero_()
train(lambda w: -torch.log(w.abs().sum()))
`;
    await debug(source, {}, async (first, session, plan) => {
      assert.ok(first);
      assert.equal(first.line, 9);
      assert.deepEqual(
        (await describeStop(first, session, plan)).faults.map(({ name, nan }) => [name, nan]),
        [['gradient 0 of optimizer', 3]],
      );
      assert.match(await session.evaluate('loss', first.frameId), /^tensor\(0\./);
      await session.continue(first);
      let stop = await session.stop();
      while (stop && stop.line === 9) {
        await session.continue(stop);
        stop = await session.stop();
      }
      assert.equal(stop?.line, 8, 'the infinite loss is seen before it goes backward');
    });
  });
});

/** Follows a session as the extension does; what it tells is kept. */
class Followed {
  readonly hits: NanHit[] = [];
  readonly troubles: Trouble[] = [];
  readonly watch: NanWatch;
  breakpoints: NanBreakpoint[] = [];
  private readonly pending: Promise<void>[] = [];

  constructor(readonly session: DebugAdapter) {
    const debuggee = new Debuggee((command, args) => session.request(command, args));
    this.watch = new NanWatch(debuggee, {
      breakpoints: () => this.breakpoints,
      onHit: (hit) => void this.hits.push(hit),
      onTrouble: (trouble) => void this.troubles.push(trouble),
    });
    session.onMessage = (direction, message) => {
      if (direction === 'toAdapter') this.watch.toAdapter(message);
      else this.pending.push(this.watch.fromAdapter(message));
    };
  }

  /** Until all that was heard is answered. */
  async settled(): Promise<void> {
    for (let count = -1; count !== this.pending.length; ) {
      count = this.pending.length;
      await Promise.all(this.pending);
    }
  }
}

describe('a followed session', () => {
  async function follow(
    source: string,
    conditions: (plan: BreakpointPlan) => readonly { line: number; condition: string }[],
    own: readonly { line: number }[],
    look: (followed: Followed) => Promise<void>,
  ): Promise<void> {
    const plan = planFor(source);
    const script = write(source);
    const session = new DebugAdapter(python);
    const followed = new Followed(session);
    const set = conditions(plan);
    followed.breakpoints = set.map(({ line, condition }) => {
      const values = plan.breakpoints.find((planned) => planned.line === line)?.values ?? [];
      return { path: script, line, condition, values };
    });
    try {
      await session.launch(script, [...set, ...own]);
      await look(followed);
    } finally {
      await session.close();
    }
  }

  const source = `import time, numpy as np
def f(x, steps):
    for step in range(steps):
        y = np.log(x - step)
        x = x + 0 * y
    return x
np.seterr(all="ignore")
f(np.array([2.5]), 2)
print("warm")
f(np.array([2.5]), 5)
print("the end")
`;
  const planned = ({ breakpoints }: BreakpointPlan) => breakpoints;

  test('tells of the first NaN and what went into it, and of no trouble', async () => {
    await follow(source, planned, [{ line: 9 }], async (followed) => {
      const warm = await followed.session.stop();
      assert.equal(warm?.line, 9, 'a breakpoint of the user');
      await followed.settled();
      assert.equal(followed.hits.length, 0);
      await followed.session.continue(warm);
      const stop = await followed.session.stop();
      await followed.settled();
      assert.deepEqual(followed.troubles, []);
      assert.equal(stop?.line, 5);
      const [hit] = followed.hits;
      assert.equal(hit?.frame.line, 5);
      assert.deepEqual(hit.description.faults, [{ name: 'y', nan: 1, inf: 0, size: 1, shape: [1], dtype: 'float64' }]);
      assert.deepEqual(hit.description.madeOf, []);
      assert.deepEqual(
        hit.breakpoint.values.map(({ name, line, madeOf }) => ({ name, line, madeOf })),
        [{ name: 'y', line: 4, madeOf: ['x'] }],
      );
    });
  });

  test('tells that a condition is no Python, which the debugger passes over', async () => {
    const broken = (plan: BreakpointPlan) =>
      plan.breakpoints.map(({ line }) => ({ line, condition: '"NaN Lens: y" and stops(' }));
    await follow(source, broken, [], async (followed) => {
      assert.equal(await followed.session.stop(), undefined, 'it never stops');
      await followed.settled();
      assert.equal(followed.troubles[0]?.kind, 'condition');
      assert.match(followed.troubles[0].detail, /SyntaxError/);
    });
  });

  test('tells of a name that is not there, of which the debugger says nothing at all', async () => {
    const broken = (plan: BreakpointPlan) =>
      plan.breakpoints.map(({ line }) => ({ line, condition: '"NaN Lens: y" and nan_lens.stops(y)' }));
    await follow(source, broken, [{ line: 9 }], async (followed) => {
      const stop = await followed.session.stop();
      assert.equal(stop?.line, 9);
      await followed.settled();
      assert.doesNotMatch(followed.session.output, /Error/);
      assert.equal(followed.troubles[0]?.kind, 'condition');
      assert.match(followed.troubles[0].detail, /name 'nan_lens' is not defined/);
    });
  });

  test('tells where the debuggee cannot run conditions at all, before any of them is met', async () => {
    const without = `import builtins, time, numpy as np
del builtins.exec
print("gone", flush=True)
time.sleep(60)
def f(x):
    y = np.log(x)
    return y
`;
    await follow(
      without,
      () => [],
      [{ line: 4 }],
      async (followed) => {
        const stop = await followed.session.stop();
        assert.equal(stop?.line, 4);
        await followed.session.continue(stop);
        followed.breakpoints = planFor(without).breakpoints.map((each) => ({ ...each, path: 'train.py' }));
        await followed.watch.test();
        assert.deepEqual(followed.troubles, [{ kind: 'test', detail: "NameError: name 'exec' is not defined" }]);
      },
    );
  });
});

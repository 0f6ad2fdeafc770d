// The recorder put into running scripts under the real debugpy: it waits for the model, writes a dump at the NaN, and goes.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Debuggee } from '../../src/extension/features/debugging/debuggee';
import { disarm, RecorderArming } from '../../src/extension/features/debugging/recorder-arming';
import { DebugAdapter } from '../harness/debug-adapter';

const python = process.env.NANLENS_VENV_PYTHON ?? '';
const recorder = path.join(process.cwd(), 'media/recorder/nanlens.py');

let folder: string;
before(() => {
  assert.ok(existsSync(python), 'run this through node scripts/proofs.mjs');
  folder = mkdtempSync(path.join(tmpdir(), 'nanlens-arming-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Waits before there is a model, then at each epoch until a file says go. */
const SCRIPT = `import os, time, torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

def wait(name):
    while not os.path.exists(name): time.sleep(0.05)

class Trainer:
    def __init__(self):
        self.model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)
        self.loader = DataLoader(TensorDataset(torch.rand(16, 3)), batch_size=4)

    def train(self):
        for epoch in range(3):
            print("epoch", epoch, flush=True)
            wait(f"epoch-{epoch}")
            for index, (x,) in enumerate(self.loader):
                self.optimizer.zero_grad()
                out = self.model(x)
                scale = 0.0 if epoch == 1 and index == 2 else 1.0
                loss = torch.log(out.square() * scale).mean()
                loss.backward()
                self.optimizer.step()
        print("finite", all(p.isfinite().all() for p in self.model.parameters()), flush=True)

torch.manual_seed(0)
print("loading", flush=True)
wait("model")
Trainer().train()
print(type(DataLoader.__iter__).__name__, DataLoader.__iter__.__module__, flush=True)
wait("end")
`;

interface Armed {
  readonly session: DebugAdapter;
  readonly debuggee: Debuggee;
  readonly arming: RecorderArming;
  readonly armed: string[][];
  readonly dumps: string[];
  readonly givenUp: (string | undefined)[];
  readonly place: string;
  go(name: string): void;
  printed(text: string): Promise<void>;
}

async function run(recorderPath: string, look: (armed: Armed) => Promise<void>): Promise<void> {
  const place = mkdtempSync(path.join(folder, 'run-'));
  const script = path.join(place, 'train.py');
  writeFileSync(script, SCRIPT);
  const session = new DebugAdapter(python);
  const [armed, dumps, givenUp]: [string[][], string[], (string | undefined)[]] = [[], [], []];
  const debuggee = new Debuggee((command, args) => session.request(command, args));
  const arming = new RecorderArming(debuggee, {
    path: recorderPath,
    source: async () => readFileSync(recorder, 'utf8'),
    onArmed: ({ models, optimizers }) => void armed.push([...models, ...optimizers]),
    onDump: (dump) => void dumps.push(dump),
    onGivenUp: (reason) => void givenUp.push(reason),
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  });
  try {
    await session.launch(script, []);
    await look({
      session,
      debuggee,
      arming,
      armed,
      dumps,
      givenUp,
      place,
      go: (name) => writeFileSync(path.join(place, name), ''),
      printed: (text) => until(text, () => session.output.includes(text), session),
    });
  } finally {
    arming.stop();
    await session.close();
  }
}

async function until(what: string, holds: () => boolean, session: DebugAdapter): Promise<void> {
  for (const end = Date.now() + 150_000; !holds(); ) {
    assert.ok(Date.now() < end, `${what}: not so\n${session.output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('arming a live session', () => {
  for (const [how, file] of [
    ['from the file that both sides have', recorder],
    ['sent over where the debuggee has other files', '/nowhere/nanlens.py'],
  ] as const) {
    test(`${how}: it waits for the model, names the line of the NaN, and goes`, async () => {
      await run(file, async ({ session, arming, armed, dumps, givenUp, go, printed }) => {
        await printed('loading');
        await arming.tryNow();
        assert.deepEqual(armed, [], 'there is no model yet');
        go('model');
        await printed('epoch 0');
        await until('it is armed', () => armed.length > 0, session);
        assert.deepEqual(armed, [['self.model', 'self.optimizer']]);
        go('epoch-0');
        go('epoch-1');
        await printed('epoch 2');
        await until('the dump is there', () => dumps.length > 0, session);
        const dump = JSON.parse(readFileSync(dumps[0] ?? '', 'utf8')) as {
          verdict: { sentence: string };
          anomalies: { source: { line: number } }[];
        };
        assert.match(dump.verdict.sentence, /forward: `log` at train\.py:22 in train gives -Inf/);
        assert.equal(arming.isArmed, false, 'once');
        go('epoch-2');
        await printed('finite True');
        await printed('function torch.utils.data.dataloader');
        assert.deepEqual(givenUp, []);
        go('end');
        assert.equal(await session.stop(), undefined);
      });
    });
  }

  test('can be taken back, and leaves the run as it was', async () => {
    await run(recorder, async ({ session, debuggee, arming, armed, dumps, go, printed }) => {
      go('model');
      await printed('epoch 0');
      await arming.tryNow();
      await until('it is armed', () => armed.length > 0, session);
      arming.stop();
      assert.equal(await disarm(debuggee), true);
      assert.equal(await disarm(debuggee), false);
      go('epoch-0');
      go('epoch-1');
      go('epoch-2');
      await printed('finite False');
      await printed('function torch.utils.data.dataloader');
      assert.deepEqual(dumps, []);
      go('end');
    });
  });
});
